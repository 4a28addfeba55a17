"""What verdicts say of a model's last month: worse than before, or expected to be so while they are late."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from schemas import Verdict
from wisebook_ml.drift.performance import Calibration, Confirmed, Performance, estimated, judged
from wisebook_ml.drift_checks.usual import VersionKey
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.feedback.reliability import Z_95
from wisebook_ml.ledger.batch import Floats

__all__ = ["LATELY", "MIN_CALIBRATED", "by_verdicts", "expected", "of_model"]

LATELY = dt.timedelta(days=30)
"""What is compared with all before: verdicts come late and are few."""

MIN_CALIBRATED = 200
"""Verdicts that calibrate an expectation: with fewer, it says more of them than of the month."""


def of_model(version: VersionKey, judgements: Sequence[Judgement]) -> list[Judgement]:
    """Return the verdicts on detections that a model, in whatever version, took part in."""
    return [
        one
        for one in judgements
        if one.avis.verdict is not Verdict.MANQUEE and any(used.modele_id == version.modele_id for used in one.modeles)
    ]


def by_verdicts(version: VersionKey, judgements: Sequence[Judgement], echeance: dt.datetime) -> Performance | None:
    """Return what the last month's verdicts on a version say, against all earlier ones on the model.

    None while there are too few. Parameters: the version, the verdicts of `of_model`, and when the check is due.
    """
    since = echeance - LATELY
    before = [one.dismissed for one in judgements if one.donne_le < since]
    now = [
        one.dismissed
        for one in judgements
        if since <= one.donne_le < echeance and any(used.version == version.version for used in _used(version, one))
    ]
    return judged(_confirmed(before), _confirmed(now))


def expected(judgements: Sequence[Judgement], before: Floats, now: Floats) -> Performance | None:
    """Return the expected precision of what was flagged lately, against that of what was flagged before.

    Both are told by the same calibration: people judge what looks worst first, so that what they confirmed is no
    measure for what was flagged.

    Parameters
    ----------
    judgements : sequence of Judgement
        Those that calibrate.
    before, now : ndarray of float64
        Scores of what was flagged.
    """
    if len(judgements) < MIN_CALIBRATED:
        return None
    scores = np.array([one.score for one in judgements])
    calibration = Calibration.of(scores, np.array([not one.dismissed for one in judgements]))
    told = [estimated(some, np.ones(len(some), np.int64), calibration) for some in (before, now)]
    if told[0] is None or told[1] is None:
        return None
    was, is_ = told[0].performance, told[1].performance
    sd = math.hypot(_sd(before, calibration), _sd(now, calibration)) or 1e-9
    return replace(
        is_,
        before=was.precision,
        low=max(0.0, is_.precision - Z_95 * sd),
        high=min(1.0, is_.precision + Z_95 * sd),
        p=float(special.ndtr((is_.precision - was.precision) / sd)),
    )


def _sd(scores: Floats, calibration: Calibration) -> float:
    probable = calibration.probabilities(scores)
    return math.sqrt(float((probable * (1 - probable)).sum())) / len(scores)


def _used(version: VersionKey, one: Judgement) -> list[VersionKey]:
    return [
        VersionKey(version.societe_id, used.modele_id, used.version)
        for used in one.modeles
        if used.modele_id == version.modele_id
    ]


def _confirmed(dismissed: Sequence[bool]) -> Confirmed:
    return Confirmed(len(dismissed) - sum(dismissed), sum(dismissed))
