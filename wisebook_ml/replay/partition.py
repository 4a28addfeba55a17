"""Replaying one partition: its state before the stretch, then the stretch, so that it can go on after a kill."""

import logging
from collections.abc import Callable, Iterator, Sequence

import msgspec

from schemas import VersionModele
from topics import DEAD_LETTER, DETECTIONS
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.correlation import HEADER
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.pipeline.live import new_scorer, state_fingerprint
from wisebook_ml.pipeline.scoring import REPLAYED, PartitionPipeline
from wisebook_ml.replay.ahead import read_ahead
from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.folder import ReplayFolder
from wisebook_ml.replay.overrides import Chosen, first_markers
from wisebook_ml.replay.pace import Pace
from wisebook_ml.replay.plan import Plan
from wisebook_ml.replay.results import Found, Reached, ResultLog
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import Identity, Limits, PartitionSnapshots, SnapshotStore, SnapshotWriter

__all__ = ["PartitionReplay", "Progress"]

LOGGER = logging.getLogger(__name__)

LEAVE_SECONDS = 30.0
"""How long the last snapshot of a stretch may take."""

Load = Callable[[VersionModele], IsolationForest | Opinion]


class Progress(msgspec.Struct, frozen=True):
    """How far a partition is: records before the stretch that were read, and of the stretch; its lines and findings."""

    partition: int
    warmed: int = 0
    done: int = 0
    lines: int = 0
    found: int = 0
    refused: int = 0


class PartitionReplay:
    """Scores a stretch of a partition.

    The state before it comes from a snapshot of the scoring role, where there is one, and from the records before.
    Snapshots of its own lie in the replay's folder: whoever is killed goes on from the last one, and what was found
    behind it is found again.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    plan : Plan
        The replay.
    partition : int
        Which.
    folder : ReplayFolder
        The replay's.
    load : callable
        Loads a version of a model.
    pace : Pace
        How much time is left to others.
    tell : callable
        Told how far it is.
    """

    def __init__(
        self,
        settings: Settings,
        bootstrap: str,
        plan: Plan,
        partition: int,
        folder: ReplayFolder,
        load: Load,
        pace: Pace,
        tell: Callable[[Progress], None],
    ) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
        self._plan = plan
        self._partition = partition
        self._folder = folder
        self._load = load
        self._pace = pace
        self._tell = tell
        self._chosen = Chosen(plan)
        self._start, self._end = plan.stretches[partition]
        self._found = self._lines_before = self._warmed = 0
        self._pipeline = self._new()
        self._log = ResultLog(folder.results(partition))
        self._store = SnapshotStore(str(folder.state))
        self._writer = SnapshotWriter(self._store)
        self._own = PartitionSnapshots(self._store, self._writer, self._identity(plan.id), self._limits)
        self._restored = 0
        self._begun: Iterator[Sequence[RawRecord]] | None = None

    def prepare(self) -> "PartitionReplay":
        """Become the state to go on from, and begin to read: so that nothing is waited for once it is its turn."""
        if self._log.reached.next_offset < self._end:
            self._restored = self._restore(self._log, self._own)
            self._begun = self._read(self._restored, self._start if self._restored < self._start else self._end)
        return self

    def run(self) -> Reached:
        """Score what is left to score, once it is prepared; return what was reached."""
        try:
            if self._log.reached.next_offset < self._end:
                self._go_on(self._log, self._own)
        finally:
            self._writer.close()
            self._log.close()
        return self._log.reached

    @property
    def _limits(self) -> Limits:
        return Limits(self._settings.snapshot_records, self._settings.snapshot_seconds)

    def _identity(self, of: str = "") -> Identity:
        fingerprint = state_fingerprint(self._settings, self._pipeline.state.fingerprint)
        fingerprint += f" replay {of}" if of else ""
        return Identity(self._plan.topic, self._plan.topic_id, self._partition, fingerprint)

    def _new(self) -> PartitionPipeline:
        scorer = new_scorer(self._settings, self._load)
        return PartitionPipeline(self._plan.topic, self._partition, scorer, utc_now, counted=False)

    def _go_on(self, log: ResultLog, own: PartitionSnapshots) -> None:
        restored = self._restored
        if restored <= self._start:
            log.go_on_from(None)
            self._warm_up(restored, own)
            self._put_in_force()
            restored = self._start
        done = log.reached
        self._lines_before = done.lines - self._pipeline.lines
        self._found = 0
        for run in self._runs(restored, self._end):
            outgoing = self._pipeline.process(self._chosen.of(run))
            self._pipeline.next_offset = run[-1].offset + 1
            done = self._keep(log, done, run, outgoing)
            own.scored(len(run), done.next_offset, self._pipeline.state)
            self._say(done)
            self._pace.rest()
        log.append([], Reached(self._end, done.records, done.lines, done.refused))

    def _restore(self, log: ResultLog, own: PartitionSnapshots) -> int:
        """Become the newest state to go on from, and return its offset.

        That is one of this replay's, if what was found until then is there; else one of the scoring role's, from before
        the stretch; else nothing.
        """
        first = end_offsets(self._bootstrap, self._plan.topic)[self._partition][0]
        shared = SnapshotStore.of(self._settings)
        for stamp, parts in own.newest(after=0, at_most=max(self._start, log.reached.next_offset)):
            if (stamp <= self._start or log.holds(stamp)) and self._become(stamp, parts):
                if stamp > self._start:
                    log.go_on_from(stamp)
                return stamp
        for stamp, parts in shared.newest(self._identity(), after=max(0, first - 1), at_most=self._start):
            if self._become(stamp, parts):
                return stamp
        if first > 0:
            raise ReplayError(
                f"{self._plan.topic} partition {self._partition} begins at offset {first}: what was before is lost, "
                f"and no snapshot has the state up to offset {self._start}"
            )
        if self._pipeline.next_offset:  # what could not be loaded has left its traces
            self._pipeline = self._new()
        return 0

    def _become(self, stamp: int, parts: dict[str, memoryview]) -> bool:
        self._pipeline = self._new()
        self._pipeline.next_offset = stamp
        try:
            self._pipeline.state.load(parts)
        except ValueError as error:
            LOGGER.warning("snapshot of offset %d cannot be loaded, and is ignored: %s", stamp, error)
            return False
        return True

    def _warm_up(self, restored: int, own: PartitionSnapshots) -> None:
        for run in self._runs(restored, self._start):
            self._pipeline.process(self._chosen.of_companies(run))
            self._pipeline.next_offset = run[-1].offset + 1
            own.scored(len(run), self._pipeline.next_offset, self._pipeline.state)
            self._warmed += len(run)
            self._tell(Progress(self._partition, self._warmed))
            self._pace.rest()
        self._pipeline.lines = 0

    def _put_in_force(self) -> None:
        """Put the replay's own models and settings in force."""
        markers = first_markers(self._plan, self._partition)
        if not markers:
            return
        for made in self._pipeline.process(markers):
            if made.topic is DEAD_LETTER:
                told = {name: (value or b"").decode(errors="replace") for name, value in made.headers}
                raise ReplayError(told.get("wb_detail", "the versions of the replay cannot be put in force"))

    def _runs(self, start: int, end: int) -> Iterator[Sequence[RawRecord]]:
        """Return the runs of a stretch; the first that is not empty was begun with before."""
        if start >= end:
            return iter(())
        begun, self._begun = self._begun, None
        return begun or self._read(start, end)

    def _read(self, start: int, end: int) -> Iterator[Sequence[RawRecord]]:
        return read_ahead(iter(read_partition(self._bootstrap, self._plan.topic, self._partition, start, end)))

    def _keep(self, log: ResultLog, done: Reached, run: Sequence[RawRecord], outgoing: Sequence[Outgoing]) -> Reached:
        """Write down what a run found."""
        found = [_found(made) for made in outgoing if made.topic is DETECTIONS]
        refused = sum(made.topic is DEAD_LETTER for made in outgoing)
        self._found += len(found)
        reached = Reached(
            run[-1].offset + 1,
            done.records + len(run),
            self._lines_before + self._pipeline.lines,
            done.refused + refused,
        )
        log.append(found, reached)
        return reached

    def _say(self, done: Reached) -> None:
        self._tell(
            Progress(
                self._partition, self._warmed, done.next_offset - self._start, done.lines, self._found, done.refused
            )
        )


def _found(made: Outgoing) -> Found:
    """Return a detection as it is written down."""
    told = {name: value for name, value in made.headers if value is not None}
    offset = told.get(REPLAYED, told["wb_offset"])
    assert made.value is not None
    return Found(int(offset), told["wb_time"].decode(), told.get(HEADER), made.value)
