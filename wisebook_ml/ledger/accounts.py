"""Which accounts a control speaks of, by the first digits that the French chart of accounts (PCG) gives them."""

import numpy as np
import numpy.typing as npt

from wisebook_ml.ledger.batch import account_root
from wisebook_ml.ledger.columns import ROOT_DIGITS

__all__ = ["accounts_under", "habit_account"]


def accounts_under(*prefixes: int) -> npt.NDArray[np.bool_]:
    """Return a table by `account_root` that is true where a root starts with one of the prefixes.

    The root -1, of an account that is no number, reads the last place, which is never true.

    Examples
    --------
    >>> expenses = accounts_under(6, 709)
    >>> expenses[[60640, 70900, 70700, -1]].tolist()
    [True, True, False, False]
    """
    table = np.zeros(10**ROOT_DIGITS + 1, dtype=np.bool_)
    for prefix in prefixes:
        step = 10 ** (ROOT_DIGITS - len(str(prefix)))
        table[prefix * step : (prefix + 1) * step] = True
    return table


def habit_account(compte_num: str) -> str:
    """Return the account that habits are kept for, of which `Facts.habit` is the hash.

    Ledgers with one account per customer or supplier (``411DUPONT``) would have no habits at account level: for
    classes 40 and 41 the habit is that of the first three characters.

    Examples
    --------
    >>> habit_account("411DUPONT"), habit_account("606400")
    ('411', '606400')
    """
    return compte_num[:3] if account_root(compte_num) // 1000 in (40, 41) else compte_num
