"""Files of verdicts and positions: what is right is read, what is wrong is named with its line and reason."""

import datetime as dt
import json
from pathlib import Path

import pytest

from schemas import Verdict
from wisebook_ml.files.records import MAX_LINE, read_avis, read_positions
from wisebook_ml.generator import generate_ledger, judge_ledger, treasury_positions, write_ledger

AVIS = {"societe_id": 1, "ecriture_id": "E1", "verdict": "MANQUEE", "auteur": "marie"}
POSITION = {"societe_id": 1, "compte_num": "512100", "date": "2024-01-31", "solde": "12.00"}


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_generated_files_are_read_back(tmp_path: Path) -> None:
    ledger = generate_ledger(entries=400, seed=3)
    write_ledger(ledger, tmp_path)
    seed = ledger.company.seed
    avis, positions = read_avis(tmp_path / "avis.jsonl"), read_positions(tmp_path / "tresorerie.jsonl")
    assert avis.records == [tuple(one) for one in judge_ledger(ledger.publications, ledger.labels, seed=seed).avis]
    assert positions.records == treasury_positions(ledger.publications, seed=seed)
    assert avis.rejected == positions.rejected == []


def test_the_moment_of_a_verdict_may_be_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", AVIS, {**AVIS, "publie_le": "2024-02-01T09:00:00+01:00"}, "")
    moments = [le for le, _ in read_avis(path).records]
    assert moments == [None, dt.datetime(2024, 2, 1, 8, tzinfo=dt.UTC)]


def test_lines_that_are_no_verdict_are_named(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        AVIS,
        {**AVIS, "verdict": "PEUT-ETRE"},
        "{",
        {**AVIS, "ecriture_id": None},
        {**AVIS, "publie_le": "2024-02-01T09:00:00"},
        "x" * (MAX_LINE + 5),
        {**AVIS, "verdict": "RECLASSEE"},
        AVIS,
    )
    found = read_avis(path)
    assert [one.verdict for _, one in found.records] == [Verdict.MANQUEE] * 2
    assert [line.split(":")[1] for line in found.rejected] == ["2", "3", "4", "5", "6", "7"]
    assert "PEUT-ETRE" in found.rejected[0]
    assert "needs a time zone" in found.rejected[3]
    assert "longer than" in found.rejected[4]
    assert "detection" in found.rejected[5]


@pytest.mark.parametrize("separator", [",", ";"])
def test_positions_are_read_from_csv(tmp_path: Path, separator: str) -> None:
    head = "societe_id,compte_num,date,solde,entrees,sorties,devise"
    lines = [head, "1,512100,2024-01-31,-12.50,3.00,,", "1,512200,2024-01-31,4.00,0.00,0.00,USD"]
    path = write(tmp_path / "t.csv", *(line.replace(",", separator) for line in lines))
    found = read_positions(path)
    assert found.rejected == []
    first, second = found.records
    assert (first.solde, first.entrees, first.sorties, first.devise) == ("-12.50", "3.00", "0.00", "EUR")
    assert (second.compte_num, second.devise, second.date) == ("512200", "USD", dt.date(2024, 1, 31))


def test_optional_columns_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\ufeffsociete_id,compte_num,date,solde\n1,512100,2024-01-31,4.00\n", encoding="utf-8")
    assert [one.solde for one in read_positions(path).records] == ["4.00"]


def test_lines_that_are_no_position_are_named(tmp_path: Path) -> None:
    csv = write(
        tmp_path / "t.csv", "societe_id,compte_num,date,solde", "1,512100,31/01/2024,4.00", "1,512100,2024-01-31"
    )
    found = read_positions(csv)
    assert found.records == []
    assert [line.split(":")[1] for line in found.rejected] == ["2", "3"]
    assert "date '31/01/2024' is no date: write AAAA-MM-JJ" in found.rejected[0]
    assert "solde" in found.rejected[1]
    lines = write(tmp_path / "t.jsonl", POSITION, {**POSITION, "solde": "12,00"})
    assert len(read_positions(lines).records) == len(read_positions(lines).rejected) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0,512100,2024-01-31,1.00,0,0,EUR,1", "societe_id '0' is no company's number"),
        ("1,,2024-01-31,1.00,0,0,EUR,1", "compte_num"),
        ("1,512100,2024-02-30,1.00,0,0,EUR,1", "date '2024-02-30' is no date"),
        ("1,512100,2024-01-31,inf,0,0,EUR,1", "solde 'inf' is no amount: write 1234.50"),
        ("1,512100,2024-01-31,1.00,nan,0,EUR,1", "entrees 'nan' is no amount"),
        ("1,512100,2024-01-31,1.00,0,1e3,EUR,1", "sorties '1e3' is no amount"),
        ('1,512100,2024-01-31,"1,00",0,0,EUR,1', "solde '1,00' is no amount"),
        ("1,512100,2024-01-31,1.00,0,0,euro,1", "devise 'euro' is no currency"),
        ("1,512100,2024-01-31,1.00,0,0,EUR,x", "revision 'x' is no revision"),
        ("1,512100,2024-01-31,1.00,0,0,EUR,1,9", "has more values than the first line has columns"),
    ],
)
def test_what_is_wrong_in_a_line_of_a_table_is_told(tmp_path: Path, line: str, said: str) -> None:
    head = "societe_id,compte_num,date,solde,entrees,sorties,devise,revision"
    right = "1,512100,2024-01-30,1.00,0,0,EUR,2"
    found = read_positions(write(tmp_path / "t.csv", head, line, right))
    assert [one.revision for one in found.records] == [2]
    assert [told.split(":")[1] for told in found.rejected] == ["2"]
    assert said in found.rejected[0]


def test_a_table_of_one_company_need_not_name_it(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "compte_num,date,solde,entrees", "512100,2024-01-31,4.00,1.00")
    assert [one.societe_id for one in read_positions(path, 12).records] == [12]
    named = write(tmp_path / "n.csv", "societe_id,compte_num,date,solde", "3,512100,2024-01-31,4.00")
    assert [one.societe_id for one in read_positions(named, 12).records] == [3]


def test_amounts_as_french_spreadsheets_write_them(tmp_path: Path) -> None:
    path = write(
        tmp_path / "t.csv", "societe_id;compte_num;date;solde;sorties", "1;512100;2024-01-31;-1\u202f234,50;1 000"
    )
    (one,) = read_positions(path).records
    assert (one.solde, one.sorties, one.entrees) == ("-1234.50", "1000", "0.00")


def test_a_csv_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must name the columns .* missing: solde"):
        read_positions(write(tmp_path / "t.csv", "societe_id,compte_num,date", "1,512100,2024-01-31"))
