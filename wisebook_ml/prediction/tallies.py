"""Counting what comes on `feedback` and `treasury`: verdicts and days, by company."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence, Set

from schemas import Avis, PositionTresorerie, Record, SourcePosition
from topics import FEEDBACK, TREASURY, Topic
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.reader import end_offsets, read_partition

__all__ = ["Days", "Tally", "Verdicts"]

Counted = Callable[[int, Mapping[str, int]], None]


class Tally(ABC):
    """A count of distinct things on a topic, by company, kept in memory: what it lacks is read from the topic.

    The topics are small beside `entries`, so there are no snapshots. Any thread may call, of several partitions.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and the deployment's topic prefix.
    counted : callable
        Told the counts of a company whenever they change.
    """

    topic: Topic
    name: str

    def __init__(self, bootstrap: str, prefix: str, counted: Counted) -> None:
        self._bootstrap = bootstrap
        self._full_name = self.topic.full_name(prefix)
        self._counted = counted
        self._decoder = Decoder(self.topic)
        self._lock = threading.Lock()
        self._next: dict[int, int] = {}
        self._seen: dict[int, set[object]] = {}

    @abstractmethod
    def thing(self, record: Record) -> object:
        """Return what is counted once, however often it comes."""

    def number(self, things: Set[object]) -> int:
        """Return how many of a company's things count."""
        return len(things)

    def catch_up(self, partition: int) -> None:
        """Count all that is on a partition by now.

        Raises
        ------
        ReadError
            Where it cannot be read.
        """
        first, end = end_offsets(self._bootstrap, self._full_name)[partition]
        with self._lock:
            start = max(first, self._next.get(partition, 0))
            for run in read_partition(self._bootstrap, self._full_name, partition, start, end):
                self._count(run)
            self._next[partition] = max(end, self._next.get(partition, 0))

    def take(self, partition: int, records: Sequence[RawRecord]) -> None:
        """Count records of a partition as they are delivered; what was before them and is not counted yet is read."""
        if records and records[0].offset > self._next.get(partition, 0):
            self.catch_up(partition)
        with self._lock:
            new = [raw for raw in records if raw.offset >= self._next.get(partition, 0)]
            self._count(new)
            if new:
                self._next[partition] = new[-1].offset + 1

    def _count(self, records: Sequence[RawRecord]) -> None:
        changed = set()
        for raw in records:
            try:
                record = self._decoder.decode(raw)
            except Undecodable:
                continue  # whose topic it is makes it a dead letter
            if not isinstance(record, Avis | PositionTresorerie):
                continue  # of what else the two topics have, nothing is counted
            seen = self._seen.setdefault(record.societe_id, set())
            before = len(seen)
            seen.add(self.thing(record))
            if len(seen) > before:
                changed.add(record.societe_id)
        for societe_id in sorted(changed):
            self._counted(societe_id, {self.name: self.number(self._seen[societe_id])})


class Verdicts(Tally):
    """Detections and entries that somebody has given a verdict on."""

    topic = FEEDBACK
    name = "avis"

    def thing(self, record: Record) -> object:
        """See the base class."""
        assert isinstance(record, Avis)  # see `_count`
        return record.ecriture_id if record.detection_id is None else record.detection_id.int


class Days(Tally):
    """Days of which there is a position of any bank account."""

    topic = TREASURY
    name = "days"

    def thing(self, record: Record) -> object:
        """See the base class."""
        assert isinstance(record, PositionTresorerie)  # see `_count`
        return record.source, record.date.toordinal()

    def number(self, things: Set[object]) -> int:
        """Return the days that banks tell, where they tell any, else those of the books (`treasury/sources.py`)."""
        told = sum(isinstance(one, tuple) and one[0] is SourcePosition.BANQUE for one in things)
        return told or len(things)
