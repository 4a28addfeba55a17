"""Generated companies: the same measures on flows that are rare and lumpy, as those of small companies are."""

import time
from collections.abc import Iterator

from bench.evaluate import Evaluation
from bench.evaluate.treasury.report import report, report_targets
from bench.evaluate.treasury.rolling import Errors, roll_series
from bench.results import line_of
from schemas import PositionTresorerie
from wisebook_ml.generator import generate_ledger, treasury_positions
from wisebook_ml.treasury.books.as_of import attendus_of
from wisebook_ml.treasury.positions import PositionBook
from wisebook_ml.treasury.series import DailySeries, series_from_book

__all__ = ["COUNTRY", "generated_positions", "generated_series", "run"]

COMPANIES, QUICK_COMPANIES = 6, 2
ENTRIES = (3_000, 6_000, 12_000)
"""Sizes of the books, in turn."""

YEARS = 4
COUNTRY = "FR"


def generated_series(count: int, seed: int, *, years: int = YEARS) -> Iterator[DailySeries]:
    """Yield generated companies until the end of their last year: all accounts, and what their books let expect."""
    for at in range(count):
        ledger = generate_ledger(entries=ENTRIES[at % len(ENTRIES)], seed=seed + at, years=years)
        positions = treasury_positions(ledger.publications, seed=seed + at)
        book = PositionBook(positions[0].societe_id)
        for one in positions:
            book.take(one, one.date)
        series = series_from_book(book)
        yield series.expecting(attendus_of(ledger.events, series.first, series.last))


def generated_positions(entries: int, seed: int, years: int) -> list[PositionTresorerie]:
    """Return the positions of a generated company, until the last day of its last year."""
    return treasury_positions(generate_ledger(entries=entries, seed=seed, years=years).publications, seed=seed)


def run(evaluation: Evaluation) -> None:
    """Score all companies together."""
    begun = time.monotonic()
    count = QUICK_COMPANIES if evaluation.quick else COMPANIES
    sums: dict[tuple[str, str, str], Errors] = {}
    chosen: dict[str, int] = {}
    for series in generated_series(count, evaluation.seed):
        rolled = roll_series(series, COUNTRY)
        if evaluation.pictures is not None and not sums:
            from bench.evaluate.treasury.pictures import draw_fan

            evaluation.pictures.mkdir(parents=True, exist_ok=True)
            draw_fan(rolled, evaluation.pictures / "treasury-forecast.svg")
        for key, errors in rolled.errors.items():
            sums.setdefault(key, Errors()).add(errors)
        for name, times in rolled.chosen.items():
            chosen[name] = chosen.get(name, 0) + times
    details = {"companies": count, "seconds": round(time.monotonic() - begun)}
    report(evaluation.results, "treasury.generated", sums, details)
    report_targets(evaluation.results, "treasury.generated", sums)
    evaluation.results.add(line_of("treasury.generated.choices", float(len(chosen)), "choices", made=chosen))
