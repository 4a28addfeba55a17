"""Detections about cash: an id and rising revisions each, figures as the handbook has them."""

import datetime as dt

from schemas import CodeMotif, Etat, Objet, Severite, TypeObjet
from wisebook_ml.handbook.treasury import THRESHOLDS
from wisebook_ml.treasury.findings import LEAST_DIFFERENCE, RAREST, Content, Findings
from wisebook_ml.treasury.liquidity import ALERT_PROBABILITY
from wisebook_ml.treasury.verdict import DRIFT_OUTSIDE

OBJET = Objet(type=TypeObjet.TRESORERIE, id="EUR/2025-03-03")


def content(montant: int = 100) -> Content:
    return Content(dt.date(2025, 3, 3), montant, 99.0, Severite.MOYENNE, (), (("sorties", 99.0),))


def test_the_handbook_has_the_thresholds_in_force() -> None:
    assert {code: threshold for code, (threshold, _) in THRESHOLDS.items()} == {
        CodeMotif.FLUX_INHABITUEL: RAREST,
        CodeMotif.FLUX_ABSENT: RAREST,
        CodeMotif.FLUX_DECALE: RAREST,
        CodeMotif.SOLDE_INCOHERENT: LEAST_DIFFERENCE,
        CodeMotif.PREVISION_DERIVE: DRIFT_OUTSIDE,
        CodeMotif.RISQUE_LIQUIDITE: ALERT_PROBABILITY,
    }
    assert {code for code in CodeMotif if code.is_treasury} == set(THRESHOLDS)


def test_what_is_told_again_says_something_new() -> None:
    findings = Findings(7)
    told = [findings.tell(OBJET, one, 1) for one in (None, content(), content(), content(200), None, None, content())]
    assert [None if one is None else (one.revision, one.etat) for one in told] == [
        None,
        (1, Etat.OUVERTE),
        None,
        (2, Etat.OUVERTE),
        (3, Etat.CLOSE),
        None,
        (4, Etat.OUVERTE),
    ]
    assert len({one.detection_id for one in told if one is not None}) == 1
    closed = told[4]
    assert closed is not None
    assert (closed.montant, closed.ecriture_date, closed.score, closed.motifs) == ("2.00", dt.date(2025, 3, 3), 0.0, [])


def test_companies_have_ids_of_their_own() -> None:
    first, second = (Findings(societe_id).tell(OBJET, content(), 0) for societe_id in (7, 8))
    assert first is not None
    assert second is not None
    assert first.detection_id != second.detection_id
    assert first.modeles == []
