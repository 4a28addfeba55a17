"""A new position is judged by the forecast made before it, with reasons that name flow, amount and day."""

import datetime as dt
import time

import numpy as np
import pytest

from wisebook_ml.treasury.books.from_entries import Nature
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.series import DailySeries
from wisebook_ml.treasury.verdict import Observed, Raison, Verdict, Watch


def observed(series: DailySeries, day: dt.date, *, entrees: float = 0.0, sorties: float = 0.0) -> Observed:
    at = (day - series.first).days
    came, went = series.entrees[at] / 100 + entrees, series.sorties[at] / 100 + sorties
    before = series.solde[at - 1] / 100
    return Observed(day, came, went, round(before + came - went, 2), before)


def follow(model: TreasuryModel, series: DailySeries, days: int, changes: dict[int, dict[str, float]]) -> list[Verdict]:
    watch, found = Watch(), []
    for ahead in range(1, days + 1):
        day = model.learnt_until + dt.timedelta(days=ahead)
        forecast = model.forecast(series.until(day - dt.timedelta(days=1)))
        verdict = watch.judge(model, forecast, observed(series, day, **changes.get(ahead, {})))
        assert verdict is not None
        found.append(verdict)
    return found


def active(model: TreasuryModel, ahead: int) -> int:
    last = model.learnt_until.toordinal()
    return int(model.activity.following(last, 90)[ahead] - last)


def test_ordinary_days_are_no_anomalies(model: TreasuryModel, history: DailySeries) -> None:
    found = follow(model, history, 60, {})
    assert sum(one.anormal for one in found) <= 2
    assert not any(one.derive for one in found)


def test_an_amount_is_named_with_its_flow(model: TreasuryModel, history: DailySeries) -> None:
    at = active(model, 6)
    found = follow(model, history, at, {at: {"sorties": 60_000.0}})[-1]
    assert [(one.code, one.flux) for one in found.motifs] == [(Raison.MONTANT, "sorties")]
    assert "Décaissements" in found.motifs[0].libelle_fr
    assert found.score > 90


def test_early_and_late_wages_are_a_matter_of_the_day(model: TreasuryModel, history: DailySeries) -> None:
    last = model.learnt_until.toordinal()
    went = {day - last: history.sorties[day - history.first.toordinal()] / 100 for day in range(last + 1, last + 61)}
    paid = max(went, key=lambda ahead: went[ahead])
    ahead = [int(day) - last for day in model.activity.following(last, 90)]
    place = ahead.index(paid)
    early = follow(model, history, ahead[place - 2], {ahead[place - 2]: {"sorties": 18_000.0}})[-1]
    assert [one.code for one in early.motifs] == [Raison.DATE]
    assert early.motifs[0].attendue == model.learnt_until + dt.timedelta(days=paid)
    late = follow(
        model, history, ahead[place + 2], {paid: {"sorties": -18_000.0}, ahead[place + 2]: {"sorties": 18_000.0}}
    )
    assert [one.code for one in late[paid - 1].motifs] == [Raison.ABSENCE]
    assert [one.code for one in late[-1].motifs] == [Raison.DATE]


def test_a_balance_that_does_not_follow_is_told(model: TreasuryModel, history: DailySeries) -> None:
    day = model.learnt_until + dt.timedelta(days=1)
    forecast = model.forecast(history.until(model.learnt_until))
    one = observed(history, day)
    wrong = Observed(day, one.entrees, one.sorties, one.solde + 5, one.veille)
    verdict = Watch().judge(model, forecast, wrong)
    assert verdict is not None
    assert Raison.SOLDE_INCOHERENT in {reason.code for reason in verdict.motifs}


def test_what_the_books_say_is_named(model: TreasuryModel, history: DailySeries) -> None:
    ahead = active(model, 6)
    day = model.learnt_until + dt.timedelta(days=ahead)
    natures = {Nature.FOURNISSEURS: -100, Nature.EMPRUNTS: -9_000_000, Nature.CLIENTS: 99_000_000}
    verdict = Watch().judge(
        model, model.forecast(history.until(model.learnt_until)), Observed(day, 0, 90_000, 0, natures=natures)
    )
    assert verdict is not None
    assert Nature.EMPRUNTS in {one.nature for one in verdict.motifs}


def test_a_company_that_changed_is_a_drift(model: TreasuryModel, history: DailySeries) -> None:
    more = {ahead: {"entrees": 9_000.0} for ahead in range(1, 61)}
    assert any(one.derive for one in follow(model, history, 60, more))


def test_days_out_of_reach_have_no_verdict(model: TreasuryModel, history: DailySeries) -> None:
    forecast = model.forecast(history.until(model.learnt_until))
    for day in (model.learnt_until, model.learnt_until + dt.timedelta(days=91)):
        assert Watch().judge(model, forecast, Observed(day, 0, 0, 0)) is None


def test_a_verdict_is_quick(model: TreasuryModel, history: DailySeries) -> None:
    taken, watch = [], Watch()
    for ahead in range(1, 91):
        begun = time.thread_time()
        known = history.until(model.learnt_until + dt.timedelta(days=ahead - 1))
        forecast = model.forecast(known)
        watch.judge(model, forecast, observed(history, known.last + dt.timedelta(days=1)))
        taken.append(time.thread_time() - begun)
    assert np.median(taken) < 0.02


@pytest.mark.parametrize("repeat", range(2))
def test_the_same_days_give_the_same_verdicts(model: TreasuryModel, history: DailySeries, repeat: int) -> None:
    assert follow(model, history, 20, {}) == follow(model, history, 20, {})
