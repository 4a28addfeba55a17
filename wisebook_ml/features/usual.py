"""What is usual in French books before a company has habits of its own: expectations that fade as it forms them.

Each is written down as pseudo-counts: so many lines of which such a share is unusual. They follow from the chart of
accounts and from what entries are for, not from anybody's ledger.
"""

import numpy as np

from wisebook_ml.features.view import View, once
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.ledger.per_entry import any_line

__all__ = ["PRIOR_ROUND_LINES", "PRIOR_ROUND_SHARE", "usual_side"]

DEBITED = accounts_under(6, 4456) & ~accounts_under(603, 609)
CREDITED = accounts_under(7, 4457) & ~accounts_under(709, 713)
"""Accounts that an invoice or a payment moves on one side (PCG art. 944 to 947); changes of stock go either way, rebates
the other way."""

DEALT_WITH = accounts_under(40, 41, 5)
"""Third parties and the treasury: with them an entry is an invoice or a payment."""

CUT_OFF = accounts_under(408, 409, 418, 419, 486, 487, 58)
"""Accounts whose entries are taken back by design, with all sides exchanged."""

PRIOR_LINES, PRIOR_OTHER = 40.0, 0.6
"""Lines that the usual side counts as, and how many of them are expected on the other: credit notes that do not say that
they are some come once in sixty invoices or so."""

PRIOR_ROUND_LINES, PRIOR_ROUND_SHARE = 50.0, 0.02
"""Lines of an account that the usual share of round amounts counts as: with prices before and after tax and in cents,
one large amount in fifty is a multiple of 500 euros; by chance it would be one in fifty thousand."""


@once
def usual_side(view: View) -> tuple[Floats, Floats]:
    """Return pseudo-counts beside each line's own: lines of its account, and those of them on the line's side.

    Both are 0 where the chart of accounts expects neither side.
    """
    batch = view.batch
    root = batch.root
    ordinary = any_line(DEALT_WITH[root], batch.first) & ~any_line(CUT_OFF[root], batch.first)
    applies = (DEBITED[root] | CREDITED[root]) & ordinary[batch.entry_of]
    usual = DEBITED[root] == batch.on_debit
    lines = np.where(applies, PRIOR_LINES, 0.0)
    return lines, np.where(usual, lines - PRIOR_OTHER, PRIOR_OTHER) * applies
