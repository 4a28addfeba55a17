"""The compiled pass: what each entry meets, and what it leaves."""

import math

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import (
    account_sides_of,
    accounts_of,
    aliases_of,
    author_habits_of,
    authors_of,
    cells_of,
    companies_of,
    company_accounts_of,
    company_amounts_of,
    dealings_of,
    holders_of,
    iban_names_of,
    ibans_of,
    id_pool_of,
    ids_of,
    journal_lags_of,
    journals_of,
    memos_of,
    named_of,
    nears_of,
    pairs_of,
    parties_of,
    party_amounts_of,
    pieces_of,
    places_of,
    purpose_amounts_of,
    purposes_of,
    sequences_of,
    shapes_of,
    trace_pool_of,
    traces_of,
)
from wisebook_ml.habits.arrivals import company_of
from wisebook_ml.habits.dealings import dealing_key, is_dealing
from wisebook_ml.habits.earlier import meet_duplicate, meet_reversal, place_keys
from wisebook_ml.habits.first_arrival import count_burst, count_near_limit, take_number, tell_first_facts
from wisebook_ml.habits.histogram import centre, copies, reach, reach_known, share_beyond
from wisebook_ml.habits.layout import NAME_BYTES
from wisebook_ml.habits.matching import document_of, largest_party, place_memo
from wisebook_ml.habits.memos import clipped_lag, drop_places, find_memo, id_words, remember, write_down
from wisebook_ml.habits.names import (
    ALIASES_OF_NAME,
    MAX_NEWCOMERS,
    SHAPES_OF_NUMBER,
    meet_newcomers,
    note_newcomers,
)
from wisebook_ml.habits.pairings import NATURAL, UNLIKELY, pairing
from wisebook_ml.habits.profiles import (
    AMOUNTS_PARTY,
    AMOUNTS_TOTAL,
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
from wisebook_ml.habits.purposes import about_of, has_purpose, purpose_key
from wisebook_ml.habits.tables import SMALLEST_BLOCK, block_class, find, free_rows
from wisebook_ml.ledger.hashing import mix

__all__ = ["CELLS_OF_LINE", "MAX_ID_BYTES", "MAX_PAIRS_OF_ENTRY", "meet_entries"]

MAX_MET = 2
"""Accounts that met more often than twice are no rare pair: a monthly entry has become a habit."""

PLAIN_ENTRY = 3
"""Accounts up to which it is plain which stand against each other: two, and tax. In an opening balance all do."""

IN_USE = 79
"""Lines that an account is taken to have where it has no business with the other: log10 of 160 is what a pair that
never met counts then, rare in books of any size."""

MAX_ID_BYTES = 800
"""Of an entry's id: 200 characters."""

MAX_PAIRS_OF_ENTRY = (MAX_PAIR_ACCOUNTS // 2) ** 2
"""Pairs of accounts that an entry adds at most."""

CELLS_OF_LINE = 4 * 128
"""Cells of histograms that a line asks for at most: four that move to a block with all bins. An entry itself asks for
four such blocks, which two lines' room is more than enough for."""


@compiled
def meet_entries(
    start: int,
    entries: Array,
    lines: Array,
    data: Array,
    table: Array,
    fold: Array,
    kind: Array,
    limits: Array,
    limits_first: Array,
    limits_of: Array,
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
        The bytes in which their ids and other texts lie.
    table : ndarray of int64
        Where each line's texts lie (`EntryBatch.line_table`).
    fold, kind : ndarray
        What characters stand for (`wisebook_ml.ledger.characters`).
    limits, limits_first, limits_of : ndarray of int64
        See `wisebook_ml.habits.limits.Limits`.
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
        if used[0] + 2 * MAX_ID_BYTES + NAME_BYTES > len(texts) or not _has_room(state, entry.lines, entry.id_length):
            return i
        own = slice(entry.start, entry.start + entry.lines)
        approved = limits[limits_first[limits_of[i]] : limits_first[limits_of[i] + 1]]
        _take(
            state,
            entry,
            lines[own],
            data,
            table,
            fold,
            kind,
            approved,
            entry_out[i],
            line_out[own],
            texts,
            used,
            scratch,
            sides,
        )
    return len(entries)


@compiled
def _has_room(state: Array, lines: int, id_length: int) -> bool:
    """Return whether one more entry surely fits."""
    newcomers = min(lines, MAX_NEWCOMERS)
    return bool(
        free_rows(accounts_of(state).keys, accounts_of(state).meta) >= lines
        and free_rows(company_accounts_of(state).keys, company_accounts_of(state).meta) >= lines
        and free_rows(parties_of(state).keys, parties_of(state).meta) >= lines
        and free_rows(holders_of(state).keys, holders_of(state).meta) >= lines
        and free_rows(ibans_of(state).keys, ibans_of(state).meta) >= lines
        and free_rows(dealings_of(state).keys, dealings_of(state).meta) >= lines
        and free_rows(named_of(state).keys, named_of(state).meta) >= newcomers
        and free_rows(shapes_of(state).keys, shapes_of(state).meta) >= newcomers * SHAPES_OF_NUMBER
        and free_rows(aliases_of(state).keys, aliases_of(state).meta) >= newcomers * ALIASES_OF_NAME
        and free_rows(purposes_of(state).keys, purposes_of(state).meta) >= lines
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
    table: Array,
    fold: Array,
    kind: Array,
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
    if memo == 0:
        memo = _begin_memo(state, entry, lines, company, author, limits)
    else:
        _take_back(state, entry, company, memo, sides)
    noted = memos_of(state).rows[memo]
    tell_first_facts(noted, out)
    out.altered = noted.altered
    largest = largest_party(lines)
    dealer_key = mix(company_key, lines[largest].party) if largest >= 0 else 0
    _meet_lines(state, lines, company_key, journal, line_out, scratch)
    _meet_dealings(state, lines, dealer_key, line_out)
    meet_newcomers(
        state,
        lines,
        company_key,
        data,
        table,
        entry.start,
        fold,
        kind,
        out,
        line_out,
        texts,
        used,
        scratch,
    )
    _meet_purposes(state, lines, company_key, about_of(lines, entry.label_letters), line_out, scratch)
    _meet_company(state, entry, company, journal, author, out, scratch)
    _meet_pairs(state, lines, company_key, out, sides)
    holder = lines[largest].party if largest >= 0 else entry.key
    document = document_of(state, entry, company, company_key, holder)
    place, lines_place, opposite = place_keys(lines, largest, company_key, journal_key)
    if place != 0:
        meet_duplicate(state, entry, place, noted.order, document, largest < 0, out, texts, used)
    if opposite != 0:
        meet_reversal(state, entry, opposite, noted.order, out, texts, used)
    if out.duplicate_repeats > 0.0:
        out.near_limit, out.near_total = 0.0, 0.0  # a fixed price is no attempt to stay below a limit
    write_down(state, entry, data, memo, journal, author, document)
    if not entry.deleted:
        note_newcomers(state, lines, company, company_key, data, table, entry.start, fold, kind, scratch)
        _leave(state, entry, lines, company, journal, memo, place, lines_place, sides)


@compiled
def _begin_memo(state: Array, entry: Array, lines: Array, company: int, author: int, limits: Array) -> int:
    """Return a new memo, with what there is to say of the entry's first arrival."""
    company_key, whole = companies_of(state).keys[company], companies_of(state).rows[company]
    memo = remember(state, company, entry.key)
    noted = memos_of(state).rows[memo]
    noted.order = whole.arrivals
    whole.arrivals += 1
    if entry.first:
        take_number(state, entry, company, company_key, noted)
        noted.burst, noted.burst_tail = count_burst(state, entry, author)
        noted.near, noted.near_total = count_near_limit(state, entry, lines, company, company_key, limits)
    else:
        noted.counted = LEFT_IN  # its first arrival was forgotten, and still is part of the habits
    return memo


@compiled
def _take_back(state: Array, entry: Array, company: int, memo: int, sides: Array) -> None:
    """Take the version of an entry out of the habits that this one replaces."""
    drop_places(state, memo)
    noted = memos_of(state).rows[memo]
    if noted.counted == COUNTED:
        take_out(state, company, memo, sides)
    if noted.validated and (entry.deleted or noted.content != entry.content):
        noted.altered = 1


@compiled
def _leave(
    state: Array,
    entry: Array,
    lines: Array,
    company: int,
    journal: int,
    memo: int,
    place: int,
    lines_place: int,
    sides: Array,
) -> None:
    """Make an entry findable, and add it to the habits."""
    noted = memos_of(state).rows[memo]
    if place != 0:
        place_memo(state, place, memo)
    if lines_place != 0:
        place_memo(state, lines_place, memo)
    noted.place, noted.lines_place = place, lines_place
    if noted.counted != LEFT_IN:
        newcomers = put_in(state, lines, company, memo, sides)
        if entry.first and journal != 0:
            journals_of(state).rows[journal].debuts += newcomers


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
        out.side_reach = _reach(side, cells, bin_, out.side_tail)
        out.journal_lines, out.journal_singles = of_journal.lines, of_journal.singles
        out.party_count, out.party_median, out.party_spread, out.party_tail = -1.0, math.nan, math.nan, 0.0
        out.party_reach = math.nan
        out.iban_others = 0.0
        if lines[k].party != 0:
            party_key = mix(company_key, lines[k].party)
            party = find(parties.slots, parties.keys, party_key)
            amounts = party_amounts_of(state)[party][0]
            out.party_count = parties.rows[party].count
            out.party_median, out.party_spread = centre(amounts, cells, scratch)
            out.party_tail = share_beyond(amounts, cells, bin_, amounts.middle)
            out.party_reach = _reach(amounts, cells, bin_, out.party_tail)
            if lines[k].iban != 0:
                out.iban_others = _other_holders(state, mix(company_key, lines[k].iban), party_key, lines[k])


@compiled
def _reach(amounts: Array, cells: Array, bin_: int, tail: float) -> float:
    """Return how far amounts ordinarily go on the side of one that hardly any was farther than; NaN for any other."""
    return reach(amounts, cells, bin_ >= amounts.middle) if tail <= reach_known(amounts.total) else math.nan


@compiled
def _meet_dealings(state: Array, lines: Array, dealer_key: int, line_out: Array) -> None:
    """Write how often the entry's third party was dealt with on the lines' accounts."""
    dealings, parties = dealings_of(state), parties_of(state)
    dealer = find(parties.slots, parties.keys, dealer_key) if dealer_key != 0 else 0
    for k in range(len(lines)):
        out = line_out[k]
        out.dealing_count, out.dealt, out.dealings = 0.0, 0.0, 0.0
        if dealer != 0 and is_dealing(lines[k]):
            row = find(dealings.slots, dealings.keys, dealing_key(dealer_key, lines[k].habit))
            out.dealing_count = dealings.rows[row].count if row != 0 else 0
            out.dealt, out.dealings = parties.rows[dealer].dealt, parties.rows[dealer].dealings


@compiled
def _meet_purposes(state: Array, lines: Array, company_key: int, about: int, line_out: Array, scratch: Array) -> None:
    """Write the amounts that the lines' accounts had before in entries about the same."""
    purposes, cells = purposes_of(state), cells_of(state)
    for k in range(len(lines)):
        out = line_out[k]
        out.purpose_count, out.purpose_median, out.purpose_spread = -1.0, math.nan, math.nan
        out.purpose_tail, out.purpose_reach = 0.0, math.nan
        if has_purpose(lines[k]):
            purpose = find(purposes.slots, purposes.keys, purpose_key(company_key, about, lines[k]))
            amounts = purpose_amounts_of(state)[purpose][0]
            out.purpose_count = amounts.total
            out.purpose_median, out.purpose_spread = centre(amounts, cells, scratch)
            out.purpose_tail = share_beyond(amounts, cells, lines[k].bin, amounts.middle)
            out.purpose_reach = _reach(amounts, cells, lines[k].bin, out.purpose_tail)


@compiled
def _other_holders(state: Array, iban_key: int, party_key: int, line: Array) -> int:
    """Return how many third parties hold bank details that this one uses for the first time.

    None where it is named as the first of them: an agency is paid to the account of its house.
    """
    iban = find(ibans_of(state).slots, ibans_of(state).keys, iban_key)
    if iban == 0 or find(holders_of(state).slots, holders_of(state).keys, mix(iban_key, party_key)) != 0:
        return 0
    name = iban_names_of(state)[iban]
    named = line.holder != 0 and (line.holder == name[0] or line.holder == name[1] or line.holder_one == name[0])
    if named or (line.holder_two != 0 and line.holder_two == name[2]):
        return 0
    return int(ibans_of(state).rows[iban].count)


@compiled
def _meet_company(
    state: Array, entry: Array, company: int, journal: int, author: int, out: Array, scratch: Array
) -> None:
    """Write the habits of the company, the journal and the author."""
    whole, of_journal, cells = companies_of(state).rows[company], journals_of(state).rows[journal], cells_of(state)
    out.company = whole.entries
    out.company_dealt, out.company_dealers = whole.dealt, whole.dealers
    out.company_dealings = whole.dealings
    out.journal, out.journal_off_days = of_journal.entries, of_journal.off_days
    out.journal_holidays = of_journal.holidays
    out.journal_pieces, out.journal_references = of_journal.with_piece, of_journal.referenced
    out.debuts, out.party_lines = of_journal.debuts, of_journal.party_lines
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
    """Write the pair of accounts that is rarest given how often both are used, and log10 of how much so.

    Pairs that belong together by nature are passed over; those that have no business together count as if both were in
    common use.
    """
    habit = lines.habit
    on_credit, on_debit = distinct_sides(habit, lines.on_debit, sides)
    pairs, of_company = pairs_of(state), company_accounts_of(state)
    plain = on_credit + on_debit <= PLAIN_ENTRY
    for d in range(on_debit):
        one_key = mix(company_key, habit[sides[1, d]])
        one = find(of_company.slots, of_company.keys, one_key)
        for c in range(on_credit):
            if habit[sides[1, d]] == habit[sides[0, c]] or met_before(habit, sides, on_credit, d, c):
                continue
            together = pairing(lines[sides[1, d]].root, lines[sides[0, c]].root)
            if together == NATURAL:
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
            if plain and together == UNLIKELY:
                least = max(least, IN_USE)
            rarity = math.log10((least + 1) / (met + 0.5))
            if rarity > out.pair_value:
                out.pair_value, out.pair_debit, out.pair_credit = rarity, sides[1, d], sides[0, c]
