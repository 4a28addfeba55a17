"""What is remembered of accounts' first digits, and what bounds it.

Amounts count once, when their entry arrives first. Of a company, the first `MAX_ACCOUNTS` accounts are followed; of an
account, the two latest months and the latest fiscal year, and sums of what was before.
"""

from typing import Any

import numpy as np

from wisebook_ml.compiled import array_at
from wisebook_ml.habits.store import Side, Store, array_names, table_at
from wisebook_ml.subjects.benford_law import DIGITS, PAIRS

__all__ = [
    "EVENT",
    "MONTHS",
    "MONTH_WORDS",
    "ROWS",
    "YEAR_WORDS",
    "accounts_of",
    "companies_of",
    "months_of",
    "new_digits",
    "years_of",
]

MONTHS = 2
"""Months of an account that are followed side by side, since invoices of one month are entered in the next."""

MONTH_WORDS, YEAR_WORDS = 16, 256
"""Words of 64 bits to recognise amounts that were counted before: 1,024 and 16,384 of them."""

COMPANY = np.dtype(
    [("pairs", np.int64, (PAIRS,)), ("lines", np.int64), ("first_month", np.int64), ("accounts", np.int32)], align=True
)
"""A company: first two digits over the years of all its larger accounts, the month of its first entry, and how many
accounts it has."""

ACCOUNT = np.dtype(
    [
        ("digits", np.int64, (DIGITS,)),
        *[(what, np.int64) for what in ("habit", "first_month", "lines", "largest")],
        ("told_before", np.uint8),
    ],
    align=True,
)
"""An account: first digits of the months before those that are followed, and their sum (`habit`); the month it began;
its lines; the amounts of its largest month; and whether the month that was learnt last was told of."""

MONTH = np.dtype(
    [
        *[(what, np.int64) for what in ("month", "lines")],
        ("digits", np.int64, (DIGITS,)),
        ("sums", np.int64, (DIGITS,)),
        ("seen", np.uint64, (MONTH_WORDS,)),
        ("revision", np.int32),
        ("open", np.uint8),
    ],
    align=True,
)
"""A month of an account: different amounts, by first digit, with their sums in cents."""

YEAR = np.dtype(
    [
        *[(what, np.int64) for what in ("first", "last", "lines", "habit", "stray")],
        ("decades", np.int64, (8,)),
        *[(what, np.int64, (PAIRS,)) for what in ("pairs", "sums", "learnt", "own")],
        ("seen", np.uint64, (YEAR_WORDS,)),
        ("revision", np.int32),
        ("open", np.uint8),
        ("told_before", np.uint8),
    ],
    align=True,
)
"""A fiscal year of an account: different amounts, by first two digits and by order of magnitude; those of the years
before that count as habit (`learnt`, in all `habit`), and all that the account has in its company's."""

ROWS: dict[str, np.dtype[Any]] = {"companies": COMPANY, "accounts": ACCOUNT, "years": YEAR}
SIDES: dict[str, Side] = {"months": ("accounts", MONTH, MONTHS)}
NAMES = array_names(ROWS, SIDES, {})

companies_of = table_at(NAMES, "companies", COMPANY)
accounts_of = table_at(NAMES, "accounts", ACCOUNT)
years_of = table_at(NAMES, "years", YEAR)
months_of = array_at(NAMES.index("months"), MONTH, MONTHS)

EVENT = np.dtype(
    [
        *[(what, np.int64) for what in ("entry", "line", "kind", "stands", "month", "first", "last", "revision")],
        *[(what, np.int64) for what in ("lines", "habit", "stake")],
        *[(what, np.float64) for what in ("value", "threshold", "deviation", "usual")],
        ("counts", np.int64, (PAIRS,)),
        ("expected", np.float64, (PAIRS,)),
    ],
    align=True,
)
"""What is told: of a month (`kind` 9, by first digit) or of a year (90, by first two digits)."""


def new_digits() -> Store:
    """Return an empty state."""
    return Store(ROWS, SIDES, {})
