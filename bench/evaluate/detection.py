"""Detection: planted anomalies through the real scoring core, beside baselines on the same entries."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.evaluate import Evaluation
from bench.evaluate.detections.books import HIGH, LOW, ORDERS, generated_jobs, measured, real_jobs
from bench.evaluate.detections.figures import mean_of
from bench.evaluate.detections.measure import MeasuredBook
from bench.evaluate.detections.report import ranked_by_us, report, table_of_kinds, table_of_misses
from bench.results import line_of
from wisebook_ml.fec import NotAFecError

__all__ = ["run"]

GENERATED = "detection.generated"
PRECISION_GENERATED, PRECISION_REAL = 0.80, 0.60
"""Targets of the average precision over all kinds."""


def run(evaluation: Evaluation) -> None:
    """Measure on generated books, then on the real ledgers there are."""
    books = _generated(evaluation)
    real: list[MeasuredBook] = []
    folder = None if evaluation.data is None else evaluation.data / "fec"
    paths = sorted(folder.glob("*.[tT][xX][tT]")) if folder is not None and folder.is_dir() else []
    if not paths:
        evaluation.results.add(
            line_of("detection.real", None, "", error="no fec/*.txt in the data folder: passed over")
        )
    for path in paths:
        try:
            real += _real(evaluation, path)
        except NotAFecError as error:
            evaluation.results.add(line_of(f"detection.{path.stem}", None, "", error=str(error)))
    if evaluation.pictures is not None:
        from bench.evaluate.detections.pictures import draw

        draw(evaluation.pictures, books, real, evaluation.seed)


def _generated(evaluation: Evaluation) -> list[MeasuredBook]:
    jobs = generated_jobs(evaluation.seed, quick=evaluation.quick)
    books = list(measured(jobs))
    with_model = [book for book, job in zip(books, jobs, strict=True) if job.model]
    _report(evaluation, GENERATED, with_model, PRECISION_GENERATED)
    for group in dict.fromkeys(book.group for book in books):
        figure = mean_of(
            [book for book in books if book.group == group and book.rate == HIGH], ranked_by_us, evaluation.seed
        )
        name = f"{GENERATED}.size.{group}.average_precision"
        evaluation.results.add(line_of(name, figure.value, "", low=figure.low, high=figure.high, n=figure.n))
    return with_model


def _real(evaluation: Evaluation, path: Path) -> list[MeasuredBook]:
    books = list(measured(real_jobs(path, evaluation.seed, quick=evaluation.quick)))
    for order in ORDERS:
        name = f"detection.{path.stem}.by_{order}"
        _report(evaluation, name, [book for book in books if book.group == order], PRECISION_REAL)
    return books


def _report(evaluation: Evaluation, name: str, books: Sequence[MeasuredBook], precision: float) -> None:
    report(
        evaluation.results,
        name,
        [book for book in books if book.rate == HIGH],
        [book for book in books if book.rate == LOW],
        [book for book in books if not book.rate],
        precision=precision,
        seed=evaluation.seed,
    )
    print(table_of_kinds(evaluation.results, name), file=sys.stderr)
    print(table_of_misses([book for book in books if book.rate]), file=sys.stderr)
