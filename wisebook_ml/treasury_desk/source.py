"""Where a company's cash is read from: its positions, or else its books."""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from schemas import Echeancier, Ecriture, PositionTresorerie, SourcePosition
from topics import ENTRIES, TREASURY
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import collect
from wisebook_ml.treasury.books.as_of import attendus_of
from wisebook_ml.treasury.books.cash_book import Untold
from wisebook_ml.treasury.books.from_entries import derived_positions
from wisebook_ml.treasury.books.schedules import Schedules
from wisebook_ml.treasury.exceptions import NotEnoughHistory, PositionRefused
from wisebook_ml.treasury.positions import PositionBook
from wisebook_ml.treasury.series import ALL_ACCOUNTS, DailySeries, series_from_book

__all__ = ["Cash", "cash_from_entries", "cash_from_positions", "cash_from_topics", "complete_until", "series_of"]

BOOKS_IN = "EUR"
"""The currency of books."""


@dataclass(slots=True)
class Cash:
    """What is known of a company's cash.

    Attributes
    ----------
    book : PositionBook
        Its positions.
    entries : sequence of Ecriture
        Its books, as far as they were asked for or needed.
    rejected : list of str
        Lines and positions that are none, with the reason.
    derived : bool
        Whether the positions come from the books.
    echeanciers : sequence of Echeancier
        What the role `cash` has told of the books, evening by evening.
    """

    book: PositionBook
    entries: Sequence[Ecriture] = ()
    rejected: list[str] = field(default_factory=list)
    derived: bool = False
    echeanciers: Sequence[Echeancier] = ()


def cash_from_topics(societe_id: int, settings: Settings, *, books: bool, lang: str = "en") -> Cash:
    """Return what the topics tell; the books are read where they are asked for, or there are no positions.

    Positions that were derived from the books in the stream count where banks say nothing.

    Raises
    ------
    ConnectError, ReadError
        Where the topics cannot be read.
    NotEnoughHistory
        Where they tell nothing of the company.
    """
    bootstrap = reach_broker(settings)
    read = collect(bootstrap, settings.topic_prefix, societe_id, [TREASURY, ENTRIES] if books else [TREASURY])
    known = read.companies.get(societe_id)
    positions = known.positions if known else ()
    entries = known.entries if known else ()
    if positions:
        cash = cash_from_positions(societe_id, positions, entries, lang=lang)
        cash.echeanciers = known.echeanciers if known else ()
        return cash
    if not books:
        known = collect(bootstrap, settings.topic_prefix, societe_id, [ENTRIES]).companies.get(societe_id)
        entries = known.entries if known else ()
    if not entries:
        raise NotEnoughHistory(
            f"company {societe_id} has no positions on {TREASURY.full_name(settings.topic_prefix)}, and no entries on "
            f"{ENTRIES.full_name(settings.topic_prefix)} that they could be derived from; publish some with "
            "`wisebook-ml publish treasury FILE`",
            f"la société {societe_id} n'a ni positions sur {TREASURY.full_name(settings.topic_prefix)}, ni sur "
            f"{ENTRIES.full_name(settings.topic_prefix)} des écritures dont les tirer ; en publier avec "
            "`wisebook-ml publish treasury FILE`",
        )
    return cash_from_entries(societe_id, entries, lang=lang)


def cash_from_positions(
    societe_id: int,
    positions: Sequence[PositionTresorerie],
    entries: Sequence[Ecriture] = (),
    rejected: Sequence[str] = (),
    lang: str = "en",
) -> Cash:
    """Return positions as a book; what it refuses is told with the lines that were no positions."""
    book, today = PositionBook(societe_id), utc_now().date()
    told = list(rejected)
    for one in positions:
        try:
            book.take(one, today)
        except PositionRefused as error:
            told.append(error.message(lang))
    derived = all(one.source is SourcePosition.COMPTABILITE for one in positions)
    return Cash(book, entries, told, derived)


def series_of(cash: Cash, *, devise: str = BOOKS_IN, compte: str = ALL_ACCOUNTS) -> DailySeries:
    """Return the days of an account, or of all of a currency, with what the books let expect, as far as there are any.

    The books themselves tell of all past evenings; what the role `cash` has told of them, of those that it saw.

    Raises
    ------
    NotEnoughHistory
        Where there is no such account.
    """
    series = series_from_book(cash.book, devise=devise, compte=compte)
    if cash.entries and devise == BOOKS_IN:
        return series.expecting(attendus_of(cash.entries, series.first, series.last))
    schedules = Schedules()
    for one in cash.echeanciers:
        if one.devise == devise:
            with suppress(PositionRefused):  # a dead letter of the role treasury has told why
                schedules.take(one)
    return series.expecting(schedules.attendus())


def cash_from_entries(
    societe_id: int, entries: Sequence[Ecriture], rejected: Sequence[str] = (), lang: str = "en"
) -> Cash:
    """Return positions as the class 5 lines of the books tell them.

    Raises
    ------
    NotEnoughHistory
        Where they have none.
    """
    found = derived_positions(entries, complete_until(entries))
    told = [*rejected, *(one.message(lang) for one in found if isinstance(one, Untold))]
    positions = [one for one in found if isinstance(one, PositionTresorerie)]
    cash = cash_from_positions(societe_id, positions, entries, told, lang)
    if not cash.book.accounts:
        raise NotEnoughHistory(
            f"company {societe_id}: none of its {len(entries)} entries has a line of a cash account (512, 514, 517, "
            "53), which its positions could be derived from; publish them with `wisebook-ml publish treasury FILE`",
            f"société {societe_id} : aucune de ses {len(entries)} écritures n'a de ligne d'un compte de trésorerie "
            "(512, 514, 517, 53) dont tirer les positions ; les publier avec `wisebook-ml publish treasury FILE`",
        )
    return cash


def complete_until(entries: Sequence[Ecriture]) -> dt.date:
    """Return the last day that books know of: that of the last entry made, where they say when, and never to come.

    The last date of an entry alone could be a year mistyped.
    """
    made = [entry.saisie_le.date() for entry in entries if entry.saisie_le is not None]
    return min(max(made or [entry.ecriture_date for entry in entries]), utc_now().date())
