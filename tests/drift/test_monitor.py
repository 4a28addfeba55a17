"""The daily check: quiet on stable days, and it finds what was planted, names it and says it."""

import datetime as dt

import numpy as np
import pytest

from tests.drift.conftest import DAY, VARIABLES, rows, sketch
from wisebook_ml.drift.exceptions import NotEnoughReference
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.performance import Confirmed, judged
from wisebook_ml.drift.reference import Reference, reference_of
from wisebook_ml.drift.report import lines_of, record_of
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.thresholds import Thresholds


def stable(monitor: Monitor, count: int, seed: int) -> list[Sketch]:
    rng = np.random.default_rng(seed)
    return [sketch(monitor, rows(rng)) for _ in range(count)]


def test_stable_days_raise_no_alarm(monitor: Monitor) -> None:
    days = stable(monitor, 129, 1)
    alarms = [monitor.check(days[at - 10 : at]).derive for at in range(10, len(days) + 1)]
    assert len(alarms) == 120
    assert sum(alarms) <= 1


def test_half_a_standard_deviation_is_found_within_three_checks(monitor: Monitor) -> None:
    rng, before = np.random.default_rng(2), stable(monitor, 9, 3)
    known, named = rows(np.random.default_rng(4), 20_000), []
    for variable in [one.name for one in VARIABLES[:28]]:
        days = list(before)
        for _ in range(3):
            day = rows(rng)
            day[variable] = day[variable] + 0.5 * known[variable].std()
            days.append(sketch(monitor, day))
        moved = [{one.variable.name for one in monitor.check(days[:at]).moved} for at in (10, 11, 12)]
        named.append(any(variable in names for names in moved))
        assert set().union(*moved) <= {variable}, "nothing else is named"
    assert np.mean(named) >= 0.95


def test_each_kind_of_change_is_told(monitor: Monitor) -> None:
    rng, days = np.random.default_rng(5), stable(monitor, 9, 6)
    day = rows(rng)
    day["x00"] = day["x00"] + 0.3
    day["x01"][rng.random(DAY) < 0.2] = np.nan
    day["c0"][rng.random(DAY) < 0.08] = "ZZ"
    day["x06"] = day["x06"] * 3
    record = record_of(
        monitor.check([*days, sketch(monitor, day)]),
        modele_id=4,
        societe_id=2,
        version=1,
        threshold=0.1,
        jours=[dt.date(2025, 3, 3), dt.date(2025, 3, 4)],
    )
    said = {one.variable: one for one in record.variables}
    assert record.derive
    assert set(said) == {"x00", "x01", "c0", "x06"}
    assert "a doublé" in said["x00"].libelle_fr
    assert said["x01"].mesure == "manquants"
    assert "« ZZ » est nouveau" in said["c0"].libelle_fr
    assert "spread" in said["x06"].libelle_en
    for one in record.variables:
        assert one.valeur >= one.seuil
        assert one.p is not None
        assert one.p <= 0.001
        assert sum(one.avant) == pytest.approx(1, abs=0.001)
        assert sum(one.apres) == pytest.approx(1, abs=0.001)
    assert (record.du, record.au, record.lignes) == (dt.date(2025, 3, 3), dt.date(2025, 3, 4), 3000)
    assert lines_of(record, "fr")[0] == "Modèle 4, version 1, société 2 : dérive. 4 éléments ont changé."


def test_thresholds_are_those_of_the_model(monitor: Monitor) -> None:
    rng, days = np.random.default_rng(7), stable(monitor, 9, 8)
    day = rows(rng)
    day["x00"] = day["x00"] + 0.25
    days.append(sketch(monitor, day))
    high = Thresholds(ks=0.9, psi=9.0, chi2=9.0, wasserstein=9.0)
    assert monitor.check(days).derive
    assert not Monitor(monitor.reference, high).check(days).derive
    with pytest.raises(ValueError, match="alpha"):
        Thresholds(alpha=1.0)


def test_too_few_rows_are_said_and_are_no_drift(monitor: Monitor) -> None:
    day = rows(np.random.default_rng(9), 40)
    day["x00"] = day["x00"] + 5
    report = monitor.check([sketch(monitor, day)])
    assert not report.derive
    assert "40" in report.remarks[0][0]
    assert monitor.check([]).remarks
    with pytest.raises(NotEnoughReference):
        reference_of(VARIABLES, rows(np.random.default_rng(1), 900))


def test_days_that_differ_by_themselves_are_no_drift() -> None:
    rng = np.random.default_rng(10)

    def day(number: int) -> dict[str, np.ndarray]:  # every 20th day closes a month
        return {"x00": rng.normal(4.0 + 0.1 * rng.normal() + (number % 20 == 19), 0.5, DAY)}

    days = [day(number) for number in range(160)]
    known = {"x00": np.concatenate([one["x00"] for one in days[:80]])}
    monitor = Monitor(reference_of(VARIABLES[:1], known, np.repeat(np.arange(80), DAY)))
    rest = [sketch(monitor, one) for one in days[80:]]
    assert not any(monitor.check(rest[at - 10 : at]).derive for at in range(10, len(rest) + 1))
    moved = [sketch(monitor, {"x00": one["x00"] + 1.0}) for one in days[80:90]]
    assert monitor.check(moved).derive


def test_a_reference_and_a_report_survive_as_bytes(monitor: Monitor) -> None:
    data = monitor.reference.dump()
    again = Reference.load(data)
    assert again.dump() == data
    days = stable(monitor, 10, 11)
    copies = [Sketch.load(again.layout, day.dump()) for day in days]
    assert Monitor(again).check(copies) == monitor.check(days)


def test_a_fall_of_precision_is_drift(monitor: Monitor) -> None:
    days = stable(monitor, 10, 12)
    same, worse = (judged(Confirmed(300, 60), now) for now in (Confirmed(40, 9), Confirmed(30, 60)))
    assert same is not None
    assert worse is not None
    assert not monitor.check(days, performance=[same]).derive
    report = monitor.check(days, performance=[worse])
    assert [(one.precision, one.verdicts) for one in report.worse] == [(worse.precision, 90)]
    assert worse.p < report.worse[0].p < 0.001
    record = record_of(report, modele_id=1, societe_id=1, version=1, threshold=0.1)
    assert (record.variables[0].variable, round(record.variables[0].valeur, 2)) == ("precision", 0.5)
