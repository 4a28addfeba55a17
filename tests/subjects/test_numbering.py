"""A numbering that is of no use is one finding of the journal and year; single gaps are not its business."""

import datetime as dt
import random
from collections.abc import Callable, Iterable

import pytest

from schemas import CodeMotif, Ecriture, Etat, Ligne, Parametres, TypeObjet
from schemas.settings import ReglageControle
from tests.subjects.following import Follower, entry, follow
from wisebook_ml.generator import generate_ledger
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.subjects import SubjectFinding
from wisebook_ml.subjects.numbering import SUBJECT

START = dt.date(2024, 1, 2)


def numbered(numbers: Iterable[str], journal: str = "VE", prefix: str = "", **fields: object) -> list[Ecriture]:
    """Return entries with these numbers, four a day."""
    return [
        entry(f"{prefix}{journal}{k}", START + dt.timedelta(k // 4), journal=journal, num=num, **fields)
        for k, num in enumerate(numbers)
    ]


def found(numbers: Iterable[str], **fields: object) -> list[SubjectFinding]:
    return follow(SUBJECT, numbered(numbers, **fields))


RNG = random.Random(4)
UNUSABLE: dict[str, list[str]] = {
    "one number for all": ["0"] * 200,
    "at random": [str(RNG.randrange(1, 90_000)) for _ in range(200)],
    "at random, with letters": [f"{RNG.randrange(16**6):06x}" for _ in range(400)],
    "starting over every day": [str(1 + k % 4) for k in range(200)],
    "every other number missing": [str(2 * k) for k in range(1, 200)],
}
USABLE: dict[str, list[str]] = {
    "one after the other": [str(k) for k in range(1, 300)],
    "with a year as prefix": [f"VE-2024-{k:05d}" for k in range(1, 300)],
    "a series a month, behind a prefix": [f"{k // 40:02d}-{k % 40 + 1:03d}" for k in range(300)],
    "a little out of order": [str(k + (7 if k % 9 == 0 else -1 if k % 5 == 0 else 0)) for k in range(10, 12)]
    + [str(n) for block in range(12, 300, 8) for n in RNG.sample(range(block, block + 8), 8)],
    "two series side by side": [str(k // 2 + 1 if k % 2 else 5000 + k // 2) for k in range(300)],
    "a mistyped number": [str(10_000 + k if k == 150 else k) for k in range(1, 300)],
    "a gap here and there": [str(k + k // 40) for k in range(1, 300)],
    "starting over every month": [str(k % 80 + 1) for k in range(320)],
    "in words": ["OUVERTURE", "A NOUVEAU"] * 50,
    "none, in drafts": [""] * 200,
}


@pytest.mark.parametrize("numbers", UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_numbering_is_one_finding(numbers: list[str]) -> None:
    (finding,) = found(numbers)
    assert (finding.type, finding.id) == (TypeObjet.JOURNAL, "VE/2024")
    assert (finding.etat, finding.revision, finding.journal_code) == (Etat.OUVERTE, 1, "VE")
    assert finding.value >= finding.threshold
    assert 0 < finding.strength <= 1
    assert finding.montant > 0
    assert "VE" in finding.libelle_fr
    assert "2024" in finding.libelle_en
    assert finding.libelle_fr.endswith(".")


@pytest.mark.parametrize("numbers", USABLE.values(), ids=USABLE)
def test_a_usable_numbering_is_none(numbers: list[str]) -> None:
    assert found(numbers) == []


def test_validated_entries_without_a_number() -> None:
    (finding,) = found([""] * 60, valid_date=dt.date(2025, 3, 1))
    assert "30 sans numéro" in finding.libelle_fr
    assert "30 without a number" in finding.libelle_en


def test_it_is_told_when_it_begins_and_when_it_is_over() -> None:
    """A thousand good numbers do not hide that all of the latest are the same."""
    good, bad = [str(k) for k in range(1, 1001)], ["1000"] * 40
    follower = Follower(SUBJECT)
    found = follower.take(numbered([*good, *bad, *(str(k) for k in range(1001, 1200))]))
    assert [(finding.etat, finding.revision) for _, finding in found] == [(Etat.OUVERTE, 1), (Etat.CLOSE, 2)]
    assert 1000 < found[0][0] < 1040
    assert "32 dernières écritures" in found[0][1].libelle_fr


def closing(k: int, num: str) -> Ecriture:
    lines = [
        Ligne(compte_num="606400", ecriture_lib="Solde", credit="10.00"),
        Ligne(compte_num="120000", ecriture_lib="Solde", debit="10.00"),
    ]
    return entry(f"C{k}", dt.date(2024, 12, 31), journal="OD", num=num, lignes=lines)


def test_entries_that_close_the_accounts_are_numbered_apart() -> None:
    assert follow(SUBJECT, [closing(k, "999999") for k in range(100)]) == []


def test_journals_and_years_are_apart() -> None:
    bad = ["7"] * 60
    entries = numbered([str(k) for k in range(1, 61)], "HA") + numbered(bad, "VE")
    fiscal = [
        entry(f"N{k}", dt.date(2024, 10, 1), journal="VE", num="7", exercice="2024-09-01/2025-08-31") for k in range(60)
    ]
    assert [one.id for one in follow(SUBJECT, entries + fiscal)] == ["VE/2024", "VE/2024-09-01/2025-08-31"]


def test_companies_are_apart() -> None:
    mixed = [
        one for k in range(29) for one in (entry(f"{k}", START, num="1"), entry(f"{k}", START, num="1", societe_id=2))
    ]
    assert follow(SUBJECT, mixed) == []


def test_a_revision_does_not_count_again() -> None:
    first = numbered([str(k) for k in range(1, 60)])
    again = [
        entry(one.ecriture_id, one.ecriture_date, journal="VE", num=one.ecriture_num, revision=n, cents=100 + n)
        for one in first
        for n in (2, 3)
    ]
    assert follow(SUBJECT, first + again) == []


def test_switched_off_it_is_followed_and_not_found() -> None:
    off = Parametres(societe_id=0, controles={CodeMotif.RUPTURE_NUMEROTATION: ReglageControle(actif=False)})
    entries = numbered(["1"] * 120)
    follower = Follower(SUBJECT, off)
    assert follower.take(entries[:100]) == []
    follower.set(Parametres(societe_id=0))
    ((at, finding),) = follower.take(entries[100:])
    assert at == 100
    assert "100 au numéro répété" in finding.libelle_fr


def test_a_company_s_threshold() -> None:
    some = [str(k + k // 8) for k in range(1, 300)]
    strict, lenient = (
        Parametres(societe_id=0, controles={CodeMotif.RUPTURE_NUMEROTATION: ReglageControle(seuil=seuil)})
        for seuil in (0.05, 0.5)
    )
    assert len(follow(SUBJECT, numbered(some), strict)) == 1
    assert follow(SUBJECT, numbered(some), lenient) == []


@pytest.mark.parametrize("seed", [21, 22])
def test_ordinary_books_with_gaps_have_none(seed: int) -> None:
    events = generate_ledger(entries=2_500, seed=seed, anomaly_rate=0.01, codes={CodeMotif.RUPTURE_NUMEROTATION}).events
    assert follow(SUBJECT, events) == []


def test_single_entries_of_an_unusable_numbering_are_silent(new_scorer: Callable[[], LedgerScorer]) -> None:
    scorer = new_scorer()
    events = numbered(["0"] * 150)
    codes = [
        motif.code
        for _, detection in scorer.process(events).detections
        if detection.ecriture_id is not None
        for motif in detection.motifs
    ]
    assert CodeMotif.RUPTURE_NUMEROTATION not in codes
