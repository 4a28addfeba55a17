"""From a finding about an account, a journal or a third party to its detection."""

import math

from schemas import (
    Detection,
    DomaineApplication,
    Etat,
    MotifDetection,
    Objet,
    Parametres,
    Severite,
    detection_id,
    from_minor,
)
from wisebook_ml.features.view import View
from wisebook_ml.scoring.explain import DECIMALS
from wisebook_ml.scoring.fusion import apportion
from wisebook_ml.scoring.severity import materiality, severity
from wisebook_ml.subjects import Subject, SubjectFinding
from wisebook_ml.subjects.base import context_of
from wisebook_ml.subjects.settings import SHARED

__all__ = ["is_told", "subject_detection"]

DOMAINE = DomaineApplication.ECRITURES_COMPTABLES


def _weight(subject: Subject, parametres: Parametres) -> float:
    setting = parametres.controles.get(subject.code)
    if setting is None:
        return subject.weight
    if not setting.actif or setting.poids == 0.0:
        return 0.0
    return subject.weight if setting.poids is None or subject.code in SHARED else setting.poids


def _contributions(subject: Subject, finding: SubjectFinding, score: int) -> dict[str, float]:
    """Return what each accounting attribute counts for, largest first; in sum the score, given in hundredths."""
    shares = finding.shares or ((subject.attribute, 1.0),)
    parts = zip((name for name, _ in shares), apportion(score, [share for _, share in shares]), strict=True)
    return {name: part / 100 for name, part in sorted(parts, key=lambda pair: (-pair[1], pair[0])) if part}


def _factor(subject: Subject, parametres: Parametres, context: str | None) -> float:
    """Return by how much findings in a journal, or about an account or a third party, count after verdicts on them.

    Not where a control has the same code: what is dismissed of that one is about single entries.
    """
    if subject.required or subject.code in SHARED:
        return 1.0
    told = ((one.code, one.journal_code, one.facteur) for one in parametres.attenuations)
    return next((factor for code, of, factor in told if (code, of) == (subject.code, context)), 1.0)


def is_told(subject: Subject, finding: SubjectFinding, parametres: Parametres) -> bool:
    """Return whether a company wants to be told: what it has switched off is followed and not told.

    Verdicts alone silence nothing: what they have weakened is told with fewer points.
    """
    return finding.etat is Etat.CLOSE or _weight(subject, parametres) * finding.strength > 0.0


def subject_detection(
    subject: Subject, finding: SubjectFinding, parametres: Parametres, view: View | None = None
) -> Detection:
    """Return the detection of a finding.

    Parameters
    ----------
    subject, finding
        What was found, and by what.
    parametres : Parametres
        The company's settings.
    view : View, optional
        The batch in which it was found; none where a tick told.
    """
    position, median, spread = finding.position, math.nan, math.nan
    entry = view.batch.entry(position) if view is not None and finding.names_entry else None
    if view is not None:
        median, spread = (float(view.habits.entry[f"totals_{what}"][position]) for what in ("median", "spread"))
    objet = Objet(type=finding.type, id=finding.id)
    journal_code = finding.journal_code if entry is None else entry.journal_code
    factor = _factor(subject, parametres, context_of(objet, journal_code))
    score = round(10_000 * _weight(subject, parametres) * finding.strength * factor)
    stands = finding.etat is Etat.OUVERTE
    motif = MotifDetection(
        code=subject.code,
        poids=score / 100,
        valeur=round(finding.value, DECIMALS),
        seuil=round(finding.threshold, DECIMALS),
        libelle_fr=finding.libelle_fr,
        libelle_en=finding.libelle_en,
    )
    return Detection(
        detection_id=detection_id(finding.societe_id, DOMAINE, objet),
        societe_id=finding.societe_id,
        domaine=DOMAINE,
        objet=objet,
        etat=finding.etat,
        revision=finding.revision,
        ecriture_id=finding.ecriture_id if entry is None else entry.ecriture_id,
        journal_code=journal_code,
        ecriture_num=None if entry is None else entry.ecriture_num,
        ecriture_date=finding.date if entry is None or finding.date is not None else entry.ecriture_date,
        montant=from_minor(finding.montant),
        score=score / 100 if stands else 0.0,
        severite=severity(score, finding.montant, materiality(parametres, median, spread)) if stands else Severite.INFO,
        motifs=[motif] if stands else [],
        contributions=_contributions(subject, finding, score) if stands else {},
        modeles=[],
        parametres_version=parametres.version,
    )
