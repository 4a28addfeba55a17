"""A company's cash flows, one row a calendar day: what forecasts learn from."""

import datetime as dt

import numpy as np
import pandas as pd

from schemas import PositionTresorerie
from schemas.money import to_minor
from wisebook_ml.datasets.collected import Collected

__all__ = ["COLUMNS", "flow_frame"]

COLUMNS = ("date", "entrees", "sorties", "flux", "solde")
"""Columns of the rows."""

CURRENCY = "EUR"
"""Accounts in other currencies are left out: a position names no exchange rate, and sums over currencies mean
nothing."""


def flow_frame(collected: Collected) -> pd.DataFrame:
    """Return the daily flows of a company: all its bank accounts in euros together.

    Parameters
    ----------
    collected : Collected
        Its positions: of one account and day the latest revision counts (of equal ones, the later published). What is
        dated after `au` is left out; rows start at `du`, with the balances of before.

    Returns
    -------
    DataFrame
        Every calendar day from the first position to the last, with `COLUMNS` in euros. `flux` is what came in less
        what went out. On days without a position nothing moved: flows are zero, and an account's balance stays. An
        account whose positions begin later counts from its first on.
    """
    latest: dict[tuple[str, dt.date], PositionTresorerie] = {}
    for position in collected.positions:
        if position.devise != CURRENCY or (collected.au is not None and position.date > collected.au):
            continue
        key = position.compte_num, position.date
        before = latest.get(key)
        if before is None or position.revision >= before.revision:
            latest[key] = position
    if not latest:
        return _frame(pd.DatetimeIndex([]), *(np.zeros(0, dtype=np.int64) for _ in range(3)))
    first, last = min(day for _, day in latest), max(day for _, day in latest)
    days = pd.date_range(first, last, freq="D")
    entrees, sorties, solde = (np.zeros(len(days), dtype=np.int64) for _ in range(3))
    balances: dict[str, int] = {}
    for (compte_num, day), position in sorted(latest.items(), key=lambda item: item[0]):
        place = (day - first).days
        entrees[place] += to_minor(position.entrees)
        sorties[place] += to_minor(position.sorties)
        balance = to_minor(position.solde)
        # A balance holds from its day on, so its change is added to all days from there.
        solde[place:] += balance - balances.get(compte_num, 0)
        balances[compte_num] = balance
    frame = _frame(days, entrees, sorties, solde)
    if collected.du is not None:
        frame = frame[frame["date"] >= pd.Timestamp(collected.du)].reset_index(drop=True)
    return frame


def _frame(days: pd.DatetimeIndex, entrees: np.ndarray, sorties: np.ndarray, solde: np.ndarray) -> pd.DataFrame:
    """Return cents as euros, differences taken before."""
    values = {"entrees": entrees, "sorties": sorties, "flux": entrees - sorties, "solde": solde}
    return pd.DataFrame({"date": days.astype("datetime64[s]"), **{name: value / 100 for name, value in values.items()}})
