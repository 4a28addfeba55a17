"""A detection on an entry for one reason, as tests and benches publish it in place of scoring."""

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    MotifDetection,
    Objet,
    Severite,
    TypeObjet,
    detection_id,
)

__all__ = ["detection_of"]


def detection_of(
    societe_id: int,
    ecriture_id: str,
    code: CodeMotif,
    *,
    severite: Severite,
    score: float = 90.0,
    montant: str = "120.00",
    journal_code: str = "AC",
    attribut: str = "montant",
) -> Detection:
    """Return an open detection whose score is that of its one reason, and comes from one attribute."""
    objet = Objet(type=TypeObjet.ECRITURE, id=ecriture_id)
    why = MotifDetection(code=code, poids=score, valeur=1.0, seuil=0.5, libelle_fr="Motif", libelle_en="Reason")
    return Detection(
        detection_id=detection_id(societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet),
        societe_id=societe_id,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=objet,
        etat=Etat.OUVERTE,
        revision=1,
        ecriture_id=objet.id,
        journal_code=journal_code,
        montant=montant,
        score=score,
        severite=severite,
        motifs=[why],
        contributions={attribut: score},
        modeles=[],
        parametres_version=0,
    )
