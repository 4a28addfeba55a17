"""Evidently on the same days: false alarms and recall of its data-drift preset, in an environment of its own."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from bench.evaluate.drift.data import CATEGORIES, NUMBERS, Rows, Table
from bench.evaluate.drift.plants import PLANTS
from bench.evaluate.drift.rolling import DAY, REFERENCE_DAYS, drawn, seeded, varying
from bench.results import Results, line_of

__all__ = ["report_evidently"]

STABLE, QUICK_STABLE = 100, 10
REFERENCES = 4
PEER = Path(__file__).with_name("evidently_peer.py")
WHOLE = 2
"""Days for which the preset is run as it is; for the others, its tests."""

TIMEOUT = 3_600.0
HALF = 0.5
"""Share of the columns from which the preset calls a data set drifted."""


def report_evidently(results: Results, name: str, rows: Rows, seed: int, *, quick: bool) -> None:
    """Add how often the preset has an alarm on stable days, and finds shifts of half a standard deviation."""
    python = os.environ.get("WISEBOOK_ML_PEERS", "")
    prefix = f"drift.{name}"
    if not python or not Path(python).exists():
        results.add(
            line_of(f"{prefix}.evidently", None, "", error="no environment with Evidently: make evaluate-drift")
        )
        return
    rng, runs = seeded(seed, 5), []
    stable = (QUICK_STABLE if quick else STABLE) // REFERENCES
    for _ in range(REFERENCES):
        known = drawn(rows.table, REFERENCE_DAYS * DAY, rng)
        runs.append((known, [drawn(rows.table, DAY, rng) for _ in range(stable)]))
    planted = [(plant, variable) for plant in PLANTS[:2] for variable in varying(rows.table, plant.variables)]
    known = drawn(rows.table, REFERENCE_DAYS * DAY, rng)
    days = [
        plant.into(drawn(rows.table, DAY, rng), variable, rows.table, day, rng)
        for plant, variable in planted
        for day in range(1, plant.days + 1)
    ]
    # Evidently does not take columns that are empty, as those are that an audit file has not.
    numbers, categories = varying(rows.table, NUMBERS), varying(rows.table, CATEGORIES)
    answer = _asked(python, numbers, categories, [*runs, (known, days)])
    if "error" in answer:
        results.add(line_of(f"{prefix}.evidently", None, "", error=answer["error"]))
        return
    drifted = [names for run in answer["drifted"][:-1] for names in run]
    columns = len(numbers) + len(categories)
    common = {"version": answer["version"], "checks": len(drifted), "as_the_preset": answer["same"]}
    seconds = float(np.mean(answer["seconds"])) if answer["seconds"] else 0.0
    for what, share in (
        ("any_column", np.mean([bool(names) for names in drifted])),
        ("half_of_columns", np.mean([len(names) >= HALF * columns for names in drifted])),
    ):
        line = line_of(f"{prefix}.stable.false_alarms.evidently.{what}", float(share), "share", seconds=seconds)
        results.add({**line, **common})
    _shifts(results, prefix, planted, answer["drifted"][-1], columns)


def _shifts(
    results: Results, prefix: str, planted: list[tuple[Any, str]], drifted: list[list[str]], columns: int
) -> None:
    for plant in PLANTS[:2]:
        named = alarmed = count = at = 0
        for one, variable in planted:
            days = drifted[at : at + one.days]
            at += one.days
            if one is plant:
                count += 1
                named += any(variable in names for names in days)
                alarmed += any(len(names) >= HALF * columns for names in days)
        line = line_of(
            f"{prefix}.{plant.name}.evidently.recall", named / count, "share", planted=count, alarmed=alarmed / count
        )
        results.add(line)


def _asked(
    python: str, numbers: list[str], categories: list[str], runs: list[tuple[Table, list[Table]]]
) -> dict[str, Any]:
    names = [*numbers, *categories]
    request = {
        "numbers": numbers,
        "categories": categories,
        "whole": WHOLE,
        "runs": [
            {"reference": _plain(known, names), "days": [_plain(day, names) for day in days]} for known, days in runs
        ],
    }
    # Without what this environment has set, so that the peer sees its own libraries only.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            [python, str(PEER)],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env=clean,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"Evidently took more than {TIMEOUT:.0f} s"}
    if done.returncode:
        return {"error": f"Evidently failed: {done.stderr.strip().splitlines()[-1:]}"}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _plain(table: Table, names: list[str]) -> dict[str, list[Any]]:
    return {name: table[name].tolist() for name in names}
