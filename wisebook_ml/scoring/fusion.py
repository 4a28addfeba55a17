"""From many pieces of evidence to one score.

The composite is a noisy-or: ``1 - prod(1 - weight * strength)``, the probability that at least one piece of evidence
holds if each did with its own. So several weak findings can pass where none does alone, and no sum exceeds one. An
entry is flagged when a control passes its own threshold, *or* when the composite passes the threshold that keeps the
company's alert budget.

References
----------
Pearl: Probabilistic Reasoning in Intelligent Systems, 1988 (noisy-or). US patent 11935073 (flag on one routine or
on the composite).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from schemas import CodeMotif
from wisebook_ml.compiled import Array, compiled
from wisebook_ml.controls import CONTROLS, Finding, View
from wisebook_ml.ledger.batch import Floats

__all__ = ["Evidence", "Measured", "Verdict", "apportion", "believe", "model_strength", "strengths"]

ONSET = 0.5
"""Share of a control's threshold from which a value starts to count: half-way there is no evidence yet."""

MODEL_WEIGHT = 0.45
"""A model's weight: about that of a habit, since it names no single cause."""

CERTAIN = 1.0 - 1e-9

TAIL_ONSET, TAIL_FULL = 1.5, 3.3
"""A model starts to count at the top 3 % of scores and counts fully at 1 in 2,000 (in -log10)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence about one entry; `control` is its place in `CONTROLS`, None for a model."""

    code: CodeMotif
    value: float
    threshold: float
    strength: float
    weight: float
    control: int | None = None

    @property
    def belief(self) -> float:
        """Weight times strength; see `believe`."""
        return believe(self.weight, self.strength)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an entry is flagged for. `composite` is in [0, 1)."""

    composite: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The controls' findings in a batch.

    Attributes
    ----------
    findings : tuple of Finding
    values, strengths : ndarray of float64, shape (n, controls)
    thresholds, weights : ndarray of float64, shape (controls,)
    """

    findings: tuple[Finding, ...]
    values: Floats
    strengths: Floats
    thresholds: Floats
    weights: Floats


def strengths(view: View) -> Measured:
    """Run all controls on a batch, with the company's thresholds and weights."""
    findings, thresholds, weights = [], [], []
    values = np.zeros((len(view.batch), len(CONTROLS)))
    strength = np.zeros_like(values)
    for k, control in enumerate(CONTROLS):
        setting = view.parametres.controles.get(control.code)
        threshold = control.threshold if setting is None or setting.seuil is None else setting.seuil
        weight = control.weight if setting is None or setting.poids is None else setting.poids
        if setting is not None and not setting.actif:
            weight = 0.0
        finding = control.measure(view)
        findings.append(finding)
        thresholds.append(threshold)
        weights.append(weight)
        values[:, k] = finding.values
    _ramp(values, strength, np.array(thresholds), np.array(weights))
    return Measured(tuple(findings), values, strength, np.array(thresholds), np.array(weights))


@compiled
def _ramp(values: Array, strengths: Array, thresholds: Array, weights: Array) -> None:
    """Write strengths: 0 up to the onset, 1 from the threshold on; with a threshold of zero, 1 for all.

    What a control cannot say (NaN) counts as 0, and is written so. Compiled, since a few dozen calls of NumPy cost more
    than a small batch is worth.
    """
    for k in range(len(thresholds)):
        threshold, onset = thresholds[k], ONSET * thresholds[k]
        for i in range(len(values)):
            value = values[i, k]
            if np.isnan(value):
                value = 0.0
                values[i, k] = 0.0
            if weights[k] <= 0.0:
                continue
            if threshold <= 0.0:
                strengths[i, k] = 1.0 if value >= threshold else 0.0
            else:
                strengths[i, k] = min(1.0, max(0.0, (value - onset) / (threshold - onset)))


@compiled
def model_strength(tail: float) -> float:
    """Return the strength of a model's evidence for a tail probability.

    Examples
    --------
    >>> model_strength(0.5), model_strength(0.0001)
    (0.0, 1.0)
    """
    return min(1.0, max(0.0, (-math.log10(tail) - TAIL_ONSET) / (TAIL_FULL - TAIL_ONSET)))


@compiled
def believe(weight: float, strength: float) -> float:
    """Return weight times strength; never quite one, so that other evidence still counts beside a certainty."""
    return min(weight * strength, CERTAIN)


def apportion(score: int, shares: Sequence[float]) -> list[int]:
    """Share a score, in hundredths of a point, in proportion to `shares`, so that the parts sum to it exactly.

    Examples
    --------
    >>> apportion(10_000, [1.0, 1.0, 1.0])
    [3334, 3333, 3333]
    """
    total = math.fsum(shares)
    if total <= 0.0:
        return [score, *[0] * (len(shares) - 1)] if shares else []
    exact = [score * share / total for share in shares]
    parts = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(shares)), key=lambda k: (parts[k] - exact[k], k))
    for k in by_remainder[: score - sum(parts)]:
        parts[k] += 1
    return parts
