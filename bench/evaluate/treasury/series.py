"""Real daily flows, beside the naive and seasonal rules, calendar boosting, Prophet alone, AutoETS and AutoARIMA."""

import csv
import datetime as dt
import json
import os
import subprocess
import time
from pathlib import Path

import numpy as np

from bench.evaluate import Evaluation
from bench.evaluate.treasury.report import pooled, report, report_targets
from bench.evaluate.treasury.rolling import CHOSEN, FLOWS, Rolled, roll_series, score
from bench.results import line_of
from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.treasury.forecasting.models import LEVELS
from wisebook_ml.treasury.series import DailySeries, series_from_rows

__all__ = ["read_series", "run"]

SERIES = Path("treasury/daily-flows.csv")
COUNTRY = "US"
"""Whose holidays the series keeps."""

PEERS = "WISEBOOK_ML_PEERS"
"""Environment variable that names a Python with statsforecast; `make evaluate-treasury` makes one."""

PEER_EVERY = 4
"""Scored origins from one to the next at which the peers are fitted: AutoARIMA takes many seconds each time."""


def read_series(path: Path) -> DailySeries:
    """Return the series: millions of dollars taken for euros."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    days = [dt.date.fromisoformat(row["date"]) for row in rows]
    return series_from_rows(days, [float(row["deposits"]) for row in rows], [float(row["withdrawals"]) for row in rows])


def run(evaluation: Evaluation) -> None:
    """Score all from the same origins."""
    path = evaluation.data / SERIES if evaluation.data is not None else None
    if path is None or not path.is_file():
        evaluation.results.add(line_of("treasury.real", None, "", error=f"passed over: no {SERIES} among the data"))
        return
    begun = time.monotonic()
    extra = () if evaluation.quick else ("prophet",)
    try:
        rolled = roll_series(read_series(path), COUNTRY, extra=extra)
    except MissingLibrary as error:
        evaluation.results.add(line_of("treasury.real.prophet", None, "", error=str(error)))
        rolled = roll_series(read_series(path), COUNTRY)
    details = {"origins": len(rolled.origins), "seconds": round(time.monotonic() - begun)}
    report(evaluation.results, "treasury.real", rolled.errors, details)
    report_targets(evaluation.results, "treasury.real", rolled.errors)
    evaluation.results.add(line_of("treasury.real.choices", float(len(rolled.chosen)), "choices", made=rolled.chosen))
    _peers(evaluation, rolled)
    if evaluation.pictures is not None:
        from bench.evaluate.treasury.pictures import draw_errors

        evaluation.pictures.mkdir(parents=True, exist_ok=True)
        draw_errors(rolled.errors, evaluation.pictures / "treasury-errors.svg")


def _peers(evaluation: Evaluation, rolled: Rolled) -> None:
    """Compare with AutoETS and AutoARIMA at some of the origins."""
    python = os.environ.get(PEERS)
    if not python:
        evaluation.results.add(
            line_of("treasury.real.peers", None, "", error=f"passed over: {PEERS} names no Python with statsforecast")
        )
        return
    rows = np.arange(0, len(rolled.origins), PEER_EVERY)
    leads = rolled.windows["63b"].shape[1]
    request = {
        "series": [flow.values.tolist() for flow in rolled.flows],
        "origins": rolled.origins[rows].tolist(),
        "horizon": leads,
        "season": 5,
    }
    answer = subprocess.run(
        [python, str(Path(__file__).with_name("peers.py"))],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        last = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        evaluation.results.add(line_of("treasury.real.peers", None, "", error=last))
        return
    said = json.loads(answer.stdout)
    windows = {name: mask[rows] for name, mask in rolled.windows.items()}
    part = Rolled({}, [], {}, rolled.origins[rows], rolled.flows, windows, rolled.scales)
    for name in ("AutoETS", "AutoARIMA"):
        for which, flow in enumerate(FLOWS):
            middle = np.maximum(np.array(said[name][which]), 0.0)
            score(part, name, flow, _actual(rolled, which)[rows], np.repeat(middle[:, :, None], len(LEVELS), 2), 1.0)
    for which, flow in enumerate(FLOWS):
        at = np.full((len(rows), leads, len(LEVELS)), np.nan)
        for row, place in enumerate(rows):
            forecast = rolled.forecasts[place]
            typical = getattr(forecast, flow).typical[forecast.active]
            at[row, : len(typical)] = typical[:leads, None]
        score(part, CHOSEN, flow, _actual(rolled, which)[rows], at, 1.0)
    ours = pooled(part.errors, CHOSEN, "63b").wape
    for name in ("AutoETS", "AutoARIMA"):
        evaluation.results.add(
            line_of(
                f"treasury.real.{CHOSEN}_to_{name}",
                ours / pooled(part.errors, name, "63b").wape,
                "x",
                at_most=1.0,
                compared_with=name,
                origins=len(rows),
                wape=ours,
                wape_peer=pooled(part.errors, name, "63b").wape,
                statsforecast=said["version"],
            )
        )


def _actual(rolled: Rolled, which: int) -> np.ndarray:
    values = rolled.flows[which].values
    leads = rolled.windows["63b"].shape[1]
    at = rolled.origins[:, None] + np.arange(leads)[None, :]
    return np.where(at < len(values), values[np.minimum(at, len(values) - 1)], np.nan)
