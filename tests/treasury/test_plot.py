"""A forecast can be drawn, and what is drawn can be read."""

import datetime as dt
from html import unescape
from pathlib import Path

import pytest

from wisebook_ml.controls.texts import NARROW_SPACE
from wisebook_ml.treasury.forecasting.forecast import Forecast
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.plot import draw_forecast
from wisebook_ml.treasury.scenarios import Movement, apply
from wisebook_ml.treasury.series import DailySeries


@pytest.fixture(scope="module")
def forecast(model: TreasuryModel, history: DailySeries) -> Forecast:
    pytest.importorskip("matplotlib")
    return model.forecast(history.until(model.learnt_until))


def drawn(
    history: DailySeries, forecast: Forecast, path: Path, lang: str, plancher: float, changed: Forecast | None = None
) -> str:
    """Return the texts of a picture."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none"}):  # letters as letters, not as outlines
        draw_forecast(history, forecast, path, plancher=plancher, changed=changed, lang=lang)
    return unescape(path.read_text()).replace(NARROW_SPACE, " ")


def test_a_picture_is_written(forecast: Forecast, history: DailySeries, tmp_path: Path) -> None:
    path = tmp_path / "forecast.png"
    draw_forecast(history, forecast, path, plancher=40_000.0)
    assert path.stat().st_size > 20_000


def test_a_french_reader_is_told_units_months_intervals_and_risk(
    forecast: Forecast, history: DailySeries, tmp_path: Path
) -> None:
    said = drawn(history, forecast, tmp_path / "f.svg", "fr", 40_000.0)
    month = forecast.dates[40].replace(day=1)
    for expected in (
        "trésorerie prévue à 90 jours",
        "tous les comptes",
        f"prévision faite au {forecast.origin:%d/%m/%Y}",
        "plancher 40 000 €",
        "intervalle à 80 %",
        "intervalle à 95 %",
        "constaté",
        f"{forecast.dates[-1]:%d/%m/%Y}",
        "€)",
        f" {month.year}",
        "URSSAF",
    ):
        assert expected in said, expected


def test_an_english_reader_too(forecast: Forecast, history: DailySeries, tmp_path: Path) -> None:
    said = drawn(history, forecast, tmp_path / "f.svg", "en", 40_000.0)
    for expected in ("cash forecast for 90 days", "floor €40,000", "80 % interval", forecast.origin.isoformat()):
        assert expected in said, expected
    assert "prév" not in said


def test_the_day_by_which_the_floor_is_probably_passed_is_told(
    forecast: Forecast, history: DailySeries, tmp_path: Path
) -> None:
    day = forecast.dates[30]
    changed = apply(forecast, [Movement(day, -10 * abs(forecast.solde_initial) - 1_000_000)])
    said = drawn(history, forecast, tmp_path / "s.svg", "fr", forecast.solde_initial - 1e6, changed)
    assert "Avec le scénario, risque" in said
    late = day + dt.timedelta(days=7)  # what moves, moves on the next day on which anything does
    told = (f"probable à partir du {day + dt.timedelta(days=at):%d/%m/%Y}" for at in range((late - day).days))
    assert any(one in said for one in told)


def test_the_same_forecast_is_the_same_file(forecast: Forecast, history: DailySeries, tmp_path: Path) -> None:
    paths = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for path in paths:
        draw_forecast(history, forecast, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
