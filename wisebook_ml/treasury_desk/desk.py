"""Answers questions about a company's cash: reads what is known, has a model learnt where none serves, forecasts."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from wisebook_ml.treasury.exceptions import NotEnoughHistory
from wisebook_ml.treasury.forecasting.forecast import HORIZON, Forecast
from wisebook_ml.treasury.forecasting.learning import Lesson, Start, patience
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.rules import USUAL, Rules
from wisebook_ml.treasury.series import ALL_ACCOUNTS, DailySeries, usable
from wisebook_ml.treasury_desk.source import Cash, series_of

__all__ = ["Answer", "TreasuryDesk"]

MODELS = 32
"""Models that are kept: some 10 MB each."""

Read = Callable[[int, bool], Cash]
"""Reads what is known of a company: its cash, and its books too where they are asked for."""

Key = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What is known, who forecasts, what is expected, and what the company has set."""

    cash: Cash
    series: DailySeries
    model: TreasuryModel
    forecast: Forecast
    rules: Rules = USUAL


@dataclass(frozen=True, slots=True, eq=False)
class _Learnt:
    series: DailySeries
    model: TreasuryModel


class TreasuryDesk:
    """Forecasts on request, for several threads.

    A model serves until there is a fifth more to learn from, as in the stream; a correction of what it has learnt from
    has another one learnt. So the first question about a company takes some ten seconds, and later ones none.

    Parameters
    ----------
    read : callable
        Reads a company's cash.
    start : callable
        Has a model learnt.
    rules : callable
        Tells what a company has set.
    """

    def __init__(self, read: Read, start: Start, rules: Callable[[int], Rules]) -> None:
        self._read = read
        self._start = start
        self._rules = rules
        self._lock = threading.Lock()
        self._learnt: OrderedDict[Key, _Learnt] = OrderedDict()
        self._busy: dict[Key, threading.Lock] = {}

    def forecast(
        self,
        societe_id: int,
        *,
        devise: str = "EUR",
        compte: str = ALL_ACCOUNTS,
        horizon: int = HORIZON,
        books: bool = False,
    ) -> Answer:
        """Return what is expected of a company's accounts.

        Parameters
        ----------
        societe_id : int
            The company.
        devise, compte : str
            Its accounts in one currency, together or one of them.
        horizon : int
            Days ahead, `HORIZON` at most.
        books : bool
            Whether the books are needed too.

        Raises
        ------
        NotEnoughHistory
            Where nothing can be forecast from what is known.
        ConnectError, ReadError, StorageError
            Where it cannot be read.
        """
        cash = self._read(societe_id, books)
        # Of past evenings only what was told of them: an answer is not to wait for years of books to be read.
        series = usable(series_of(replace(cash, entries=()), devise=devise, compte=compte))
        rules = self._rules(societe_id)
        model = self._model((societe_id, devise, compte, rules.pays), series)
        return Answer(cash, series, model, model.forecast(series, horizon), rules)

    def _model(self, key: Key, series: DailySeries) -> TreasuryModel:
        *_, pays = key
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:  # who asks the same meanwhile waits for the same model
            with self._lock:
                known = self._learnt.get(key)
            if known is None or not _serves(known, series):
                known = _Learnt(series, self._learn(Lesson(series, pays)))
            with self._lock:
                self._learnt[key] = known
                self._learnt.move_to_end(key)
                while len(self._learnt) > MODELS:
                    oldest, _ = self._learnt.popitem(last=False)
                    self._busy.pop(oldest, None)
        return known.model

    def _learn(self, lesson: Lesson) -> TreasuryModel:
        model, series = self._start(lesson)(), lesson.series
        if model is None:
            raise NotEnoughHistory(
                f"no model could be learnt from the days {series.first.isoformat()} to {series.last.isoformat()}; the "
                "log of this service says why"
            )
        return model


def _serves(known: _Learnt, series: DailySeries) -> bool:
    """Tell whether a model is not too old, and what it has learnt from still stands."""
    if series.last < known.series.last or len(series) - len(known.series) >= patience(len(known.series)):
        return False
    before = series.until(known.series.last)
    return before.first == known.series.first and all(
        np.array_equal(one, other)
        for one, other in (
            (before.entrees, known.series.entrees),
            (before.sorties, known.series.sorties),
            (before.solde, known.series.solde),
        )
    )
