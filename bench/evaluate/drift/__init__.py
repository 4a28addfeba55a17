"""Drift: false alarms on stable days, recall and delay of planted drift, beside Evidently and river by itself.

`make evaluate-drift` runs it; see `docs/drift.md`. Days of 300 entries are drawn from the rows of generated ledgers,
and with data from those of a real one; then those of a generated year are taken as they come.
"""

from bench.evaluate import Evaluation
from bench.evaluate.drift.data import Rows, generated_table, real_table
from bench.evaluate.drift.evidently_beside import report_evidently
from bench.evaluate.drift.planted import report_planted
from bench.evaluate.drift.seasons import report_seasons
from bench.evaluate.drift.speed import report_speed
from bench.evaluate.drift.stable import report_stable
from bench.results import line_of
from wisebook_ml.fec import NotAFecError

__all__ = ["run"]

ENTRIES, QUICK_ENTRIES = 20_000, 4_000

MIN_ROWS = 1_000
"""Rows of a real ledger to draw days from."""


def run(evaluation: Evaluation) -> None:
    """Measure all of it."""
    rows = generated_table(QUICK_ENTRIES if evaluation.quick else ENTRIES, evaluation.seed)
    report_speed(evaluation.results, rows, evaluation.seed)
    if evaluation.pictures is not None:
        from bench.evaluate.drift.pictures import draw

        draw(evaluation.pictures, rows, evaluation.seed)
    _measure(evaluation, "generated", rows)
    folder = None if evaluation.data is None else evaluation.data / "fec"
    paths = sorted(folder.glob("*.[tT][xX][tT]")) if folder is not None and folder.is_dir() else []
    if not paths:
        evaluation.results.add(line_of("drift.real", None, "", error="no fec/*.txt in the data folder: passed over"))
    for path in paths:
        try:
            rows = real_table(path)
        except NotAFecError as error:
            evaluation.results.add(line_of(f"drift.{path.stem}", None, "", error=str(error)))
            continue
        if len(rows) < MIN_ROWS:
            few = f"{len(rows)} rows, fewer than {MIN_ROWS}: passed over"
            evaluation.results.add(line_of(f"drift.{path.stem}", None, "", error=few))
            continue
        _measure(evaluation, path.stem, rows)
    report_seasons(evaluation.results, evaluation.seed, quick=evaluation.quick)


def _measure(evaluation: Evaluation, name: str, rows: Rows) -> None:
    report_stable(evaluation.results, name, rows, evaluation.seed, quick=evaluation.quick)
    report_planted(evaluation.results, name, rows, evaluation.seed, quick=evaluation.quick)
    report_evidently(evaluation.results, name, rows, evaluation.seed, quick=evaluation.quick)
