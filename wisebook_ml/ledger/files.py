"""Ledgers in files: a FEC, or entry events one a line (JSON Lines)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from schemas import Ecriture
from wisebook_ml.fec import read_fec

__all__ = ["LedgerFileError", "read_events", "read_ledger"]

EVENTS_SUFFIX = ".jsonl"


class LedgerFileError(ValueError):
    """A line of an events file that is no entry; says which and why."""


def read_events(path: Path) -> Iterator[Ecriture]:
    """Read entry events, one a line.

    Raises
    ------
    LedgerFileError
        At the first line that is no entry.
    """
    decode = msgspec.json.Decoder(Ecriture).decode
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield decode(line)
                except (msgspec.MsgspecError, RecursionError) as error:
                    raise LedgerFileError(f"{path}, line {number}: {error}") from error


def read_ledger(
    path: Path, societe_id: int, on_progress: Callable[[int], None] | None = None
) -> tuple[list[Ecriture], dict[str, object] | None]:
    """Read a ledger file; for a FEC the second value is its report, as `FecReport.as_dict` gives it.

    Raises
    ------
    LedgerFileError, NotAFecError, OSError
        Where the file cannot be read as a ledger.
    """
    if path.suffix == EVENTS_SUFFIX:
        return list(read_events(path)), None
    fec = read_fec(path, societe_id=societe_id, on_progress=on_progress)
    return list(fec), fec.report.as_dict()
