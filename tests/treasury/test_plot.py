"""A forecast can be drawn."""

from pathlib import Path

import pytest

from wisebook_ml.treasury.model import TreasuryModel
from wisebook_ml.treasury.plot import draw_forecast
from wisebook_ml.treasury.series import DailySeries


def test_a_picture_is_written(model: TreasuryModel, history: DailySeries, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "forecast.png"
    draw_forecast(history, model.forecast(history.until(model.learnt_until)), path, plancher=40_000.0)
    assert path.stat().st_size > 20_000
