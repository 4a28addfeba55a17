"""Detection: planted anomalies through the real scoring core, beside baselines on the same entries."""

import sys

from bench.evaluate import Evaluation
from bench.evaluate.detections.books import HIGH, LOW, generated_jobs, measured
from bench.evaluate.detections.figures import mean_of
from bench.evaluate.detections.report import ALERTS_GENERATED, ranked_by_us, report, table_of_kinds, table_of_misses
from bench.results import line_of

__all__ = ["run"]

GENERATED = "detection.generated"
PRECISION_GENERATED, PRECISION_REAL = 0.80, 0.60


def run(evaluation: Evaluation) -> None:
    """Measure on generated books, then on the real ledgers there are."""
    jobs = generated_jobs(evaluation.seed, quick=evaluation.quick)
    books = list(measured(jobs))
    with_model = [book for book, job in zip(books, jobs, strict=True) if job.model]
    report(
        evaluation.results,
        GENERATED,
        [book for book in with_model if book.rate == HIGH],
        [book for book in with_model if book.rate == LOW],
        [book for book in with_model if not book.rate],
        precision=PRECISION_GENERATED,
        alerts=ALERTS_GENERATED,
        seed=evaluation.seed,
    )
    for group in dict.fromkeys(book.group for book in books):
        figure = mean_of(
            [book for book in books if book.group == group and book.rate == HIGH], ranked_by_us, evaluation.seed
        )
        name = f"{GENERATED}.size.{group}.average_precision"
        evaluation.results.add(line_of(name, figure.value, "", low=figure.low, high=figure.high, n=figure.count))
    print(table_of_kinds(evaluation.results, GENERATED), file=sys.stderr)
    print(table_of_misses([book for book in with_model if book.rate]), file=sys.stderr)
