"""The compiled pass that counts first digits of accounts, and judges months and years as they fill."""

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.arrivals import company_key
from wisebook_ml.habits.tables import find, free_rows, insert
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.subjects.benford_judge import judge_month, judge_year
from wisebook_ml.subjects.benford_law import DIGITS, PAIRS, first_pair
from wisebook_ml.subjects.benford_state import (
    MONTH_WORDS,
    YEAR_WORDS,
    accounts_of,
    companies_of,
    months_of,
    years_of,
)
from wisebook_ml.subjects.periods import month_of, year_of

__all__ = ["count_digits"]

MIN_CENTS = 10_00
"""Smaller amounts are left out (Nigrini 2012): of few digits, they do not follow the law."""

MAX_ACCOUNTS = 5_000
"""Accounts of a company that are followed: beyond, nothing new is."""

YEAR_FROM = 100
"""Lines of an account from which its year is followed: most accounts never have as many, and a year takes 5 kB."""

MIN_MONTH, MONTH_STEP = 12, 3
"""Different amounts of a month from which it is judged, and how often after that."""

MIN_YEAR, YEAR_STEP = 300, 100
"""The same of a year."""

FAR = 400
"""Days ahead of the year that is followed from which a fiscal year is taken for mistyped."""

ASSETS, STOCKS, EXPENSES, INCOME = 2, 3, 6, 7
"""PCG classes whose amounts are judged: those of classes 4 and 5 repeat them with tax, and one cause is told once."""


@compiled
def count_digits(
    start: int,
    first: Array,
    societe: Array,
    day: Array,
    exercice_first: Array,
    exercice_last: Array,
    follows: Array,
    thresholds: Array,
    account: Array,
    root: Array,
    amount: Array,
    state: Array,
    events: Array,
    used: Array,
) -> int:
    """Count the lines of entries from `start` on; return the one it stopped before for want of room, else n.

    Parameters
    ----------
    start : int
    first : ndarray of int64, shape (n + 1,)
        The lines of entry i are ``first[i]:first[i + 1]``.
    societe, day, exercice_first, exercice_last : ndarray of int64, shape (n,)
    follows : ndarray of bool, shape (n,)
    thresholds : ndarray of float64, shape (n,)
    account, root, amount : ndarray of int64, shape (m,)
    state : ndarray of int64
        Directory of the store.
    events : ndarray of `EVENT`
        Filled from ``used[0]`` on, which is counted up.
    """
    companies, accounts, years = companies_of(state), accounts_of(state), years_of(state)
    for i in range(start, len(societe)):
        if not follows[i]:
            continue
        lines = first[i + 1] - first[i]
        if (
            free_rows(companies.keys, companies.meta) < 1
            or free_rows(accounts.keys, accounts.meta) < lines
            or free_rows(years.keys, years.meta) < lines
            or len(events) - used[0] < 3 * lines
        ):
            return i
        key = company_key(societe[i])
        at = find(companies.slots, companies.keys, key)
        month = month_of(day[i])
        if at == 0:
            at = insert(companies.slots, companies.keys, companies.meta, key)
            companies.rows[at].first_month = month
        company = companies.rows[at]
        year_first, year_last = year_of(day[i], exercice_first[i], exercice_last[i])
        for k in range(first[i], first[i + 1]):
            of_class = root[k] // 10_000
            if amount[k] < MIN_CENTS or of_class not in (ASSETS, STOCKS, EXPENSES, INCOME):
                continue
            account_key = mix(key, account[k])
            row = _account_row(state, company, account_key, month)
            if row == 0:
                continue
            accounts.rows[row].lines += 1
            tell = used[0]
            _count_month(state, company, row, month, amount[k], thresholds[i], events, used)
            if accounts.rows[row].lines >= YEAR_FROM:
                _count_year(state, company, account_key, year_first, year_last, amount[k], thresholds[i], events, used)
            for j in range(tell, used[0]):
                events[j].entry, events[j].line = i, k
    return len(societe)


@compiled
def _account_row(state: Array, company: Array, key: int, month: int) -> int:
    """Return the row of an account, which is made where there is none; 0 where there is no room for more."""
    accounts = accounts_of(state)
    row = find(accounts.slots, accounts.keys, key)
    if row == 0 and company.accounts < MAX_ACCOUNTS:
        company.accounts += 1
        row = insert(accounts.slots, accounts.keys, accounts.meta, key)
        accounts.rows[row].first_month = month
    return row


@compiled
def _is_new(seen: Array, amount: int, words: int) -> bool:
    """Return whether an amount was not counted before, and note it: fixed prices count once and not by the hundred.

    Where many different ones were, some new ones are taken for known; that leaves all digits out alike.
    """
    bit = mix(amount, words) & (64 * words - 1)
    mask = np.uint64(1) << np.uint64(bit & 63)
    new = seen[bit >> 6] & mask == np.uint64(0)
    seen[bit >> 6] |= mask
    return bool(new)


@compiled
def _count_month(
    state: Array, company: Array, row: int, month: int, amount: int, threshold: float, events: Array, used: Array
) -> None:
    """Count a line in its month, and judge the month when it has grown."""
    account, months = accounts_of(state).rows[row], months_of(state)[row]
    digit = (first_pair(amount) + 10) // 10 - 1
    here = 0 if months[0].month <= months[1].month else 1
    if month == months[1 - here].month:
        here = 1 - here
    elif month > months[here].month:
        # The earlier one makes room, even where a date that was mistyped lies far ahead.
        _learn_month(account, months[here])
        months[here].month = month
    window = months[here]
    if month < window.month:  # a late one
        account.digits[digit] += 1
        account.habit += 1
        return
    if not _is_new(window.seen, amount, MONTH_WORDS):
        return
    window.digits[digit] += 1
    window.sums[digit] += amount
    window.lines += 1
    if window.lines >= MIN_MONTH and (window.lines - MIN_MONTH) % MONTH_STEP == 0:
        judge_month(company, account, window, months[1 - here], threshold, events, used)


@compiled
def _learn_month(account: Array, window: Array) -> None:
    """Add a month to the habit, and clear its place. One that was told of is none, unless the one before was too."""
    if not window.open or account.told_before:
        for k in range(DIGITS):
            account.digits[k] += window.digits[k]
        account.habit += window.lines
        account.largest = max(account.largest, window.lines)
    if window.lines > 0:
        account.told_before = window.open
    for k in range(DIGITS):
        window.digits[k], window.sums[k] = 0, 0
    for k in range(MONTH_WORDS):
        window.seen[k] = 0
    window.lines, window.revision, window.open = 0, 0, 0


@compiled
def _count_year(
    state: Array,
    company: Array,
    key: int,
    first: int,
    last: int,
    amount: int,
    threshold: float,
    events: Array,
    used: Array,
) -> None:
    """Count a line in its fiscal year; judge the year when it has grown, and when the next begins."""
    years = years_of(state)
    row = find(years.slots, years.keys, key)
    if row == 0:
        row = insert(years.slots, years.keys, years.meta, key)
        years.rows[row].first, years.rows[row].last = first, last
    year = years.rows[row]
    if first > year.last + FAR and first != year.stray:
        year.stray = first  # mistyped, unless another one follows
        return
    if first > year.first:
        if year.lines >= MIN_YEAR:
            judge_year(company, year, threshold, events, used)
        _learn_year(year)
        year.first, year.last = first, last
    if first != year.first or not _is_new(year.seen, amount, YEAR_WORDS):
        return
    pair, decade, rest = first_pair(amount), 0, amount // MIN_CENTS
    while rest >= 10:
        rest //= 10
        decade += 1
    year.decades[min(decade, len(year.decades) - 1)] += 1
    year.pairs[pair] += 1
    year.own[pair] += 1
    year.sums[pair] += amount
    year.lines += 1
    company.pairs[pair] += 1
    company.lines += 1
    if year.lines >= MIN_YEAR and year.lines % YEAR_STEP == 0:
        judge_year(company, year, threshold, events, used)


@compiled
def _learn_year(year: Array) -> None:
    """Add a year to the habit, as a month, and clear its place."""
    if not year.open or year.told_before:
        for k in range(PAIRS):
            year.learnt[k] += year.pairs[k]
        year.habit += year.lines
    year.told_before = year.open
    for k in range(PAIRS):
        year.pairs[k], year.sums[k] = 0, 0
    for k in range(len(year.decades)):
        year.decades[k] = 0
    for k in range(YEAR_WORDS):
        year.seen[k] = 0
    year.lines, year.revision, year.open = 0, 0, 0
