"""From a verdict to a detection: reasons in French and English, and shares that sum to the score."""

import math
from collections.abc import Sequence

from schemas import (
    CodeMotif,
    Detection,
    Direction,
    DomaineApplication,
    Ecriture,
    Etat,
    ModeleUtilise,
    MotifDetection,
    Objet,
    Severite,
    TypeObjet,
    detection_id,
    from_minor,
)
from wisebook_ml.controls import CONTROLS, Control, Finding, View
from wisebook_ml.controls.base import chosen
from wisebook_ml.features import FEATURES
from wisebook_ml.scoring.fusion import Evidence, Measured, Verdict, apportion, points_of
from wisebook_ml.scoring.severity import materiality, severity

__all__ = ["closing", "detection"]

NAMED_FEATURES = 3
"""Features a model's reason names: more is no reason."""

NAMED_LINES = 100
"""Lines a reason points at; an entry can have a hundred thousand, and a detection must stay a small record."""

AMOUNT = "montant"
"""The feature that is the amount of the entry."""

UNATTRIBUTED = "controles"
"""What a model counts for that was asked and whose answer no single attribute speaks for: it read what the controls
found, and all the rest, together."""

DECIMALS = 4
"""Digits of a reason's figures: enough for a person."""


def detection(
    view: View,
    index: int,
    verdict: Verdict,
    measured: Measured,
    shares: Sequence[float],
    models: list[ModeleUtilise],
) -> Detection:
    """Explain a flagged entry.

    Parameters
    ----------
    view, index
        The batch and the entry in it.
    verdict, measured
        What was concluded, and from which findings.
    shares : sequence of float
        How much each feature made the entry unusual to the model; empty where no model took part.
    models : list of ModeleUtilise
        Which did.
    """
    entry, amount = view.batch.entry(index), int(view.batch.total[index])
    score = round(verdict.composite * 10_000)
    points = points_of(score, verdict.evidence)
    motifs, contributions = [], dict[str, int]()
    for piece, part in zip(verdict.evidence, points, strict=True):
        motifs.append(_motif(view, index, piece, part, measured, shares))
        for attribute, its_part in _attributes(view, index, piece, part, shares):
            contributions[attribute] = contributions.get(attribute, 0) + its_part
    motifs.sort(key=lambda motif: (-motif.poids, motif.code.value))
    material = materiality(
        view.parametres_of(index),
        float(view.habits.entry["totals_median"][index]),
        float(view.habits.entry["totals_spread"][index]),
    )
    return _record(
        entry,
        etat=Etat.OUVERTE,
        amount=amount,
        score=score,
        severite=severity(score, amount, material),
        motifs=motifs,
        contributions={
            name: part / 100 for name, part in sorted(contributions.items(), key=lambda kv: (-kv[1], kv[0])) if part
        },
        models=models,
        parametres_version=view.parametres_of(index).version,
    )


def closing(view: View, index: int, models: list[ModeleUtilise]) -> Detection:
    """Return the record that closes an entry's detection: its reason is gone, or the entry is."""
    return _record(
        view.batch.entry(index),
        etat=Etat.CLOSE,
        amount=int(view.batch.total[index]),
        score=0,
        severite=Severite.INFO,
        motifs=[],
        contributions={},
        models=models,
        parametres_version=view.parametres_of(index).version,
    )


def _record(
    entry: Ecriture,
    *,
    etat: Etat,
    amount: int,
    score: int,
    severite: Severite,
    motifs: list[MotifDetection],
    contributions: dict[str, float],
    models: list[ModeleUtilise],
    parametres_version: int,
) -> Detection:
    objet = Objet(type=TypeObjet.ECRITURE, id=entry.ecriture_id)
    domaine = DomaineApplication.ECRITURES_COMPTABLES
    return Detection(
        detection_id=detection_id(entry.societe_id, domaine, objet),
        societe_id=entry.societe_id,
        domaine=domaine,
        objet=objet,
        etat=etat,
        revision=entry.revision,
        ecriture_id=entry.ecriture_id,
        journal_code=entry.journal_code,
        ecriture_num=entry.ecriture_num,
        ecriture_date=entry.ecriture_date,
        montant=from_minor(amount),
        score=score / 100,
        severite=severite,
        motifs=motifs,
        contributions=contributions,
        modeles=models,
        parametres_version=parametres_version,
    )


def _motif(
    view: View, index: int, piece: Evidence, part: int, measured: Measured, shares: Sequence[float]
) -> MotifDetection:
    lines: list[int] = []
    if piece.told is not None:
        french, english, lines = piece.told.french, piece.told.english, piece.told.lines[:NAMED_LINES]
    elif piece.control is None:
        french, english = _model_texts(piece, shares)
    else:
        french, english = CONTROLS[piece.control].explain(view, index, piece.value)
        lines = _line_numbers(view, index, CONTROLS[piece.control], measured.findings[piece.control])
    return MotifDetection(
        code=piece.code,
        poids=part / 100,
        valeur=round(piece.value, DECIMALS),
        seuil=round(piece.threshold, DECIMALS),
        lignes=lines,
        direction=_direction(view, index, piece, shares),
        libelle_fr=french,
        libelle_en=english,
    )


def _direction(view: View, index: int, piece: Evidence, shares: Sequence[float]) -> Direction | None:
    """Return to which side an amount is unusual, where that is what the evidence is about.

    That of a model that scores every entry is where the entry's amount speaks for it more than any other feature does;
    compared with the median of the company's entries.
    """
    if piece.control is not None:
        told = CONTROLS[piece.control].direction
        return None if told is None else told(view, index)
    median = float(view.habits.entry["totals_median"][index])
    if piece.told is not None or not any(share > 0.0 for share in shares) or math.isnan(median):
        return None
    if FEATURES[max(range(len(shares)), key=lambda k: (shares[k], -k))].name != AMOUNT:
        return None
    return Direction.HAUT if math.log10(max(1, int(view.batch.total[index]))) > median else Direction.BAS


def _line_numbers(view: View, index: int, control: Control, finding: Finding) -> list[int]:
    """Return the lines that a finding comes from, counted from 1; none where it is of the whole entry."""
    if finding.lines is not None:
        positions = chosen(view, index, finding.lines)
    else:
        positions = control.lines(view, index) if control.lines is not None else []
    before = int(view.batch.first[index]) - 1
    return [position - before for position in positions[:NAMED_LINES]]


def _model_texts(piece: Evidence, shares: Sequence[float]) -> tuple[str, str]:
    order = sorted(range(len(shares)), key=lambda k: (-shares[k], k))[:NAMED_FEATURES]
    named = [FEATURES[k] for k in order if shares[k] > 0.0]
    french = ", ".join(feature.label_fr for feature in named) or "aucun critère isolé"
    english = ", ".join(feature.label_en for feature in named) or "no single feature"
    times = max(1, round(10**piece.value))
    who_fr, who_en = (
        ("le modèle de la société", "the company's model")
        if piece.code is CodeMotif.FORET_ISOLATION
        else ("le détecteur en ligne", "the online detector")
    )
    return (
        f"Combinaison inhabituelle pour {who_fr} (environ 1 écriture sur {times}) : {french}.",
        f"Unusual combination for {who_en} (about 1 entry in {times}): {english}.",
    )


def _attributes(view: View, index: int, piece: Evidence, part: int, shares: Sequence[float]) -> list[tuple[str, int]]:
    """Return which accounting attributes a piece of evidence counts for, and what; it sums to the evidence's part."""
    if piece.control is not None:
        control = CONTROLS[piece.control]
        at_fault = control.shares(view, index) if control.shares is not None else []
        parts = apportion(part, [share for _, share in at_fault])
        found = [(name, its_part) for (name, _), its_part in zip(at_fault, parts, strict=True)]
        return found or [(control.attribute, part)]
    if piece.told is not None:
        named = [(attribute, share) for attribute, share in piece.told.shares if share > 0.0] or [(UNATTRIBUTED, 1.0)]
    else:
        # Where no feature stands out, it is the combination of all of them.
        some = any(share > 0.0 for share in shares)
        named = [(one.attribute, shares[k] if some else 1.0) for k, one in enumerate(FEATURES)]
    parts = apportion(part, [max(0.0, share) for _, share in named])
    return [(attribute, its_part) for (attribute, _), its_part in zip(named, parts, strict=True) if its_part]
