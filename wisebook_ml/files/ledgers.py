"""Ledgers in files: a FEC, or entry events one a line (JSON Lines)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from schemas import Ecriture, Tick
from topics import ENTRIES
from wisebook_ml.fec import read_fec
from wisebook_ml.fec.findings import REJECTING
from wisebook_ml.messaging.publishing import closing_tick

__all__ = ["LedgerFile", "read_events", "read_ledger"]

EVENTS_SUFFIX = ".jsonl"

MAX_LINE = ENTRIES.max_message_bytes
"""Longest line that can be an entry: a longer one would not fit the topic, and is passed over without being held."""


@dataclass(slots=True)
class LedgerFile:
    """A ledger read from a file.

    Attributes
    ----------
    entries : list of Ecriture
        In the order of the file.
    rejected : list of str
        Lines that are no entry, or no line of one: file, line and reason.
    summary : str
        What a FEC's report says in a line.
    closing : Tick, optional
        What follows the entries where the file has all of a year.
    """

    entries: list[Ecriture] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    summary: str = ""
    closing: Tick | None = None


def read_events(path: Path) -> LedgerFile:
    """Read entry events, one a line; what is no entry is `rejected`, the rest goes on.

    Raises
    ------
    OSError
        Where the file cannot be read.
    """
    ledger = LedgerFile()
    decode = msgspec.json.Decoder(Ecriture).decode
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            if line is None:
                ledger.rejected.append(f"{path}:{number}: longer than {MAX_LINE:,} bytes, which no entry is")
            elif line.strip():
                try:
                    ledger.entries.append(decode(line))
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    ledger.rejected.append(f"{path}:{number}: {error}")
    return ledger


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield lines; None for one that is too long, of which only a piece at a time is held."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) <= MAX_LINE:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE + 1)
        yield None


def read_ledger(path: Path, societe_id: int) -> LedgerFile:
    """Read a FEC, or entry events (``.jsonl``).

    Raises
    ------
    NotAFecError, OSError
        Where the file cannot be read as a ledger.
    """
    if path.suffix == EVENTS_SUFFIX:
        return read_events(path)
    fec = read_fec(path, societe_id=societe_id)
    report = fec.report
    rejected = [f"{path}:{found.line}: {found.message('en')}" for found in report.findings if found.code in REJECTING]
    summary = f"debit {report.debit}, credit {report.credit}"
    entries = list(fec)
    return LedgerFile(entries, rejected, summary, closing_tick(entries))
