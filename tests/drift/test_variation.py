"""Days that differ by themselves: what months differ by is no alarm in the next one, and drift is found after all."""

import numpy as np
import pytest

from wisebook_ml.drift import variation
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.reference import reference_of
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.variables import Variable
from wisebook_ml.drift.variation import MONTH

VARIABLES = (Variable("x", "x", "x"), Variable("y", "y", "y"))
DAY = 150
OF_MONTHS = 0.15
"""Standard deviation between months, of values with one of 1."""


def values(rng: np.random.Generator, shifts: np.ndarray) -> dict[str, np.ndarray]:
    """Return rows of days whose means are shifted."""
    x = rng.normal(np.repeat(shifts, DAY), 1.0)
    return {"x": x, "y": rng.gamma(2.0, 1.0, len(x))}


def monitor_of(months: int, rng: np.random.Generator, between: float = OF_MONTHS) -> Monitor:
    shifts = np.repeat(rng.normal(0.0, between, months), MONTH) if between else np.zeros(months * MONTH)
    return Monitor(reference_of(VARIABLES, values(rng, shifts), np.repeat(np.arange(len(shifts)), DAY)))


def ten_days(monitor: Monitor, rng: np.random.Generator, shift: float) -> list[Sketch]:
    days = []
    for _ in range(10):
        sketch = Sketch(monitor.reference.layout)
        sketch.update(values(rng, np.array([shift])))
        days.append(sketch)
    return days


def alarms(months: int, rng: np.random.Generator, checked: int = 20) -> int:
    """Return in how many further months there is an alarm though nothing has drifted."""
    monitor = monitor_of(months, rng)
    shifts = rng.normal(0.0, OF_MONTHS, checked).tolist()
    return sum(monitor.check(ten_days(monitor, rng, shift)).derive for shift in shifts)


@pytest.mark.parametrize("months", [6, 12])
def test_a_month_that_differs_as_those_before_did_is_no_alarm(months: int) -> None:
    assert alarms(months, np.random.default_rng(months)) == 0


def test_from_six_months_on_what_they_differ_by_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = monitor_of(6, np.random.default_rng(6)).reference.tau2
    monkeypatch.setattr(variation, "MONTHS", 7)
    without = monitor_of(6, np.random.default_rng(6)).reference.tau2
    assert all(whole[key] >= without[key] for key in whole)
    assert whole[0, 0, 10] > 2 * without[0, 0, 10]  # x, by Kolmogorov-Smirnov, over ten days


def test_the_fewer_months_the_larger_a_change_has_to_be() -> None:
    margins = [variation._margin_of(months) for months in (6, 8, 12, 24, 100)]
    assert margins == sorted(margins, reverse=True)
    assert margins[-1] == variation.MARGIN
    monitor = monitor_of(12, rng := np.random.default_rng(12))
    assert [one.variable.name for one in monitor.check(ten_days(monitor, rng, 1.2)).moved] == ["x"]


def test_where_months_are_alike_half_a_standard_deviation_is_found() -> None:
    monitor = monitor_of(6, rng := np.random.default_rng(1), between=0.0)
    stable = ten_days(monitor, rng, 0.0)
    assert not monitor.check(stable).derive
    moved = ten_days(monitor, rng, 0.5)[:3]
    found = [monitor.check([*stable, *moved[:day]][-10:]) for day in (1, 2, 3)]
    assert any("x" in {one.variable.name for one in report.moved} for report in found)
