"""The series of entries that may come again and again: what is kept of each (compiled)."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import find, insert, remove
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.subjects.packing import keep_text, link, unlink
from wisebook_ml.subjects.recurrence_layout import (
    MAX_SERIES,
    OPENS,
    RING,
    SERIES_QUEUE,
    amounts_of,
    companies_of,
    days_of,
    journals_of,
    keys_of,
    lags_of,
    members_of,
    opens_of,
    queues_of,
    regular_of,
    series_of,
    word_pool_of,
)
from wisebook_ml.subjects.rhythm import learn_rhythm

__all__ = [
    "LABEL_BYTES",
    "end_series",
    "join_series",
    "leave_series",
    "name_series",
    "says_the_same",
    "series_for",
    "set_regular",
]

LABEL_BYTES = 120
"""Of a label that is quoted."""


@compiled
def series_for(state: Array, company: int, at: int, what: int, by_party: bool, debit: bool) -> int:
    """Return the series of something; the company's oldest gives way where there are too many."""
    series = series_of(state)
    key = mix(mix(journals_of(state).keys[at], what), 1 + debit if by_party else 0)
    row = find(series.slots, series.keys, key)
    if row != 0:
        series.rows[row].touched = 1
        return row
    queue = queues_of(state)[company][SERIES_QUEUE]
    if queue.count == MAX_SERIES:
        oldest = dequeue(queue, series.rows)
        while series.rows[oldest].touched != 0:
            series.rows[oldest].touched = 0
            enqueue(queue, series.rows, oldest)
            oldest = dequeue(queue, series.rows)
        _forget(state, oldest)
    row = insert(series.slots, series.keys, series.meta, key)
    noted = series.rows[row]
    companies_of(state).rows[company].serials += 1
    noted.serial, noted.company, noted.journal = companies_of(state).rows[company].serials, company, at
    noted.ident, noted.amount, noted.before, noted.after = 0, 0, 0, 0
    noted.anchor, noted.spread, noted.lag, noted.since, noted.length = 0, 0, 0, 0, 0
    noted.skipped = 0
    for k in range(OPENS):
        opens_of(state)[row, k] = 0
    noted.id, noted.id_length, noted.code, noted.code_length, noted.label, noted.label_length = 0, 0, 0, 0, 0, 0
    noted.count, noted.live, noted.tiers, noted.period, noted.regular, noted.missed = 0, 0, 0, 0, 0, 0
    noted.touched, noted.steady, noted.kind, noted.quiet = 0, 0, 0, 0
    enqueue(queue, series.rows, row)
    return row


@compiled
def _forget(state: Array, row: int) -> None:
    series, pool = series_of(state), word_pool_of(state)
    noted = series.rows[row]
    end_series(state, row, True)
    keep_text(pool.heads, pool.links, noted.id, noted.id_length, pool.links, 0, 0)
    keep_text(pool.heads, pool.links, noted.code, noted.code_length, pool.links, 0, 0)
    keep_text(pool.heads, pool.links, noted.label, noted.label_length, pool.links, 0, 0)
    noted.serial = 0
    remove(series.slots, series.keys, series.meta, row)


@compiled
def end_series(state: Array, row: int, forget: bool) -> None:
    """Expect nothing more of a series; `forget` what it was, so that a new rhythm must be learnt."""
    noted, members = series_of(state).rows[row], members_of(state)
    set_regular(state, row, False)
    if not forget:
        return
    for k in range(noted.count):
        member = find(members.slots, members.keys, keys_of(state)[row, k])
        if member != 0:
            remove(members.slots, members.keys, members.meta, member)
    noted.count, noted.missed, noted.period, noted.quiet = 0, 0, 0, 0


@compiled
def set_regular(state: Array, row: int, regular: bool) -> None:
    """Have a series among those that something is expected of, or no longer."""
    series = series_of(state).rows
    if (series[row].regular != 0) == regular:
        return
    ends = regular_of(state)[series[row].company][0]
    if regular:
        link(ends, series, row)
    else:
        unlink(ends, series, row)
    series[row].regular = 1 if regular else 0


@compiled
def says_the_same(state: Array, member: int, series: int, key: int, day: int, amount: int) -> bool:
    """Return whether a revision says of an entry what is known of it here."""
    row = members_of(state).rows[member].series
    if row != series or members_of(state).rows[member].serial != series_of(state).rows[row].serial:
        return False
    for k in range(series_of(state).rows[row].count):
        if keys_of(state)[row, k] == key:
            return bool(days_of(state)[row, k] == day and amounts_of(state)[row, k] == amount)
    return False


@compiled
def _drop(state: Array, row: int, place: int) -> None:
    """Take an occurrence out of a series."""
    noted = series_of(state).rows[row]
    for k in range(place, noted.count - 1):
        days_of(state)[row, k] = days_of(state)[row, k + 1]
        lags_of(state)[row, k] = lags_of(state)[row, k + 1]
        amounts_of(state)[row, k] = amounts_of(state)[row, k + 1]
        keys_of(state)[row, k] = keys_of(state)[row, k + 1]
    noted.count -= 1


@compiled
def leave_series(state: Array, member: int, key: int, scratch: Array) -> None:
    """Take what an entry said before out of its series, which may be due again."""
    members = members_of(state)
    row, serial = members.rows[member].series, members.rows[member].serial
    remove(members.slots, members.keys, members.meta, member)
    noted = series_of(state).rows[row]
    if noted.serial != serial:
        return
    for k in range(noted.count):
        if keys_of(state)[row, k] == key:
            _drop(state, row, k)
            break
    before = noted.anchor
    if not learn_rhythm(days_of(state)[row], amounts_of(state)[row], noted.count, noted.kind, scratch, noted):
        set_regular(state, row, False)
        noted.missed = 0
    elif noted.regular != 0 and noted.anchor < before:
        noted.missed = 0
        companies_of(state).rows[noted.company].due = 1  # to be looked at soon


@compiled
def join_series(state: Array, row: int, key: int, day: int, amount: int, lag: int, live: bool) -> None:
    """Put an occurrence into a series, by its date; the oldest gives way."""
    noted, members = series_of(state).rows[row], members_of(state)
    days, lags, amounts, keys = days_of(state)[row], lags_of(state)[row], amounts_of(state)[row], keys_of(state)[row]
    if noted.count == RING:
        if day < days[0]:
            return
        member = find(members.slots, members.keys, keys[0])
        if member != 0:
            remove(members.slots, members.keys, members.meta, member)
        _drop(state, row, 0)
    place = int(noted.count)
    while place > 0 and days[place - 1] > day:
        days[place], lags[place] = days[place - 1], lags[place - 1]
        amounts[place], keys[place] = amounts[place - 1], keys[place - 1]
        place -= 1
    days[place], lags[place], amounts[place], keys[place] = day, lag, amount, key
    noted.count += 1
    noted.live = 1 if live else 0
    member = insert(members.slots, members.keys, members.meta, key)
    members.rows[member].series, members.rows[member].serial = row, noted.serial


@compiled
def name_series(
    state: Array, row: int, data: Array, named: tuple[Array, Array], line: int, codes: tuple[Array, Array], i: int,
    labels: tuple[Array, Array], first_line: int,
) -> None:  # fmt: skip
    """Keep what a regular series is called."""
    noted, pool = series_of(state).rows[row], word_pool_of(state)
    at, length = labels[0][first_line], labels[1][first_line]
    if length > LABEL_BYTES:
        length = LABEL_BYTES
        while length > 0 and data[at + length] & 0xC0 == 0x80:
            length -= 1  # no half character
    noted.id = keep_text(pool.heads, pool.links, noted.id, noted.id_length, data, named[0][line], named[1][line])
    noted.code = keep_text(pool.heads, pool.links, noted.code, noted.code_length, data, codes[0][i], codes[1][i])
    noted.label = keep_text(pool.heads, pool.links, noted.label, noted.label_length, data, at, length)
    noted.id_length, noted.code_length, noted.label_length = named[1][line], codes[1][i], length
