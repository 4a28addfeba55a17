"""The compiled pass over letterings: what entries put into groups under one letter, and take out again."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.arrivals import company_key
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import (
    SMALLEST_BLOCK,
    block_class,
    find,
    free_rows,
    insert,
    release_block,
    remove,
    take_block,
)
from wisebook_ml.ledger.facts_pass import UNIX_DAY, VALIDATION
from wisebook_ml.ledger.hashing import hash_bytes, mix
from wisebook_ml.subjects.lettering_judge import (
    PAID,
    PAID_SLACK,
    SETTLED_DAYS,
    SLACK_DAYS,
    TEXT_BYTES,
    is_settled,
    judge_due,
    scan,
    settle,
    stop_waiting,
)
from wisebook_ml.subjects.lettering_layout import (
    GROUPS,
    MAX_GROUPS,
    MAX_MEMBERS,
    MEMBERS,
    books_of,
    companies_of,
    groups_of,
    members_of,
    queues_of,
    trace_pool_of,
    traces_of,
    word_pool_of,
)
from wisebook_ml.subjects.packing import advance, keep_text

__all__ = ["DONE", "FULL", "ROOM", "WORDS_OF_LINE", "follow_entries", "follow_tick"]

DONE, ROOM, FULL = range(3)
"""Why the pass stopped: it did not; for want of room in the state; for want of room in what it writes."""

REWIND_DAYS, REWINDS = 60, 8
"""So many dates in a row that lie so far behind the last one: another journal of the file begins."""

WEEK = 7
CAPITAL, CLASS_4, MONEY = 1, 4, 5
WORDS_OF_LINE = 4 * 128
"""Words that the texts of a line take at most."""


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
    ids: tuple[Array, Array],
    net: Array,
    root: Array,
    party: Array,
    account: Array,
    date_let: Array,
    comptes: tuple[Array, Array],
    auxes: tuple[Array, Array],
    letters: tuple[Array, Array],
    limits: Array,
    usual: Array,
    active: Array,
    state: Array,
    events: Array,
    used: Array,
    texts: Array,
) -> int:
    """Follow entries from `cursor` on (the entry, and whether its lines were taken already); return why it stopped.

    `limits`, `usual` and `active` are each entry's settings: the difference in cents that is none, whether the
    account's habit may raise it, and whether anything is told. `used` counts the events and the bytes of their texts.
    """
    known, company = 0, 0
    while cursor[0] < len(societe):
        i = cursor[0]
        if free_rows(companies_of(state).keys, companies_of(state).meta) < 1:
            return ROOM
        if company == 0 or known != societe[i]:
            known, company = societe[i], _company(state, societe[i])
        count, lettered_on = 0, 0
        for k in range(bounds[i], bounds[i + 1]):
            if letters[1][k] > 0 and root[k] // 10_000 == CLASS_4:
                count += 1
                lettered_on = max(lettered_on, date_let[k])
        member = 0 if first[i] and cursor[1] == 0 else find(members_of(state).slots, members_of(state).keys, key[i])
        if cursor[1] == 0:
            if count > 0 or member != 0:
                told = 2 * (count + members_of(state).rows[member].count + 1)
                if not _has_room(state, count):
                    return ROOM
                if len(events) - used[0] < told or len(texts) - used[1] < TEXT_BYTES * told:
                    return FULL
            _time(state, company, first[i], stamp[i] != 0, day[i], stamp[i], operation[i], valid[i], lettered_on)
            if count > 0 or member != 0:
                if member == 0:
                    member = _member(state, company, key[i])
                old = _take_out(state, member)
                if count > 0 and not deleted[i]:
                    noted, pool = members_of(state).rows[member], trace_pool_of(state)
                    noted.room = block_class(count)
                    noted.traces = take_block(pool.heads, pool.links, noted.room)
                    pays = _pays(root, bounds[i], bounds[i + 1])
                    for k in range(bounds[i], bounds[i + 1]):
                        whole = letters[1][k] > 0 and not _partial(data, letters[0][k], letters[1][k])
                        if not whole or root[k] // 10_000 != CLASS_4:
                            continue
                        group = _group(state, company, data, k, root[k], party[k], account[k], comptes, auxes, letters)
                        _put_in(state, group, net[k], day[i], stamp[i] != 0, journal[i], date_let[k], pays)
                        _name(state, group, data, ids[0][i], ids[1][i])
                        trace = traces_of(state)[noted.traces + noted.count]
                        trace.net, trace.group, trace.serial = net[k], group, groups_of(state).rows[group].serial
                        noted.count += 1
                    if noted.count == 0:
                        release_block(pool.heads, pool.links, noted.room, noted.traces)
                _settle_all(state, member, old, i, events, used, texts)
            cursor[1] = 1
        if not judge_due(state, company, i, limits[i], usual[i], active[i], events, used, texts):
            return FULL
        imported = stamp[i] == 0 and member != 0
        if imported and not _scan_books(state, member, i, limits[i], usual[i], active[i], events, used, texts):
            return FULL
        cursor[0], cursor[1] = i + 1, 0
    return DONE


@compiled
def follow_tick(
    cursor: Array, only: int, day: int, limit: int, usual: bool, active: bool,
    state: Array, events: Array, used: Array, texts: Array,
) -> int:  # fmt: skip
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
            if not judge_due(state, row, 0, limit, usual, active, events, used, texts):
                return FULL
        cursor[0] += 1
    books = books_of(state)
    while cursor[1] < books.meta[0]:
        row = cursor[1]
        asked = row > 0 and (only == 0 or books.rows[row].company == chosen)
        if asked and not scan(state, row, True, 0, limit, usual, active, events, used, texts):
            return FULL
        cursor[1] += 1
    return DONE


@compiled
def _has_room(state: Array, lines: int) -> bool:
    books, groups, members = books_of(state), groups_of(state), members_of(state)
    words, traces = word_pool_of(state), trace_pool_of(state)
    return bool(
        free_rows(books.keys, books.meta) >= lines
        and free_rows(groups.keys, groups.meta) >= lines
        and free_rows(members.keys, members.meta) >= 1
        and len(words.links) - words.heads[-1] >= WORDS_OF_LINE * lines
        and len(traces.links) - traces.heads[-1] >= SMALLEST_BLOCK << block_class(lines)
    )


@compiled
def _company(state: Array, societe: int) -> int:
    companies = companies_of(state)
    key = company_key(societe)
    row = find(companies.slots, companies.keys, key)
    if row == 0:
        row = insert(companies.slots, companies.keys, companies.meta, key)
        companies.rows[row].societe = societe
        companies.rows[row].slack, companies.rows[row].paid_slack = SLACK_DAYS, PAID_SLACK
    return row


@compiled
def _time(
    state: Array, row: int, first: bool, live: bool, day: int, stamp: int, operation: int, valid: int, lettered_on: int
) -> None:
    """Let a company's clocks go on with an entry."""
    company = companies_of(state).rows[row]
    if live:
        told = lettered_on
        if first:
            told = max(told, UNIX_DAY + stamp // 86_400)
        elif operation == VALIDATION:
            told = max(told, valid)
        if told != 0:
            company.now, company.now_ahead = advance(company.now, company.now_ahead, told)
        return
    if not first:
        return
    # Back in time as forward: a date that is mistyped is not the file's beginning.
    earliest, company.first_ahead = advance(-company.first_day, company.first_ahead, -day)
    company.first_day = -earliest
    if company.last_day - day > REWIND_DAYS:
        company.behind += 1
        if company.behind >= REWINDS:
            company.by_journal = 1
    else:
        company.behind = 0
    company.last_day, company.last_ahead = advance(company.last_day, company.last_ahead, day)


@compiled
def _partial(data: Array, start: int, length: int) -> bool:
    """Return whether a letter is one of a part payment: French software writes these in lower case."""
    small = False
    for k in range(start, start + length):
        small |= 0x61 <= data[k] <= 0x7A
    return small


@compiled
def _member(state: Array, company: int, key: int) -> int:
    """Return a new row for what an entry puts into groups; the company's oldest gives way where there are too many."""
    members = members_of(state)
    queue = queues_of(state)[company][MEMBERS]
    if queue.count == MAX_MEMBERS:
        oldest = dequeue(queue, members.rows)
        _drop_traces(state, oldest)
        remove(members.slots, members.keys, members.meta, oldest)
    row = insert(members.slots, members.keys, members.meta, key)
    members.rows[row].traces, members.rows[row].count = 0, 0
    enqueue(queue, members.rows, row)
    return row


@compiled
def _drop_traces(state: Array, member: int) -> None:
    noted = members_of(state).rows[member]
    if noted.count != 0:
        pool = trace_pool_of(state)
        release_block(pool.heads, pool.links, noted.room, noted.traces)
        noted.count = 0


@compiled
def _take_out(state: Array, member: int) -> tuple[int, int, int]:
    """Take what an entry said before out of its groups; return the block that tells which."""
    noted, groups = members_of(state).rows[member], groups_of(state).rows
    for k in range(noted.count):
        trace = traces_of(state)[noted.traces + k]
        group = groups[trace.group]
        if group.serial != trace.serial:
            continue  # the group was forgotten
        if group.debit == group.credit:
            group.sides = PAID  # it was complete
        if trace.net > 0:
            group.debit -= trace.net
            group.debits -= 1
        else:
            group.credit += trace.net
            group.credits -= 1
        if group.debits + group.credits == 0:
            group.first_day, group.last_day, group.live = 0, 0, 0
            group.sides, group.lettered, group.lettered_first, group.late = 0, 0, 0, 0
            group.smallest, group.ends_paid = 0, 0
    old = (noted.traces, noted.count, noted.room)
    noted.count = 0
    return old


@compiled
def _settle_all(
    state: Array, member: int, old: tuple[int, int, int], i: int, events: Array, used: Array, texts: Array
) -> None:
    """Settle the groups that an entry was in, and those that it is in now.

    Only when all is said: a revision that changes nothing here must not close what stands.
    """
    traces, count, room = old
    for k in range(count):
        trace = traces_of(state)[traces + k]
        if groups_of(state).rows[trace.group].serial == trace.serial:
            settle(state, trace.group, i, events, used, texts)
    if count > 0:
        pool = trace_pool_of(state)
        release_block(pool.heads, pool.links, room, traces)
    noted = members_of(state).rows[member]
    for k in range(noted.count):
        settle(state, traces_of(state)[noted.traces + k].group, i, events, used, texts)


@compiled
def _scan_books(
    state: Array, member: int, i: int, limit: int, usual: bool, active: bool,
    events: Array, used: Array, texts: Array,
) -> bool:  # fmt: skip
    """Look at the accounts that an entry's lettered lines are in, once a week of their dates."""
    noted = members_of(state).rows[member]
    for k in range(noted.count):
        row = groups_of(state).rows[traces_of(state)[noted.traces + k].group].book
        book = books_of(state).rows[row]
        week = (book.debit_clock + book.credit_clock) // WEEK
        if week != book.week:
            if not scan(state, row, False, i, limit, usual, active, events, used, texts):
                return False
            book.week = week
    return True


@compiled
def _group(
    state: Array, company: int, data: Array, k: int, root: int, party: int, account: int,
    comptes: tuple[Array, Array], auxes: tuple[Array, Array], letters: tuple[Array, Array],
) -> int:  # fmt: skip
    """Return the group of a line; the company's oldest gives way where there are too many."""
    groups = groups_of(state)
    letter = hash_bytes(data, letters[0][k], letters[0][k] + letters[1][k])
    key = mix(mix(companies_of(state).keys[company], party if party != 0 else account), letter)
    row = find(groups.slots, groups.keys, key)
    if row != 0:
        return row
    queue = queues_of(state)[company][GROUPS]
    if queue.count == MAX_GROUPS:
        _forget(state, dequeue(queue, groups.rows))
    row = insert(groups.slots, groups.keys, groups.meta, key)
    group = groups.rows[row]
    companies_of(state).rows[company].serials += 1
    group.serial, group.company = companies_of(state).rows[company].serials, company
    group.book = _book(state, company, root)
    group.debit, group.credit, group.told, group.debits, group.credits = 0, 0, 0, 0, 0
    group.first_day, group.last_day, group.due, group.revision = 0, 0, 0, 0
    group.live, group.waiting, group.open, group.outcome = 0, 0, 0, 0
    group.sides, group.lettered, group.lettered_first, group.late = 0, 0, 0, 0
    group.smallest, group.ends_paid = 0, 0
    group.before, group.after, group.id, group.id_length = 0, 0, 0, 0
    pool = word_pool_of(state)
    group.compte = keep_text(pool.heads, pool.links, 0, 0, data, comptes[0][k], comptes[1][k])
    group.aux = keep_text(pool.heads, pool.links, 0, 0, data, auxes[0][k], auxes[1][k])
    group.letter = keep_text(pool.heads, pool.links, 0, 0, data, letters[0][k], letters[1][k])
    group.compte_length, group.aux_length, group.letter_length = comptes[1][k], auxes[1][k], letters[1][k]
    enqueue(queue, groups.rows, row)
    return row


@compiled
def _forget(state: Array, row: int) -> None:
    groups, pool = groups_of(state), word_pool_of(state)
    group = groups.rows[row]
    stop_waiting(state, row)
    keep_text(pool.heads, pool.links, group.compte, group.compte_length, pool.links, 0, 0)
    keep_text(pool.heads, pool.links, group.aux, group.aux_length, pool.links, 0, 0)
    keep_text(pool.heads, pool.links, group.letter, group.letter_length, pool.links, 0, 0)
    keep_text(pool.heads, pool.links, group.id, group.id_length, pool.links, 0, 0)
    group.serial = 0
    remove(groups.slots, groups.keys, groups.meta, row)


@compiled
def _book(state: Array, company: int, root: int) -> int:
    books = books_of(state)
    key = mix(companies_of(state).keys[company], root // 100)
    row = find(books.slots, books.keys, key)
    if row == 0:
        row = insert(books.slots, books.keys, books.meta, key)
        books.rows[row].root, books.rows[row].company = root // 100, company
    return row


@compiled
def _pays(root: Array, start: int, end: int) -> bool:
    """Return whether an entry is a payment: money and no capital, which opening balances have."""
    money, capital = False, False
    for k in range(start, end):
        money |= root[k] // 10_000 == MONEY
        capital |= root[k] // 10_000 == CAPITAL
    return money and not capital


@compiled
def _put_in(state: Array, row: int, net: int, day: int, live: bool, journal: int, lettered: int, pays: bool) -> None:
    """Add a line to a group."""
    group = groups_of(state).rows[row]
    if group.sides == PAID and group.debit != group.credit:
        group.late = max(group.late, day - group.last_day)
        if is_settled(group) and day > group.last_day + SETTLED_DAYS:
            books_of(state).rows[group.book].parts += 1
    group.lettered_first = lettered if group.sides == 0 else min(group.lettered_first, lettered)
    group.smallest = abs(net) if group.sides == 0 else min(group.smallest, abs(net))
    group.sides |= (1 if net > 0 else 2) | (4 if pays else 0)
    if day > group.last_day or (day == group.last_day and pays):
        group.ends_paid = 1 if pays else 0
    group.lettered = max(group.lettered, lettered)
    if net > 0:
        group.debit += net
        group.debits += 1
    else:
        group.credit -= net
        group.credits += 1
    group.first_day = min(group.first_day, day) if group.first_day != 0 else day
    group.last_day = max(group.last_day, day)
    if live:
        group.live = 1
        return
    book = books_of(state).rows[group.book]
    if net > 0:
        book.debit_clock, book.debit_ahead = advance(book.debit_clock, book.debit_ahead, day)
    else:
        book.credit_clock, book.credit_ahead = advance(book.credit_clock, book.credit_ahead, day)
    if book.journal == 0:
        book.journal = journal
    elif book.journal != journal:
        book.journals = 1


@compiled
def _name(state: Array, row: int, data: Array, at: int, length: int) -> None:
    """Keep the id of the entry that came last into a group."""
    group, pool = groups_of(state).rows[row], word_pool_of(state)
    group.id = keep_text(pool.heads, pool.links, group.id, group.id_length, data, at, length)
    group.id_length = length
