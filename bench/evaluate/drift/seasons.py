"""The hard case: the days of a generated year as they come, with their month ends, holidays and habits that grow."""

import numpy as np

from bench.evaluate.drift.data import VARIABLES, generated_table, take
from bench.evaluate.drift.plants import PLANTS
from bench.evaluate.drift.river_alone import RiverAlone
from bench.evaluate.drift.rolling import LONGEST, Found, checks, find, seeded, sketch_of, varying
from bench.evaluate.drift.stable import Alarms
from bench.results import Results, line_of
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.reference import reference_of

__all__ = ["report_seasons"]

ENTRIES = 75_000
"""Entries of a year with 300 a business day."""

REFERENCE, FROM = 120, 30
"""Business days of the reference, and those before it, in which habits are still being learnt."""

MIN_OF_DAY = 20
"""Entries of a day that counts: an office works then."""

STARTS, QUICK_STARTS = 5, 1
"""Days of the year on which each shift begins."""


def report_seasons(results: Results, seed: int, *, quick: bool) -> None:
    """Add the share of checks with an alarm, what moved then, and how many shifts are found among such days."""
    rows = generated_table(ENTRIES // (4 if quick else 1), seed)
    days = [np.flatnonzero(rows.days == day) for day in np.unique(rows.days)]
    days = [day for day in days if len(day) >= MIN_OF_DAY][FROM:]
    known, later = days[:REFERENCE], [take(rows.table, day) for day in days[REFERENCE - LONGEST + 1 :]]
    numbers = np.repeat(np.arange(len(known)), [len(day) for day in known])
    usual = take(rows.table, np.concatenate(known))
    monitor = Monitor(reference_of(VARIABLES, usual, numbers))
    alarms = Alarms()
    for report in checks(monitor, [sketch_of(monitor, day) for day in later]):
        alarms.add(report)
    per_day = float(np.median([len(day) for day in days]))
    alarms.line(results, "drift.seasons.false_alarms", entries_a_day=per_day, reference_days=len(known))
    alone = RiverAlone(usual)
    fired = sum(bool(alone.check(day)) for day in later[LONGEST - 1 :])
    checked = len(later) - LONGEST + 1
    results.add(line_of("drift.seasons.false_alarms.river", fired / checked, "share", checks=checked))
    for number, plant in enumerate(PLANTS[:2]):
        rng, found = seeded(seed, 7, number), Found()
        for variable in varying(usual, plant.variables):
            for start in rng.integers(LONGEST - 1, len(later) - plant.days, QUICK_STARTS if quick else STARTS).tolist():
                before = later[start - LONGEST + 1 : start]
                after = [
                    plant.into(later[start + day - 1], variable, usual, day, rng) for day in range(1, plant.days + 1)
                ]
                find(monitor, (before, after), variable, found)
        missed = sorted(set(found.missed))
        results.add(
            line_of(
                f"drift.seasons.{plant.name}.recall",
                found.recall,
                "share",
                planted=found.planted,
                missed=", ".join(missed),
            )
        )
