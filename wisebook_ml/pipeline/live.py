"""The partitions that a worker has, each with a state that matches the offset it has reached."""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from schemas import Parametres, VersionModele
from topics import ENTRIES, Topic
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.topic_ids import topic_id
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.pipeline.opinions import model_loader
from wisebook_ml.pipeline.partition import LivePartition, NotAssigned, Pipeline, Publisher
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import Identity, Limits, PartitionSnapshots, SnapshotStore, SnapshotWriter

__all__ = ["LivePartitions", "NotAssigned", "new_scorer", "state_fingerprint"]

LOGGER = logging.getLogger(__name__)

LEAVE_SECONDS = 5.0
"""How long a rebalance or a shutdown waits for last snapshots; without them, recovery takes longer."""


def new_scorer(
    settings: Settings, load_model: Callable[[VersionModele], IsolationForest | Opinion] | None = None
) -> LedgerScorer:
    """Return a scorer as the settings describe it, with a cache of models where one is given."""
    societes = settings.societes
    return LedgerScorer(
        load_model=load_model or model_loader(ArtefactStore.of(settings)),
        parametres=Parametres(societe_id=0),
        seed=settings.seed,
        accepts=(lambda societe_id: societe_id in societes) if settings.strict else (lambda societe_id: True),
    )


def state_fingerprint(settings: Settings, fingerprint: str) -> str:
    """Return what a snapshot's state depends on: what its pipeline tells, and in the strict mode who is known.

    Who is refused leaves no trace in the state, so the state depends on who was.
    """
    if not settings.strict:
        return fingerprint
    known = hashlib.sha256(repr(sorted(settings.societes)).encode()).hexdigest()
    return f"{fingerprint} strict {known}"


class LivePartitions:
    """The partitions that this worker has.

    `process` may be called from several threads, for a partition from one at a time; the rest by one.

    Parameters
    ----------
    settings : Settings
        The process's.
    bootstrap : str
        Where state is recovered from.
    open_publisher : callable
        Makes the publisher of a partition, which fences every other of it.
    scorer : callable
        Makes the empty state of a partition that is scored.
    pipeline : callable, optional
        Makes the pipeline of a partition, by the topic's name and its number, for roles that do not score.
    store : SnapshotStore, optional
        Where snapshots are; roles must not share one, since each removes what it cannot use.
    topic : Topic
        Whose partitions.
    """

    def __init__(
        self,
        settings: Settings,
        bootstrap: str,
        open_publisher: Callable[[int], Publisher],
        scorer: Callable[[Settings], LedgerScorer] = new_scorer,
        *,
        pipeline: Callable[[str, int], Pipeline] | None = None,
        store: SnapshotStore | None = None,
        topic: Topic = ENTRIES,
    ) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
        self._open_publisher = open_publisher
        self._new_pipeline = pipeline or (
            lambda topic, partition: PartitionPipeline(topic, partition, scorer(settings), utc_now)
        )
        self._topic = topic.full_name(settings.topic_prefix)
        self._store = store or SnapshotStore.of(settings)
        self._store.check()
        self._writer = SnapshotWriter(self._store)
        self._partitions: dict[int, LivePartition] = {}
        self._assigned: frozenset[int] | None = None
        self._closed = False
        self._background = ThreadPoolExecutor(topic.partitions, thread_name_prefix="partition")

    def process(
        self,
        partition: int,
        records: Sequence[RawRecord],
        *,
        first_offset: int | None = None,
        next_offset: int | None = None,
        gets_on: Callable[[], None] = lambda: None,
    ) -> None:
        """Take records of a partition as they are delivered; when it returns, what follows from them is published.

        What was delivered before is passed over, what was not is read. Blocks while it does; call it in a thread.

        Parameters
        ----------
        partition : int
            Which.
        records : sequence of RawRecord
            Consecutive: offsets missing between them hold no records.
        first_offset, next_offset : int, optional
            Where the stretch begins and ends that has these records and no others; by default with them.
        gets_on : callable
            Called now and then while state is recovered, which may take long.

        Raises
        ------
        NotAssigned
            Where the partition was given away while they were in work: whoever has it now does them.
        RuntimeError
            Where they are of a partition that this worker does not have, as far as it knows. Publishing would fence
            the worker that has it, and passing over them could lose them.
        """
        live = self._partitions.get(partition)
        if live is None:
            if self._closed or (self._assigned is not None and partition not in self._assigned):
                raise RuntimeError(f"{self._topic} partition {partition} is not ours, but records of it came")
            live = self._partitions.setdefault(partition, self._new(partition))
        live.process(records, first_offset=first_offset, next_offset=next_offset, gets_on=gets_on)

    def keep(self, partitions: Collection[int]) -> None:
        """Have these partitions from now on, and give up all others. Returns at once.

        Whoever had them before is fenced as early as this, so that a worker that lost them without noticing cannot
        fence us later. The state of a partition that stays, or comes back, is caught up rather than rebuilt.
        """
        self._assigned = frozenset(partitions)
        for partition in self._partitions.keys() - self._assigned:
            live = self._partitions.pop(partition)
            live.give_up()
            self._background.submit(live.close)
        for partition in sorted(self._assigned):
            if partition in self._partitions:
                self._partitions[partition].assign()
            else:
                self._partitions[partition] = self._new(partition)
            self._background.submit(self._open, partition, self._partitions[partition])

    def revoke(self, partitions: Iterable[int]) -> None:
        """Take a last snapshot of partitions that may go to others; blocks, but no longer than `LEAVE_SECONDS`."""
        leaving = [self._partitions[partition] for partition in partitions if partition in self._partitions]
        _wait([self._background.submit(live.leave, LEAVE_SECONDS) for live in leaving])
        self._writer.flush(LEAVE_SECONDS)

    def close(self) -> None:
        """Take last snapshots and give up everything; blocks a while."""
        self._closed = True
        self.revoke(list(self._partitions))
        _wait([self._background.submit(live.close) for live in self._partitions.values()])
        self._partitions.clear()
        self._background.shutdown(wait=False)
        self._writer.close()

    def _new(self, partition: int) -> LivePartition:
        return LivePartition(
            self._topic,
            partition,
            self._bootstrap,
            new_pipeline=lambda: self._new_pipeline(self._topic, partition),
            open_publisher=lambda: self._open_publisher(partition),
            open_snapshots=lambda fingerprint: self._snapshots(partition, fingerprint),
        )

    def _open(self, partition: int, live: LivePartition) -> None:
        try:
            live.open()
        except Exception as error:
            # The first records try again, and fail where it is fatal.
            LOGGER.warning("%s partition %d is not ready yet: %s", self._topic, partition, error)

    def _snapshots(self, partition: int, fingerprint: str) -> PartitionSnapshots:
        fingerprint = state_fingerprint(self._settings, fingerprint)
        identity = Identity(self._topic, topic_id(self._bootstrap, self._topic), partition, fingerprint)
        limits = Limits(self._settings.snapshot_records, self._settings.snapshot_seconds)
        return PartitionSnapshots(self._store, self._writer, identity, limits)


def _wait(futures: Collection["Future[None]"]) -> None:
    done, late = wait(futures, LEAVE_SECONDS)
    for future in done:
        error = future.exception()
        if error is not None:
            LOGGER.warning("a partition is left without a last snapshot: %s", error)
    if late:
        LOGGER.warning("%d partitions are still busy, and left without a last snapshot", len(late))
