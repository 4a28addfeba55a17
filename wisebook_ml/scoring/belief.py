"""The arithmetic of evidence, compiled: how strong it is, and how far it is believed."""

import math
from typing import NamedTuple

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.batch import Floats

__all__ = ["MODEL_WEIGHT", "TAIL_FULL", "TAIL_ONSET", "Heard", "believe", "heard_strength", "model_strength", "ramp"]

ONSET = 0.5
"""Share of a control's threshold from which a value starts to count: half-way there is no evidence yet."""

MODEL_WEIGHT = 0.20
"""A model's weight: of what it alone calls extreme in generated and ordinary books, one entry in ten is wrong; and it
mostly repeats what controls say of the same habits."""

CERTAIN = 1.0 - 1e-9

TAIL_ONSET, TAIL_FULL = 1.5, 3.3
"""A model starts to count at the top 3 % of scores and counts fully at 1 in 2,000 (in -log10)."""


class Heard(NamedTuple):
    """How far each of n entries' company hears the model that scores every entry: its settings and its verdicts.

    Attributes
    ----------
    thresholds, weights : ndarray of float64, shape (n,)
        Those in force; a model that is switched off has weight 0.
    factors : ndarray of float64, shape (n,)
        What verdicts have left of its evidence in the entry's journal.
    """

    thresholds: Floats
    weights: Floats
    factors: Floats


@compiled
def ramp(values: Array, strengths: Array, thresholds: Array, weights: Array, setting_of: Array) -> None:
    """Write strengths: 0 up to the onset, 1 from the threshold on; with a threshold of zero, 1 for all.

    What a control cannot say (NaN) counts as 0, and is written so. Compiled, since a few dozen calls of NumPy cost more
    than a small batch is worth.
    """
    for i in range(len(values)):
        j = setting_of[i]
        for k in range(thresholds.shape[1]):
            threshold, onset, value = thresholds[j, k], ONSET * thresholds[j, k], values[i, k]
            if np.isnan(value):
                value = 0.0
                values[i, k] = 0.0
            if weights[j, k] <= 0.0:
                continue
            if threshold <= 0.0:
                strengths[i, k] = 1.0 if value >= threshold else 0.0
            else:
                strengths[i, k] = min(1.0, max(0.0, (value - onset) / (threshold - onset)))


@compiled
def model_strength(tail: float, threshold: float = TAIL_FULL) -> float:
    """Return the strength of a model's evidence for a tail probability; 1 from the threshold (in -log10) on.

    Examples
    --------
    >>> model_strength(0.5), model_strength(0.0001)
    (0.0, 1.0)
    >>> model_strength(0.001, 3.0), model_strength(0.001, 6.6)
    (1.0, 0.0)
    """
    if threshold <= 0.0:
        return 1.0
    rarity = -math.log10(tail) * (TAIL_FULL / threshold)
    return min(1.0, max(0.0, (rarity - TAIL_ONSET) / (TAIL_FULL - TAIL_ONSET)))


@compiled
def heard_strength(heard: Heard, entry: int, tail: float) -> float:
    """Return the strength of a model's evidence about an entry, as its company's settings and verdicts have it."""
    if heard.weights[entry] <= 0.0:
        return 0.0
    strength: float = heard.factors[entry] * model_strength(tail, heard.thresholds[entry])
    return strength


@compiled
def believe(weight: float, strength: float) -> float:
    """Return weight times strength; never quite one, so that other evidence still counts beside a certainty."""
    return min(weight * strength, CERTAIN)
