"""Each finding: a compliant ledger has none, and each way to spoil it gives the finding that is meant for it."""

from collections.abc import Callable

import msgspec
import pytest

from schemas import Ecriture
from wisebook_ml.fec import Code
from wisebook_ml.fec import grouping as grouping_module
from wisebook_ml.fec.columns import HEADER
from wisebook_ml.fec.findings import LISTED_PER_CODE, REJECTING

Lines = list[list[str]]


def put(line: int, column: int, value: str) -> Callable[[Lines], None]:
    def spoil(lines: Lines) -> None:
        lines[line][column] = value

    return spoil


def put_all(column: int, value: str) -> Callable[[Lines], None]:
    def spoil(lines: Lines) -> None:
        for fields in lines:
            fields[column] = value

    return spoil


def renumber(*numbers: str) -> Callable[[Lines], None]:
    """Give a journal three entries more, so that its numbers can be in disorder."""

    def spoil(lines: Lines) -> None:
        sale = lines[:3]
        for number in numbers:
            lines += [[*fields[:2], number, *fields[3:]] for fields in sale]

    return spoil


# Code, how to spoil the lines, line of the finding in the file (the header is line 1), other codes that follow.
SPOILT = [
    (Code.NOMBRE_CHAMPS, lambda lines: lines[4].pop(), 6, {"ECRITURE_DESEQUILIBREE", "ECRITURE_INCOMPLETE"}),
    (Code.NOMBRE_CHAMPS, lambda lines: lines[4].append("x"), 6, {"ECRITURE_DESEQUILIBREE", "ECRITURE_INCOMPLETE"}),
    (Code.LIGNE_TROP_LONGUE, put(4, 10, "x" * 70_000), 6, {"ECRITURE_DESEQUILIBREE"}),
    (Code.JOURNAL_ILLISIBLE, put(4, 0, " "), 6, {"ECRITURE_DESEQUILIBREE"}),
    (Code.JOURNAL_ILLISIBLE, put(4, 0, "V" * 65), 6, {"ECRITURE_DESEQUILIBREE"}),
    (Code.COMPTE_ILLISIBLE, put(4, 4, ""), 6, {"ECRITURE_DESEQUILIBREE", "ECRITURE_INCOMPLETE"}),
    (Code.DATE_ECRITURE, put(4, 3, ""), 6, {"ECRITURE_DESEQUILIBREE", "ECRITURE_INCOMPLETE"}),
    (Code.DATE_ECRITURE, put(4, 3, "20240230"), 6, {"ECRITURE_DESEQUILIBREE", "ECRITURE_INCOMPLETE"}),
    (Code.MONTANT_ILLISIBLE, put(4, 12, "fifty"), 6, {"ECRITURE_DESEQUILIBREE", "ECRITURE_INCOMPLETE"}),
    (Code.MONTANT_ILLISIBLE, put(4, 12, "50,001"), 6, {"ECRITURE_DESEQUILIBREE", "ECRITURE_INCOMPLETE"}),
    (Code.LIGNE_VIDE, lambda lines: lines.insert(2, [""]), 4, set()),
    (Code.LIGNE_VIDE, lambda lines: lines.insert(2, [" "] * 18), 4, set()),
    (Code.CARACTERE_ILLISIBLE, put(1, 10, "a\0b"), 3, set()),
    (Code.SAUT_DANS_LIGNE, put(1, 10, "a\rb"), 3, set()),
    (Code.CHAMP_OBLIGATOIRE, put(1, 8, ""), 3, set()),
    (Code.CHAMP_OBLIGATOIRE, put(1, 9, ""), 3, set()),
    (Code.CHAMP_OBLIGATOIRE, put(1, 15, ""), 3, set()),
    (Code.COMPTE_FORMAT, put(1, 4, "70"), 3, set()),
    (Code.COMPTE_FORMAT, put(1, 4, "CLI001"), 3, set()),
    (Code.DEBIT_ET_CREDIT, lambda lines: lines[1].__setitem__(slice(11, 13), ["10,00", "110,00"]), 3, set()),
    (Code.MONTANT_FORMAT, put(1, 12, "100.00"), 3, set()),
    (Code.MONTANT_FORMAT, put(1, 12, "+100,0"), 3, set()),
    (Code.DATE_ILLISIBLE, put(1, 9, "20240230"), 3, set()),
    (Code.DATE_FORMAT, put(1, 9, "05/01/2024"), 3, set()),
    (Code.ANNEE, put_all(15, "19000101"), 2, set()),
    (Code.DEVISE_ILLISIBLE, put(1, 16, "ten"), 3, set()),
    (Code.TEXTE_TRONQUE, put(1, 10, "x" * 2001), 3, set()),
    (Code.TEXTE_TRONQUE, put(1, 13, "x" * 65), 3, set()),
    (Code.ECRITURE_DESEQUILIBREE, put(1, 12, "99,00"), 2, {"FICHIER_DESEQUILIBRE"}),
    (Code.FICHIER_DESEQUILIBRE, put(1, 12, "99,00"), 0, {"ECRITURE_DESEQUILIBREE"}),
    (Code.ECRITURE_INCOMPLETE, put(4, 12, "x"), 5, {"MONTANT_ILLISIBLE", "ECRITURE_DESEQUILIBREE"}),
    (Code.ECRITURE_DATES, put(1, 3, "20240106"), 2, set()),
    (Code.ECRITURE_DATES_PIECE, put(1, 9, "20240106"), 2, set()),
    (Code.ECRITURE_JOURNAUX, lambda lines: (put(2, 0, "OD")(lines), put(2, 1, "Divers")(lines)), 2,
     {"ECRITURE_DESEQUILIBREE"}),
    (Code.HORS_EXERCICE, lambda lines: [put(i, 3, "20250301")(lines) or put(i, 9, "20250301")(lines) for i in (3, 4)],
     5, {"CLOTURE_INCOHERENTE"}),
    (Code.JOURNAL_LIBELLES, put(4, 1, "Other"), 6, set()),
    (Code.NUMEROTATION_DESORDRE, renumber("3", "2"), 10, set()),
    (Code.NUMEROTATION_TROU, renumber("2", "7"), 10, set()),
    (Code.NUMEROTATION_INUTILISABLE, put_all(2, "0"), 0, set()),
]  # fmt: skip


def test_a_compliant_ledger_has_no_finding(lines, read) -> None:
    for separator in "\t|":
        for encoding in ("utf-8", "cp1252", "iso8859-15"):
            report = read(lines, separator=separator, encoding=encoding).report
            assert report.findings == [] and report.findings_total == {}
            assert (report.lines, report.entries, report.debit, report.credit) == (5, 2, "170.00", "170.00")


@pytest.mark.parametrize(("code", "spoil", "line", "others"), SPOILT, ids=lambda value: getattr(value, "value", ""))
def test_each_way_to_spoil_a_ledger_is_found(code, spoil, line, others, lines, read) -> None:
    exercice = "2024" if code is Code.HORS_EXERCICE else None
    spoil(lines)
    report = read(lines, exercice=exercice).report
    found = [finding for finding in report.findings if finding.code is code]
    assert found and found[0].line == line, report.findings
    assert set(report.findings_total) <= {code} | others | {"FICHIER_DESEQUILIBRE"}, report.findings
    assert report.rejected == len({f.line for f in report.findings if f.code in REJECTING})
    for finding in report.findings:
        for text in (finding.message_fr, finding.message_en):
            assert text and "{" not in text


def test_sens_must_be_known(lines, read) -> None:
    header = [*HEADER[:11], "Montant", "Sens", *HEADER[13:]]
    for fields in lines:
        fields[11:13] = [fields[11], "D"] if fields[12] == "0,00" else [fields[12], "C"]
    assert read(lines, header=header).report.findings == []
    lines[1][12] = "X"
    report = read(lines, header=header).report
    assert report.rejected == 1 and report.findings_total["SENS_ILLISIBLE"] == 1


@pytest.mark.parametrize("sens", [("D", "C"), ("d", "c"), ("+1", "-1"), ("1", "-1"), ("Débit", "Crédit")])
def test_montant_and_sens(sens, lines, read) -> None:
    header = [*HEADER[:11], "Montant", "Sens", *HEADER[13:]]
    for fields in lines:
        fields[11:13] = [fields[11], sens[0]] if fields[12] == "0,00" else [fields[12], sens[1]]
    report = read(lines, header=header).report
    assert (report.debit, report.credit, report.rejected) == ("170.00", "170.00", 0)


def test_file_name(lines, read) -> None:
    for name in ("732829320FEC20241231.txt", "732829320fec20241231.TXT", "732829320FEC20241231"):
        assert "NOM_FICHIER" not in read(lines, name=name).report.findings_total
    for name in ("ledger.txt", "0732829320FEC20241231.txt", "732829320FEC20241231.csv"):
        assert read(lines, name=name).report.findings_total == {"NOM_FICHIER": 1}


def test_closing_date_that_does_not_fit(lines, read) -> None:
    report = read(lines, name="732829320FEC20231231.txt").report
    assert report.findings_total == {"CLOTURE_INCOHERENTE": 1}
    assert report.exercice == "2024"


def test_encodings_that_the_tax_authority_does_not_take(lines, read) -> None:
    for encoding in ("cp850", "utf-16"):
        assert read(lines, encoding=encoding).report.findings_total == {"ENCODAGE": 1}
    lines[0][10] = "l’été, 10 €"
    assert read(lines, encoding="cp1252").report.findings_total == {"ENCODAGE": 1}
    lines[0][10] = "cœur, 10 €"
    assert read(lines, encoding="iso8859-15").report.findings_total == {}


def test_separators(lines, read) -> None:
    assert read(lines, separator=";").report.findings_total == {"SEPARATEUR": 1}
    header = [*HEADER, ""]
    report = read([[*fields, ""] for fields in lines], header=header).report
    assert report.findings_total == {"SEPARATEUR_FINAL": 1} and report.rejected == 0
    assert read([[*fields, ""] for fields in lines]).report.findings_total == {"SEPARATEUR_FINAL": 1}


def test_columns(lines, read) -> None:
    def codes(header, rows=lines) -> dict[str, int]:
        return read(rows, header=header).report.findings_total

    assert codes([name.upper() for name in HEADER]) == {}
    assert codes([*HEADER[:16], "MontantDevise", "IDevise"]) == {}
    assert codes([*HEADER[:11], "Débit", " Crédit ", *HEADER[13:]]) == {}
    further = ["DateRglt", "ModeRglt", "NatOp", "IdClient"]
    assert codes([*HEADER, *further], [[*fields, *"abcd"] for fields in lines]) == {}
    assert codes([*HEADER, *further[:3]], [[*fields, *"abc"] for fields in lines]) == {"COLONNE_MANQUANTE": 1}
    assert codes([*HEADER, "Analytique"], [[*fields, "x"] for fields in lines]) == {"COLONNE_INCONNUE": 1}
    assert codes([*HEADER, "Debit"], [[*fields, "x"] for fields in lines]) == {"COLONNE_EN_DOUBLE": 1}
    assert codes(HEADER[:17], [fields[:17] for fields in lines]) == {"COLONNE_MANQUANTE": 1}
    renamed = ["Journal", *HEADER[1:4], "N° de compte", *HEADER[5:]]
    assert codes(renamed) == {"COLONNE_SUPPOSEE": 2}
    swapped = [HEADER[1], HEADER[0], *HEADER[2:]]
    assert codes(swapped, [[fields[1], fields[0], *fields[2:]] for fields in lines]) == {"COLONNES_ORDRE": 1}


def test_no_header(lines, read) -> None:
    fec = read(lines, header=None)
    assert fec.report.findings_total == {"ENTETE_ABSENT": 1}
    assert (fec.report.lines, len(fec)) == (5, 2)


def test_lines_before_the_header(lines, read) -> None:
    fec = read([HEADER, *lines], header=["Ledger of 2024"])
    assert fec.report.findings_total == {"AVANT_ENTETE": 1}
    assert (fec.report.lines, fec.report.rejected, len(fec)) == (6, 1, 2)


def test_only_a_header(read) -> None:
    fec = read([])
    assert fec.report.findings_total == {"FICHIER_SANS_LIGNE": 1}
    assert (fec.report.lines, fec.report.debit, len(fec)) == (0, "0.00", 0)


def test_numbers_that_come_again(lines, read) -> None:
    sale = [*lines[:3], *([*fields[:2], "2", *fields[3:]] for fields in lines[:3])]
    february = [[text.replace("20240105", "20240205") for text in fields] for fields in sale]
    fec = read(sale + february)
    assert fec.report.findings_total == {"NUMEROTATION_REPETEE": 1}
    assert [e.ecriture_id for e in fec][1:3] == ["2024:VE:2:20240105", "2024:VE:1:20240205"]


@pytest.mark.parametrize(
    ("column", "longest"),
    [(1, 2000), (2, 64), (5, 2000), (6, 64), (7, 2000), (8, 200), (10, 2000), (13, 64), (17, 64)],
)
def test_texts_longer_than_the_events_have_room_for(column, longest, lines, read) -> None:
    for fields in lines[:3]:
        fields[column] = "x" * (longest + 1)
    fec = read(lines)
    assert fec.report.findings_total["TEXTE_TRONQUE"] == 3
    first = next(iter(fec))
    ecriture = msgspec.json.decode(msgspec.json.encode(first), type=Ecriture)
    assert "x" * longest in msgspec.json.encode(ecriture).decode()


def test_a_zero_foreign_amount_without_currency_is_padding(lines, read) -> None:
    lines[0][16], lines[1][16:18] = "0000,00", ["12,50", "USD"]
    assert [ligne.montant_devise for ligne in next(iter(read(lines))).lignes] == [None, "12.50", None]


def test_entries_longer_than_an_event(lines, read, monkeypatch) -> None:
    monkeypatch.setattr(grouping_module, "LONGEST_ENTRY", 2)
    monkeypatch.setattr("wisebook_ml.fec.checks.LONGEST_ENTRY", 2)
    fec = read(lines)
    assert fec.report.findings_total["ECRITURE_TROP_LONGUE"] == 1
    assert [(e.ecriture_id, len(e.lignes)) for e in fec] == [("2024:VE:1:#1", 2), ("2024:VE:1:#2", 1), ("2024:AC:1", 2)]


def test_many_findings_are_counted_and_the_first_are_listed(lines, read) -> None:
    for fields in lines:
        fields[8] = ""
    report = read(lines * 300).report
    listed = [finding for finding in report.findings if finding.code is Code.CHAMP_OBLIGATOIRE]
    assert len(listed) == LISTED_PER_CODE
    assert report.findings_total["CHAMP_OBLIGATOIRE"] == 1500


def test_every_code_is_tested() -> None:
    elsewhere = {
        "SENS_ILLISIBLE", "AVANT_ENTETE", "NOM_FICHIER", "ENCODAGE", "SEPARATEUR", "SEPARATEUR_FINAL", "ENTETE_ABSENT",
        "COLONNE_MANQUANTE", "COLONNE_INCONNUE", "COLONNE_EN_DOUBLE", "COLONNE_SUPPOSEE", "COLONNES_ORDRE",
        "FICHIER_SANS_LIGNE",        "CLOTURE_INCOHERENTE", "NUMEROTATION_REPETEE", "ECRITURE_TROP_LONGUE",
    }  # fmt: skip
    assert {code.value for code, *_ in SPOILT} | elsewhere == {code.value for code in Code}
