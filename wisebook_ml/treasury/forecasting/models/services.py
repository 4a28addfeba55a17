"""The training services (`LSTM`, `PROPHET`) as candidates: each flow as a daily series of its own."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas import TypeModele
from wisebook_ml.services.base import DEFAULT_SEED, BaseMLService
from wisebook_ml.services.catalogue import require, service_class
from wisebook_ml.treasury.forecasting.flows import Flow
from wisebook_ml.treasury.forecasting.models.base import LEVELS, Fitted, Spread
from wisebook_ml.treasury.forecasting.promoted import Promoted

__all__ = ["ServiceCandidate", "lstm_candidate", "promoted_candidate", "prophet_candidate"]

HORIZON = 99
"""Days that are forecast: 90, and some from one refit to the next."""

BLOCK = 240
"""Days that a service which reads nothing but dates is asked about at once: 90 from the end of the quarter after which
a model learns anew at the latest, and of the months from one refit of a validation to the next."""

DATES_ONLY = frozenset({TypeModele.PROPHET})
"""Services whose forecast of a day is the same whatever has happened since they learnt."""

REFIT_EVERY = {TypeModele.PROPHET: 63, TypeModele.LSTM: 252}
"""Active days from one training to the next in a validation: an LSTM's takes minutes."""

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
        Parameters of the service; horizon and width of the interval are ours.
    refit_every : int
        Active days from one training to the next in a validation: minutes are spent on each.
    seed : int
        Of the service's random choices.

    Raises
    ------
    MissingLibrary
        Where the extra `train` is not installed.
    """

    def __init__(
        self, type_modele: TypeModele, parametres: Mapping[str, object], refit_every: int, seed: int = DEFAULT_SEED
    ) -> None:
        require(type_modele)
        self.name = type_modele.value.lower()
        self.refit_every = refit_every
        self._class = service_class(type_modele)
        self._parametres = dict(parametres)
        self._seed = seed

    def fit(self, history: Flow) -> Fitted:
        """Train the service on the calendar days of a flow."""
        dates_only = self._class.type_modele in DATES_ONLY
        ours = {"interval_width": BOUNDS, "horizon": BLOCK if dates_only else HORIZON}
        given = {"jours_feries": history.business.country} | self._parametres | ours
        service = self._class(given, seed=self._seed).fit(_frame(history))
        return _OfDates(service, int(history.ordinals[-1])) if dates_only else _Trained(service)


class _Kept:
    """A fitted service. It travels and is stored as its own artefact, and is loaded when it is asked."""

    def __init__(self, service: BaseMLService) -> None:
        self._type = service.type_modele
        self._loaded: BaseMLService | None = service
        self._data: bytes | None = None

    @property
    def service(self) -> BaseMLService:
        """The service.

        Raises
        ------
        MissingLibrary
            Where what it needs is not installed here.
        """
        if self._loaded is None:
            assert self._data is not None
            require(self._type)
            self._loaded = service_class(self._type).load(self._data)
        return self._loaded

    def __getstate__(self) -> dict[str, Any]:
        data = self._data if self._data is not None else self.service.dump()
        return self.__dict__ | {"_loaded": None, "_data": data}


class _Trained(_Kept):
    def predict(self, history: Flow, days: npt.NDArray[np.int64]) -> Spread:
        """Return the service's forecast, of 0 or more."""
        found = _rows(self.service.predict(_frame(history)))
        return _spread(found[np.minimum(days - int(history.ordinals[-1]) - 1, len(found) - 1)])


class _OfDates(_Kept):
    """What a service says of dates, kept in blocks.

    A new position costs nothing then. Blocks begin at the same days whatever is asked first, so that intervals, which
    are sampled, are the same after a restart.
    """

    def __init__(self, service: BaseMLService, learnt: int) -> None:
        super().__init__(service)
        self._learnt = learnt
        self._blocks: dict[int, Table] = {0: self._block(0)}

    def predict(self, history: Flow, days: npt.NDArray[np.int64]) -> Spread:
        """Return the service's forecast, of 0 or more."""
        places = days - self._learnt - 1
        for block in np.unique(places // BLOCK).tolist():
            if block not in self._blocks:
                self._blocks[block] = self._block(block)
        return _spread(np.array([self._blocks[at // BLOCK][at % BLOCK] for at in places.tolist()]).reshape(-1, 3))

    def _block(self, number: int) -> "Table":
        before = dt.datetime.fromordinal(self._learnt + number * BLOCK)
        return _rows(self.service.predict(pd.DataFrame({"date": [before], "flux": [0.0]})))


Table = npt.NDArray[np.float64]
"""A row a day: forecast, lower and upper bound."""


def _rows(found: pd.DataFrame) -> Table:
    rows: Table = found[["prevision", "bas", "haut"]].to_numpy(dtype=np.float64)
    return rows


def _spread(rows: Table) -> Spread:
    middle = rows[:, 0]
    below, above = middle - rows[:, 1], rows[:, 2] - middle
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
    return ServiceCandidate(TypeModele.PROPHET, {}, REFIT_EVERY[TypeModele.PROPHET])


def lstm_candidate() -> ServiceCandidate:
    """Return the LSTM as a candidate.

    Raises
    ------
    MissingLibrary
        Where the extra `train` is not installed.
    """
    return ServiceCandidate(TypeModele.LSTM, {}, REFIT_EVERY[TypeModele.LSTM])


def promoted_candidate(promoted: Promoted) -> ServiceCandidate:
    """Return a promoted version as a candidate: its algorithm with what it was trained with.

    Raises
    ------
    MissingLibrary
        Where the extra `train` is not installed.
    """
    type_modele = promoted.type_modele
    return ServiceCandidate(type_modele, promoted.parametres, REFIT_EVERY[type_modele], promoted.seed)
