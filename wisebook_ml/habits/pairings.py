"""Which accounts belong together, by what the French chart of accounts (PCG) has them for.

A pair that never met is rare in the statistics of a ledger; whether it is odd depends on the accounts. Tax that was
paid is set against tax that was charged once a month, a customer who is a supplier is set off once a year: both are
rare and right. A sale against a loan, wages from the till, a customer against the capital have no business purpose in
themselves; whoever uses them needs an explanation (ISA 240 A45), however little the ledger uses the accounts otherwise.
"""

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import compiled
from wisebook_ml.ledger.accounts import accounts_under

__all__ = ["NATURAL", "OPEN", "UNLIKELY", "pairing"]

OPEN, NATURAL, UNLIKELY = range(3)
"""What two accounts are: only habit tells; they belong together; they have no business together."""

GROUPS: tuple[tuple[int, ...], ...] = (
    (445,),
    (40,),
    (41,),
    (53,),
    (51, 54, 58),
    (10,),
    (15,),
    (16, 17),
    (20, 21, 23),
    (3,),
    (45,),
    (60, 61, 62),
    (64,),
    (70,),
)
(VAT, SUPPLIERS, CUSTOMERS, CASH, BANK, CAPITAL, PROVISIONS, LOANS, ASSETS, STOCK, OWNERS, PURCHASES, WAGES, SALES) = (
    range(1, len(GROUPS) + 1)
)
"""Accounts of one kind, by the digits they start with; 0 is all others."""

NATURAL_PAIRS = ((VAT, VAT), (SUPPLIERS, CUSTOMERS), (BANK, CASH), (BANK, BANK))
"""The tax return, a set-off, and money moved from one place to another."""

UNLIKELY_PAIRS = (
    *((SALES, other) for other in (CAPITAL, PROVISIONS, LOANS, ASSETS, STOCK, PURCHASES, WAGES)),
    *((CUSTOMERS, other) for other in (CAPITAL, PROVISIONS, LOANS, STOCK, OWNERS, WAGES)),
    *((CAPITAL, other) for other in (SUPPLIERS, PURCHASES, WAGES)),
    *((LOANS, other) for other in (PURCHASES, WAGES)),
    *((PROVISIONS, other) for other in (SUPPLIERS, BANK, CASH)),
    *((STOCK, other) for other in (BANK, CASH)),
    (ASSETS, WAGES),
    (WAGES, CASH),
)
"""Income is earned from customers, and neither borrowed nor made of assets; what customers pay is not the owners'; what
is capitalised passes through income (72), stocks through their changes (603, 713), provisions through charges (68)."""


def _group_of() -> npt.NDArray[np.int8]:
    groups = np.zeros(10**5 + 1, np.int8)
    for group, prefixes in enumerate(GROUPS, 1):
        groups[accounts_under(*prefixes)] = group
    return groups


def _pairings() -> npt.NDArray[np.int8]:
    table = np.full((len(GROUPS) + 1, len(GROUPS) + 1), OPEN, np.int8)
    for kind, pairs in ((NATURAL, NATURAL_PAIRS), (UNLIKELY, UNLIKELY_PAIRS)):
        for one, other in pairs:
            table[one, other] = table[other, one] = kind
    return table


GROUP_OF, PAIRINGS = _group_of(), _pairings()


@compiled
def pairing(one: int, other: int) -> int:
    """Return what two accounts, told by their roots, are to each other.

    Examples
    --------
    >>> [pairing(*pair) for pair in ((44566, 44571), (16400, 70700), (40100, 60700))] == [NATURAL, UNLIKELY, OPEN]
    True
    """
    return int(PAIRINGS[GROUP_OF[one], GROUP_OF[other]])
