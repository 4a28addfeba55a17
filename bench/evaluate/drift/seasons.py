"""The hard case: the days of generated years as they come, with their month ends, holidays and habits that grow."""

import datetime as dt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.evaluate.drift.data import VARIABLES, Rows, Table, generated_table, take
from bench.evaluate.drift.plants import PLANTS
from bench.evaluate.drift.river_alone import RiverAlone
from bench.evaluate.drift.rolling import LONGEST, Found, checks, find, seeded, sketch_of, varying
from bench.evaluate.drift.stable import FALSE_ALARMS, Alarms
from bench.results import Results, line_of
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.reference import reference_of
from wisebook_ml.generator.generate import DEFAULT_START

__all__ = ["report_seasons"]

ENTRIES = 75_000
"""Entries of a year with 300 a business day."""

LEDGERS, YEARS = 3, 2
"""Ledgers, and the years of each."""

REFERENCES = {"half_year": 120, "year": 240}
"""Business days of the reference."""

FROM = 30
"""Business days before it, in which habits are still being learnt."""

MIN_OF_DAY = 20
"""Entries of a day that counts: an office works then."""

STARTS, QUICK_STARTS = 4, 1
"""Days on which each shift begins."""


class _Season(NamedTuple):
    """A reference, and the days after it; the first of these belong to it, since windows reach back."""

    monitor: Monitor
    usual: Table
    later: list[Table]
    entries_a_day: float


def report_seasons(results: Results, seed: int, *, quick: bool) -> None:
    """Add the share of checks with an alarm, what moved then, and how many shifts are found among such days."""
    years = 1 if quick else YEARS
    alarms = {name: Alarms() for name in REFERENCES}
    first: dict[str, _Season] = {}
    for number in range(1 if quick else LEDGERS):
        rows = generated_table(years * ENTRIES // (4 if quick else 1), seed + number, years=years)
        for name, length in REFERENCES.items():
            season = _season(rows, length, years)
            if season is None:
                continue
            for report in checks(season.monitor, [sketch_of(season.monitor, day) for day in season.later]):
                alarms[name].add(report)
            first.setdefault(name, season)
    for name, season in first.items():
        alarms[name].line(
            results,
            f"drift.seasons.{name}.false_alarms",
            at_most=FALSE_ALARMS,
            entries_a_day=season.entries_a_day,
            reference_days=REFERENCES[name],
        )
        _planted(results, name, season, seed, quick=quick)
    _river(results, first["half_year"])


def _season(rows: Rows, reference: int, years: int) -> _Season | None:
    """Return a ledger's season; None where it has not enough days.

    What comes after the last year is left out: the company has stopped there, and only late invoices still come.
    """
    end = dt.date(DEFAULT_START.year + years, 1, 1).toordinal()
    parts = (np.flatnonzero(rows.days == day) for day in np.unique(rows.days[rows.days < end]))
    days: list[npt.NDArray[np.int64]] = [day for day in parts if len(day) >= MIN_OF_DAY][FROM:]
    if len(days) < reference + LONGEST:
        return None
    known, later = days[:reference], [take(rows.table, day) for day in days[reference - LONGEST + 1 :]]
    numbers = np.repeat(np.arange(len(known)), [len(day) for day in known])
    usual = take(rows.table, np.concatenate(known))
    monitor = Monitor(reference_of(VARIABLES, usual, numbers))
    return _Season(monitor, usual, later, float(np.median([len(day) for day in days])))


def _planted(results: Results, name: str, season: _Season, seed: int, *, quick: bool) -> None:
    """Add how many shifts are found."""
    monitor, usual, later, _ = season
    for number, plant in enumerate(PLANTS[:2]):
        rng, found = seeded(seed, 7, number), Found()
        for variable in varying(usual, plant.variables):
            for start in rng.integers(LONGEST - 1, len(later) - plant.days, QUICK_STARTS if quick else STARTS).tolist():
                before = later[start - LONGEST + 1 : start]
                after = [
                    plant.into(later[start + day - 1], variable, usual, day, rng) for day in range(1, plant.days + 1)
                ]
                find(monitor, (before, after), variable, found)
        missed = ", ".join(sorted(set(found.missed)))
        line = f"drift.seasons.{name}.{plant.name}.recall"
        results.add(line_of(line, found.recall, "share", planted=found.planted, missed=missed))


def _river(results: Results, season: _Season) -> None:
    """Add the share of checks at which ADWIN alone finds a change."""
    alone = RiverAlone(season.usual)
    days = season.later[LONGEST - 1 :]
    fired = sum(bool(alone.check(day)) for day in days)
    results.add(line_of("drift.seasons.half_year.false_alarms.river", fired / len(days), "share", checks=len(days)))
