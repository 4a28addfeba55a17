"""A report can be drawn."""

from pathlib import Path

import numpy as np
import pytest

from tests.drift.conftest import DAY, rows, sketch
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.plot import draw_report
from wisebook_ml.drift.report import record_of


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_picture_is_written(monitor: Monitor, tmp_path: Path, lang: str) -> None:
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(1)
    quiet, day = rows(rng), rows(rng)
    day["x00"] = day["x00"] + 0.4
    day["x01"][rng.random(DAY) < 0.2] = np.nan
    day["c0"][rng.random(DAY) < 0.1] = "ZZ"
    sizes = []
    for columns in (quiet, day):
        report = monitor.check([sketch(monitor, columns)])
        path = tmp_path / f"{len(sizes)}.png"
        draw_report(record_of(report, modele_id=1, societe_id=1, version=1, threshold=0.1), path, lang=lang)
        sizes.append(path.stat().st_size)
    assert sizes[1] > 20_000 > sizes[0] > 1_000
