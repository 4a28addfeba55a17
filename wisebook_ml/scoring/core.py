"""The scoring core: a batch of one company's entries and its state in, detections out.

Live agents, replay, the offline ``score`` command and the tests call this and nothing else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from schemas import CodeMotif, Detection, Ecriture, ModeleUtilise, Operation, Parametres
from wisebook_ml.controls import View, approval_limits
from wisebook_ml.features import feature_matrix, scale
from wisebook_ml.habits.arrivals import Conflict
from wisebook_ml.habits.observe import observe
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.scoring.explain import closing, detection
from wisebook_ml.scoring.fusion import MODEL_WEIGHT, TAIL_FULL, Evidence, judge, model_strength, strengths
from wisebook_ml.scoring.state import CompanyState

__all__ = ["Model", "Scored", "score_entries"]

ONLINE_MODEL = ModeleUtilise(modele_id=0, version=1)
"""How detections name the online detector: version 1 of its parameters and of the features."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A loaded model version and how detections name it."""

    used: ModeleUtilise
    forest: IsolationForest


@dataclass(slots=True)
class Scored:
    """What became of a batch: detections with the position of their entry, and conflicts.

    `accepted` counts the entries that were scored; the others were delivered before (the same revision with the same
    content, or an older one) and change nothing.
    """

    detections: list[tuple[int, Detection]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    accepted: int = 0


def score_entries(
    entries: Sequence[Ecriture], state: CompanyState, model: Model | None, parametres: Parametres
) -> Scored:
    """Score entries of one company in the order of their publication.

    The result for an entry depends on the entries before it, the model and the settings, and on nothing else: not on
    how the entries were cut into batches, nor on the time.

    Parameters
    ----------
    entries : sequence of Ecriture
        All of one company.
    state : CompanyState
        What came before; updated in place.
    model : Model or None
        The company's Isolation Forest; without one the online detector learns and scores.
    parametres : Parametres
        The company's settings.
    """
    met = observe(entries, state.habits, approval_limits(parametres))
    result = Scored(conflicts=list(met.conflicts), accepted=len(met.arrivals))
    if not met.arrivals:
        return result
    batch, habits = met.batch, met.habits
    view = View(batch, habits, parametres)
    measured = strengths(view)
    features = feature_matrix(batch, habits)
    scaled = scale(features).tolist()
    tails = None if model is None else _tails(model, features)
    models = [ONLINE_MODEL if model is None else model.used]
    for index, arrival in enumerate(met.arrivals):
        entry, position, key, first = batch.entries[index], arrival.position, arrival.key, arrival.first
        if tails is not None:
            evidence = _model_evidence(CodeMotif.FORET_ISOLATION, tails[index])
        else:
            row = scaled[index]
            tail = state.online.score_then_learn(row) if first else state.online.score(row)
            evidence = _model_evidence(CodeMotif.DETECTEUR_EN_LIGNE, tail)
        verdict = judge(entry.journal_code, measured, index, evidence, state, parametres.budget_alertes, first=first)
        deleted = entry.operation is Operation.SUPPRESSION
        altered = habits.entry["altered"][index] > 0.0
        if verdict.flagged and (altered or not deleted):
            shares: list[float] = []
            if evidence.strength > 0.0:
                shares = (
                    state.online.attribute(scaled[index])
                    if model is None
                    else model.forest.attribute(features[index]).tolist()
                )
            state.mark_open(key)
            result.detections.append((position, detection(view, index, verdict, measured, shares, models)))
        elif state.mark_closed(key):
            result.detections.append((position, closing(view, index, models)))
    return result


def _tails(model: Model, features: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> list[float]:
    """Return the tail probability of each row's score among the training scores."""
    ranks = model.forest.ranks
    return [ranks.tail(score) for score in model.forest.score(features).tolist()]


def _model_evidence(code: CodeMotif, tail: float) -> Evidence:
    """Return a model's evidence; its value is -log10 of the tail probability."""
    return Evidence(code, -math.log10(tail), TAIL_FULL, model_strength(tail), MODEL_WEIGHT)
