"""A trained treasury model of one series: who forecasts each flow, and how far off that was in validation."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wisebook_ml.treasury.exceptions import TreasuryError
from wisebook_ml.treasury.forecasting.assembly import Assembled, assemble
from wisebook_ml.treasury.forecasting.balance import Paths
from wisebook_ml.treasury.forecasting.conformal import Band
from wisebook_ml.treasury.forecasting.flows import Activity, Flow, flows_of
from wisebook_ml.treasury.forecasting.forecast import HORIZON, Forecast
from wisebook_ml.treasury.forecasting.models import Fitted, Spread, shaped
from wisebook_ml.treasury.forecasting.selection import Choice
from wisebook_ml.treasury.series import DailySeries

__all__ = ["FlowModel", "TreasuryModel"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FlowModel:
    """Who forecasts a flow.

    Parameters
    ----------
    daily, sums : Choice
        Whom single days and sums over days are taken from.
    fitted : mapping of str to Fitted
        All that either of them needs.
    band : Band
        Calibration of the intervals of days.
    high, low : float64 array (scores,)
        Sorted: by how much of their scale days of the first week lay above and below their 80 % interval.
    """

    daily: Choice
    sums: Choice
    fitted: Mapping[str, Fitted]
    band: Band
    high: Floats
    low: Floats

    def predict(self, history: Flow, days: npt.NDArray[np.int64]) -> Spread:
        """Return quantiles of days from the one, and means that add up as the other says."""
        said = {name: fitted.predict(history, days) for name, fitted in self.fitted.items()}
        daily = Spread.average([said[name] for name in self.daily.names])
        mean = Spread.average([said[name] for name in self.sums.names]).mean
        return Spread(shaped(mean, daily.mean) if self.daily.promoted else mean, daily.quantiles)


@dataclass(frozen=True, slots=True, eq=False)
class TreasuryModel:
    """What `training.train` returns, and what forecasts go on from.

    A new position needs no training: `forecast` reads the level and the balance from the series, and what the calendar
    says of a day is kept once it was asked for.

    Parameters
    ----------
    societe_id, compte, devise
        Whose.
    activity : Activity
        On which days something moves.
    learnt_until : date
        The last day that was learnt from.
    entrees, sorties : FlowModel
        By flow.
    paths : Paths
        The balance's errors.
    """

    societe_id: int
    compte: str
    devise: str
    activity: Activity
    learnt_until: dt.date
    entrees: FlowModel
    sorties: FlowModel
    paths: Paths

    @property
    def names(self) -> frozenset[str]:
        """The candidates that were chosen, for whatever."""
        return frozenset(self.entrees.fitted) | frozenset(self.sorties.fitted)

    def forecast(self, series: DailySeries, horizon: int = HORIZON) -> Forecast:
        """Return what is expected after the last day of a series.

        Raises
        ------
        TreasuryError
            Where the series is another one, or ends before what was learnt from.
        """
        whose = (self.societe_id, self.compte, self.devise)
        if (series.societe_id, series.compte, series.devise) != whose:
            raise TreasuryError(
                f"the model is of company {self.societe_id}, {self.compte} in {self.devise}, the series is of "
                f"company {series.societe_id}, {series.compte} in {series.devise}"
            )
        if series.last < self.learnt_until:
            raise TreasuryError(
                f"the series ends on {series.last.isoformat()}, the model has learnt until "
                f"{self.learnt_until.isoformat()}: it would know what it forecasts; train one until that day"
            )
        last = series.last.toordinal()
        ahead = self.activity.following(last, horizon)
        came, went = flows_of(series, self.activity)
        coming = Assembled(self.entrees.predict(came, ahead), self.sorties.predict(went, ahead), came.level, went.level)
        names = {"entrees": self.entrees.daily.name, "sorties": self.sorties.daily.name}
        names |= {"entrees_cumul": self.entrees.sums.name, "sorties_cumul": self.sorties.sums.name}
        bands = self.entrees.band, self.sorties.band
        return assemble(series, coming, ahead, horizon, bands, self.paths, names)
