"""Series of numbers: whether each number has a place in the series of its journal, year and prefix.

Of each series, which of the latest `WINDOW` numbers were used is remembered, a bit each. A number is missing when the
series has gone on that far without it: entries that arrive in another order than their numbers are not gaps.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.arrivals import company_key
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.store import Store, array_names, table_at
from wisebook_ml.habits.tables import find, free_rows, insert, remove
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.subjects.tallies import ROWS

__all__ = ["AHEAD", "ASTRAY", "BACK", "MISSING", "REPEATED", "SERIES_ROWS", "follow_numbers"]

MISSING, REPEATED, AHEAD, BACK, ASTRAY = (1 << k for k in range(5))
"""What is wrong with an entry's number: there is none; it was used just before; numbers before it are missing; it lies
far behind; it begins a series of its own, and not at 0 or 1."""

WINDOW = 60
"""How far numbers may be out of order: about a week of a journal."""

MAX_SERIES = 10_000
"""Series that are followed of a company; the one begun first is forgotten."""

OWNER = np.dtype([("first", np.int32), ("last", np.int32), ("count", np.int32)], align=True)
SERIES = np.dtype(
    [
        *[(what, np.int64) for what in ("high", "low", "used", "other_high", "other_low", "other_used")],
        ("next", np.int32),
    ],
    align=True,
)
"""A series: its highest number of late, the number it began with, and which of the `WINDOW` up to `high` were used; and
the same of where it was before it jumped, since two series can run side by side (imports from 1,000 on)."""

SERIES_ROWS: dict[str, np.dtype[Any]] = ROWS | {"owners": OWNER, "series": SERIES}
"""Tables of the state: those of `tallies`, and the series with the queue of each company's."""

NAMES = array_names(SERIES_ROWS, {}, {})
_owners_of = table_at(NAMES, "owners", OWNER)
_series_of = table_at(NAMES, "series", SERIES)


def follow_numbers(
    state: Store,
    societe: npt.NDArray[np.int64],
    sequence: npt.NDArray[np.int64],
    number: npt.NDArray[np.int64],
    follows: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:
    """Return what is wrong with the number of each entry, shape (n,); 0 for what does not follow the others.

    Parameters
    ----------
    state : Store
        With the tables of `SERIES_ROWS`; updated in place.
    societe, sequence, number : ndarray of int64, shape (n,)
        Company, hash of the series, and number (-1: none).
    follows : ndarray of bool, shape (n,)
        Whether the entry counts.
    """
    causes, done = np.zeros(len(societe), np.int64), 0
    while True:
        done = _follow(done, societe, sequence, number, follows, state.directory(), causes)
        if done == len(societe):
            return causes
        state.reserve({"owners": 1, "series": 1}, {})


@compiled
def _follow(
    start: int, societe: Array, sequence: Array, number: Array, follows: Array, state: Array, causes: Array
) -> int:
    owners, series = _owners_of(state), _series_of(state)
    for i in range(start, len(societe)):
        if not follows[i]:
            continue
        if number[i] < 0:
            causes[i] = MISSING
            continue
        if free_rows(owners.keys, owners.meta) < 1 or free_rows(series.keys, series.meta) < 1:
            return i
        company = company_key(societe[i])
        key = mix(company, sequence[i])
        row = find(series.slots, series.keys, key)
        if row == 0:
            at = find(owners.slots, owners.keys, company)
            if at == 0:
                at = insert(owners.slots, owners.keys, owners.meta, company)
            owner = owners.rows[at]
            if owner.count == MAX_SERIES:
                remove(series.slots, series.keys, series.meta, dequeue(owner, series.rows))
            row = insert(series.slots, series.keys, series.meta, key)
            _begin(series.rows[row], number[i])
            enqueue(owner, series.rows, row)
            causes[i] = ASTRAY if number[i] > 1 else 0
        else:
            causes[i] = _place(series.rows[row], number[i])
    return len(societe)


@compiled
def _begin(series: Array, number: int) -> None:
    series.high, series.low, series.used = number, number, 1
    series.other_high, series.other_low, series.other_used = 0, 0, 0


@compiled
def _swap(series: Array) -> None:
    """Have the other place be the one that goes on."""
    high, low, used = series.high, series.low, series.used
    series.high, series.low, series.used = series.other_high, series.other_low, series.other_used
    series.other_high, series.other_low, series.other_used = high, low, used


@compiled
def _place(series: Array, number: int) -> int:
    """Take the next number of a series; return what is wrong with it."""
    ahead = number - series.high
    if abs(ahead) >= WINDOW:
        _swap(series)
        if series.used == 0 or abs(number - series.high) >= WINDOW:
            series.high, series.low, series.used = number, number, 1
            return AHEAD if ahead > 0 else BACK
        ahead = number - series.high
    if ahead <= 0:
        bit = 1 << -ahead
        if series.used & bit:
            return REPEATED
        series.used |= bit
        return 0
    missing = False
    for back in range(WINDOW - ahead, WINDOW):
        # Of numbers that are missing one after the other, the first counts.
        gone = (series.used >> back) & 1 == 0 and series.high - back >= series.low
        missing |= gone and ((series.used >> (back + 1)) & 1 == 1 or series.high - back == series.low)
    series.used = ((series.used << ahead) | 1) & ((1 << (WINDOW + 1)) - 1)
    series.high = number
    return AHEAD if missing else 0
