"""What the treasury commands read from files instead of topics."""

from collections.abc import Sequence
from pathlib import Path

import click

from schemas import Ecriture, PositionTresorerie
from wisebook_ml.cli.cash_texts import TEXTS
from wisebook_ml.fec import NotAFecError
from wisebook_ml.files.ledgers import read_ledger
from wisebook_ml.files.records import read_positions
from wisebook_ml.treasury.exceptions import NotEnoughHistory
from wisebook_ml.treasury_desk.source import Cash, cash_from_entries, cash_from_positions

__all__ = ["cash_from_files"]


def cash_from_files(societe_id: int, positions: Path | None, ledger: Path | None, lang: str = "en") -> Cash:
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
                raise click.ClickException(_none_of(ledger, "entries", societe_id, read.entries, lang))
        if positions is None:
            return cash_from_entries(societe_id, entries, rejected, lang)
        found = read_positions(positions, societe_id, lang)
    except NotAFecError as error:
        raise click.ClickException(error.message(lang)) from error
    except NotEnoughHistory:
        raise
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    own = [one for one in found.records if one.societe_id == societe_id]
    if not own:
        why = str(TEXTS[lang]["first_wrong"]).format(found.rejected[0]) if found.rejected else ""
        raise click.ClickException(_none_of(positions, "positions", societe_id, found.records, lang) + why)
    return cash_from_positions(societe_id, own, entries, rejected + found.rejected, lang)


def _none_of(
    path: Path, what: str, societe_id: int, records: Sequence[Ecriture] | Sequence[PositionTresorerie], lang: str
) -> str:
    others = sorted({record.societe_id for record in records})
    there = str(TEXTS[lang]["of_others"]).format(", ".join(map(str, others[:10]))) if others else ""
    return str(TEXTS[lang][f"no_{what}"]).format(path=path, societe=societe_id) + there
