"""False alarms on days that are drawn from the same rows as the reference."""

from collections import Counter

from bench.evaluate.drift.data import Rows
from bench.evaluate.drift.river_alone import RiverAlone
from bench.evaluate.drift.rolling import DAY, REFERENCE_DAYS, drawn, seeded, stable_runs
from bench.results import Results, line_of
from wisebook_ml.drift.report import Report

__all__ = ["Alarms", "report_stable"]

FALSE_ALARMS = 0.01
"""Share of stable checks with an alarm, at most."""

RUNS, DAYS = 20, 50
"""References, and checks against each: 1,000 checks."""

RIVER_RUNS = 5


def report_stable(results: Results, name: str, rows: Rows, seed: int, *, quick: bool) -> None:
    """Add the share of stable checks with an alarm, and that of river by itself."""
    runs = RUNS // 5 if quick else RUNS
    alarms = Alarms()
    for _, report in stable_runs(rows.table, runs, DAYS, seeded(seed, 1)):
        alarms.add(report)
    alarms.line(results, f"drift.{name}.stable.false_alarms", at_most=FALSE_ALARMS)
    rng, fired, some = seeded(seed, 2), 0, 1 if quick else RIVER_RUNS
    for _ in range(some):
        alone = RiverAlone(drawn(rows.table, REFERENCE_DAYS * DAY, rng))
        fired += sum(bool(alone.check(drawn(rows.table, DAY, rng))) for _ in range(DAYS))
    checked = some * DAYS
    results.add(line_of(f"drift.{name}.stable.false_alarms.river", fired / checked, "share", checks=checked))


class Alarms:
    """Counts checks, alarms and what moved."""

    def __init__(self) -> None:
        self.checks = self.alarms = 0
        self.moved: Counter[str] = Counter()

    def add(self, report: Report) -> None:
        """Count a check."""
        self.checks += 1
        self.alarms += report.derive
        self.moved.update(one.variable.name for one in report.moved)

    def line(self, results: Results, name: str, at_most: float | None = None, **details: object) -> None:
        """Add the share of checks with an alarm."""
        share = self.alarms / self.checks
        moved = dict(self.moved.most_common(8))
        line = line_of(name, share, "share", at_most=at_most, checks=self.checks, moved=moved)
        results.add({**line, **details})
