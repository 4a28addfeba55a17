"""Days drawn from rows, and what our monitor says of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.evaluate.drift.data import VARIABLES, Table, take
from bench.evaluate.drift.plants import Plant
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.reference import WINDOWS, reference_of
from wisebook_ml.drift.report import Report
from wisebook_ml.drift.sketch import Sketch

__all__ = [
    "DAY",
    "LONGEST",
    "REFERENCE_DAYS",
    "Found",
    "checks",
    "drawn",
    "find",
    "planted_days",
    "reference",
    "seeded",
    "sketch_of",
    "stable_runs",
    "varying",
]

DAY = 300
REFERENCE_DAYS = 60
BEFORE = max(WINDOWS) - 1
"""Stable days before a planted one: windows reach back into them."""

LONGEST = max(WINDOWS)


@dataclass(slots=True)
class Found:
    """How planted drifts were found."""

    planted: int = 0
    found: int = 0
    named: int = 0
    delays: list[int] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float | None:
        """Share of them in whose days the right variable was named."""
        return self.named / self.planted if self.planted else None

    @property
    def delay(self) -> float | None:
        """Checks until then, on average over those found."""
        return float(np.mean(self.delays)) if self.delays else None


def drawn(table: Table, rows: int, rng: np.random.Generator) -> Table:
    """Return so many rows, drawn from all of them."""
    whole = len(next(iter(table.values())))
    return take(table, rng.integers(0, whole, rows))


def reference(table: Table, rng: np.random.Generator) -> Monitor:
    """Return a monitor whose reference is drawn from the same rows."""
    return Monitor(reference_of(VARIABLES, drawn(table, REFERENCE_DAYS * DAY, rng)))


def sketch_of(monitor: Monitor, table: Table) -> Sketch:
    """Return the sketch of one day."""
    sketch = Sketch(monitor.reference.layout)
    sketch.update(table)
    return sketch


def checks(monitor: Monitor, days: Sequence[Sketch]) -> Iterator[Report]:
    """Yield what each daily check says, from the first day that fills the longest window on."""
    for last in range(LONGEST, len(days) + 1):
        yield monitor.check(days[last - LONGEST : last])


def stable_runs(table: Table, runs: int, days: int, rng: np.random.Generator) -> Iterator[tuple[int, Report]]:
    """Yield the checks of stable days, against several references."""
    for run in range(runs):
        monitor = reference(table, rng)
        sketches = [sketch_of(monitor, drawn(table, DAY, rng)) for _ in range(days + LONGEST - 1)]
        for report in checks(monitor, sketches):
            yield run, report


def planted_days(
    table: Table, plant: Plant, variable: str, rng: np.random.Generator
) -> tuple[list[Table], list[Table]]:
    """Return stable days, and the days after in which one variable drifts."""
    before = [drawn(table, DAY, rng) for _ in range(BEFORE)]
    after = [plant.into(drawn(table, DAY, rng), variable, table, day, rng) for day in range(1, plant.days + 1)]
    return before, after


def find(monitor: Monitor, days: tuple[list[Table], list[Table]], variable: str, found: Found) -> None:
    """Count whether, and when, a planted drift is found."""
    sketches = [sketch_of(monitor, day) for part in days for day in part]
    found.planted += 1
    any_alarm = False
    for delay, report in enumerate(checks(monitor, sketches), 1):
        any_alarm = any_alarm or report.derive
        if variable in {one.variable.name for one in report.moved}:
            found.named += 1
            found.delays.append(delay)
            break
    else:
        found.missed.append(variable)
    found.found += any_alarm


def varying(table: Table, names: Sequence[str]) -> list[str]:
    """Return the variables that can drift: those that have more than one value."""
    return [name for name in names if len(set(np.asarray(table[name]).tolist())) > 1]


def seeded(seed: int, *parts: int) -> np.random.Generator:
    """Return the chance of one part of the evaluation."""
    return np.random.default_rng([seed, *parts])
