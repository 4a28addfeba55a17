"""The compiled pass over what comes again and again: series of entries, their rhythm, and what does not come.

A series is what a third party invoices in one journal, or what has the same words in its label in one journal. Payments
of third parties are none: they follow their invoices.
"""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.arrivals import company_key
from wisebook_ml.habits.tables import find, free_rows, insert
from wisebook_ml.ledger.facts_pass import UNIX_DAY, VALIDATION
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.subjects.packing import advance
from wisebook_ml.subjects.recurrence_due import ENTRY_EVENTS, TEXT_BYTES, WORDS, close_late, learn, look
from wisebook_ml.subjects.recurrence_layout import (
    MAX_JOURNALS,
    companies_of,
    journals_of,
    members_of,
    series_of,
    told_of,
    word_pool_of,
)
from wisebook_ml.subjects.recurrence_series import (
    end_series,
    join_series,
    leave_series,
    name_series,
    says_the_same,
    series_for,
)
from wisebook_ml.subjects.rhythm import LABELLED, NEED, SERVICE, label_words

__all__ = ["DONE", "FULL", "ROOM", "follow_entries", "follow_tick"]

DONE, ROOM, FULL = range(3)
"""Why the pass stopped: it did not; for want of room in the state; for want of room in what it writes."""

MOST_BEHIND = 45
"""Days that entries of a file can be behind the dates of their journal and count as a habit."""

AHEAD_DAYS = 5
"""Days that an entry can be dated after it was entered and count as the date that books have come to."""

VAT = 445
"""VAT is paid only where it is due: a month without it is none that misses something."""

LOANS = 16
"""An instalment is of its loan, whether more of it is interest or capital."""

GOODS, ENERGY = 60, 6061
"""Goods are bought when they are needed; water and energy of class 60 come every month."""


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
        if at == 0:
            cursor[0] = i + 1
            continue
        if cursor[1] == 0:
            moved = _time(state, company, at, first[i], day[i], stamp[i], operation[i], valid[i])
            member = 0 if first[i] else find(members_of(state).slots, members_of(state).keys, key[i])
            if first[i] or member != 0:
                largest, by_party, what_kind, paid = _subject_line(bounds[i], bounds[i + 1], amount, root, party)
                series, says_last = 0, False
                if largest >= 0 and not deleted[i]:
                    hashed, says_last = label_words(
                        data, labels[0][bounds[i]], labels[0][bounds[i]] + labels[1][bounds[i]], fold, kind
                    )
                    what = party[largest] if by_party else hashed if hashed != 0 else account[largest]
                    if paid:
                        what = mix(hashed, account[largest])  # a bank says little: two loans have one label
                    series = series_for(state, company, at, what, by_party, by_party and net[largest] > 0)
                size = amount[largest] if by_party else total[i]
                if member == 0 or not says_the_same(state, member, series, key[i], day[i], size):
                    if member != 0:
                        leave_series(state, member, key[i], scratch)
                    if series != 0:
                        lag = UNIX_DAY + stamp[i] // 86_400 - day[i] if stamp[i] != 0 else 0
                        noted = series_of(state).rows[series]
                        noted.kind = what_kind
                        close_late(state, series, day[i], i, events, used, texts)
                        join_series(state, series, key[i], day[i], size, lag, stamp[i] != 0)
                        learn(state, series, day[i], size, i, bases[i], active[i], scratch, events, used, texts)
                        if says_last:
                            end_series(state, series, True)
                        elif noted.regular != 0:
                            # Of wages, too, the person: an account of all of them would be one absence a month.
                            named = auxes if auxes[1][largest] > 0 else comptes
                            noted.tiers = 1 if auxes[1][largest] > 0 else 0
                            noted.ident = party[largest] if party[largest] != 0 else account[largest]
                            name_series(state, series, data, named, largest, codes, i, labels, bounds[i])
            cursor[1] = 1 if moved else 2
        whole = companies_of(state).rows[company]
        latest = max(whole.now, journals_of(state).rows[at].clock)
        due = cursor[1] == 1 and whole.due != 0 and latest >= whole.due
        if due and not look(state, company, i, bases[i], active[i], events, used, texts):
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
            if not look(state, row, 0, base, active, events, used, texts):
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
    """Return the row of a journal, 0 where there are too many."""
    journals = journals_of(state)
    key = mix(companies_of(state).keys[company], code)
    row = find(journals.slots, journals.keys, key)
    if row == 0 and companies_of(state).rows[company].journals < MAX_JOURNALS:
        row = insert(journals.slots, journals.keys, journals.meta, key)
        journals.rows[row].company = company
        companies_of(state).rows[company].journals += 1
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
def _subject_line(
    start: int, end: int, amount: Array, root: Array, party: Array
) -> tuple[int, bool, int, bool]:  # fmt: skip
    """Return the line that an entry is about (-1: none that is followed), and whether it is a third party's.

    Then what kind of series it is part of, and whether it is money paid or received for something.
    """
    bank, largest, of_party, charge, loan = False, -1, -1, -1, -1
    for k in range(start, end):
        group = root[k] // 1000
        bank |= group // 10 == 5
        if group == 40 or group == 41:
            if party[k] != 0 and (of_party < 0 or amount[k] > amount[of_party]):
                of_party = k
        elif group // 10 == 6 and (charge < 0 or amount[k] > amount[charge]):
            charge = k
        elif group == LOANS and loan < 0:
            loan = k
        if group // 10 != 5 and (largest < 0 or amount[k] > amount[largest]):
            largest = k
    if of_party < 0:
        if largest >= 0 and root[largest] // 100 == VAT:
            return -1, False, LABELLED, bank
        return loan if bank and loan >= 0 else largest, False, LABELLED, bank
    if bank:
        return -1, True, NEED, True
    goods = charge < 0 or (root[charge] // 1000 == GOODS and root[charge] // 10 != ENERGY)
    return of_party, True, NEED if goods or root[of_party] // 1000 == 41 else SERVICE, False
