"""Forecasts of daily flows: LSTM and Prophet on the last 90 days of a real series, next to simple rules."""

import csv
import datetime as dt
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.evaluate import Evaluation
from bench.results import line_of
from schemas import PositionTresorerie
from schemas.money import from_minor
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.flows import flow_frame
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.lstm import LSTMService
from wisebook_ml.services.prophet import ProphetService
from wisebook_ml.services.series import WEEK, forecast_metrics

__all__ = ["run"]

Floats = npt.NDArray[np.float64]

SERIES = Path("treasury/daily-flows.csv")
TESTED = 90
COUNTRY = "US"
"""Whose holidays the series keeps."""

SMALL_LSTM = {"sequence_length": 60, "hidden_layers": [32], "epochs": 25, "jours_feries": COUNTRY}
"""So that the part takes a minute; the defaults take several."""


def run(evaluation: Evaluation) -> None:
    """Measure the error of the net flow on the last 90 days, all forecast at once from the day before them."""
    path = evaluation.data / SERIES if evaluation.data is not None else None
    if path is None or not path.is_file():
        evaluation.results.add(line_of("forecasts", None, "", error=f"passed over: no {SERIES} among the data"))
        return
    frame = flow_frame(Collected(positions=_positions(path)))
    before, after = frame.iloc[:-TESTED], frame.iloc[-TESTED:]
    services: dict[str, BaseMLService] = {
        "lstm": LSTMService(SMALL_LSTM, seed=evaluation.seed),
        "prophet": ProphetService({"jours_feries": COUNTRY}, seed=evaluation.seed),
    }
    for name, service in services.items():
        begun = time.monotonic()
        service.fit(before)
        _report(evaluation, name, service.evaluate(after, avant=before), seconds=time.monotonic() - begun)
    known, actual = before["flux"].to_numpy(), after["flux"].to_numpy()
    for name, values in _rules(known, after).items():
        _report(
            evaluation,
            name,
            forecast_metrics(actual, pd.DataFrame({"prevision": values, "bas": values, "haut": values}), known),
        )


def _positions(path: Path) -> list[PositionTresorerie]:
    """Return the series as positions of one account: millions of dollars taken for euros."""
    positions = []
    balance = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            balance += int(row["change"]) * 100
            positions.append(
                PositionTresorerie(
                    societe_id=1,
                    compte_num="512000",
                    date=dt.date.fromisoformat(row["date"]),
                    solde=from_minor(balance),
                    entrees=from_minor(int(row["deposits"]) * 100),
                    sorties=from_minor(int(row["withdrawals"]) * 100),
                )
            )
    return positions


def _rules(known: Floats, after: pd.DataFrame) -> dict[str, Floats]:
    """Return what needs no model: the last week over and over, the mean of the weekday, and nothing at all."""
    place = np.arange(len(after)) % WEEK
    whole = known[-(len(known) // WEEK * WEEK) :].reshape(-1, WEEK)
    return {
        "last_week": whole[-1][place],
        "weekday_mean": whole.mean(axis=0)[place],
        "nothing_moves": np.zeros(len(after)),
    }


def _report(evaluation: Evaluation, name: str, metrics: dict[str, float], seconds: float | None = None) -> None:
    add = evaluation.results.add
    add(line_of(f"forecasts.{name}.mase", metrics["mase"], "x", compared_with="a week earlier, in sample"))
    add(line_of(f"forecasts.{name}.wape", metrics["wape"], "share", seconds=seconds, coverage=metrics["couverture"]))
