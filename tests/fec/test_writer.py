import datetime as dt
from pathlib import Path

import pytest

from schemas import Ecriture, Ligne, Operation
from wisebook_ml.fec import FecWriteError, fec_file_name, read_fec, write_fec


def entry(**changes: object) -> Ecriture:
    fields = {
        "societe_id": 1,
        "ecriture_id": "2024:VE:1",
        "journal_code": "VE",
        "journal_lib": "Ventes",
        "ecriture_num": "1",
        "ecriture_date": dt.date(2024, 1, 5),
        "valid_date": dt.date(2024, 1, 31),
        "lignes": [
            Ligne(compte_num="411000", debit="12.5", piece_ref="F1", piece_date=dt.date(2024, 1, 4)),
            Ligne(compte_num="707000", credit="12.50", montant_devise="13.125", idevise="USD"),
        ],
    }
    return Ecriture(**(fields | changes))


def test_a_file_is_18_columns_tab_utf8_crlf_and_comma(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    assert write_fec([entry()], path) == 2
    header, first, second, rest = path.read_bytes().decode("utf-8").split("\r\n")
    assert header.split("\t")[0] == "JournalCode" and len(header.split("\t")) == 18
    assert first == "VE\tVentes\t1\t20240105\t411000\t\t\t\tF1\t20240104\t\t12,50\t0,00\t\t\t20240131\t\t"
    assert second.split("\t")[11:] == ["0,00", "12,50", "", "", "20240131", "13,125", "USD"]
    assert rest == ""


def test_separators_and_line_ends_inside_texts_do_not_break_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    write_fec([entry(journal_lib="a\tb|c\r\nd\u2028e")], path)
    (found,) = read_fec(path, societe_id=1)
    assert found.journal_lib == "a b c d e"


def test_deleted_entries_are_left_out(tmp_path: Path) -> None:
    assert write_fec([entry(operation=Operation.SUPPRESSION)], tmp_path / "x.txt") == 0


def test_a_broken_amount_names_the_entry_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    with pytest.raises(FecWriteError, match="2024:VE:1"):
        write_fec([entry(lignes=[Ligne(compte_num="411", debit="twelve")])], path)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_source_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    write_fec([entry()], path)
    before = path.read_bytes()

    def entries():
        yield entry()
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError):
        write_fec(entries(), path)
    assert path.read_bytes() == before


def test_file_name() -> None:
    assert fec_file_name("732 829 320", dt.date(2024, 12, 31)) == "732829320FEC20241231.txt"
    for wrong in ("", "12345678", "1234567890", "12345678A", "١٢٣٤٥٦٧٨٩"):
        with pytest.raises(ValueError, match="SIREN"):
            fec_file_name(wrong, dt.date(2024, 12, 31))
