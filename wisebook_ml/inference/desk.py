"""Answers what the champion of a model says of rows."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from schemas import DomaineApplication, VersionModele
from wisebook_ml.inference.days import days_of
from wisebook_ml.inference.exceptions import NoChampion
from wisebook_ml.inference.loaded import LoadedModels
from wisebook_ml.inference.rows import Row, table_of
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.storage import Modele

__all__ = ["Prediction", "PredictionDesk", "records"]

History = Callable[[int], pd.DataFrame]
"""Returns a company's daily flows, as forecasts learn from them."""

Champion = Callable[[int, int], VersionModele]
"""Returns a recorded version of a model."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a version says.

    Attributes
    ----------
    version : int
        Which.
    rows : list of dict
        One for each row that was sent; of a forecast, one for each day ahead.
    known : (date, date), optional
        First and last day of the company's own series that a forecast goes on from; None where none was needed.
    """

    version: int
    rows: list[dict[str, Any]]
    known: tuple[dt.date, dt.date] | None = None


class PredictionDesk:
    """Has champions predict, for several threads.

    Parameters
    ----------
    champion : callable
        Returns a recorded version.
    loaded : LoadedModels
        Loads it.
    history : callable
        Returns a company's own series, for forecasts.
    """

    def __init__(self, champion: Champion, loaded: LoadedModels, history: History) -> None:
        self._champion = champion
        self._loaded = loaded
        self._history = history

    def service(self, model: Modele) -> tuple[int, BaseMLService]:
        """Return the number and the service of a model's champion.

        Raises
        ------
        NoChampion
            Where there is none yet.
        MissingLibrary, ValueError, OSError
            As `LoadedModels.get`.
        """
        if model.version_courante is None:
            raise NoChampion(f"Model {model.id} ({model.nom}) has no champion yet; train it first.")
        return model.version_courante, self._loaded.get(self._champion(model.id, model.version_courante))

    def predict(self, model: Modele, number: int, service: BaseMLService, rows: Sequence[Row]) -> Prediction:
        """Return what the champion, as `service` gave it, says of rows.

        Raises
        ------
        RowsRefused
            Where rows cannot be read, or days are missing.
        ValueError
            Where the algorithm cannot predict from them.
        ConnectError, ReadError
            Where the company's own series is needed and cannot be read.
        """
        table = table_of(model.type_modele, rows)
        if DOMAINES[model.type_modele] is not DomaineApplication.FLUX_TRESORERIE:
            return Prediction(number, records(service.predict(table)))
        needed = getattr(service.parametres, "sequence_length", 1)
        days, known = days_of(table, needed, lambda: self._history(model.societe_id))
        forecast = service.predict(days)
        _add_balances(forecast, table)
        first_last = (known["date"].min().date(), known["date"].max().date()) if len(known) else None
        return Prediction(number, records(forecast), first_last)


def _add_balances(forecast: pd.DataFrame, table: pd.DataFrame) -> None:
    if "solde" not in table:
        return
    ordered = table.sort_values("date") if "date" in table else table
    last = ordered["solde"].iloc[-1]
    if not np.isnan(last):
        forecast["solde"] = last + forecast["prevision"].cumsum()


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON has them; what is no number is None.

    Examples
    --------
    >>> records(pd.DataFrame({"date": pd.to_datetime(["2025-06-30"]), "score": [float("nan")], "n": [1]}))
    [{'date': datetime.date(2025, 6, 30), 'score': None, 'n': 1}]
    """
    columns = [_values(frame[name]) for name in frame.columns]
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _values(column: pd.Series) -> list[Any]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return [moment.date() for moment in column]
    if pd.api.types.is_float_dtype(column):
        array = column.to_numpy(np.float64)
        return [value if np.isfinite(value) else None for value in array.tolist()]
    return list(column)
