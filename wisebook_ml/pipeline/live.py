"""The partitions that a worker scores, each with a state that matches the offset it has reached.

State is a fold of the partition, so it is recovered by folding again: before the first record of a partition that was
just assigned, everything before it is read in bulk and scored without publishing anything.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence

from schemas import Parametres
from topics import ENTRIES
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.settings import Settings

__all__ = ["LivePartitions", "new_scorer"]

LOGGER = logging.getLogger(__name__)


def new_scorer(settings: Settings) -> LedgerScorer:
    """Return a scorer as the settings describe it."""
    societes = settings.societes
    return LedgerScorer(
        load_model=ArtefactStore.of(settings).load_forest,
        parametres=Parametres(societe_id=0),
        seed=settings.seed,
        accepts=(lambda societe_id: societe_id in societes) if settings.strict else (lambda societe_id: True),
    )


class LivePartitions:
    """The pipelines of the partitions that this worker has.

    Parameters
    ----------
    settings : Settings
        The process's.
    bootstrap : str
        Where state is recovered from.
    """

    def __init__(self, settings: Settings, bootstrap: str) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
        self._topic = ENTRIES.full_name(settings.topic_prefix)
        self._pipelines: dict[int, PartitionPipeline] = {}

    def process(self, partition: int, records: Sequence[RawRecord], publish: Callable[[Outgoing], None]) -> None:
        """Take records of a partition as Faust delivers them, and publish what follows from them.

        What the state includes already is passed over: a rebalance delivers again what was not committed yet, and
        `publish` has had what follows from it. What the state lacks is read first: another worker had the partition in
        between. Blocks while it does; call it in a thread.
        """
        pipeline = self._pipelines.get(partition)
        if pipeline is None:
            pipeline = PartitionPipeline(self._topic, partition, new_scorer(self._settings), utc_now)
            self._pipelines[partition] = pipeline
        run: list[RawRecord] = []
        for raw in records:
            expected = run[-1].offset + 1 if run else pipeline.next_offset
            if raw.offset > expected:
                self._score(pipeline, run, publish)
                run = []
                self._recover(pipeline, partition, raw.offset)
            if raw.offset >= expected:
                run.append(raw)
        self._score(pipeline, run, publish)

    def _score(
        self, pipeline: PartitionPipeline, run: Sequence[RawRecord], publish: Callable[[Outgoing], None]
    ) -> None:
        for outgoing in pipeline.process(run):
            publish(outgoing)

    def keep(self, partitions: Collection[int]) -> None:
        """Forget all but these partitions: the others were given to another worker.

        The state of a partition that stays, or comes back, is caught up rather than rebuilt.
        """
        for partition in self._pipelines.keys() - set(partitions):
            del self._pipelines[partition]

    def _recover(self, pipeline: PartitionPipeline, partition: int, offset: int) -> None:
        started, records = time.monotonic(), 0
        first = end_offsets(self._bootstrap, self._topic)[partition][0]
        for run in read_partition(self._bootstrap, self._topic, partition, max(first, pipeline.next_offset), offset):
            pipeline.process(run)
            records += len(run)
        pipeline.next_offset = offset
        LOGGER.info(
            "state of %s partition %d recovered up to offset %d: %d records in %.1f s",
            self._topic,
            partition,
            offset,
            records,
            time.monotonic() - started,
        )
