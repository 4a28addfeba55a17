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
from wisebook_ml.controls import CONTROLS, Finding, View
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.scoring.state import CompanyState

__all__ = ["Evidence", "Verdict", "apportion", "judge", "model_strength", "strengths"]

ONSET = 0.5
"""Share of a control's threshold from which a value starts to count: half-way there is no evidence yet."""

MIN_COMPOSITE = 0.30
"""No composite below this is worth an alert, however quiet the books."""

FIRST_COMPOSITE = 0.50
"""Threshold of the composite until the company's own scores are known."""

SCORES_KNOWN = 300
"""Entries until they are: three would be within a budget of 1 %."""

HABITUAL_RATE = 0.02
"""A control that finds more than this in a journal has found how the journal is kept, not what is wrong in it."""

RATE_KNOWN = 50
"""Entries of a journal until that rate is known."""

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
        """Weight times strength; never quite one, so that other evidence still counts beside a certainty."""
        return min(self.weight * self.strength, CERTAIN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was concluded of one entry. `composite` is in [0, 1)."""

    flagged: bool
    composite: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The controls' findings in a batch: values and strengths have shape (n, controls)."""

    findings: tuple[Finding, ...]
    values: Floats
    strengths: Floats
    thresholds: tuple[float, ...]
    weights: tuple[float, ...]


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
        values[:, k] = np.nan_to_num(finding.values, nan=0.0)
        if weight > 0.0:
            strength[:, k] = _ramp(values[:, k], threshold)
    return Measured(tuple(findings), values, strength, tuple(thresholds), tuple(weights))


def _ramp(values: Floats, threshold: float) -> Floats:
    """Return strengths: 0 up to the onset, 1 from the threshold on; with a threshold of zero, 1 for all."""
    if threshold <= 0.0:
        return (values >= threshold).astype(np.float64)
    onset = ONSET * threshold
    return np.clip((values - onset) / (threshold - onset), 0.0, 1.0)


def model_strength(tail: float) -> float:
    """Return the strength of a model's evidence for a tail probability.

    Examples
    --------
    >>> model_strength(0.5), model_strength(0.0001)
    (0.0, 1.0)
    """
    return min(1.0, max(0.0, (-math.log10(tail) - TAIL_ONSET) / (TAIL_FULL - TAIL_ONSET)))


def judge(
    journal: str,
    measured: Measured,
    index: int,
    model: Evidence | None,
    state: CompanyState,
    budget: float,
    *,
    first: bool,
) -> Verdict:
    """Weigh the evidence about one entry, and count it among the company's (where it arrives for the first time)."""
    evidence, alone = _evidence(journal, measured, index, state)
    if model is not None and model.strength > 0.0:
        evidence.append(model)
    remaining = 1.0
    for piece in evidence:
        remaining *= 1.0 - piece.belief
    composite = 1.0 - remaining
    ranks = state.composites
    threshold = max(MIN_COMPOSITE, ranks.threshold if ranks.total >= SCORES_KNOWN else FIRST_COMPOSITE)
    if first:
        ranks.add(composite, budget)
        state.judged[journal] = state.judged.get(journal, 0) + 1
        for piece in evidence:
            if piece.control is not None and piece.value >= piece.threshold:
                key = (journal, piece.code)
                state.fired[key] = state.fired.get(key, 0) + 1
    return Verdict(alone or composite >= threshold, composite, tuple(evidence))


def _evidence(journal: str, measured: Measured, index: int, state: CompanyState) -> tuple[list[Evidence], bool]:
    """Return the controls' evidence, that of a journal's habits weakened, and whether one passes by itself."""
    evidence, alone = [], False
    judged = state.judged.get(journal, 0)
    for k in np.flatnonzero(measured.strengths[index]).tolist():
        control, value, threshold = CONTROLS[k], float(measured.values[index, k]), measured.thresholds[k]
        habit = 1.0
        if judged >= RATE_KNOWN and not control.required:
            rate = state.fired.get((journal, control.code), 0) / judged
            habit = min(1.0, HABITUAL_RATE / rate) if rate > 0.0 else 1.0
        alone = alone or (value >= threshold and habit == 1.0)
        strength = float(measured.strengths[index, k]) * habit
        evidence.append(Evidence(control.code, value, threshold, strength, measured.weights[k], k))
    return evidence, alone


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
