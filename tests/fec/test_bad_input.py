"""What is no FEC, or a spoilt one: a message with file and line, the rest processed, nothing lost."""

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from wisebook_ml.fec import NotAFecError, read_fec
from wisebook_ml.fec.columns import HEADER
from wisebook_ml.fec.encoding import BLOCK


def office() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "not a FEC"),
        (b"\r\n\r\n  \r\n", "not a FEC"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (office(), "xlsx"),
        (gzip.compress(b"x", mtime=0), "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "xls"),
        (b"<?xml version='1.0'?><comptabilite/>", "XML"),
        (bytes(range(256)) * 20, "binary"),
        (b"\x7fELF" + bytes(1000), "binary"),
        (b"Dear Sir,\nplease find the ledger.\n", "not a FEC"),
        (b"a|b|c\n1|2|3\n", "not a FEC"),
        (" ".join(HEADER).encode(), "not separated"),
        ("~".join(HEADER).encode(), "not separated"),
        ("|".join(HEADER[:11]).encode(), "lacks Debit, Credit"),
        ("|".join(HEADER).encode("cp500"), "not a FEC|binary"),
    ],
)
def test_what_is_no_fec_says_so(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.txt"
    path.write_bytes(content)
    with pytest.raises(NotAFecError, match=reason) as caught:
        read_fec(path, societe_id=1)
    assert str(path) in str(caught.value)
    assert caught.value.message("fr") != caught.value.message("en")


def test_errors_of_the_file_system_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_fec(tmp_path / "none.txt", societe_id=1)
    with pytest.raises(IsADirectoryError):
        read_fec(tmp_path, societe_id=1)


def test_an_entry_that_loses_a_line_goes_on(lines, read) -> None:
    lines[1][12] = "a hundred"
    fec = read(lines)
    assert (fec.report.lines, fec.report.rejected, len(fec)) == (5, 1, 2)
    assert (fec.report.debit, fec.report.credit) == ("170.00", "70.00")
    sale = next(iter(fec))
    assert [ligne.compte_num for ligne in sale.lignes] == ["411000", "445710"]
    messages = {finding.code.value: finding for finding in fec.report.findings}
    assert messages["MONTANT_ILLISIBLE"].line == 3 and messages["MONTANT_ILLISIBLE"].value == "a hundred"
    assert messages["ECRITURE_INCOMPLETE"].value == "3"
    assert messages["ECRITURE_DESEQUILIBREE"].value == "100.00"


def test_without_numbers_too_the_entry_says_that_it_lost_a_line(lines, read) -> None:
    for fields in lines:
        fields[2] = ""
    lines[1][12] = "a hundred"
    report = read(lines).report
    assert report.findings_total["ECRITURE_INCOMPLETE"] == 1


def test_a_line_with_all_wrong_is_rejected_once_for_all_reasons(lines, read) -> None:
    lines[1][0] = lines[1][4] = lines[1][3] = ""
    lines[1][11] = lines[1][12] = "x"
    report = read(lines).report
    assert report.rejected == 1
    assert {f.code.value for f in report.findings if f.line == 3} == {
        "JOURNAL_ILLISIBLE",
        "COMPTE_ILLISIBLE",
        "DATE_ECRITURE",
        "MONTANT_ILLISIBLE",
    }


def test_a_line_cut_off_at_the_end_of_the_file(lines, write) -> None:
    path = write(lines)
    path.write_bytes(path.read_bytes()[:-20])
    report = read_fec(path, societe_id=1).report
    assert (report.lines, report.rejected) == (5, 1)
    assert report.findings_total["NOMBRE_CHAMPS"] == 1


def test_one_line_with_another_separator(lines, write) -> None:
    path = write(lines, separator="\t")
    content = path.read_bytes().splitlines(keepends=True)
    content[2] = content[2].replace(b"\t", b"|")
    path.write_bytes(b"".join(content))
    report = read_fec(path, societe_id=1).report
    assert (report.lines, report.rejected) == (5, 1)
    finding = next(f for f in report.findings if f.code == "NOMBRE_CHAMPS")
    assert finding.line == 3 and "separator" in finding.message_en


def test_a_line_in_another_encoding_is_read_and_reported(lines, write) -> None:
    for fields in lines:
        fields[10] = "Réglé à l'été"
    path = write(lines * 20)
    content = path.read_bytes().splitlines(keepends=True)
    content[2] = content[2].decode().encode("cp1252")
    path.write_bytes(b"".join(content))
    fec = read_fec(path, societe_id=1)
    assert fec.report.encoding == "UTF-8"
    assert [(f.code.value, f.line) for f in fec.report.findings] == [("CARACTERE_ILLISIBLE", 3)]
    assert {ligne.ecriture_lib for e in fec for ligne in e.lignes} == {"Réglé à l'été"}


def test_a_50_mb_line_is_rejected_in_bounded_memory(lines, write) -> None:
    path = write(lines)
    content = path.read_bytes()
    with path.open("wb") as file:
        file.write(content)
        for _ in range(50):
            file.write(b"x" * (1 << 20))
        file.write(b"\r\n" + "|".join(lines[3]).replace("|1|", "|2|").encode() + b"\r\n")
    tracemalloc.start()
    report = read_fec(path, societe_id=1).report
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * BLOCK
    assert (report.lines, report.rejected) == (7, 1)
    finding = next(f for f in report.findings if f.code == "LIGNE_TROP_LONGUE")
    assert finding.line == 7 and str(50 << 20) in finding.message_en


def test_a_50_mb_line_without_end_or_header_is_no_fec(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"JournalCode|" * 500_000)
    with pytest.raises(NotAFecError):
        read_fec(path, societe_id=1)


def test_the_dos_end_of_file_mark_is_no_line(lines, write) -> None:
    path = write(lines, encoding="cp850")
    path.write_bytes(path.read_bytes() + b"\x1a")
    report = read_fec(path, societe_id=1).report
    assert (report.lines, report.rejected, report.findings_total) == (5, 0, {"ENCODAGE": 1})


def test_quoted_fields_of_a_csv(lines, read) -> None:
    lines[0][10] = 'Vente ""au comptant""; pâté'
    quoted = [[f'"{text}"' for text in fields] for fields in lines]
    fec = read(quoted, header=[f'"{name}"' for name in HEADER], separator=";")
    assert fec.report.rejected == 0
    assert next(iter(fec)).lignes[0].ecriture_lib == 'Vente "au comptant"; pâté'


def test_unbalanced_quotes_reject_the_line_only(lines, read) -> None:
    quoted = [[f'"{text}"' for text in fields] for fields in lines]
    quoted[1][10] = '"never closed'
    fec = read(quoted, header=[f'"{name}"' for name in HEADER], separator=";")
    assert (fec.report.lines, fec.report.rejected) == (5, 1)
