"""A company that runs dry is warned of the day; stated changes move the forecast by what they say."""

import datetime as dt

import numpy as np
import pytest

from wisebook_ml.treasury.books.open_items import ExpectedPayment
from wisebook_ml.treasury.exceptions import ScenarioRefused
from wisebook_ml.treasury.forecasting.forecast import Forecast
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.liquidity import liquidity
from wisebook_ml.treasury.scenarios import Investment, LatePayment, Loan, Movement, apply
from wisebook_ml.treasury.series import DailySeries


@pytest.fixture(scope="module")
def forecast(model: TreasuryModel, history: DailySeries) -> Forecast:
    return model.forecast(history.until(model.learnt_until))


def weekday(forecast: Forecast, ahead: int) -> dt.date:
    return next(day for at, day in enumerate(forecast.dates) if at >= ahead and forecast.active[at])


def test_a_high_floor_is_passed_and_a_low_one_is_not(forecast: Forecast) -> None:
    low = liquidity(forecast, -1e9)
    assert (low.probabilite, low.date(), low.alert()) == (0.0, None, None)
    high = liquidity(forecast, 1e9)
    assert high.probabilite == 1.0
    assert high.date() == forecast.dates[0]
    found = [liquidity(forecast, floor).probabilite for floor in np.linspace(-1e5, 3e5, 30)]
    assert found == sorted(found)


def test_an_alert_names_the_day(forecast: Forecast) -> None:
    day = weekday(forecast, 30)
    ruin = apply(forecast, [Movement(day, -5 * abs(forecast.trajectories).max())])
    found = liquidity(ruin)
    assert found.date() == day
    texts = found.alert()
    assert texts is not None
    assert f"{day:%d/%m/%Y}" in texts[0]
    assert day.isoformat() in texts[1]
    assert (np.diff(found.by_day) >= 0).all()


def test_a_balance_under_its_floor_already_is_not_told_to_come(forecast: Forecast) -> None:
    floor = forecast.solde_initial + 1e6
    texts = liquidity(forecast, floor).alert()
    assert texts is not None
    assert "est déjà sous" in texts[0]
    assert "€" in texts[0]
    assert "is under" in texts[1]
    assert "may fall" not in texts[1]


def test_a_client_who_pays_late_leaves_a_hole_that_closes(forecast: Forecast) -> None:
    due = weekday(forecast, 10)
    late = LatePayment((ExpectedPayment(due, 500_000, "C1", "Client", "F1", False),), 30)
    change = apply(forecast, [late]).solde.mean - forecast.solde.mean
    assert change[(due - forecast.origin).days - 1] == pytest.approx(-5000)
    assert change[[0, -1]] == pytest.approx([0, 0])
    assert int((change < -1).sum()) in range(28, 35)


def test_a_loan_comes_at_once_and_goes_back_monthly(forecast: Forecast) -> None:
    day = weekday(forecast, 3)
    lent = apply(forecast, [Loan(day, 10_000, mois=20, taux=0.06)])
    change = lent.solde.mean - forecast.solde.mean
    assert change.max() == pytest.approx(10_000)
    assert change[-1] == pytest.approx(10_000 - 2 * 526.67, abs=0.02)
    assert np.allclose(lent.trajectories - forecast.trajectories, change)
    without = apply(forecast, [Investment(day, 10_000), Movement(day, 10_000)])
    assert np.allclose(without.solde.mean, forecast.solde.mean)


def test_the_past_cannot_be_changed(forecast: Forecast) -> None:
    with pytest.raises(ScenarioRefused, match="is not after"):
        apply(forecast, [Movement(forecast.origin, 1.0)])
    with pytest.raises(ScenarioRefused, match="no amount"):
        apply(forecast, [Movement(forecast.dates[0], float("inf"))])


def test_what_goes_on_beyond_the_calendar_is_left_out(forecast: Forecast) -> None:
    day = dt.date(9999, 12, 31)
    never = LatePayment((ExpectedPayment(day, 500_000, "C1", "Client", "F1", False),), 30)
    changes = [Loan(day, 10_000, mois=600, taux=0.06), Investment(day, 1.0, 1.0, 600), Movement(day, 1.0, 600), never]
    assert np.array_equal(apply(forecast, changes).solde.mean, forecast.solde.mean)
