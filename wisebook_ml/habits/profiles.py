"""Adding an entry to a company's habits, and taking it out again."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import (
    account_sides_of,
    accounts_of,
    author_habits_of,
    authors_of,
    cells_of,
    companies_of,
    company_accounts_of,
    company_amounts_of,
    holders_of,
    iban_names_of,
    ibans_of,
    journal_lags_of,
    journals_of,
    memos_of,
    pairs_of,
    parties_of,
    party_amounts_of,
    traces_of,
)
from wisebook_ml.habits.dealings import count_dealing, deal, forget_dealing
from wisebook_ml.habits.histogram import add, add_amount
from wisebook_ml.habits.layout import (
    MAX_ACCOUNTS,
    MAX_AUTHORS,
    MAX_IBANS,
    MAX_JOURNALS,
    MAX_PAIRS,
    MAX_PARTIES,
)
from wisebook_ml.habits.purposes import about_of, count_purpose, forget_purpose, purpose_of
from wisebook_ml.habits.tables import find, insert, remove
from wisebook_ml.ledger.hashing import mix

__all__ = [
    "AMOUNTS_PARTY",
    "AMOUNTS_TOTAL",
    "BURSTS",
    "COUNTED",
    "CREDIT",
    "DEBIT",
    "HOURS",
    "LAG_ZERO",
    "LEFT_IN",
    "MANUAL",
    "MAX_LAG",
    "MAX_PAIR_ACCOUNTS",
    "OTHER",
    "UNKNOWN_LAG",
    "account_key",
    "author_of",
    "distinct_sides",
    "journal_of",
    "met_before",
    "pair_key",
    "put_in",
    "take_out",
]

MAX_LAG = 60
"""Days from which a delay is long, however long: bounds the habit's memory."""
LAG_ZERO = MAX_LAG
"""Bin of a delay of no day."""
UNKNOWN_LAG = -128

MAX_PAIR_ACCOUNTS = 12
"""Entries with more accounts (payroll, closing) meet so many pairs that none of them says anything."""

AMOUNTS_TOTAL, AMOUNTS_PARTY = 0, 1
CREDIT, DEBIT = 0, 1
MANUAL, OTHER = 0, 1
HOURS, BURSTS = 0, 1
"""Places in the arrays beside the tables."""

COUNTED, LEFT_IN = 1, 2
"""Of a memo: its traces are in the habits; or an arrival before it is, which was forgotten and stays there."""

SATURDAY = 5
"""Of weekdays from 0; the ordinal 1 is a Monday."""

GONE = -1
"""Count of a row that was freed, so that the next line of the same entry does not free it again."""


@compiled
def account_key(journal_key: int, habit: int) -> int:
    """Return the key of an account in a journal."""
    return mix(journal_key, habit)


@compiled
def pair_key(company_key: int, one: int, other: int) -> int:
    """Return the key of two accounts, in whatever order: a credit note is the same pair."""
    return mix(mix(company_key, min(one, other)), max(one, other))


@compiled
def journal_of(state: Array, company: int, journal_key: int) -> int:
    """Return the row of a journal, made where there is none and room; otherwise 0."""
    journals = journals_of(state)
    row = find(journals.slots, journals.keys, journal_key)
    if row == 0 and companies_of(state).rows[company].journals < MAX_JOURNALS:
        row = insert(journals.slots, journals.keys, journals.meta, journal_key)
        companies_of(state).rows[company].journals += 1
    return row


@compiled
def author_of(state: Array, company: int, key: int) -> int:
    """Return the row of an author, made where there is none and room; otherwise 0."""
    authors = authors_of(state)
    row = find(authors.slots, authors.keys, key)
    if row == 0 and companies_of(state).rows[company].authors < MAX_AUTHORS:
        row = insert(authors.slots, authors.keys, authors.meta, key)
        companies_of(state).rows[company].authors += 1
    return row


@compiled
def distinct_sides(account: Array, on_debit: Array, sides: Array) -> tuple[int, int]:
    """Collect the different accounts of each side of an entry, as the lines where they first stand.

    Parameters
    ----------
    account, on_debit : ndarray, shape (lines,)
        Something that tells accounts apart, and the side.
    sides : ndarray of int64, shape (2, MAX_PAIR_ACCOUNTS)
        Filled with lines: those of the credit side, those of the debit side.

    Returns
    -------
    tuple of int
        How many there are on the credit and the debit side; none where they are too many to say anything.
    """
    counts = (0, 0)
    for k in range(len(account)):
        side = 1 if on_debit[k] else 0
        known = False
        for other in range(counts[side]):
            if account[sides[side, other]] == account[k]:
                known = True
        if known:
            continue
        if counts[0] + counts[1] == MAX_PAIR_ACCOUNTS:
            return 0, 0
        sides[side, counts[side]] = k
        counts = (counts[0] + 1 - side, counts[1] + side)
    return counts


@compiled
def met_before(account: Array, sides: Array, on_credit: int, d: int, c: int) -> bool:
    """Return whether a pair was met with its sides exchanged, where both accounts stand on both sides."""
    one, other = account[sides[1, d]], account[sides[0, c]]
    for before in range(d):
        if account[sides[1, before]] == other:
            for opposite in range(on_credit):
                if account[sides[0, opposite]] == one:
                    return True
    return False


@compiled
def put_in(state: Array, lines: Array, company: int, memo: int, sides: Array) -> int:
    """Add an entry to the habits, and note in its memo's traces where it was added.

    Parameters
    ----------
    sides : ndarray of int64, shape (2, MAX_PAIR_ACCOUNTS)
        Scratch.

    Returns
    -------
    int
        The third parties that are new with this entry.
    """
    company_key = companies_of(state).keys[company]
    noted = memos_of(state).rows[memo]
    noted.counted = COUNTED
    whole, journal = companies_of(state).rows[company], journals_of(state).rows[noted.journal]
    whole.entries += 1
    if noted.journal != 0:
        journal.entries += 1
        journal.off_days += noted.off_day
        journal.holidays += _on_holiday(noted)
        journal.with_piece += noted.has_piece
        journal.referenced += noted.referenced
        if noted.lag != UNKNOWN_LAG:
            lags = journal_lags_of(state)[noted.journal]
            add(lags[MANUAL if noted.manual else OTHER], cells_of(state), noted.lag + LAG_ZERO, 1)
    if noted.hour >= 0 and noted.author != 0:
        authors_of(state).rows[noted.author].count += 1
        add(author_habits_of(state)[noted.author][HOURS], cells_of(state), noted.hour, 1)
    most, newcomers, about = 0, 0, about_of(lines, noted.letters)
    for k in range(len(lines)):
        trace = traces_of(state)[noted.traces + k]
        trace.bin = lines[k].bin
        trace.has_party = 1 if lines[k].party != 0 else 0
        trace.debit = 1 if lines[k].on_debit else 0
        trace.round = 1 if lines[k].round else 0
        most = max(most, lines[k].bin + 0)
        trace.account = 0
        if noted.journal != 0:
            trace.account = _account_of(state, company, company_key, noted.journal, lines[k].habit)
        trace.party, trace.holder, trace.dealing = 0, 0, 0
        trace.purpose = purpose_of(state, company, company_key, about, lines[k])
        if lines[k].party != 0:
            party_key = mix(company_key, lines[k].party)
            known = find(parties_of(state).slots, parties_of(state).keys, party_key)
            trace.party = known if known != 0 else _new_party(state, company, party_key)
            newcomers += known == 0
            if lines[k].iban != 0:
                _hold_iban(state, company, company_key, lines[k], party_key, trace)
        _count_line(state, company, noted.journal, trace, 1)
    deal(state, company, company_key, lines, noted.traces)
    add_amount(company_amounts_of(state)[company][AMOUNTS_TOTAL], cells_of(state), most, 1)
    noted.bin = most
    _count_pairs(state, company, memo, sides, 1)
    return newcomers


@compiled
def _on_holiday(noted: Array) -> int:
    """Return 1 for an entry on a Sunday or a public holiday; on Saturdays many offices and most shops are at work."""
    return 1 if noted.off_day != 0 and (noted.day - 1) % 7 != SATURDAY else 0


@compiled
def _account_of(state: Array, company: int, company_key: int, journal: int, habit: int) -> int:
    """Return the row of an account in a journal, made where there is none and room; otherwise 0."""
    accounts, of_company = accounts_of(state), company_accounts_of(state)
    key = account_key(journals_of(state).keys[journal], habit)
    row = find(accounts.slots, accounts.keys, key)
    if row == 0 and companies_of(state).rows[company].accounts < MAX_ACCOUNTS:
        row = insert(accounts.slots, accounts.keys, accounts.meta, key)
        companies_of(state).rows[company].accounts += 1
        of_company_key = mix(company_key, habit)
        shared = find(of_company.slots, of_company.keys, of_company_key)
        if shared == 0:
            shared = insert(of_company.slots, of_company.keys, of_company.meta, of_company_key)
            of_company.rows[shared].count = 0
        accounts.rows[row].company_account = shared
    return row


@compiled
def _new_party(state: Array, company: int, key: int) -> int:
    """Return a row for a third party, 0 without room."""
    parties = parties_of(state)
    if companies_of(state).rows[company].parties >= MAX_PARTIES:
        return 0
    row = insert(parties.slots, parties.keys, parties.meta, key)
    parties.rows[row].count, parties.rows[row].dealt, parties.rows[row].dealings = 0, 0, 0
    companies_of(state).rows[company].parties += 1
    return row


@compiled
def _hold_iban(state: Array, company: int, company_key: int, line: Array, party_key: int, trace: Array) -> None:
    """Note in a trace that its third party uses bank details."""
    ibans, holders = ibans_of(state), holders_of(state)
    key = mix(company_key, line.iban)
    row = find(ibans.slots, ibans.keys, key)
    if row == 0:
        if companies_of(state).rows[company].ibans >= MAX_IBANS:
            return
        row = insert(ibans.slots, ibans.keys, ibans.meta, key)
        ibans.rows[row].count = 0
        name = iban_names_of(state)[row]
        name[0], name[1], name[2] = line.holder, line.holder_one, line.holder_two
        companies_of(state).rows[company].ibans += 1
    holder_key = mix(key, party_key)
    holder = find(holders.slots, holders.keys, holder_key)
    if holder == 0:
        holder = insert(holders.slots, holders.keys, holders.meta, holder_key)
        holders.rows[holder].count = 0
        holders.rows[holder].iban = row
        ibans.rows[row].count += 1
    trace.holder = holder


@compiled
def _count_line(state: Array, company: int, journal: int, trace: Array, times: int) -> None:
    """Count one line in the habits its trace names, or (`times` -1) take it out."""
    whole, of_journal = companies_of(state).rows[company], journals_of(state).rows[journal]
    if journal != 0:
        of_journal.lines += times
        if trace.has_party:
            of_journal.party_lines += times
    if trace.account != 0:
        sides = account_sides_of(state)[trace.account]
        before = sides[CREDIT].total + sides[DEBIT].total
        sides[trace.debit].rounds += times * trace.round
        add_amount(sides[trace.debit], cells_of(state), trace.bin, times)
        company_accounts_of(state).rows[accounts_of(state).rows[trace.account].company_account].count += times
        after = before + times
        of_journal.singles += (after == 1) - (before == 1)
    if trace.has_party:
        whole.party_lines += times
        add_amount(company_amounts_of(state)[company][AMOUNTS_PARTY], cells_of(state), trace.bin, times)
    if trace.party != 0:
        parties_of(state).rows[trace.party].count += times
        add_amount(party_amounts_of(state)[trace.party][0], cells_of(state), trace.bin, times)
    if trace.purpose != 0:
        count_purpose(state, trace.purpose, trace.bin, times)
    if trace.holder != 0:
        holders_of(state).rows[trace.holder].count += times


@compiled
def _count_pairs(state: Array, company: int, memo: int, sides: Array, times: int) -> None:
    """Count the pairs of accounts that meet in an entry, as its traces tell them, or take them out again."""
    noted = memos_of(state).rows[memo]
    traces = traces_of(state)[noted.traces : noted.traces + noted.lines]
    account = traces.account
    on_credit, on_debit = distinct_sides(account, traces.debit, sides)
    company_key = companies_of(state).keys[company]
    for d in range(on_debit):
        for c in range(on_credit):
            one, other = account[sides[1, d]], account[sides[0, c]]
            if one == other or one == 0 or other == 0 or met_before(account, sides, on_credit, d, c):
                continue
            of_company, keys = accounts_of(state).rows, company_accounts_of(state).keys
            key = pair_key(company_key, keys[of_company[one].company_account], keys[of_company[other].company_account])
            _count_pair(state, company, key, times)


@compiled
def _count_pair(state: Array, company: int, key: int, times: int) -> None:
    pairs = pairs_of(state)
    row = find(pairs.slots, pairs.keys, key)
    if row == 0:
        if times < 0 or companies_of(state).rows[company].pairs >= MAX_PAIRS:
            return
        row = insert(pairs.slots, pairs.keys, pairs.meta, key)
        pairs.rows[row].count = 0
        companies_of(state).rows[company].pairs += 1
    pairs.rows[row].count += times
    if pairs.rows[row].count == 0:
        remove(pairs.slots, pairs.keys, pairs.meta, row)
        companies_of(state).rows[company].pairs -= 1


@compiled
def take_out(state: Array, company: int, memo: int, sides: Array) -> None:
    """Take an entry out of the habits again, as its memo's traces tell."""
    noted = memos_of(state).rows[memo]
    noted.counted = 0
    whole, journal = companies_of(state).rows[company], journals_of(state).rows[noted.journal]
    whole.entries -= 1
    if noted.journal != 0:
        journal.entries -= 1
        journal.off_days -= noted.off_day
        journal.holidays -= _on_holiday(noted)
        journal.with_piece -= noted.has_piece
        journal.referenced -= noted.referenced
        if noted.lag != UNKNOWN_LAG:
            lags = journal_lags_of(state)[noted.journal]
            add(lags[MANUAL if noted.manual else OTHER], cells_of(state), noted.lag + LAG_ZERO, -1)
    if noted.hour >= 0 and noted.author != 0:
        authors_of(state).rows[noted.author].count -= 1
        add(author_habits_of(state)[noted.author][HOURS], cells_of(state), noted.hour, -1)
    _count_pairs(state, company, memo, sides, -1)
    for k in range(noted.lines):
        trace = traces_of(state)[noted.traces + k]
        _count_line(state, company, noted.journal, trace, -1)
        if trace.dealing != 0:
            count_dealing(state, company, trace.dealing, -1)
    for k in range(noted.lines):
        _forget_unused(state, company, traces_of(state)[noted.traces + k])
    add_amount(company_amounts_of(state)[company][AMOUNTS_TOTAL], cells_of(state), noted.bin, -1)


@compiled
def _forget_unused(state: Array, company: int, trace: Array) -> None:
    """Free the rows of a trace that nothing is counted in any more."""
    whole = companies_of(state).rows[company]
    if trace.dealing != 0:
        forget_dealing(state, trace.dealing)
    if trace.purpose != 0:
        forget_purpose(state, company, trace.purpose)
    if trace.account != 0:
        accounts, of_company = accounts_of(state), company_accounts_of(state)
        sides = account_sides_of(state)[trace.account]
        # An account that stood on several lines of the entry is freed with the first of them.
        if accounts.rows[trace.account].company_account != 0 and sides[CREDIT].total + sides[DEBIT].total == 0:
            shared = accounts.rows[trace.account].company_account
            accounts.rows[trace.account].company_account = 0
            remove(accounts.slots, accounts.keys, accounts.meta, trace.account)
            whole.accounts -= 1
            if of_company.rows[shared].count == 0:
                remove(of_company.slots, of_company.keys, of_company.meta, shared)
    if trace.party != 0 and parties_of(state).rows[trace.party].count == 0:
        parties_of(state).rows[trace.party].count = GONE
        remove(parties_of(state).slots, parties_of(state).keys, parties_of(state).meta, trace.party)
        whole.parties -= 1
    if trace.holder != 0 and holders_of(state).rows[trace.holder].count == 0:
        holders_of(state).rows[trace.holder].count = GONE
        remove(holders_of(state).slots, holders_of(state).keys, holders_of(state).meta, trace.holder)
        ibans, iban = ibans_of(state), holders_of(state).rows[trace.holder].iban
        ibans.rows[iban].count -= 1
        if ibans.rows[iban].count == 0:
            remove(ibans.slots, ibans.keys, ibans.meta, iban)
            whole.ibans -= 1
