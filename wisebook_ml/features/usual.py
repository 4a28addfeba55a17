"""What is usual in French books before a company has habits of its own: expectations that fade as it forms them.

Each is written down as pseudo-counts: so many lines of which such a share is unusual. They follow from the chart of
accounts and from what entries are for, not from anybody's ledger.
"""

import numpy as np
import numpy.typing as npt

from wisebook_ml.features.view import View, once
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.ledger.per_entry import any_line

__all__ = ["PRIOR_ROUND_LINES", "PRIOR_ROUND_SHARE", "out_of_place", "usual_side"]

DEBITED = accounts_under(6, 4456) & ~accounts_under(603, 609)
CREDITED = accounts_under(7, 4457) & ~accounts_under(709, 713)
"""Accounts that an invoice or a payment moves on one side (PCG art. 944 to 947); changes of stock go either way,
rebates the other way."""

DEALT_WITH = accounts_under(40, 41, 5)
"""Third parties and the treasury: with them an entry is an invoice or a payment."""

CUT_OFF = accounts_under(408, 409, 418, 419, 486, 487, 58)
"""Accounts whose entries are taken back by design, with all sides exchanged."""

CUSTOMERS, SUPPLIERS, TREASURY = accounts_under(411, 416), accounts_under(401, 403, 404), accounts_under(51, 53)
MONEY = accounts_under(5)

PRIOR_LINES, PRIOR_OTHER = 40.0, 0.6
"""Lines that the usual side counts as, and how many of them are expected on the other: credit notes that do not say
that they are some come once in sixty invoices or so."""

PRIOR_ROUND_LINES, PRIOR_ROUND_SHARE = 50.0, 0.02
"""Lines of an account that the usual share of round amounts counts as: with prices before and after tax and in cents,
one large amount in fifty is a multiple of 500 euros; by chance it would be one in fifty thousand."""


@once
def usual_side(view: View) -> tuple[Floats, Floats]:
    """Return pseudo-counts beside each line's own: lines of its account, and those of them on the line's side.

    Both are 0 where the chart of accounts expects neither side. An invoice is owed: with what was bought a supplier is
    credited, with what was sold a customer is debited, unless it is paid in the same entry.
    """
    batch = view.batch
    root, first, of = batch.root, batch.first, batch.entry_of
    ordinary = any_line(DEALT_WITH[root], first) & ~any_line(CUT_OFF[root], first)
    owed = ordinary & ~any_line(MONEY[root], first)
    bought, sold = (owed & any_line(base[root], first) for base in (DEBITED, CREDITED))
    billed = CUSTOMERS[root] & sold[of]
    applies = (DEBITED[root] | CREDITED[root]) & ordinary[of] | billed | SUPPLIERS[root] & bought[of]
    usual = (DEBITED[root] | billed) == batch.on_debit
    lines = np.where(applies, PRIOR_LINES, 0.0)
    return lines, np.where(usual, lines - PRIOR_OTHER, PRIOR_OTHER) * applies


SOLD = accounts_under(7, 44, 41, 58, 654, 658, 665, 709)
BOUGHT = accounts_under(2, 60, 61, 62, 63, 65, 66, 67, 44, 40, 46, 486, 791) & ~accounts_under(28, 29, 603)
PAID = ~accounts_under(28, 29, 3, 603, 68, 69, 71, 72, 78)
"""Accounts that an invoice to a customer, one from a supplier, or a payment can have beside the third party (PCG art.
944): a sale credits income and tax, a purchase is an expense or an asset, and what is only calculated (depreciation,
changes of stock) is never paid."""

NO_ACCOUNT = accounts_under(600, 610, 620, 630, 640, 642, 643, 660, 662, 663, 670, 680, 690, 700, 710, 760, 770, 780)
"""Numbers that the chart of accounts (PCG art. 932-1) does not have below classes 6 and 7: most often two digits were
swapped."""


@once
def out_of_place(view: View) -> npt.NDArray[np.bool_]:
    """Return the lines on an account that the chart of accounts does not have, or not in such an entry.

    An entry with third parties or treasury on several sides (a set-off, an invoice paid at once) may have what either
    may have.
    """
    batch = view.batch
    root, first = batch.root, batch.first
    sold, bought = any_line(CUSTOMERS[root], first), any_line(SUPPLIERS[root], first)
    paid = any_line(TREASURY[root], first)
    allowed = np.zeros(len(root), np.bool_)
    for kind, table in ((sold, SOLD | CUSTOMERS), (bought, BOUGHT | SUPPLIERS), (paid, PAID)):
        allowed |= kind[batch.entry_of] & table[root]
    judged = (sold | bought | paid)[batch.entry_of]
    found: npt.NDArray[np.bool_] = NO_ACCOUNT[root] | (judged & ~allowed)
    return found
