"""The compiled pass over numbers that are missing: what is remembered of each series of numbers, and when it is told.

A run of missing numbers waits. What arrives in it later divides it, and the parts wait anew: how long such numbers
took, in entries and in days, is the series' habit of disorder.
"""

import math
from typing import Any

import numpy as np

from wisebook_ml.compiled import Array, array_at, compiled
from wisebook_ml.habits.arrivals import company_key
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.store import Store, array_names, table_at
from wisebook_ml.habits.tables import Pool, find, free_rows, insert, remove
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.subjects.packing import advance, keep_text, read_text
from wisebook_ml.subjects.periods import year_of

__all__ = [
    "DONE",
    "EVENT",
    "FULL",
    "GAPS",
    "MISSING",
    "ROOM",
    "TEXT_BYTES",
    "WORDS",
    "follow_numbers",
    "follow_tick",
    "new_store",
]

DONE, ROOM, FULL = range(3)
"""Why the pass stopped: it did not; for want of room in the state; for want of room in what it writes."""

ARRIVED, MISSING = range(2)
"""What it tells: numbers do not arrive any more; one of them did after all."""

GAPS = 16
"""Runs of missing numbers of a series that are followed; of more, the oldest is forgotten."""

MAX_SERIES = 2_000
"""Series of a company that are followed; the one begun first is forgotten."""

AFTER, TIMES = 10, 2
"""Later numbers that must have arrived before one is missing: so many, and twice what the series' latest one took."""

AFTER_DAYS, LATE_DAYS = 35, 15
"""How far the journal's dates must have come, too: books are typed month by month, in whatever order, so a month and
some days; or two weeks more than the series' latest one took."""

CLOSING = 4
"""Later numbers that are enough on the last day of the year, if the series' latest one took at most half as many."""

ANYWAY, ANYWAY_TIMES = 30, 3
"""Later numbers after which one is missing whatever the dates: so many, and three times what the latest one took."""

PRIOR_NUMBERS = 50
"""Numbers that a series is expected to have had without a gap, before it is known."""

TEXT_BYTES = 3 * 256
WORDS = 3 * 32
"""Bytes of the texts of an event, and the words that they take in their pool."""

COMPANY = np.dtype([(what, np.int32) for what in ("first", "last", "count")], align=True)
"""The queue of a company's series, oldest first."""

SERIES = np.dtype(
    [
        *[(what, np.int64) for what in ("societe", "high", "total")],
        *[(what, np.int32) for what in ("company", "first", "last", "clock", "ahead", "entries")],
        *[(what, np.int32) for what in ("after", "late", "gaps", "waiting", "next")],
    ],
    align=True,
)
"""Numbers of one journal, fiscal year and prefix: the highest, the dates that they have come to, after how many entries
and days a missing one still arrived, and how many runs are missing, and not told yet."""

GAP = np.dtype(
    [
        *[(what, np.int64) for what in ("first", "last")],
        *[(what, np.int32) for what in ("day", "since", "after", "revision", "told")],
        *[(what, np.int32) for what in ("code", "code_length", "num", "num_length", "id", "id_length")],
    ],
    align=True,
)
"""Missing numbers from `first` to `last`: the date, number and id of the entry behind, how far the dates had come, how
many later numbers have arrived since, and how often it was told."""

EVENT = np.dtype(
    [
        *[(what, np.int64) for what in ("societe", "first", "last", "stake")],
        *[(what, np.int32) for what in ("position", "kind", "revision", "day", "year_first", "year_last", "after")],
        *[(what, np.int32) for what in ("text", "code", "num", "id")],
        ("value", np.float64),
    ],
    align=True,
)

ROWS = {"companies": COMPANY, "series": SERIES}
SIDES: dict[str, tuple[str, np.dtype[Any], int]] = {"gaps": ("series", GAP, GAPS)}
POOLS: dict[str, dict[str, np.dtype[Any]]] = {"words": {"items": np.dtype(np.int64)}}
NAMES = array_names(ROWS, SIDES, POOLS)

_companies_of = table_at(NAMES, "companies", COMPANY)
_series_of = table_at(NAMES, "series", SERIES)
_gaps_of = array_at(NAMES.index("gaps"), GAP, GAPS)
_words = array_at(NAMES.index("words.items"), np.int64)
_word_heads = array_at(NAMES.index("words.heads"), np.int64)


def new_store() -> Store:
    """Return an empty state."""
    return Store(ROWS, SIDES, POOLS)


@compiled
def _pool(state: Array) -> Pool:
    return Pool(_word_heads(state), _words(state))


@compiled
def follow_numbers(
    cursor: Array,
    data: Array,
    societe: Array,
    sequence: Array,
    number: Array,
    days: tuple[Array, Array, Array],
    total: Array,
    follows: Array,
    opens: Array,
    apart: Array,
    codes: tuple[Array, Array],
    nums: tuple[Array, Array],
    ids: tuple[Array, Array],
    thresholds: Array,
    state: Array,
    events: Array,
    used: Array,
    texts: Array,
) -> int:
    """Follow the numbers of entries from `cursor` on; return why it stopped.

    `follows` says which entries have a number that counts, `opens` before which of them numbers can be missing, `apart`
    which may have numbers far from the others; `days` are the entry's date, and the first and last day of its year.
    """
    companies, series = _companies_of(state), _series_of(state)
    while cursor[0] < len(societe):
        i = cursor[0]
        if not follows[i]:
            cursor[0] += 1
            continue
        words = _pool(state)
        no_rows = free_rows(companies.keys, companies.meta) < 1 or free_rows(series.keys, series.meta) < 1
        if no_rows or len(words.links) - words.heads[-1] < WORDS:
            return ROOM
        if len(events) - used[0] <= GAPS or len(texts) - used[1] < (GAPS + 1) * TEXT_BYTES:
            return FULL
        cursor[0] += 1
        key = mix(company_key(societe[i]), sequence[i])
        row = find(series.slots, series.keys, key)
        if row == 0:
            row = _begin(state, societe[i], key, number[i], days[0][i], year_of(days[0][i], days[1][i], days[2][i]))
        noted = series.rows[row]
        if apart[i] and number[i] > noted.high + 1:
            continue
        noted.entries += 1
        noted.total += total[i]
        noted.clock, noted.ahead = advance(noted.clock, noted.ahead, days[0][i])
        place = _take(state, row, number[i], max(noted.clock, days[0][i]), i, events, used, texts)
        if place >= 0 and not opens[i]:
            _drop(state, row, place)
        elif place >= 0:
            _name(state, row, place, days[0][i], data, (codes[0][i], codes[1][i]), (nums[0][i], nums[1][i]),
                  (ids[0][i], ids[1][i]))  # fmt: skip
        if noted.waiting > 0:
            _judge(state, row, False, noted.clock, i, thresholds[i], events, used, texts)
    return DONE


@compiled
def follow_tick(
    cursor: Array, only: int, day: int, threshold: float, state: Array, events: Array, used: Array, texts: Array
) -> int:
    """Let a day come for a company (0: for all), from row `cursor` on; return why it stopped."""
    companies, series = _companies_of(state), _series_of(state)
    chosen = find(companies.slots, companies.keys, company_key(only)) if only != 0 else 0
    if only != 0 and chosen == 0:
        return DONE
    while cursor[0] < series.meta[0]:
        row = cursor[0]
        noted = series.rows[row]
        if row > 0 and noted.waiting > 0 and (only == 0 or noted.company == chosen):
            if len(events) - used[0] <= GAPS or len(texts) - used[1] < (GAPS + 1) * TEXT_BYTES:
                return FULL
            _judge(state, row, True, day, 0, threshold, events, used, texts)
        cursor[0] += 1
    return DONE


@compiled
def _begin(state: Array, societe: int, key: int, number: int, day: int, year: tuple[int, int]) -> int:
    """Return the row of a new series; the company's oldest gives way where there are too many."""
    companies, series = _companies_of(state), _series_of(state)
    of_company = company_key(societe)
    at = find(companies.slots, companies.keys, of_company)
    if at == 0:
        at = insert(companies.slots, companies.keys, companies.meta, of_company)
    queue = companies.rows[at]
    if queue.count == MAX_SERIES:
        oldest = dequeue(queue, series.rows)
        while series.rows[oldest].gaps > 0:
            _drop(state, oldest, 0)
        remove(series.slots, series.keys, series.meta, oldest)
    row = insert(series.slots, series.keys, series.meta, key)
    noted = series.rows[row]
    noted.societe, noted.company, noted.first, noted.last = societe, at, year[0], year[1]
    noted.high, noted.total, noted.clock, noted.ahead, noted.entries = number, 0, day, 0, 0
    noted.after, noted.late, noted.gaps, noted.waiting = 0, 0, 0, 0
    enqueue(queue, series.rows, row)
    return int(row)


@compiled
def _take(state: Array, row: int, number: int, day: int, i: int, events: Array, used: Array, texts: Array) -> int:
    """Take a number; return the place of the run of missing ones that it is behind, -1 where there is none."""
    noted, gaps = _series_of(state).rows[row], _gaps_of(state)[row]
    first, last, since, at = noted.high + 1, number - 1, day, -1
    if number <= noted.high:
        for k in range(noted.gaps):
            if gaps[k].first <= number <= gaps[k].last:
                at = k
        if at < 0:
            return -1  # it was there, or is one of before
        gap = gaps[at]
        noted.after = max(noted.after, gap.after)
        noted.late = max(noted.late, day - gap.since)
        if gap.told == MISSING:
            _tell(state, row, at, ARRIVED, 0.0, i, events, used, texts)
            noted.waiting += 1
        first, since = gap.first, gap.since
        gap.first, gap.after = number + 1, 0
        if gap.first > gap.last:
            _drop(state, row, at)
    else:
        noted.high = number
    for k in range(noted.gaps):
        gaps[k].after += gaps[k].last < number
    if first > last:
        return -1
    if noted.gaps == GAPS:
        _drop(state, row, 0)
    gap = gaps[noted.gaps]
    gap.first, gap.last, gap.since, gap.after, gap.told, gap.revision = first, last, since, 1, 0, 0
    noted.gaps += 1
    noted.waiting += 1
    return int(noted.gaps - 1)


@compiled
def _drop(state: Array, row: int, place: int) -> None:
    """Follow a run of missing numbers no longer."""
    noted, gaps, words = _series_of(state).rows[row], _gaps_of(state)[row], _pool(state)
    gap = gaps[place]
    noted.waiting -= 1 - gap.told
    keep_text(words.heads, words.links, gap.code, gap.code_length, words.links, 0, 0)
    keep_text(words.heads, words.links, gap.num, gap.num_length, words.links, 0, 0)
    keep_text(words.heads, words.links, gap.id, gap.id_length, words.links, 0, 0)
    noted.gaps -= 1
    for k in range(place, noted.gaps):
        gaps[k] = gaps[k + 1]
    gaps[noted.gaps].code_length, gaps[noted.gaps].num_length, gaps[noted.gaps].id_length = 0, 0, 0


@compiled
def _name(
    state: Array, row: int, place: int, day: int, data: Array,
    code: tuple[int, int], num: tuple[int, int], ident: tuple[int, int],
) -> None:  # fmt: skip
    """Keep which entry is behind a new run of missing numbers."""
    gap, words = _gaps_of(state)[row, place], _pool(state)
    gap.day = day
    gap.code = keep_text(words.heads, words.links, 0, 0, data, code[0], code[1])
    gap.num = keep_text(words.heads, words.links, 0, 0, data, num[0], num[1])
    gap.id = keep_text(words.heads, words.links, 0, 0, data, ident[0], ident[1])
    gap.code_length, gap.num_length, gap.id_length = code[1], num[1], ident[1]


@compiled
def _judge(
    state: Array, row: int, tick: bool, day: int, i: int, threshold: float, events: Array, used: Array, texts: Array
) -> None:
    """Tell which runs of a series are missing: the journal has gone past them, or a tick says that its time has."""
    noted, gaps = _series_of(state).rows[row], _gaps_of(state)[row]
    value = -math.log10((noted.gaps - 0.5) / (noted.entries + PRIOR_NUMBERS + 1))
    if value < threshold:
        return
    wait = max(AFTER_DAYS, noted.late + LATE_DAYS)
    for k in range(noted.gaps):
        past = day >= gaps[k].since + wait
        if tick:
            past |= day > noted.last  # the year is over; on its last day, some entries may still come
            past |= day == noted.last and gaps[k].after >= max(CLOSING, TIMES * noted.after)
        else:
            past &= gaps[k].after >= max(AFTER, TIMES * noted.after)
            past |= gaps[k].after >= max(ANYWAY, ANYWAY_TIMES * noted.after)
        if past and gaps[k].told == 0:
            _tell(state, row, k, MISSING, value, i, events, used, texts)
            noted.waiting -= 1


@compiled
def _tell(
    state: Array, row: int, place: int, kind: int, value: float, i: int, events: Array, used: Array, texts: Array
) -> None:
    """Write down what became of a run of missing numbers."""
    noted, gap, words = _series_of(state).rows[row], _gaps_of(state)[row, place], _pool(state).links
    gap.told = kind
    gap.revision += 1
    event = events[used[0]]
    used[0] += 1
    event.societe, event.first, event.last = noted.societe, gap.first, gap.last
    event.stake = noted.total // noted.entries * min(gap.last - gap.first + 1, noted.entries)
    event.position, event.kind, event.revision, event.day, event.after = i, kind, gap.revision, gap.day, gap.after
    event.year_first, event.year_last, event.value = noted.first, noted.last, value
    event.text, event.code, event.num, event.id = used[1], gap.code_length, gap.num_length, gap.id_length
    at = read_text(words, gap.code, gap.code_length, texts, used[1])
    at = read_text(words, gap.num, gap.num_length, texts, at)
    used[1] = read_text(words, gap.id, gap.id_length, texts, at)
