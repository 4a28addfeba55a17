"""Entries without names, which are scored as those with them."""

import datetime as dt

import numpy as np
import pytest

from schemas import CodeMotif, Detection, Ecriture, Ligne, Parametres, Reglage, ReglageControle
from wisebook_ml.generator import generate_ledger
from wisebook_ml.ledger.characters import characters
from wisebook_ml.ledger.labels import label_length
from wisebook_ml.messaging.publishing import closing_tick
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.pseudonyms import NameTooLong, Pseudonymiser, pseudonymised, replaced
from wisebook_ml.settings import Settings

COMPANY = Pseudonymiser(1, "bcdfghjk", bytes(range(64)))
KEYS = {"bcdfghjk": COMPANY}

READ_NAMES = (CodeMotif.TIERS_INCONNU, CodeMotif.IBAN_PARTAGE)
"""Controls that read the letters of names: whether one is like another, and whether two begin alike."""


def entry(label: str, name: str = "", **line: str) -> Ecriture:
    return Ecriture(
        societe_id=1,
        ecriture_id="E-1",
        journal_code="AC",
        ecriture_date=dt.date(2025, 3, 1),
        saisie_par="Claire Martin",
        lignes=[
            Ligne(compte_num=line.pop("compte_num", "401000"), comp_aux_lib=name, ecriture_lib=label, credit="9.00",
                  **line),  # type: ignore[arg-type]
            Ligne(compte_num="606300", compte_lib="Achats", ecriture_lib=label, debit="9.00"),
        ],
    )  # fmt: skip


def label_of(label: str, name: str) -> str:
    """Return a label with its pseudonyms' names in brackets."""
    (changed, other) = pseudonymised(entry(label, name), COMPANY).lignes
    assert changed.ecriture_lib == other.ecriture_lib
    marked = {"bcdfghjk": COMPANY}
    return replaced(changed.ecriture_lib, marked, lambda found: f"[{found}]")


@pytest.mark.parametrize(
    ("label", "name", "changed"),
    [
        ("Facture DUPONT SARL 2025", "Dupont SARL", "Facture [DUPONT] SARL 2025"),
        ("VIR M. Dupont-Durand mars", "DURAND DUPONT", "VIR M. [Dupont-Durand] mars"),
        ("Éléonore", "Eleonore Dupont", "[Éléonore]"),
        ("FACT_DUPONT2025", "Dupont", "FACT_[DUPONT]2025"),
        ("Facture de l'Oréal", "L'OREAL", "Facture de l'[Oréal]"),
        ("Loyer mars", "Loyer et fils", "Loyer mars"),
        ("Clients divers", "CLIENTS DIVERS", "Clients divers"),
        ("Avoir Dupontel", "Dupont", "Avoir Dupontel"),
        ("Avoir Dupont", "Avoir Dupont", "Avoir [Dupont]"),
        ("", "Dupont", ""),
    ],
)
def test_names_in_labels(label: str, name: str, changed: str) -> None:
    assert label_of(label, name) == changed


def test_all_that_names_somebody() -> None:
    changed = pseudonymised(entry("Facture Dupont", "Dupont"), COMPANY)
    assert "dupont" not in str(changed).casefold()
    assert "martin" not in str(changed).casefold()
    assert (changed.lignes[1].compte_lib, changed.ecriture_id) == ("Achats", "E-1")
    assert replaced(repr(changed), KEYS) == repr(entry("Facture Dupont", "Dupont"))
    assert pseudonymised(changed, COMPANY) == changed
    assert pseudonymised(entry("", ""), COMPANY).lignes[0].comp_aux_lib == ""
    own = pseudonymised(entry("Facture Dupont", compte_num="401DUPON", compte_lib="Dupont"), COMPANY)
    assert "Dupont" not in str(own)


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(NameTooLong, match=r"lignes\[1\].comp_aux_lib: .* 2000"):
        pseudonymised(entry("x", "x" * 1999), COMPANY)
    with pytest.raises(NameTooLong, match=r"lignes\[1\].ecriture_lib"):
        pseudonymised(entry("Dupont, " * 100, "Dupont"), COMPANY)


def detections(entries: list[Ecriture], off: tuple[CodeMotif, ...]) -> dict[str, tuple[object, ...]]:
    """Return the detections as they stand at last, with names in clear."""
    own = Parametres(societe_id=1, version=1, controles={code: ReglageControle(actif=False) for code in off})
    scorer = new_scorer(Settings(_env_file=None))
    tick = closing_tick(entries)
    assert tick is not None
    outcome = scorer.process([Reglage(societe_id=1, parametres=own), *entries, tick])
    assert not outcome.refused
    return {str(found.detection_id): _told(found) for _, found in outcome.detections}


def _told(found: Detection) -> tuple[object, ...]:
    # A sentence that quotes a long label quotes its beginning only, which may end within a pseudonym.
    cut = CodeMotif.RECURRENTE_ABSENTE
    texts = [(one.code, one.valeur, replaced(one.libelle_fr, KEYS) if one.code != cut else "") for one in found.motifs]
    return found.score, found.etat, found.severite, found.contributions, texts


@pytest.mark.parametrize("seed", [5, 11])
def test_detections_are_the_same(seed: int) -> None:
    """All ids, scores, shares and reasons, but for the controls that read names."""
    events = generate_ledger(entries=4_000, seed=seed, anomaly_rate=0.05, twin_rate=0.03).events
    entries = [one for one in events if isinstance(one, Ecriture)]
    without = [pseudonymised(one, COMPANY) for one in entries]
    named = sum(line.comp_aux_lib != other.comp_aux_lib for a, b in zip(entries, without, strict=True)
                for line, other in zip(a.lignes, b.lignes, strict=True))  # fmt: skip
    assert named > 1_000
    found = detections(entries, READ_NAMES)
    assert len(found) > 50
    assert detections(without, READ_NAMES) == found


def test_what_is_lost_is_what_reads_names() -> None:
    """With all controls, few detections differ: near names are not noticed, and agencies of one house are."""
    events = generate_ledger(entries=4_000, seed=5, anomaly_rate=0.05, twin_rate=0.03).events
    entries = [one for one in events if isinstance(one, Ecriture)]
    clear, without = detections(entries, ()), detections([pseudonymised(one, COMPANY) for one in entries], ())
    assert len(clear.keys() ^ without.keys()) <= 0.1 * len(clear)


@pytest.mark.parametrize("name", ["Dupont", "Éléonore Dupont", "x", "Δ" * 3])
def test_a_label_is_as_long_as_with_the_name(name: str) -> None:
    """Of names beyond Latin-1 the bytes are counted."""
    label = f"  Facture {COMPANY.seal(name)} 12 "
    data = np.frombuffer(label.encode(), np.uint8)
    letters = len(name) if name.isascii() or "é" in name else len(name.encode())
    assert label_length(data, 0, len(data), characters()[1]) == len("Facture  12") + letters
