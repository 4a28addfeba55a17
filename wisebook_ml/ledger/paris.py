"""French time, as a table that compiled code reads."""

import datetime as dt
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.batch import Ints

__all__ = ["PARIS", "Offsets", "offset_at", "paris_offsets"]

PARIS = ZoneInfo("Europe/Paris")
"""Working hours and days are those of French offices."""

FIRST_YEAR, LAST_YEAR = 1880, 2200
"""Local mean time before; the offset of the last winter after."""

STEP = 7 * 86_400
"""Clocks were never set twice within a week."""


class Offsets(NamedTuple):
    """When clocks were set (epoch seconds, ascending), and seconds ahead of UTC from then on."""

    since: Ints
    seconds: Ints


@lru_cache(maxsize=1)
def paris_offsets() -> Offsets:
    """Return the table; ``seconds[0]`` holds before ``since[1]``."""
    since, seconds = [-(2**62)], [_offset(_epoch(FIRST_YEAR))]
    for at in range(_epoch(FIRST_YEAR), _epoch(LAST_YEAR), STEP):
        after = _offset(at + STEP)
        if after != seconds[-1]:
            low, high = at, at + STEP
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(middle) == seconds[-1] else (low, middle)
            since.append(high)
            seconds.append(after)
    return Offsets(np.array(since, dtype=np.int64), np.array(seconds, dtype=np.int64))


def _epoch(year: int) -> int:
    return int(dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp())


def _offset(epoch: int) -> int:
    offset = dt.datetime.fromtimestamp(epoch, PARIS).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@compiled
def offset_at(epoch: int, since: Array, seconds: Array) -> int:
    """Return how many seconds French clocks are ahead of UTC at a moment in epoch seconds."""
    low, high = 0, len(since)
    while high - low > 1:
        middle = (low + high) >> 1
        if since[middle] <= epoch:
            low = middle
        else:
            high = middle
    offset: int = seconds[low]
    return offset
