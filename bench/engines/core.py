"""The project's columnar core, as every engine of `core` drives it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.engines.job import Job
from schemas import Parametres
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.scoring.stream import LedgerScorer

__all__ = ["Core", "raw_record"]


class Core:
    """One pipeline a partition."""

    def __init__(self, job: Job) -> None:
        self._topic = job.topic
        self._store = ArtefactStore(Path(job.artefacts))
        self._pipelines: dict[int, PartitionPipeline] = {}

    def process(self, partition: int, records: Sequence[RawRecord]) -> list[Outgoing]:
        """Score the next records of a partition; the outputs are encoded."""
        return self.pipeline(partition).process(records)

    def pipeline(self, partition: int) -> PartitionPipeline:
        """Return the pipeline of a partition."""
        pipeline = self._pipelines.get(partition)
        if pipeline is None:
            scorer = LedgerScorer(
                load_model=self._store.load_forest, parametres=Parametres(societe_id=0), seed=20_221_231
            )
            pipeline = self._pipelines[partition] = PartitionPipeline(self._topic, partition, scorer, utc_now)
        return pipeline


def raw_record(
    offset: int, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]
) -> RawRecord:
    """Return a record as the core takes it."""
    return RawRecord(offset, key, value, list(headers))
