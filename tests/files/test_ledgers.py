"""Ledgers in files, as the offline commands read them."""

from pathlib import Path

import msgspec
import pytest

from schemas import Ecriture
from wisebook_ml.files import ledgers
from wisebook_ml.files.ledgers import read_events, read_ledger
from wisebook_ml.generator import generate_ledger


@pytest.fixture(scope="module")
def entries() -> list[Ecriture]:
    return generate_ledger(entries=60, seed=1).events[:20]


def written(path: Path, *lines: Ecriture | bytes) -> Path:
    """Write lines, with the blank one at the end that editors add."""
    path.write_bytes(b"".join((x if isinstance(x, bytes) else msgspec.json.encode(x)) + b"\n" for x in lines) + b"\n")
    return path


def test_events_come_back_as_they_were_written(tmp_path: Path, entries: list[Ecriture]) -> None:
    ledger = read_ledger(written(tmp_path / "books.jsonl", *entries), societe_id=1)
    assert ledger.entries == entries
    assert ledger.rejected == []


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b'{"later":' + b"[" * 100_000, b'{"societe_id": "one"}', b"no json", b'{"x": "\xff"}']
)
def test_a_line_that_is_no_entry_is_named_and_the_rest_goes_on(
    tmp_path: Path, entries: list[Ecriture], line: bytes
) -> None:
    path = written(tmp_path / "books.jsonl", entries[0], line, entries[1])
    ledger = read_events(path)
    assert ledger.entries == entries[:2]
    (reason,) = ledger.rejected
    assert reason.startswith(f"{path}:2: ")


@pytest.mark.parametrize("extra", [0, 1, 2, 1000, 5000])
def test_a_line_longer_than_any_entry_is_passed_over(
    tmp_path: Path, entries: list[Ecriture], extra: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever piece of it the reader ends with."""
    longest = max(len(msgspec.json.encode(entry)) for entry in entries[:2]) + 1
    monkeypatch.setattr(ledgers, "MAX_LINE", longest)
    ledger = read_events(written(tmp_path / "books.jsonl", entries[0], b"x" * (longest + extra), entries[1]))
    assert ledger.entries == entries[:2]
    assert len(ledger.rejected) == 1
    assert ":2: longer than" in ledger.rejected[0]


def test_a_fec_comes_with_its_summary(tmp_path: Path) -> None:
    path = tmp_path / "732829320FEC20241231.txt"
    path.write_text(
        "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
        "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\n"
        "VE|Ventes|1|20240105|411000|Clients|C1|Café|F1|20240105|Vente|120,00|0,00|||20240131||\n"
        "VE|Ventes|1|20240105|707000|Ventes|||F1|20240105|Vente|0,00|120,00|||20240131||\n",
        "utf-8",
    )
    ledger = read_ledger(path, societe_id=7)
    assert [entry.societe_id for entry in ledger.entries] == [7]
    assert len(ledger.entries[0].lignes) == 2
    assert ledger.rejected == []
    assert "120" in ledger.summary
