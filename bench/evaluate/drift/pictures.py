"""A report with some planted drifts, as people see it."""

from pathlib import Path

import numpy as np

from bench.evaluate.drift.data import Rows
from bench.evaluate.drift.rolling import DAY, LONGEST, drawn, reference, seeded, sketch_of
from wisebook_ml.drift.plot import draw_report
from wisebook_ml.drift.report import record_of

__all__ = ["draw"]


def draw(folder: Path, rows: Rows, seed: int) -> None:
    """Draw `drift-report.svg`: larger amounts, a new journal, missing labels, wider shares of VAT."""
    rng = seeded(seed, 8)
    monitor, days = reference(rows.table, rng), []
    for day in range(LONGEST):
        table = drawn(rows.table, DAY, rng)
        if day >= LONGEST - 3:
            table["montant"] = table["montant"] + np.log10(1.5)
            table["part_tva"] = table["part_tva"].mean() + 1.8 * (table["part_tva"] - table["part_tva"].mean())
            table["journal_code"] = np.where(rng.random(DAY) < 0.06, "NOUVEAU", table["journal_code"])
            table["longueur_libelle"] = np.where(rng.random(DAY) < 0.15, np.nan, table["longueur_libelle"])
        days.append(sketch_of(monitor, table))
    report = monitor.check(days)
    record = record_of(report, modele_id=7, societe_id=3, version=2, threshold=monitor.thresholds.precision)
    draw_report(record, folder / "drift-report.svg")
