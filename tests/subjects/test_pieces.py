"""References of documents that are missing all the time are one finding of the journal and year."""

import datetime as dt

from schemas import CodeMotif, Ecriture, Etat, Parametres, TypeObjet
from schemas.settings import ReglageControle
from tests.subjects.following import entry, follow
from wisebook_ml.generator import generate_ledger
from wisebook_ml.subjects.pieces import SUBJECT

START = dt.date(2024, 1, 2)


def invoices(journal: str, count: int, *, ref: str | None, start: dt.date = START, tag: str = "") -> list[Ecriture]:
    return [
        entry(f"{journal}{tag}{k}", start + dt.timedelta(k // 4), journal=journal, ref=ref, num=str(k + 1))
        for k in range(count)
    ]


def statements(count: int, *, ref: str | None, start: dt.date = START, tag: str = "") -> list[Ecriture]:
    return [
        entry(f"BQ{tag}{k}", start + dt.timedelta(k // 4), journal="BQ", account="401000", other="512000", ref=ref)
        for k in range(count)
    ]


def test_against_the_other_journals_of_invoices() -> None:
    (finding,) = follow(SUBJECT, invoices("HA", 80, ref="F") + invoices("FG", 80, ref=None))
    assert (finding.type, finding.id, finding.etat) == (TypeObjet.JOURNAL, "FG/2024/pieces", Etat.OUVERTE)
    assert "30 des 30 écritures" in finding.libelle_fr
    assert "0 sur 80 dans les autres journaux de factures" in finding.libelle_fr
    assert "0 of 80 in the other journals of invoices" in finding.libelle_en


def test_against_the_year_before() -> None:
    new = invoices("HA", 80, ref=None, start=dt.date(2025, 1, 2), tag="n")
    (finding,) = follow(SUBJECT, invoices("HA", 80, ref="F") + new)
    assert finding.id == "HA/2025/pieces"
    assert "0 sur 80 l'exercice précédent" in finding.libelle_fr


def test_against_the_months_before() -> None:
    """Most of the year had them, the latest entries have none."""
    (finding,) = follow(SUBJECT, invoices("HA", 400, ref="F") + invoices("HA", 60, ref=None, tag="n"))
    assert "dernières écritures" in finding.libelle_fr
    assert "jusque-là" in finding.libelle_fr


def test_a_bank_that_never_had_any_is_none() -> None:
    assert follow(SUBJECT, invoices("HA", 80, ref="F") + statements(80, ref=None)) == []


def test_a_bank_that_had_them_is_one() -> None:
    both = statements(80, ref="R") + statements(80, ref=None, start=dt.date(2025, 1, 2), tag="n")
    assert [finding.id for finding in follow(SUBJECT, both)] == ["BQ/2025/pieces"]


def test_a_company_that_never_had_any_is_none() -> None:
    assert follow(SUBJECT, invoices("HA", 80, ref=None) + invoices("VE", 80, ref=None)) == []


def test_some_that_are_missing_are_none() -> None:
    entries = invoices("HA", 200, ref="F") + invoices("VE", 200, ref="F")
    some = [
        one if k % 8 else entry(one.ecriture_id, one.ecriture_date, journal=one.journal_code, ref=None)
        for k, one in enumerate(entries)
    ]
    assert follow(SUBJECT, some) == []


def test_a_reference_that_leads_nowhere_is_none_either() -> None:
    fillers = [entry(f"N{k}", START, journal="FG", ref=None, lignes=_filled(k)) for k in range(60)]
    assert len(follow(SUBJECT, invoices("HA", 80, ref="F") + fillers)) == 1


def _filled(k: int) -> list[object]:
    lines = entry(f"N{k}", START, ref=None).lignes
    return [type(line)(**{**{f: getattr(line, f) for f in line.__struct_fields__}, "piece_ref": "-"}) for line in lines]


def test_switched_off() -> None:
    off = Parametres(societe_id=0, controles={CodeMotif.PIECE_ABSENTE: ReglageControle(actif=False)})
    assert follow(SUBJECT, invoices("HA", 80, ref="F") + invoices("FG", 80, ref=None), off) == []


def test_generated_books_have_none() -> None:
    """They have a second bank without references, and single documents that are missing."""
    assert follow(SUBJECT, generate_ledger(entries=3_000, seed=31, anomaly_rate=0.05).events) == []
