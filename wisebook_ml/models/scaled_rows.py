"""Rows on the scale that linear models read them in: logarithms of long tails, mean 0, standard deviation 1."""

import math
from typing import NamedTuple

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.batch import Floats

__all__ = ["RowScale"]


class RowScale(NamedTuple):
    """Mean and standard deviation of each column's logarithm, and the deviations at which it is cut."""

    mean: Floats
    spread: Floats
    farthest: float

    def scaled(self, matrix: Floats) -> Floats:
        """Return rows on this scale, shape (n, columns); what is missing counts as 0 (nothing said)."""
        return _scaled(matrix, self.mean, self.spread, self.farthest)

    def weighed(self, matrix: Floats, slopes: Floats) -> Floats:
        """Return the sums of scaled rows times each of some slopes, shape (n, len(slopes)).

        Added column by column: the bits of a product of matrices depend on how many rows it has.
        """
        return _weighed(self.scaled(matrix), slopes)


@compiled
def _scaled(matrix: Array, mean: Array, spread: Array, farthest: float) -> Floats:
    scaled = np.empty(matrix.shape)
    for i in range(matrix.shape[0]):
        for k in range(matrix.shape[1]):
            value = matrix[i, k]
            if not math.isfinite(value):
                value = 0.0
            logged = math.copysign(math.log1p(abs(value)), value)
            scaled[i, k] = min(farthest, max(-farthest, (logged - mean[k]) / spread[k]))
    return scaled


@compiled
def _weighed(scaled: Array, slopes: Array) -> Floats:
    sums = np.zeros((scaled.shape[0], slopes.shape[0]))
    for i in range(scaled.shape[0]):
        for c in range(slopes.shape[0]):
            total = 0.0
            for k in range(scaled.shape[1]):
                total += scaled[i, k] * slopes[c, k]
            sums[i, c] = total
    return sums
