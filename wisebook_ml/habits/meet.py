"""The compiled pass: what each entry meets, and what it leaves."""

import math

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import (
    account_sides_of,
    accounts_of,
    author_habits_of,
    author_stamps_of,
    authors_of,
    cells_of,
    companies_of,
    company_accounts_of,
    company_amounts_of,
    holders_of,
    ibans_of,
    id_pool_of,
    ids_of,
    journal_lags_of,
    journals_of,
    memos_of,
    near_days_of,
    nears_of,
    pairs_of,
    parties_of,
    party_amounts_of,
    pieces_of,
    places_of,
    queues_of,
    sequences_of,
    trace_pool_of,
    traces_of,
)
from wisebook_ml.habits.arrivals import company_of
from wisebook_ml.habits.histogram import add, centre, copies, share_beyond
from wisebook_ml.habits.layout import BURST_MEMORY, MAX_NEARS, MAX_SEQUENCES, NEAR_LIMIT_MEMORY, NEARS, SEQUENCES
from wisebook_ml.habits.matching import (
    best_duplicate,
    best_reversal,
    document_of,
    largest_party,
    lines_key,
    place_memo,
)
from wisebook_ml.habits.memos import clipped_lag, drop_places, find_memo, id_words, read_id, remember, write_down
from wisebook_ml.habits.numbering import begin, step
from wisebook_ml.habits.profiles import (
    AMOUNTS_PARTY,
    AMOUNTS_TOTAL,
    BURSTS,
    COUNTED,
    CREDIT,
    DEBIT,
    HOURS,
    LAG_ZERO,
    LEFT_IN,
    MANUAL,
    MAX_PAIR_ACCOUNTS,
    OTHER,
    UNKNOWN_LAG,
    account_key,
    author_of,
    distinct_sides,
    journal_of,
    met_before,
    pair_key,
    put_in,
    take_out,
)
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import SMALLEST_BLOCK, block_class, find, free_rows, insert, remove
from wisebook_ml.ledger.hashing import mix

__all__ = ["CELLS_OF_LINE", "MAX_ID_BYTES", "MAX_PAIRS_OF_ENTRY", "meet_entries"]

BURST_SECONDS = 600
"""Window of a burst: what one person can enter by hand in ten minutes is a handful."""

MAX_MET = 2
"""Accounts that met more often than twice are no rare pair: a monthly entry has become a habit."""

NEAR_LIMIT_SHARE = 0.05
"""Just below an approval limit: within 5 % of it (the margin in use in audit software)."""

NEAR_LIMIT_DAYS = 60
"""Amounts kept below a limit belong together for two months."""

THIRD_PARTIES = 4
ASSETS, EXPENSES = 2, 6
"""PCG classes of who is owed, and of what is bought."""

MIN_CENTS = 100_00
"""Entries without a third party below a hundred euros (bank fees, stamps) repeat by nature."""

MAX_LINES = 12
"""Longer entries (payroll, opening) are not looked up by their lines."""

MAX_ID_BYTES = 800
"""Of an entry's id: 200 characters."""

MAX_PAIRS_OF_ENTRY = (MAX_PAIR_ACCOUNTS // 2) ** 2
"""Pairs of accounts that an entry adds at most."""

CELLS_OF_LINE = 3 * 128
"""Cells of histograms that a line asks for at most: three that move to a block with all bins. An entry itself asks for
four such blocks, which two lines' room is more than enough for."""

PARTY_PLACE, JOURNAL_PLACE, LINES_PLACE = 11, 12, 13
"""Seeds of the keys under which recent entries are found."""


@compiled
def meet_entries(
    start: int,
    entries: Array,
    lines: Array,
    data: Array,
    limits: Array,
    state: Array,
    entry_out: Array,
    line_out: Array,
    texts: Array,
    used: Array,
    scratch: Array,
    sides: Array,
) -> int:
    """Write what each entry meets, and add it to the habits.

    Parameters
    ----------
    start : int
        The entry to begin with.
    entries, lines : ndarray of `ENTRY_FACTS`, `LINE_FACTS`
        What the entries say.
    data : ndarray of uint8
        The bytes in which their ids lie.
    limits : ndarray of int64
        Approval limits in cents, ascending.
    state : ndarray of int64
        Directory of the habits' arrays.
    entry_out, line_out, texts, used
        Filled; see `wisebook_ml.habits.columns.Output`.
    scratch, sides : ndarray of int64
        Zeros, one for each bin of amounts; and room for the accounts of both sides.

    Returns
    -------
    int
        The entry it stopped before for want of room in the state or in `texts`; n where it did not.
    """
    for i in range(start, len(entries)):
        entry = entries[i]
        if used[0] + 2 * MAX_ID_BYTES > len(texts) or not _has_room(state, entry.lines, entry.id_length):
            return i
        own = slice(entry.start, entry.start + entry.lines)
        _take(state, entry, lines[own], data, limits, entry_out[i], line_out[own], texts, used, scratch, sides)
    return len(entries)


@compiled
def _has_room(state: Array, lines: int, id_length: int) -> bool:
    """Return whether one more entry surely fits."""
    return bool(
        free_rows(accounts_of(state).keys, accounts_of(state).meta) >= lines
        and free_rows(company_accounts_of(state).keys, company_accounts_of(state).meta) >= lines
        and free_rows(parties_of(state).keys, parties_of(state).meta) >= lines
        and free_rows(holders_of(state).keys, holders_of(state).meta) >= lines
        and free_rows(ibans_of(state).keys, ibans_of(state).meta) >= lines
        and free_rows(pairs_of(state).keys, pairs_of(state).meta) >= MAX_PAIRS_OF_ENTRY
        and free_rows(journals_of(state).keys, journals_of(state).meta) >= 1
        and free_rows(authors_of(state).keys, authors_of(state).meta) >= 1
        and free_rows(sequences_of(state).keys, sequences_of(state).meta) >= 1
        and free_rows(nears_of(state).keys, nears_of(state).meta) >= 1
        and free_rows(pieces_of(state).keys, pieces_of(state).meta) >= 1
        and free_rows(memos_of(state).keys, memos_of(state).meta) >= 1
        and free_rows(places_of(state).keys, places_of(state).meta) >= 2
        and len(cells_of(state).counts) - cells_of(state).heads[-1] >= CELLS_OF_LINE * (lines + 2)
        and len(traces_of(state)) - trace_pool_of(state).heads[-1] >= SMALLEST_BLOCK << block_class(lines)
        and len(ids_of(state)) - id_pool_of(state).heads[-1] >= SMALLEST_BLOCK << block_class(id_words(id_length))
    )


@compiled
def _take(
    state: Array,
    entry: Array,
    lines: Array,
    data: Array,
    limits: Array,
    out: Array,
    line_out: Array,
    texts: Array,
    used: Array,
    scratch: Array,
    sides: Array,
) -> None:
    """Write what one entry meets, and add it to the habits."""
    company = company_of(state, entry.societe)
    company_key = companies_of(state).keys[company]
    journal_key = mix(company_key, entry.journal)
    journal = journal_of(state, company, journal_key)
    author = author_of(state, company, mix(company_key, entry.author)) if entry.author != 0 else 0
    memo = find_memo(state, entry.key)
    replaces = memo != 0
    altered = False
    if replaces:
        drop_places(state, memo)
        if memos_of(state).rows[memo].counted == COUNTED:
            take_out(state, company, memo, sides)
        noted = memos_of(state).rows[memo]
        changed = entry.deleted or noted.content != entry.content
        altered = noted.altered != 0 or (noted.validated != 0 and changed)
        order = noted.order + 0
        _write_first_facts(noted, out)
    else:
        order = companies_of(state).rows[company].arrivals + 0
        companies_of(state).rows[company].arrivals += 1
        if entry.first:
            _meet_number(state, entry, company, company_key, out)
        out.burst, out.burst_tail = _meet_burst(state, entry, author)
        out.near_limit, out.near_total = _meet_limit(state, entry, lines, company, company_key, limits)
    out.altered = 1.0 if altered else 0.0
    near, near_total = out.near_limit, out.near_total

    _meet_lines(state, lines, company_key, journal, line_out, scratch)
    _meet_company(state, entry, company, journal, author, out, scratch)
    _meet_pairs(state, lines, company_key, out, sides)
    largest = largest_party(lines)
    holder = lines[largest].party if largest >= 0 else entry.key
    document = document_of(state, entry, company, company_key, holder)
    most = 0
    for k in range(len(lines)):
        most = max(most, abs(lines[k].net))
    by_lines = lines_key(lines, 1) if len(lines) <= MAX_LINES and most > 0 else 0
    place = 0
    if largest >= 0:
        place = mix(mix(mix(journal_key, PARTY_PLACE), lines[largest].party), lines[largest].net)
    elif by_lines != 0 and most >= MIN_CENTS:
        place = mix(mix(journal_key, JOURNAL_PLACE), by_lines)
    lines_place = mix(mix(company_key, LINES_PLACE), by_lines) if by_lines != 0 else 0
    if place != 0:
        _meet_duplicate(state, entry, place, order, document, largest < 0, out, texts, used)
    if by_lines != 0:
        opposite = mix(mix(company_key, LINES_PLACE), lines_key(lines, -1))
        _meet_reversal(state, entry, opposite, order, out, texts, used)
    if out.duplicate_repeats > 0.0:
        out.near_limit, out.near_total = 0.0, 0.0  # a fixed price is no attempt to stay below a limit

    if not replaces:
        memo = remember(state, company, entry.key)
        noted = memos_of(state).rows[memo]
        noted.order = order
        noted.jump, noted.steps, noted.irregular = (
            int(out.number_jump),
            int(out.number_steps),
            int(out.number_irregular),
        )
        noted.burst, noted.burst_tail = int(out.burst), int(out.burst_tail)
        noted.near, noted.near_total = int(near), int(near_total)
        if not entry.first:
            noted.counted = LEFT_IN  # its first arrival was forgotten, and still is part of the habits
    write_down(state, entry, data, memo, journal, author, document)
    memos_of(state).rows[memo].altered = 1 if altered else 0
    if not entry.deleted:
        if place != 0:
            place_memo(state, place, memo)
        if lines_place != 0:
            place_memo(state, lines_place, memo)
        memos_of(state).rows[memo].place = place
        memos_of(state).rows[memo].lines_place = lines_place
    if not entry.deleted and memos_of(state).rows[memo].counted != LEFT_IN:
        newcomers = put_in(state, lines, company, memo, sides)
        if entry.first and journal != 0:
            journals_of(state).rows[journal].debuts += newcomers


@compiled
def _write_first_facts(noted: Array, out: Array) -> None:
    """Write the facts of an entry's first arrival, which a revision does not change."""
    out.number_jump, out.number_steps, out.number_irregular = noted.jump, noted.steps, noted.irregular
    out.burst, out.burst_tail = noted.burst, noted.burst_tail
    out.near_limit, out.near_total = noted.near, noted.near_total


@compiled
def _meet_number(state: Array, entry: Array, company: int, company_key: int, out: Array) -> None:
    """Take an entry's number; one that says nothing (none, or the first of its sequence) is regular."""
    if entry.number < 0:
        return
    sequences = sequences_of(state)
    key = mix(company_key, entry.sequence)
    row = find(sequences.slots, sequences.keys, key)
    if row == 0:
        queue = queues_of(state)[company][SEQUENCES]
        if queue.count == MAX_SEQUENCES:
            remove(sequences.slots, sequences.keys, sequences.meta, dequeue(queue, sequences.rows))
        row = insert(sequences.slots, sequences.keys, sequences.meta, key)
        begin(sequences.rows[row], entry.number)
        enqueue(queue, sequences.rows, row)
        return
    sequence = sequences.rows[row]
    out.number_steps, out.number_irregular = sequence.steps, sequence.irregular
    out.number_jump = step(sequence, entry.number)


@compiled
def _meet_burst(state: Array, entry: Array, author: int) -> tuple[int, int]:
    """Return how many entries the author made by hand within ten minutes, and how often as many before."""
    stamp = entry.stamp
    if not entry.manual or author == 0 or stamp == 0:
        return 0, 0
    stamps, size = author_stamps_of(state)[author], 1
    for k in range(BURST_MEMORY - 1):
        if stamps[k] == 0 or stamp - stamps[k] > BURST_SECONDS:
            break
        if abs(stamp - stamps[k]) <= BURST_SECONDS:
            size += 1
    for k in range(BURST_MEMORY - 1, 0, -1):
        stamps[k] = stamps[k - 1]
    stamps[0] = stamp
    bursts = author_habits_of(state)[author][BURSTS]
    before = share_beyond(bursts, cells_of(state), size, 0)
    add(bursts, cells_of(state), size, 1)
    return size, before


@compiled
def _meet_limit(
    state: Array, entry: Array, lines: Array, company: int, company_key: int, limits: Array
) -> tuple[int, int]:
    """Return how many purchases near a limit the third party had with this one, and the limit (0: not near)."""
    total, limit = entry.total, 0
    for k in range(len(limits)):
        if total < limits[k]:
            limit = limits[k]
            break
    if limit == 0 or total < limit * (1 - NEAR_LIMIT_SHARE):
        return 0, 0
    spent, owed, party = False, False, 0
    for k in range(len(lines)):
        of_class = lines[k].root // 10_000
        spent |= lines[k].on_debit and (of_class in (ASSETS, EXPENSES))
        owed |= not lines[k].on_debit and of_class == THIRD_PARTIES
        if party == 0:
            party = lines[k].party
    if not (spent and owed) or party == 0:
        return 0, 0
    nears = nears_of(state)
    key = mix(company_key, party)
    row = find(nears.slots, nears.keys, key)
    if row == 0:
        queue = queues_of(state)[company][NEARS]
        if queue.count == MAX_NEARS:
            remove(nears.slots, nears.keys, nears.meta, dequeue(queue, nears.rows))
        row = insert(nears.slots, nears.keys, nears.meta, key)
        nears.rows[row].count = 0
        enqueue(queue, nears.rows, row)
    days = near_days_of(state)[row]
    days[nears.rows[row].count % NEAR_LIMIT_MEMORY] = entry.day
    nears.rows[row].count += 1
    near = 0
    for k in range(min(nears.rows[row].count, NEAR_LIMIT_MEMORY)):
        near += abs(entry.day - days[k]) <= NEAR_LIMIT_DAYS
    return near, limit


@compiled
def _meet_lines(state: Array, lines: Array, company_key: int, journal: int, line_out: Array, scratch: Array) -> None:
    """Write the habits that an entry's lines meet."""
    accounts, parties, cells = accounts_of(state), parties_of(state), cells_of(state)
    of_journal = journals_of(state).rows[journal]
    for k in range(len(lines)):
        out, bin_ = line_out[k], lines[k].bin
        row = 0
        if journal != 0:
            key = account_key(journals_of(state).keys[journal], lines[k].habit)
            row = find(accounts.slots, accounts.keys, key)
        sides = account_sides_of(state)[row]
        side = sides[DEBIT if lines[k].on_debit else CREDIT]
        out.account_count = sides[CREDIT].total + sides[DEBIT].total
        out.side_count, out.side_rounds = side.total, side.rounds
        out.side_median, out.side_spread = centre(side, cells, scratch)
        out.side_tail = share_beyond(side, cells, bin_, side.middle)
        out.journal_lines, out.journal_singles = of_journal.lines, of_journal.singles
        out.party_count, out.party_median, out.party_spread, out.party_tail = -1.0, math.nan, math.nan, 0.0
        out.iban_others = 0.0
        if lines[k].party != 0:
            party_key = mix(company_key, lines[k].party)
            party = find(parties.slots, parties.keys, party_key)
            amounts = party_amounts_of(state)[party][0]
            out.party_count = parties.rows[party].count
            out.party_median, out.party_spread = centre(amounts, cells, scratch)
            out.party_tail = share_beyond(amounts, cells, bin_, amounts.middle)
            if lines[k].iban != 0:
                out.iban_others = _other_holders(state, mix(company_key, lines[k].iban), party_key)


@compiled
def _other_holders(state: Array, iban_key: int, party_key: int) -> int:
    """Return how many third parties hold bank details that this one uses for the first time."""
    iban = find(ibans_of(state).slots, ibans_of(state).keys, iban_key)
    if iban == 0 or find(holders_of(state).slots, holders_of(state).keys, mix(iban_key, party_key)) != 0:
        return 0
    return int(ibans_of(state).rows[iban].count)


@compiled
def _meet_company(
    state: Array, entry: Array, company: int, journal: int, author: int, out: Array, scratch: Array
) -> None:
    """Write the habits of the company, the journal and the author."""
    whole, of_journal, cells = companies_of(state).rows[company], journals_of(state).rows[journal], cells_of(state)
    out.company = whole.entries
    out.journal, out.journal_off_days = of_journal.entries, of_journal.off_days
    out.journal_pieces = of_journal.with_piece
    out.debuts, out.party_lines = of_journal.debuts, of_journal.party_lines
    out.off_day = 1.0 if entry.off_day else 0.0
    hour = entry.hour + 0
    out.hour = hour
    out.author, out.hour_count = math.nan, 0.0
    if hour >= 0 and entry.author != 0:
        hours = author_habits_of(state)[author][HOURS]
        out.author = authors_of(state).rows[author].count
        day = hour - hour % 24
        for around in (hour + 23, hour, hour + 1):
            out.hour_count += copies(hours, cells, day + around % 24)
    lags = journal_lags_of(state)[journal][MANUAL if entry.manual else OTHER]
    lag = clipped_lag(entry.lag)
    out.lag_timed = lags.total
    out.lag, out.lag_tail = math.nan, 0.0
    if lag != UNKNOWN_LAG:
        out.lag = lag
        out.lag_tail = share_beyond(lags, cells, lag + LAG_ZERO, LAG_ZERO)
    amounts = company_amounts_of(state)[company]
    out.newcomer_median, out.newcomer_spread = centre(amounts[AMOUNTS_PARTY], cells, scratch)
    out.totals_median, out.totals_spread = centre(amounts[AMOUNTS_TOTAL], cells, scratch)


@compiled
def _meet_pairs(state: Array, lines: Array, company_key: int, out: Array, sides: Array) -> None:
    """Write the pair of accounts that is rarest given how often both are used, and log10 of how much so."""
    habit = lines.habit
    on_credit, on_debit = distinct_sides(habit, lines.on_debit, sides)
    pairs, of_company = pairs_of(state), company_accounts_of(state)
    for d in range(on_debit):
        one_key = mix(company_key, habit[sides[1, d]])
        one = find(of_company.slots, of_company.keys, one_key)
        for c in range(on_credit):
            if habit[sides[1, d]] == habit[sides[0, c]] or met_before(habit, sides, on_credit, d, c):
                continue
            other_key = mix(company_key, habit[sides[0, c]])
            pair = find(pairs.slots, pairs.keys, pair_key(company_key, one_key, other_key))
            met = pairs.rows[pair].count if pair != 0 else 0
            if met > MAX_MET:
                continue
            other = find(of_company.slots, of_company.keys, other_key)
            least = min(
                of_company.rows[one].count if one != 0 else 0, of_company.rows[other].count if other != 0 else 0
            )
            rarity = math.log10((least + 1) / (met + 0.5))
            if rarity > out.pair_value:
                out.pair_value, out.pair_debit, out.pair_credit = rarity, sides[1, d], sides[0, c]


@compiled
def _meet_duplicate(
    state: Array,
    entry: Array,
    place: int,
    order: int,
    document: int,
    lenient: bool,
    out: Array,
    texts: Array,
    used: Array,
) -> None:
    """Write which earlier entry this one repeats."""
    places = places_of(state)
    here = find(places.slots, places.keys, place)
    if here == 0:
        return
    memo, out.duplicate, out.duplicate_repeats = best_duplicate(state, entry, here, order, document, lenient)
    if memo != 0:
        out.duplicate_days = abs(entry.day - memos_of(state).rows[memo].day)
        out.duplicate_start, out.duplicate_length = _write_id(state, memo, texts, used)


@compiled
def _meet_reversal(
    state: Array, entry: Array, opposite: int, order: int, out: Array, texts: Array, used: Array
) -> None:
    """Write which earlier entry this one reverses."""
    places = places_of(state)
    here = find(places.slots, places.keys, opposite)
    if here == 0:
        return
    memo, out.reversal = best_reversal(state, entry, here, order)
    if memo != 0:
        out.reversal_days = entry.day - memos_of(state).rows[memo].day
        out.reversal_start, out.reversal_length = _write_id(state, memo, texts, used)


@compiled
def _write_id(state: Array, memo: int, texts: Array, used: Array) -> tuple[int, int]:
    """Write the id of a memo's entry where a detection finds it, since its row may be another's soon."""
    start = used[0]
    length = read_id(state, memo, texts, start)
    used[0] += length
    return int(start), length
