"""Ledgers in files, as the offline commands read them."""

from pathlib import Path

import msgspec
import pytest

from schemas import Ecriture
from wisebook_ml.generator import generate_ledger
from wisebook_ml.files import LedgerFileError, read_events, read_ledger


def written(path: Path, entries: list[Ecriture]) -> Path:
    """Write events one a line, with the blank line at the end that editors add."""
    path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries) + b"\n")
    return path


def test_events_come_back_as_they_were_written(tmp_path: Path) -> None:
    entries = generate_ledger(entries=60, seed=1).events
    read, report = read_ledger(written(tmp_path / "books.jsonl", entries), societe_id=1)
    assert read == entries
    assert report is None, "events need no report: they are what the contract says"


def test_a_line_that_is_no_entry_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "books.jsonl", generate_ledger(entries=60, seed=1).events[:2])
    path.write_bytes(path.read_bytes().replace(b"\n\n", b'\n{"societe_id": 1}\n'))
    with pytest.raises(LedgerFileError, match=r"books\.jsonl, line 3: .*missing required field"):
        list(read_events(path))


@pytest.mark.parametrize("line", [b"\xff\xfe", b"[" * 100_000, b'{"societe_id": "one"}', b"no json"])
def test_garbage_is_a_ledger_file_error(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "books.jsonl"
    path.write_bytes(line)
    with pytest.raises(LedgerFileError, match="line 1"):
        list(read_events(path))


def test_a_fec_comes_with_its_report(tmp_path: Path) -> None:
    path = tmp_path / "732829320FEC20241231.txt"
    path.write_text(
        "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
        "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\n"
        "VE|Ventes|1|20240105|411000|Clients|C1|Café|F1|20240105|Vente|120,00|0,00|||20240131||\n"
        "VE|Ventes|1|20240105|707000|Ventes|||F1|20240105|Vente|0,00|120,00|||20240131||\n",
        "utf-8",
    )
    entries, report = read_ledger(path, societe_id=7)
    assert [entry.societe_id for entry in entries] == [7]
    assert len(entries[0].lignes) == 2
    assert report is not None
