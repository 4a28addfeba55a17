"""Whether the balance of a bank account follows from the day before and the flows of the day: facts, no forecast."""

import datetime as dt
from collections.abc import Mapping

import numpy as np

from wisebook_ml.business_calendar import BusinessDays
from wisebook_ml.treasury.positions import DayPosition
from wisebook_ml.treasury.series import LONGEST_GAP
from wisebook_ml.treasury.verdict import Raison, Reason

__all__ = ["affected", "incoherent"]

BUSINESS = BusinessDays("FR")


def affected(days: Mapping[dt.date, DayPosition], day: dt.date) -> list[dt.date]:
    """Return the days whose balance a position of a day has to do with: its own, and the next one that is known."""
    near = (day + dt.timedelta(days=ahead) for ahead in range(1, LONGEST_GAP + 1))
    after = next((one for one in near if one in days), None)
    return [day] if after is None else [day, after]


def incoherent(days: Mapping[dt.date, DayPosition], day: dt.date) -> Reason | None:
    """Return why a balance cannot be; None where it can, or nobody can tell.

    Nobody can where business days are missing before it, or the bank sends balances and no flows.

    Parameters
    ----------
    days : mapping of date to DayPosition
        All of an account.
    day : date
        One of them.
    """
    near = (day - dt.timedelta(days=back) for back in range(1, LONGEST_GAP + 1))
    before = next((one for one in near if one in days), None)
    if before is None:
        return None
    now = days[day]
    due = days[before].solde + now.entrees - now.sorties
    if due == now.solde:
        return None
    between = np.arange(before.toordinal() + 1, day.toordinal(), dtype=np.int64)
    if not BUSINESS.is_off(between).all() or not any(one.entrees or one.sorties for one in days.values()):
        return None
    return Reason(Raison.SOLDE_INCOHERENT, "solde", now.solde / 100, due / 100, due / 100, due / 100, 0.0)
