"""What is due of a series, and what is told when it does not come (compiled)."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import find, free_rows, insert, remove
from wisebook_ml.ledger.dates import civil
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.subjects.packing import read_text
from wisebook_ml.subjects.recurrence_layout import (
    MAX_TOLD,
    OPENS,
    TOLD_QUEUE,
    amounts_of,
    companies_of,
    days_of,
    journals_of,
    lags_of,
    opens_of,
    queues_of,
    regular_of,
    series_of,
    told_of,
    word_pool_of,
)
from wisebook_ml.subjects.recurrence_series import LABEL_BYTES, end_series, set_regular
from wisebook_ml.subjects.rhythm import MONTH, NEED, add_months, learn_rhythm, steps_between

__all__ = ["CAME", "ENDED", "ENTRY_EVENTS", "MISSED", "TEXT_BYTES", "WORDS", "close_late", "learn", "look"]

MISSED, CAME, ENDED = range(3)
"""What it tells: something did not come; it came after all; it was missed so often that it has ended."""

ENDS_AFTER, LONG_ENDS_AFTER, LONG = 3, 4, 6
"""So many missed in a row, and it has ended, which nobody told the books: one more for what came six times and more."""

SURE_STEADY = 75
"""Percent of equal amounts from which on a later miss in a row is told before it goes on again, where none of the row
was: else the rhythm may have been chance. What is told stands for the row: a contract that ended is one absence."""

RESUMED = 6
"""Periods after which what comes again is a new series."""

EARLY_DAYS, LATE_DAYS = 6, 13
"""Days before and after it is due, besides what it varies, at which an entry still is the one that is expected."""

PERIOD_SLACK = 6
"""Days before the next one is due that a late one still is late."""

TEXT_BYTES = 2 * 256 + LABEL_BYTES
WORDS = 2 * 64 + 32
"""Bytes of the texts of an event, and the words that they take in their pool."""

ENTRY_EVENTS = 12
"""Events that there must be room for: what an entry, or a series that is looked at, tells at most."""


@compiled
def learn(
    state: Array, row: int, day: int, amount: int, i: int, base: int, active: bool, scratch: Array,
    events: Array, used: Array, texts: Array,
) -> None:  # fmt: skip
    """Learn the rhythm of a series anew with an entry that came, and what is due next."""
    noted = series_of(state).rows[row]
    before, missed, regular, period = noted.anchor, noted.missed, noted.regular != 0, noted.period
    known = regular or missed > 0
    slack = int(noted.spread)
    steps = steps_between(before, day, period, slack + EARLY_DAYS, slack + LATE_DAYS) if known else 0
    days = days_of(state)[row]
    learnt = learn_rhythm(days, amounts_of(state)[row], noted.count, noted.kind, scratch, noted)
    if learnt and period == noted.period and known:
        came = int((noted.anchor - before) / (MONTH * period) + 0.5)
    elif known and not learnt and steps > 0 and _near(amount, noted):
        # Too many were missed to learn it from what came, but it goes on as before.
        noted.anchor, came, learnt = add_months(before, steps * period), steps, True
    else:
        came, known = 0, False
        noted.missed = 0
        if learnt:
            noted.since = days[max(0, noted.count - noted.length)]
    if known:
        # One that comes late is the first of those that were missed.
        noted.missed = max(0, missed - max(0, came))
        if 1 < steps <= RESUMED:
            _tell_skipped(state, row, before, steps, missed, i, day, base, active, events, used, texts)
    set_regular(state, row, learnt)
    if not learnt:
        return
    lag = 0
    for k in range(noted.count):
        lag = max(lag, lags_of(state)[row, k])
    noted.lag = lag
    company = companies_of(state).rows[noted.company]
    deadline = _deadline(state, row, base)
    company.due = deadline if company.due == 0 else min(company.due, deadline)


@compiled
def _near(amount: int, noted: Array) -> bool:
    """Return whether an amount may be one of a series."""
    return bool(abs(amount - noted.amount) * 20 <= (1 if noted.kind == NEED else 7) * noted.amount)


@compiled
def _tell_skipped(
    state: Array, row: int, anchor: int, steps: int, missed: int, i: int, day: int, base: int, active: bool,
    events: Array, used: Array, texts: Array,
) -> None:  # fmt: skip
    """Tell what did not come of something that goes on, and stands for nothing yet."""
    noted = series_of(state).rows[row]
    for step in range(1, steps):
        expected = add_months(anchor, step * noted.period)
        month = 1 << civil(expected)[1]
        seasonal = noted.quiet & 1 << step != 0 if step <= missed else noted.skipped & month != 0
        noted.skipped |= month
        late = day - expected
        if active and not seasonal:
            _open(state, row, expected, i, late, min(late, base + noted.spread), events, used, texts)
    noted.quiet = 0


@compiled
def _open(
    state: Array, row: int, expected: int, i: int, late: int, limit: int, events: Array, used: Array, texts: Array
) -> None:
    """Tell that something did not come, and remember that it may come late."""
    opens = opens_of(state)[row]
    if _tell(state, row, MISSED, expected, i, late, limit, events, used, texts):
        for k in range(OPENS - 1):
            opens[k] = opens[k + 1]
        opens[OPENS - 1] = expected


@compiled
def _expected(noted: Array) -> int:
    return add_months(noted.anchor, noted.period * (noted.missed + 1))


@compiled
def _deadline(state: Array, row: int, base: int) -> int:
    """Return the day at which what is due next is overdue."""
    noted = series_of(state).rows[row]
    late = noted.lag if noted.live != 0 else journals_of(state).rows[noted.journal].behind
    return int(_expected(noted) + base + noted.spread + late)


@compiled
def close_late(state: Array, row: int, day: int, i: int, events: Array, used: Array, texts: Array) -> None:
    """Close the absence that an entry ends by coming late."""
    noted, opens = series_of(state).rows[row], opens_of(state)[row]
    window = noted.period * MONTH - noted.spread - PERIOD_SLACK
    for k in range(OPENS):
        if opens[k] != 0 and opens[k] - window / 2 <= day < opens[k] + window:
            _tell(state, row, CAME, opens[k], i, 0, 0, events, used, texts)
            opens[k] = 0
            return


@compiled
def look(state: Array, row: int, i: int, base: int, active: bool, events: Array, used: Array, texts: Array) -> bool:
    """Tell what is overdue in a company; return whether there was room to."""
    company, series, journals = companies_of(state).rows[row], series_of(state).rows, journals_of(state).rows
    at, due = regular_of(state)[row][0].first, 0
    while at != 0:
        noted, following = series[at], series[at].after
        while noted.regular != 0:
            deadline, expected = _deadline(state, at, base), _expected(noted)
            clock = journals[noted.journal].clock
            # Books that have not come to the date are not kept yet; of a file, nobody knows when it was.
            overdue = clock >= expected and company.now >= deadline if noted.live != 0 else clock >= deadline
            if not overdue:
                due = deadline if due == 0 else min(due, deadline)
                break
            room = len(events) - used[0] >= ENTRY_EVENTS and len(texts) - used[1] >= ENTRY_EVENTS * TEXT_BYTES
            if not room or free_rows(told_of(state).keys, told_of(state).meta) < 1:
                return False
            late = max(company.now if noted.live != 0 else 0, clock) - expected
            _miss(state, at, expected, i, late, deadline - expected, active, events, used, texts)
        at = following
    company.due = due
    return True


@compiled
def _miss(
    state: Array, row: int, expected: int, i: int, late: int, limit: int, active: bool,
    events: Array, used: Array, texts: Array,
) -> None:  # fmt: skip
    """Note that something did not come, and tell it unless it never does at this time of the year."""
    noted, opens = series_of(state).rows[row], opens_of(state)[row]
    noted.missed += 1
    if noted.missed == (ENDS_AFTER if noted.length < LONG else LONG_ENDS_AFTER):
        for k in range(OPENS):
            if opens[k] > noted.anchor:
                _tell(state, row, ENDED, opens[k], i, 0, 0, events, used, texts)
                opens[k] = 0
        end_series(state, row, False)
        return
    month = 1 << civil(expected)[1]
    seasonal = noted.skipped & month != 0
    noted.skipped |= month
    if seasonal:
        noted.quiet |= 1 << noted.missed
    stands = False
    for k in range(OPENS):
        stands |= opens[k] > noted.anchor
    sure = noted.missed == 1 or (noted.steady >= SURE_STEADY and not stands)
    if sure and active and not seasonal:
        _open(state, row, expected, i, late, limit, events, used, texts)


@compiled
def _tell(
    state: Array, row: int, kind: int, expected: int, i: int, late: int, limit: int,
    events: Array, used: Array, texts: Array,
) -> bool:  # fmt: skip
    """Write down what became of an absence; return whether it is told: another series may have told the same."""
    noted, table, words = series_of(state).rows[row], told_of(state), word_pool_of(state).links
    year, month, _ = civil(expected)
    key = mix(mix(companies_of(state).keys[noted.company], noted.ident), 24 * (year * 12 + month) + noted.tiers)
    at = find(table.slots, table.keys, key)
    if at == 0:
        if kind != MISSED:
            return False
        queue = queues_of(state)[noted.company][TOLD_QUEUE]
        if queue.count == MAX_TOLD:
            remove(table.slots, table.keys, table.meta, dequeue(queue, table.rows))
        at = insert(table.slots, table.keys, table.meta, key)
        table.rows[at].revision, table.rows[at].open = 0, 0
        enqueue(queue, table.rows, at)
    told = table.rows[at]
    if (told.open != 0) == (kind == MISSED):
        return False
    told.open = 1 if kind == MISSED else 0
    told.revision += 1
    event = events[used[0]]
    used[0] += 1
    event.societe, event.amount = companies_of(state).rows[noted.company].societe, noted.amount
    event.position, event.kind, event.revision, event.expected = i, kind, told.revision, expected
    event.period, event.since, event.late, event.limit = noted.period, noted.since, late, limit
    event.length, event.steady, event.tiers, event.text = noted.length, noted.steady, noted.tiers, used[1]
    event.id, event.code, event.label = noted.id_length, noted.code_length, noted.label_length
    end = read_text(words, noted.id, noted.id_length, texts, used[1])
    end = read_text(words, noted.code, noted.code_length, texts, end)
    used[1] = read_text(words, noted.label, noted.label_length, texts, end)
    return True
