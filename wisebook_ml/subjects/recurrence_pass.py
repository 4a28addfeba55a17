"""The compiled pass over what comes again and again: series of entries, their rhythm, and what does not come.

A series is what a third party invoices in one journal, or what has the same words in its label in one journal. Payments
of third parties are none: they follow their invoices.
"""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.arrivals import company_key
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import find, free_rows, insert, remove
from wisebook_ml.ledger.dates import civil
from wisebook_ml.ledger.facts_pass import UNIX_DAY, VALIDATION
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.subjects.packing import advance, keep_text, link, read_text, unlink
from wisebook_ml.subjects.recurrence_layout import (
    MAX_SERIES,
    MAX_TOLD,
    OPENS,
    RING,
    SERIES_QUEUE,
    TOLD_QUEUE,
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
    told_of,
    word_pool_of,
)
from wisebook_ml.subjects.rhythm import MONTH, add_months, label_words, learn_rhythm, steps_between

__all__ = ["CAME", "DONE", "ENDED", "FULL", "MISSED", "ROOM", "TEXT_BYTES", "WORDS", "follow_entries", "follow_tick"]

DONE, ROOM, FULL = range(3)
"""Why the pass stopped: it did not; for want of room in the state; for want of room in what it writes."""

MISSED, CAME, ENDED = range(3)
"""What it tells: something did not come; it came after all; it was missed so often that it has ended."""

LABEL_BYTES = 120
"""Of a label that is quoted."""

TEXT_BYTES = 2 * 256 + LABEL_BYTES
WORDS = 2 * 64 + 32
"""Bytes of the texts of an event, and the words that they take in their pool."""

ENTRY_EVENTS = 12
"""Events that there must be room for: what an entry, or a series that is looked at, tells at most."""

ENDS_AFTER, LONG_ENDS_AFTER, LONG = 3, 4, 6
"""So many missed in a row, and it has ended, which nobody told the books: one more for what came six times and more."""

RESUMED = 6
"""Periods after which what comes again is a new series."""

EARLY_DAYS, LATE_DAYS = 6, 13
"""Days before and after it is due, besides what it varies, at which an entry still is the one that is expected."""

MOST_BEHIND = 45
"""Days that entries of a file can be behind the dates of their journal and count as a habit."""

AHEAD_DAYS = 5
"""Days that an entry can be dated after it was entered and count as the date that books have come to."""

VAT = 445
"""VAT is paid only where it is due: a month without it is none that misses something."""

GOODS, ENERGY = 60, 6061
"""Goods are bought when they are needed; water and energy of class 60 come every month."""

PERIOD_SLACK = 6
"""Days before the next one is due that a late one still is late."""


@compiled
def follow_entries(
    cursor: Array,
    data: Array,
    societe: Array,
    bounds: Array,
    key: Array,
    journal: Array,
    day: Array,
    stamp: Array,
    valid: Array,
    operation: Array,
    deleted: Array,
    first: Array,
    codes: tuple[Array, Array],
    total: Array,
    net: Array,
    amount: Array,
    root: Array,
    party: Array,
    account: Array,
    comptes: tuple[Array, Array],
    auxes: tuple[Array, Array],
    labels: tuple[Array, Array],
    fold: Array,
    kind: Array,
    bases: Array,
    active: Array,
    state: Array,
    scratch: Array,
    events: Array,
    used: Array,
    texts: Array,
) -> int:
    """Follow entries from `cursor` on (the entry, and whether it was taken already); return why it stopped.

    `bases` are the days each entry's company waits at least, `active` whether it is told. `used` counts the events and
    the bytes of their texts.
    """
    while cursor[0] < len(societe):
        i = cursor[0]
        if not _has_room(state):
            return ROOM
        if len(events) - used[0] < ENTRY_EVENTS or len(texts) - used[1] < ENTRY_EVENTS * TEXT_BYTES:
            return FULL
        company = _company(state, societe[i])
        at = _journal(state, company, journal[i])
        if cursor[1] == 0:
            moved = _time(state, company, at, first[i], day[i], stamp[i], operation[i], valid[i])
            member = 0 if first[i] else find(members_of(state).slots, members_of(state).keys, key[i])
            if first[i] or member != 0:
                largest, by_party, strict = _subject_line(bounds[i], bounds[i + 1], amount, root, party)
                series, says_last = 0, False
                if largest >= 0 and not deleted[i]:
                    hashed, says_last = label_words(
                        data, labels[0][bounds[i]], labels[0][bounds[i]] + labels[1][bounds[i]], fold, kind
                    )
                    what = party[largest] if by_party else hashed if hashed != 0 else account[largest]
                    series = _series(state, company, at, what, by_party, by_party and net[largest] > 0)
                size = amount[largest] if by_party else total[i]
                if member == 0 or not _same(state, member, series, key[i], day[i], size):
                    if member != 0:
                        _leave(state, member, key[i], scratch)
                    if series != 0:
                        lag = UNIX_DAY + stamp[i] // 86_400 - day[i] if stamp[i] != 0 else 0
                        noted = series_of(state).rows[series]
                        noted.strict = 1 if strict else 0
                        _close_late(state, series, day[i], i, events, used, texts)
                        _join(state, series, key[i], day[i], size, lag, stamp[i] != 0)
                        _learn(state, series, day[i], size, i, bases[i], active[i], scratch, events, used, texts)
                        if says_last:
                            _end(state, series, True)
                        elif noted.regular != 0:
                            named = auxes if by_party and auxes[1][largest] > 0 else comptes
                            noted.tiers = 1 if by_party and auxes[1][largest] > 0 else 0
                            noted.ident = party[largest] if by_party else account[largest]
                            _name(state, series, data, named, largest, codes, i, labels, bounds[i])
            cursor[1] = 1 if moved else 2
        whole = companies_of(state).rows[company]
        latest = max(whole.now, journals_of(state).rows[at].clock)
        due = cursor[1] == 1 and whole.due != 0 and latest >= whole.due
        if due and not _look(state, company, i, bases[i], active[i], events, used, texts):
            return FULL
        cursor[0], cursor[1] = i + 1, 0
    return DONE


@compiled
def follow_tick(
    cursor: Array, only: int, day: int, base: int, active: bool, state: Array, events: Array, used: Array, texts: Array
) -> int:
    """Let a day come for a company (0: for all), from row `cursor` on; return why it stopped."""
    companies = companies_of(state)
    chosen = find(companies.slots, companies.keys, company_key(only)) if only != 0 else 0
    if only != 0 and chosen == 0:
        return DONE
    while cursor[0] < companies.meta[0]:
        row = cursor[0]
        if row > 0 and (only == 0 or row == chosen):
            company = companies.rows[row]
            if company.now != 0 and day > company.now:
                company.now, company.now_ahead = day, 0
            if not _look(state, row, 0, base, active, events, used, texts):
                return FULL
        cursor[0] += 1
    return DONE


@compiled
def _has_room(state: Array) -> bool:
    companies, journals, series = companies_of(state), journals_of(state), series_of(state)
    members, words, told = members_of(state), word_pool_of(state), told_of(state)
    return bool(
        free_rows(companies.keys, companies.meta) >= 1
        and free_rows(journals.keys, journals.meta) >= 1
        and free_rows(series.keys, series.meta) >= 1
        and free_rows(members.keys, members.meta) >= 1
        and free_rows(told.keys, told.meta) >= ENTRY_EVENTS
        and len(words.links) - words.heads[-1] >= WORDS
    )


@compiled
def _company(state: Array, societe: int) -> int:
    companies = companies_of(state)
    key = company_key(societe)
    row = find(companies.slots, companies.keys, key)
    if row == 0:
        row = insert(companies.slots, companies.keys, companies.meta, key)
        companies.rows[row].societe = societe
    return row


@compiled
def _journal(state: Array, company: int, code: int) -> int:
    journals = journals_of(state)
    key = mix(companies_of(state).keys[company], code)
    row = find(journals.slots, journals.keys, key)
    if row == 0:
        row = insert(journals.slots, journals.keys, journals.meta, key)
        journals.rows[row].company = company
    return row


@compiled
def _time(state: Array, row: int, at: int, first: bool, day: int, stamp: int, operation: int, valid: int) -> bool:
    """Let the clocks go on with an entry; return whether one did."""
    company, journal = companies_of(state).rows[row], journals_of(state).rows[at]
    now, clock = company.now, journal.clock
    if stamp != 0 and (first or operation == VALIDATION):
        entered = UNIX_DAY + stamp // 86_400 if first else valid
        if entered != 0:
            company.now, company.now_ahead = advance(company.now, company.now_ahead, entered)
    if first and (stamp == 0 or day <= UNIX_DAY + stamp // 86_400 + AHEAD_DAYS):
        if journal.clock - day <= MOST_BEHIND:
            journal.behind = max(journal.behind, journal.clock - day)
        journal.clock, journal.ahead = advance(journal.clock, journal.ahead, day)
    return bool(now != company.now or clock != journal.clock)


@compiled
def _subject_line(start: int, end: int, amount: Array, root: Array, party: Array) -> tuple[int, bool, bool]:
    """Return the line that an entry is about (-1: none that is followed), and whether it is a third party's.

    Last, whether only equal amounts make a rhythm of it.
    """
    bank, largest, of_party, charge = False, -1, -1, -1
    for k in range(start, end):
        group = root[k] // 1000
        bank |= group // 10 == 5
        if group == 40 or group == 41:
            if party[k] != 0 and (of_party < 0 or amount[k] > amount[of_party]):
                of_party = k
        elif group // 10 == 6 and (charge < 0 or amount[k] > amount[charge]):
            charge = k
        if group // 10 != 5 and (largest < 0 or amount[k] > amount[largest]):
            largest = k
    if of_party < 0:
        if largest >= 0 and root[largest] // 100 == VAT:
            return -1, False, False
        return largest, False, False
    if bank:
        return -1, True, False
    goods = charge < 0 or (root[charge] // 1000 == GOODS and root[charge] // 10 != ENERGY)
    return of_party, True, goods or root[of_party] // 1000 == 41


@compiled
def _series(state: Array, company: int, at: int, what: int, by_party: bool, debit: bool) -> int:
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
    noted.touched, noted.steady, noted.strict = 0, 0, 0
    enqueue(queue, series.rows, row)
    return row


@compiled
def _forget(state: Array, row: int) -> None:
    series, pool = series_of(state), word_pool_of(state)
    noted = series.rows[row]
    _end(state, row, True)
    keep_text(pool.heads, pool.links, noted.id, noted.id_length, pool.links, 0, 0)
    keep_text(pool.heads, pool.links, noted.code, noted.code_length, pool.links, 0, 0)
    keep_text(pool.heads, pool.links, noted.label, noted.label_length, pool.links, 0, 0)
    noted.serial = 0
    remove(series.slots, series.keys, series.meta, row)


@compiled
def _end(state: Array, row: int, forget: bool) -> None:
    """Expect nothing more of a series; `forget` what it was, so that a new rhythm must be learnt."""
    noted, members = series_of(state).rows[row], members_of(state)
    _set_regular(state, row, False)
    if not forget:
        return
    for k in range(noted.count):
        member = find(members.slots, members.keys, keys_of(state)[row, k])
        if member != 0:
            remove(members.slots, members.keys, members.meta, member)
    noted.count, noted.missed, noted.period = 0, 0, 0


@compiled
def _set_regular(state: Array, row: int, regular: bool) -> None:
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
def _same(state: Array, member: int, series: int, key: int, day: int, amount: int) -> bool:
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
def _leave(state: Array, member: int, key: int, scratch: Array) -> None:
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
    if not learn_rhythm(days_of(state)[row], amounts_of(state)[row], noted.count, noted.strict != 0, scratch, noted):
        _set_regular(state, row, False)
        noted.missed = 0
    elif noted.regular != 0 and noted.anchor < before:
        noted.missed = 0
        companies_of(state).rows[noted.company].due = 1  # to be looked at soon


@compiled
def _join(state: Array, row: int, key: int, day: int, amount: int, lag: int, live: bool) -> None:
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
def _learn(
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
    learnt = learn_rhythm(days, amounts_of(state)[row], noted.count, noted.strict != 0, scratch, noted)
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
        if not regular and 0 < steps <= RESUMED:
            _reopen(state, row, before, steps, i, day, base, active, events, used, texts)
    _set_regular(state, row, learnt)
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
    return bool(abs(amount - noted.amount) * 20 <= (7 if noted.strict == 0 else 1) * noted.amount)


@compiled
def _reopen(
    state: Array, row: int, anchor: int, steps: int, i: int, day: int, base: int, active: bool,
    events: Array, used: Array, texts: Array,
) -> None:  # fmt: skip
    """Tell what was missed by something that seemed to have ended, and goes on."""
    noted = series_of(state).rows[row]
    for step in range(1, steps):
        expected = add_months(anchor, step * noted.period)
        if active:
            _tell(state, row, MISSED, expected, i, day - expected, base + noted.spread, events, used, texts)


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
def _name(
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


@compiled
def _close_late(state: Array, row: int, day: int, i: int, events: Array, used: Array, texts: Array) -> None:
    """Close the absence that an entry ends by coming late."""
    noted, opens = series_of(state).rows[row], opens_of(state)[row]
    window = noted.period * MONTH - noted.spread - PERIOD_SLACK
    for k in range(OPENS):
        if opens[k] != 0 and opens[k] - window / 2 <= day < opens[k] + window:
            _tell(state, row, CAME, opens[k], i, 0, 0, events, used, texts)
            opens[k] = 0
            return


@compiled
def _look(state: Array, row: int, i: int, base: int, active: bool, events: Array, used: Array, texts: Array) -> bool:
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
        _end(state, row, False)
        return
    month = 1 << civil(expected)[1]
    seasonal = noted.skipped & month != 0
    noted.skipped |= month
    if seasonal or not active or not _tell(state, row, MISSED, expected, i, late, limit, events, used, texts):
        return
    for k in range(OPENS - 1):
        opens[k] = opens[k + 1]
    opens[OPENS - 1] = expected


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
