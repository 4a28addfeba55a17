"""Generated companies: the same measures on flows that are rare and lumpy, as those of small companies are."""

import datetime as dt
import time
from collections.abc import Iterator

from bench.evaluate import Evaluation
from bench.evaluate.treasury.report import report, report_targets
from bench.evaluate.treasury.rolling import Errors, roll_series
from bench.results import line_of
from wisebook_ml.generator import generate_ledger, treasury_positions
from wisebook_ml.treasury.positions import PositionBook
from wisebook_ml.treasury.series import DailySeries, series_from_book

__all__ = ["generated_series", "run"]

COMPANIES, QUICK_COMPANIES = 6, 3
ENTRIES = (3_000, 6_000, 12_000)
"""Sizes of the books, in turn."""

YEARS = 4
COUNTRY = "FR"


def generated_series(count: int, seed: int, *, years: int = YEARS) -> Iterator[DailySeries]:
    """Yield the positions of generated companies, all accounts together, until the last day of their last year."""
    for at in range(count):
        ledger = generate_ledger(entries=ENTRIES[at % len(ENTRIES)], seed=seed + at, years=years)
        positions = treasury_positions(ledger.publications, seed=seed + at)
        book = PositionBook(positions[0].societe_id)
        for one in positions:
            book.take(one, dt.date.max - dt.timedelta(days=2))
        series = series_from_book(book)
        # Publications go on after the books have ended; then nothing moves any more.
        yield series.until(dt.date(series.first.year + years - 1, 12, 31))


def run(evaluation: Evaluation) -> None:
    """Score all companies together."""
    begun = time.monotonic()
    count = QUICK_COMPANIES if evaluation.quick else COMPANIES
    sums: dict[tuple[str, str, str], Errors] = {}
    chosen: dict[str, int] = {}
    for series in generated_series(count, evaluation.seed):
        rolled = roll_series(series, COUNTRY)
        for key, errors in rolled.errors.items():
            sums.setdefault(key, Errors()).add(errors)
        for name, times in rolled.chosen.items():
            chosen[name] = chosen.get(name, 0) + times
    details = {"companies": count, "seconds": round(time.monotonic() - begun)}
    report(evaluation.results, "treasury.generated", sums, details)
    report_targets(evaluation.results, "treasury.generated", sums)
    evaluation.results.add(line_of("treasury.generated.choices", float(len(chosen)), "choices", made=chosen))
