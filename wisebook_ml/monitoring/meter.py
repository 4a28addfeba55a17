"""Measures the batches of a topic."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wisebook_ml.metrics import BATCH_SECONDS, BATCHES, DELAY_SECONDS, RECORDS
from wisebook_ml.transport import RecordBatch

__all__ = ["BatchMeter"]


class BatchMeter:
    """Counts what was finished, and how long it took; four additions a batch, whatever its size.

    Parameters
    ----------
    topic : str
        Name of the topic, without the deployment's prefix.
    wall, clock : callable
        Seconds since 1970, and seconds that never go back.
    """

    def __init__(
        self,
        topic: str,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = RECORDS.labels(topic)
        self._batches = BATCHES.labels(topic)
        self._seconds = BATCH_SECONDS.labels(topic)
        self._delay = DELAY_SECONDS.labels(topic)
        self._wall = wall
        self._clock = clock

    @contextmanager
    def measuring(self, batch: RecordBatch) -> Iterator[None]:
        """Measure the work on a batch; one that fails counts for nothing, since it comes again."""
        began = self._clock()
        yield
        self._seconds.observe(self._clock() - began)
        self._batches.inc()
        self._records.inc(len(batch))
        written = batch.records[0].timestamp
        if written is not None and written > 0:
            self._delay.observe(max(0.0, self._wall() - written / 1000))
