"""Faults of form: single ones are of their entry, habitual ones are one finding of the journal and year."""

import datetime as dt
from collections.abc import Callable

import pytest

from schemas import CodeMotif, Detection, Ecriture, Ligne
from tests.subjects.following import entry, follow
from wisebook_ml.generator import generate_ledger
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.subjects.conformity import SUBJECT

START = dt.date(2024, 1, 2)


def good(k: int) -> Ecriture:
    return entry(f"E{k}", START + dt.timedelta(k // 4), num=str(k + 1), cents=10_000 + 37 * k)


def at_fault(k: int) -> Ecriture:
    """Return an entry validated before its date."""
    day = START + dt.timedelta(k // 4)
    return entry(f"E{k}", day, num=str(k + 1), cents=10_000 + 37 * k, valid_date=day - dt.timedelta(3))


def lines(**first: object) -> list[Ligne]:
    given = {"compte_num": "606400", "ecriture_lib": "Papier", "debit": "10.00", "piece_ref": "F1", "piece_date": START}
    other = Ligne(compte_num="401000", ecriture_lib="Papier", credit="10.00", piece_ref="F1", piece_date=START)
    return [Ligne(**(given | first)), other]  # type: ignore[arg-type]


FAULTS = {
    "account": (entry("A", START, lignes=lines(compte_num="AB6064")), "trois chiffres"),
    "short account": (entry("A", START, lignes=lines(compte_num="60")), "trois chiffres"),
    "both sides": (entry("A", START, lignes=lines(debit="12.00", credit="2.00")), "un débit et un crédit"),
    "no amount": (entry("A", START, lignes=[*lines(), *lines(debit="0.00")[:1]]), "sans montant"),
    "no date": (entry("A", START, lignes=lines(piece_date=None)), "pièce sans date"),
    "no reference": (entry("A", START, lignes=lines(piece_ref=" ")), "sans référence"),
    "no label": (entry("A", START, lignes=lines(ecriture_lib="")[:1]), "libellé"),
    "journal": (entry("A", START, journal=" "), "code de journal"),
    "validation": (entry("A", START, valid_date=START - dt.timedelta(1)), "validation"),
}  # fmt: skip
FINE = {
    "a sign": entry("A", START, lignes=[*lines(debit="-5.00"), *lines(debit="15.00")[:1]]),
    "letters after three digits": entry("A", START, lignes=lines(compte_num="606BUREAU")),
    "no document at all": entry("A", START, ref=None),
    "documents without dates": entry(
        "A",
        START,
        lignes=[
            Ligne(compte_num="606400", ecriture_lib="x", debit="1", piece_ref="F"),
            Ligne(compte_num="401000", ecriture_lib="x", credit="1", piece_ref="F"),
        ],
    ),
    "one label for all lines": entry(
        "A",
        START,
        lignes=[Ligne(compte_num="606400", ecriture_lib="x", debit="1"), Ligne(compte_num="401000", credit="1")],
    ),
    "validated at once": entry("A", START, valid_date=START),
    "not validated": entry("A", START),
}


def told(scorer: LedgerScorer, *entries: Ecriture) -> list[Detection]:
    """Return the detections that name the code."""
    return [
        detection
        for _, detection in scorer.process(entries).detections
        if any(motif.code is CodeMotif.FEC_NON_CONFORME for motif in detection.motifs)
    ]


@pytest.mark.parametrize(("one", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_flags_its_entry(one: Ecriture, words: str, new_scorer: Callable[[], LedgerScorer]) -> None:
    (detection,) = told(new_scorer(), *(good(k) for k in range(20)), one)
    assert detection.ecriture_id == "A"
    (motif,) = (motif for motif in detection.motifs if motif.code is CodeMotif.FEC_NON_CONFORME)
    assert words in motif.libelle_fr
    assert motif.lignes


@pytest.mark.parametrize("one", FINE.values(), ids=FINE)
def test_what_the_file_allows(one: Ecriture, new_scorer: Callable[[], LedgerScorer]) -> None:
    assert told(new_scorer(), *(good(k) for k in range(20)), one) == []


def test_what_is_habitual_is_one_finding(new_scorer: Callable[[], LedgerScorer]) -> None:
    detections = told(new_scorer(), *(at_fault(k) for k in range(300)))
    of_entries = [one for one in detections if one.ecriture_id is not None]
    (systemic,) = [one for one in detections if one.ecriture_id is None]
    assert systemic.objet.id == "HA/2024/fec"
    assert "antérieure à la date de l'écriture (30)" in systemic.motifs[0].libelle_fr
    assert systemic.contributions == {"valid_date": systemic.score}
    assert len(of_entries) <= 10


def test_what_becomes_habitual_is_one_finding(new_scorer: Callable[[], LedgerScorer]) -> None:
    """Many good entries before do not make a flood of the next."""
    scorer = new_scorer()
    assert told(scorer, *(good(k) for k in range(400))) == []
    detections = told(scorer, *(at_fault(k) for k in range(400, 700)))
    assert sum(one.ecriture_id is None for one in detections) == 1
    assert sum(one.ecriture_id is not None for one in detections) <= 10


def test_a_few_are_of_their_entries(new_scorer: Callable[[], LedgerScorer]) -> None:
    detections = told(new_scorer(), *(at_fault(k) if k % 25 == 24 else good(k) for k in range(300)))
    assert len(detections) == 12
    assert all(one.ecriture_id is not None for one in detections)


def test_generated_books() -> None:
    assert follow(SUBJECT, generate_ledger(entries=2_500, seed=41, anomaly_rate=0.05).events) == []
