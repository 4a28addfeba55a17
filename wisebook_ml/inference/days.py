"""Days that a forecast goes on from: those that were sent, after those that are known of the company."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from wisebook_ml.inference.exceptions import RowsRefused

__all__ = ["days_of"]

FLOW, DAY = "flux", "date"

ONE_DAY = pd.Timedelta(days=1)

History = Callable[[], pd.DataFrame]
"""Returns the days that are known of a company, with `date` and `flux`; none where there are none."""


def days_of(table: pd.DataFrame, needed: int, history: History) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the days to go on from, and those of them that were not sent.

    Parameters
    ----------
    table : DataFrame
        What was sent: `flux`, or `entrees` and `sorties`; perhaps `date`, in any order.
    needed : int
        Days that the algorithm needs.
    history : callable
        The company's own series; asked only where what was sent does not suffice.

    Returns
    -------
    (DataFrame, DataFrame)
        `date` and `flux`.

    Raises
    ------
    RowsRefused
        Where flows or days are missing; the message says which, and what to send.
    """
    flows = _flows(table)
    if DAY in table and len(table) >= needed:
        return pd.DataFrame({DAY: table[DAY], FLOW: flows}), _none()
    known = history()[[DAY, FLOW]]
    if DAY in table:
        days = pd.DatetimeIndex(table[DAY])
        known = known[known[DAY] < days.min()]
    elif len(known):
        days = pd.date_range(known[DAY].max() + ONE_DAY, periods=len(flows), freq="D", unit="s")
    else:
        raise RowsRefused(
            "nothing is known of the company's cash that these rows could follow; send each with its `date`"
        )
    if len(known) and days.min() - known[DAY].max() > ONE_DAY:
        raise RowsRefused(
            f"the company's own series ends on {known[DAY].max().date()} and the rows begin on {days.min().date()}; "
            "send the days between, too"
        )
    if (have := len(known) + len(flows)) < needed:
        raise RowsRefused(
            f"the model needs {needed} days; {len(flows)} were sent, and the company's own series has {len(known)} "
            f"before them: send {needed - have} more"
        )
    return pd.concat([known, pd.DataFrame({DAY: days, FLOW: flows})], ignore_index=True), known


def _flows(table: pd.DataFrame) -> pd.Series:
    if FLOW in table:
        flows = table[FLOW]
    elif {"entrees", "sorties"} <= set(table.columns):
        flows = table["entrees"] - table["sorties"]
    else:
        raise RowsRefused("a forecast goes on from flows: send `entrees` and `sorties` of each day, or `flux`")
    if (missing := np.flatnonzero(flows.isna())).size:
        raise RowsRefused(f"row {missing[0] + 1} has no flow: send `entrees` and `sorties`, or `flux`")
    return flows


def _none() -> pd.DataFrame:
    return pd.DataFrame({DAY: pd.DatetimeIndex([]), FLOW: np.zeros(0)})
