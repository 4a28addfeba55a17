"""Recall and delay: drift that was planted into one of thirty variables."""

from collections import Counter

from bench.evaluate.drift.data import Rows
from bench.evaluate.drift.plants import PLANTS, Plant
from bench.evaluate.drift.river_alone import RiverAlone
from bench.evaluate.drift.rolling import (
    DAY,
    REFERENCE_DAYS,
    Found,
    drawn,
    find,
    planted_days,
    reference,
    seeded,
    varying,
)
from bench.results import Results, line_of

__all__ = ["report_planted"]

RECALL = 0.95
"""Share of shifts of half a standard deviation that are found within three checks, with the variable named."""

REPEATED, QUICK_REPEATED = 8, 2
"""How often each drift is planted into each variable; the slow ones a fourth of that."""


def report_planted(results: Results, name: str, rows: Rows, seed: int, *, quick: bool) -> None:
    """Add recall and mean delay of each kind of drift, and those of river by itself."""
    times = QUICK_REPEATED if quick else REPEATED
    for number, plant in enumerate(PLANTS):
        rng, found = seeded(seed, 3, number), Found()
        variables = varying(rows.table, plant.variables)
        for _ in range(times if plant.days <= 3 else max(1, times // 4)):
            monitor = reference(rows.table, rng)
            for variable in variables:
                find(monitor, planted_days(rows.table, plant, variable, rng), variable, found)
        _line(results, f"drift.{name}.{plant.name}", found, plant, at_least=RECALL if number < 2 else None)
    for number, plant in enumerate(PLANTS):
        if plant.name == "new_category":
            continue  # ADWIN watches numbers
        found = _river(rows, plant, seed, number)
        _line(results, f"drift.{name}.{plant.name}.river", found, plant)


def _line(results: Results, name: str, found: Found, plant: Plant, at_least: float | None = None) -> None:
    line = line_of(
        f"{name}.recall",
        found.recall,
        "share",
        at_least=at_least,
        planted=found.planted,
        checks=plant.days,
        alarmed=found.found / max(found.planted, 1),
        delay=found.delay or 0.0,
        missed=dict(Counter(found.missed)),
    )
    results.add(line)


def _river(rows: Rows, plant: Plant, seed: int, number: int) -> Found:
    """Return how ADWIN for each number finds the same: counted as named where it fires in the days of the drift."""
    found = Found()
    for part, variable in enumerate(varying(rows.table, plant.variables)):
        rng = seeded(seed, 4, number, part)
        alone = RiverAlone(drawn(rows.table, REFERENCE_DAYS * DAY, rng), [variable])
        before, after = planted_days(rows.table, plant, variable, rng)
        for day in before:
            alone.check(day)
        found.planted += 1
        fired = [bool(alone.check(day)) for day in after]
        if any(fired):
            found.found += 1
            found.named += 1
            found.delays.append(fired.index(True) + 1)
        else:
            found.missed.append(variable)
    return found
