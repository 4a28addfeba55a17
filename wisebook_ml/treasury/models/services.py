"""The training services (`LSTM`, `PROPHET`) as candidates: each flow as a daily series of its own."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas import TypeModele
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import service_class
from wisebook_ml.treasury.flows import Flow
from wisebook_ml.treasury.models.base import LEVELS, Fitted, Spread

__all__ = ["ServiceCandidate", "lstm_candidate", "prophet_candidate"]

HORIZON = 99
"""Days that are forecast: 90, and some from one refit to the next."""

BOUNDS = 0.8
"""Width of the interval that the services are asked for."""

Z_80, Z_50, Z_95 = 1.2816, 0.6745, 1.96
"""Normal quantiles: the ends of 50 % and 95 % are scaled from those of 80 %, before calibration."""


class ServiceCandidate:
    """A service that forecasts the column `flux` of a daily frame.

    Parameters
    ----------
    type_modele : TypeModele
        LSTM or PROPHET.
    parametres : mapping
        Parameters of the service.
    refit_every : int
        Active days from one training to the next in a validation: minutes are spent on each.
    """

    def __init__(self, type_modele: TypeModele, parametres: Mapping[str, object], refit_every: int) -> None:
        self.name = type_modele.value.lower()
        self.refit_every = refit_every
        self._class = service_class(type_modele)
        self._parametres = dict(parametres)

    def fit(self, history: Flow) -> Fitted:
        """Train the service on the calendar days of a flow."""
        given = {"interval_width": BOUNDS, "horizon": HORIZON, "jours_feries": history.business.country}
        return _Trained(self._class(given | self._parametres).fit(_frame(history)))


class _Trained:
    def __init__(self, service: BaseMLService) -> None:
        self._service = service

    def predict(self, history: Flow, days: npt.NDArray[np.int64]) -> Spread:
        """Return the service's forecast, of 0 or more."""
        found = self._service.predict(_frame(history))
        first = pd.Timestamp(found["date"].iloc[0]).toordinal()
        rows = found.iloc[np.minimum(days - first, len(found) - 1)]
        middle = rows["prevision"].to_numpy()
        below, above = middle - rows["bas"].to_numpy(), rows["haut"].to_numpy() - middle
        scales = np.array([Z_95, Z_80, Z_50, 0.0, Z_50, Z_80, Z_95]) / Z_80
        sides = np.where(np.array(LEVELS) < 0.5, -below[:, None], above[:, None])
        return Spread(np.maximum(middle, 0.0), np.maximum(middle[:, None] + sides * scales, 0.0))


def _frame(history: Flow) -> pd.DataFrame:
    """Return the flow as the services read it: days that are missing have none."""
    days = pd.DatetimeIndex([dt.datetime.fromordinal(day) for day in history.ordinals.tolist()]).as_unit("s")
    return pd.DataFrame({"date": days, "flux": history.values})


def prophet_candidate() -> ServiceCandidate:
    """Return Prophet as a candidate.

    Raises
    ------
    MissingLibrary
        Where the extra `train` is not installed.
    """
    return ServiceCandidate(TypeModele.PROPHET, {}, refit_every=63)


def lstm_candidate() -> ServiceCandidate:
    """Return the LSTM as a candidate.

    Raises
    ------
    MissingLibrary
        Where the extra `train` is not installed.
    """
    return ServiceCandidate(TypeModele.LSTM, {}, refit_every=252)
