"""The state of a partition's treasury as bytes: what positions cannot be asked for again, and nothing that follows.

Models are not among it: what each has learnt from is, and it learns the same again when it is first needed. So loading
runs no code, and no model of another version is trusted.
"""

import datetime as dt

import msgspec
import numpy as np

from wisebook_ml.treasury.books.expected import Attendus
from wisebook_ml.treasury.books.schedules import KeptEvening
from wisebook_ml.treasury.currency import CurrencyFold
from wisebook_ml.treasury.findings import Told
from wisebook_ml.treasury.forecasting.learning import Learning, Lesson, Start
from wisebook_ml.treasury.forecasting.promoted import Promoted
from wisebook_ml.treasury.positions import DayPosition, PositionBook
from wisebook_ml.treasury.series import DailySeries
from wisebook_ml.treasury.verdict import Missing, Watch

__all__ = ["KeptCompany", "KeptFold", "book_of", "keep_book", "keep_fold", "keep_lesson", "restore_fold"]

Row = tuple[int, int, int, int, int]
"""Ordinal of the day, balance, receipts, payments, revision."""


class KeptSeries(msgspec.Struct, array_like=True):
    """A `DailySeries`."""

    societe_id: int
    compte: str
    devise: str
    first: dt.date
    amounts: list[bytes]
    observed: bytes
    attendus: list[bytes] | None = None


class KeptLesson(msgspec.Struct, array_like=True):
    """A `Lesson`."""

    series: KeptSeries
    pays: str
    promoted: tuple[Promoted, ...] = ()


class KeptWatch(msgspec.Struct, array_like=True):
    """A `Watch`."""

    missing: list[tuple[str, dt.date, float]]
    outside: list[bool]


class KeptFold(msgspec.Struct, array_like=True):
    """A `CurrencyFold`."""

    devise: str
    frontier: dt.date | None
    version: int
    new_days: int
    wait: int
    drifting: bool
    published: bool
    learnt: KeptLesson | None
    coming: KeptLesson | None
    watches: tuple[KeptWatch, KeptWatch]
    schedules: list[KeptEvening] = []


class KeptCompany(msgspec.Struct, array_like=True):
    """A company: positions, folds by currency, what was told, promoted versions, whether banks tell its positions."""

    societe_id: int
    accounts: list[tuple[str, str, list[Row]]]
    folds: list[KeptFold]
    told: dict[str, Told]
    promoted: list[Promoted] = []
    banked: bool = False


def keep_book(book: PositionBook) -> list[tuple[str, str, list[Row]]]:
    """Return a book's rows."""
    return [
        (
            account,
            book.currencies[account],
            [(day.toordinal(), one.solde, one.entrees, one.sorties, one.revision) for day, one in days.items()],
        )
        for account, days in book.accounts.items()
    ]


def book_of(kept: KeptCompany) -> PositionBook:
    """Return the book that rows were kept of."""
    book = PositionBook(kept.societe_id)
    for account, devise, rows in kept.accounts:
        book.currencies[account] = devise
        book.accounts[account] = {dt.date.fromordinal(day): DayPosition(*amounts) for day, *amounts in rows}
    return book


def keep_fold(devise: str, fold: CurrencyFold) -> KeptFold:
    """Return what is kept of a fold."""
    return KeptFold(
        devise,
        fold.frontier,
        fold.version,
        fold.new_days,
        fold.wait,
        fold.drifting,
        fold.published,
        None if fold.learnt is None else keep_lesson(fold.learnt.lesson),
        None if fold.coming is None else keep_lesson(fold.coming.lesson),
        (_kept_watch(fold.watch), _kept_watch(fold.watch_before)),
        fold.schedules.kept(),
    )


def restore_fold(fold: CurrencyFold, kept: KeptFold, start: Start) -> None:
    """Have a new fold become the one that was kept. Nothing learns before it is needed."""
    fold.frontier, fold.version = kept.frontier, kept.version
    fold.new_days, fold.wait = kept.new_days, kept.wait
    fold.drifting, fold.published = kept.drifting, kept.published
    fold.learnt = None if kept.learnt is None else Learning(_lesson(kept.learnt), start)
    fold.coming = None if kept.coming is None else Learning(_lesson(kept.coming), start)
    fold.watch, fold.watch_before = (_watch(one) for one in kept.watches)
    fold.schedules.restore(kept.schedules)


def keep_lesson(lesson: Lesson) -> KeptLesson:
    """Return what is kept of a lesson: all of it."""
    return KeptLesson(_kept(lesson.series), lesson.pays, lesson.promoted)


def _lesson(kept: KeptLesson) -> Lesson:
    return Lesson(_series(kept.series), kept.pays, kept.promoted)


def _kept(series: DailySeries) -> KeptSeries:
    amounts = [values.tobytes() for values in (series.entrees, series.sorties, series.solde)]
    due = series.attendus
    attendus = None if due is None else [one.tobytes() for one in (due.evenings, due.starts, due.days, due.cents)]
    observed = series.observed.tobytes()
    return KeptSeries(series.societe_id, series.compte, series.devise, series.first, amounts, observed, attendus)


def _series(kept: KeptSeries) -> DailySeries:
    came, went, balance = (np.frombuffer(one, dtype=np.int64).copy() for one in kept.amounts)
    observed = np.frombuffer(kept.observed, dtype=np.bool_).copy()
    attendus = None
    if kept.attendus is not None:
        attendus = Attendus(*(np.frombuffer(one, dtype=np.int64).copy() for one in kept.attendus))
    return DailySeries(kept.societe_id, kept.compte, kept.devise, kept.first, came, went, balance, observed, attendus)


def _kept_watch(watch: Watch) -> KeptWatch:
    return KeptWatch([(one.flux, one.date, one.montant) for one in watch.missing], list(watch.outside))


def _watch(kept: KeptWatch) -> Watch:
    return Watch([Missing(*one) for one in kept.missing], list(kept.outside))
