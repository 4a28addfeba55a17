"""Where the treasury commands take a company's cash from: its positions, or else its books."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from schemas import Ecriture, PositionTresorerie
from topics import ENTRIES, TREASURY
from wisebook_ml.clock import utc_now
from wisebook_ml.fec import NotAFecError
from wisebook_ml.files import read_ledger
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.record_files import read_positions
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import collect
from wisebook_ml.treasury.exceptions import NotEnoughHistory, PositionRefused
from wisebook_ml.treasury.from_entries import positions_from_entries
from wisebook_ml.treasury.positions import PositionBook

__all__ = ["Cash", "cash_from_files", "cash_from_topics"]


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
    """

    book: PositionBook
    entries: Sequence[Ecriture] = ()
    rejected: list[str] = field(default_factory=list)
    derived: bool = False


def cash_from_files(societe_id: int, positions: Path | None, ledger: Path | None) -> Cash:
    """Return what files tell: one of positions, or of the books, or both.

    Raises
    ------
    click.ClickException
        Where a file cannot be read, or tells nothing of the company.
    """
    entries: list[Ecriture] = []
    rejected: list[str] = []
    try:
        if ledger is not None:
            read = read_ledger(ledger, societe_id)
            entries = [entry for entry in read.entries if entry.societe_id == societe_id]
            rejected += read.rejected
            if not entries:
                raise click.ClickException(_none_of(ledger, "entries", societe_id, read.entries))
        if positions is None:
            return _derived(societe_id, entries, rejected)
        found = read_positions(positions, societe_id)
    except NotAFecError as error:
        raise click.ClickException(error.message("en")) from error
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    own = [one for one in found.records if one.societe_id == societe_id]
    if not own:
        why = f"; its first line that is none: {found.rejected[0]}" if found.rejected else ""
        raise click.ClickException(_none_of(positions, "positions", societe_id, found.records) + why)
    return _booked(societe_id, own, entries, rejected + found.rejected)


def cash_from_topics(societe_id: int, settings: Settings, *, books: bool) -> Cash:
    """Return what the topics tell; the books are read where they are asked for, or there are no positions.

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
        return _booked(societe_id, positions, entries, [])
    if not books:
        known = collect(bootstrap, settings.topic_prefix, societe_id, [ENTRIES]).companies.get(societe_id)
        entries = known.entries if known else ()
    if not entries:
        raise NotEnoughHistory(
            f"company {societe_id} has no positions on {TREASURY.full_name(settings.topic_prefix)}, and no entries on "
            f"{ENTRIES.full_name(settings.topic_prefix)} that they could be derived from; publish some with "
            "`wisebook-ml publish treasury FILE`, or name a file with --file"
        )
    return _derived(societe_id, entries, [])


def _booked(
    societe_id: int, positions: Sequence[PositionTresorerie], entries: Sequence[Ecriture], rejected: list[str]
) -> Cash:
    """Return positions as a book; what it refuses is told with the lines that were no positions."""
    book, today = PositionBook(societe_id), utc_now().date()
    for one in positions:
        try:
            book.take(one, today)
        except PositionRefused as error:
            rejected.append(str(error))
    return Cash(book, entries, rejected)


def _derived(societe_id: int, entries: Sequence[Ecriture], rejected: list[str]) -> Cash:
    """Return positions as the class 5 lines of the books tell them."""
    cash = _booked(societe_id, positions_from_entries(entries, _complete_until(entries)), entries, rejected)
    cash.derived = True
    if not cash.book.accounts:
        raise NotEnoughHistory(
            f"company {societe_id}: none of its {len(entries)} entries has a line of a cash account (512, 514, 517, "
            "53), which its positions could be derived from; publish them with `wisebook-ml publish treasury FILE`"
        )
    return cash


def _complete_until(entries: Sequence[Ecriture]) -> dt.date:
    """Return the last day that books know of: that of the last entry made, where they say when, and never to come.

    The last date of an entry alone could be a year mistyped.
    """
    made = [entry.saisie_le.date() for entry in entries if entry.saisie_le is not None]
    return min(max(made or [entry.ecriture_date for entry in entries]), utc_now().date())


def _none_of(path: Path, what: str, societe_id: int, records: Sequence[Ecriture] | Sequence[PositionTresorerie]) -> str:
    others = sorted({record.societe_id for record in records})
    there = f"; it has those of {', '.join(map(str, others[:10]))}" if others else ""
    return f"{path}: no {what} of company {societe_id}{there}"
