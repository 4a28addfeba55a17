"""One partition: what waits, what is in work, what is finished and what is committed. No Kafka, no clock."""

from collections.abc import Callable, Sequence

from faust.types import TP

from .batch import Record, RecordBatch

__all__ = ["PartitionFeed"]


class PartitionFeed:
    """The records of a partition between the fetcher and an agent, one batch in work at a time.

    An agent works a partition in order, so the last offset that is done says all: everything before it is done too.

    Parameters
    ----------
    tp : TP
        The partition.
    max_records : int
        Most records of a batch.
    """

    def __init__(self, tp: TP, max_records: int) -> None:
        self.tp = tp
        self.max_records = max_records
        self.in_work: RecordBatch | None = None
        self.end = 0
        """Where the partition ended when last fetched; of a transactional reader: its last stable offset."""
        self.progress_at = 0.0
        """When the commit last advanced, an agent said that it gets on, or there began to be something to commit."""
        self._forget()

    def _forget(self) -> None:
        self._buffer: list[Record] = []
        self._position: int | None = None  # everything fetched is before it
        self._taken = 0  # everything that agents were given is before it
        self._done: int | None = None  # everything before it is finished
        self._committed: int | None = None
        self._orphan = False  # the batch in work is of an earlier assignment

    @property
    def buffered(self) -> int:
        """How many records wait."""
        return len(self._buffer)

    @property
    def committed(self) -> int | None:
        """Everything before it is committed; None before the first fetch of an assignment."""
        return self._committed

    @property
    def lag(self) -> int:
        """How many offsets are not committed yet, as far as is known."""
        committed = self._committed  # read once: the watchdog asks in a thread of its own
        return 0 if committed is None else max(0, self.end - committed)

    def start(self) -> None:
        """Begin a new assignment: the next thing that is added tells where it starts."""
        in_work = self.in_work
        self._forget()
        self._orphan = in_work is not None

    def add(self, records: Sequence[Record], position: int, end: int, now: float) -> None:
        """Take what was fetched.

        Parameters
        ----------
        records : sequence of Record
            May be empty: control records move the position alone.
        position : int
            Behind all that was fetched.
        end : int
            Where the partition ends.
        now : float
            The time.
        """
        if self.lag == 0:
            # Before there is a lag to be seen: the watchdog would take the time of the last one, or none, for its age.
            self.progress_at = now
        first = records[0].offset if records else position
        if self._committed is None or (self._position is not None and first < self._position):
            # A new assignment; or the topic was cut short or made anew, and the client began again where it could.
            self._committed = self._done = self._taken = first
        self._buffer.extend(records)
        self._position = position
        self.end = end
        self._pass_gap()

    def take(self, gets_on: Callable[[], None] = lambda: None) -> RecordBatch | None:
        """Return the next batch, unless one is in work or nothing waits.

        Parameters
        ----------
        gets_on : callable
            What the agent calls while it has the batch and gets on.
        """
        if self.in_work is not None or not self._buffer or self._position is None:
            return None
        records, next_offset = self._buffer, self._position
        if len(records) > self.max_records:
            self._buffer = records[self.max_records :]
            del records[self.max_records :]
            next_offset = self._buffer[0].offset
        else:
            self._buffer = []
        first_offset, self._taken = self._taken, next_offset
        self.in_work = RecordBatch(self.tp.topic, self.tp.partition, records, first_offset, next_offset, gets_on)
        return self.in_work

    def finish(self) -> bool:
        """Count the batch in work as finished; False where it is of an earlier assignment, and counts for nothing."""
        batch, orphan = self.in_work, self._orphan
        assert batch is not None
        self.in_work, self._orphan = None, False
        if orphan:
            return False
        self._done = batch.next_offset
        self._pass_gap()
        return True

    def drop(self) -> None:
        """Forget what waits; it will be fetched again."""
        self._buffer = []
        self._position = None

    def withdraw(self) -> None:
        """Take back the batch in work, which nobody has begun."""
        self.in_work, self._orphan = None, False

    def end_assignment(self) -> None:
        """Give the partition up: nothing of it is committed any more."""
        self.start()

    def committable(self) -> int | None:
        """Return the offset to be committed, if it is not yet."""
        if self._done is None or self._committed is None or self._done <= self._committed:
            return None
        return self._done

    def commit(self, offset: int, now: float) -> None:
        """Note that an offset was committed."""
        if self._committed is not None and offset > self._committed:
            self._committed = offset
            self.progress_at = now

    def _pass_gap(self) -> None:
        """Move on over offsets that hold no records, where everything before them is finished."""
        if self.in_work is None and not self._buffer and self._position is not None:
            self._done = self._position
