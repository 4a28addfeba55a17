"""Gradient Boosting as plain arrays: trees and a line beside them, evaluated in compiled code."""

from dataclasses import dataclass

import numpy as np

from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.grown_trees import GrownTrees
from wisebook_ml.models.scaled_rows import RowScale

__all__ = ["BoostedTrees"]


@dataclass(frozen=True, slots=True, eq=False)
class BoostedTrees:
    """What Gradient Boosting says of a row: the sum of its trees and of a straight line, made a log-odds.

    Attributes
    ----------
    trees : GrownTrees
        Their sum counts `rate` times, and starts at `start`.
    scale, slopes, intercept : RowScale, ndarray of float64 of shape (columns,), float
        The line.
    calibration : (float, float)
        Slope and intercept of the log-odds that scores stand for.

    References
    ----------
    Friedman: Stochastic gradient boosting. Computational Statistics & Data Analysis 2002.
    """

    trees: GrownTrees
    start: float
    rate: float
    scale: RowScale
    slopes: Floats
    intercept: float
    calibration: tuple[float, float]

    def probability(self, matrix: Floats) -> Floats:
        """Return the probability of each row, shape (n,)."""
        known = np.nan_to_num(matrix, nan=0.0, posinf=0.0, neginf=0.0)
        line = self.scale.weighed(known, self.slopes[None, :])[:, 0] + self.intercept
        slope, intercept = self.calibration
        odds = slope * (self.start + self.rate * self.trees.sums(known) + line) + intercept
        probability: Floats = 1.0 / (1.0 + np.exp(-odds))
        return probability

    def attribute(self, row: Floats) -> Floats:
        """Return how much each column moved one row's log-odds, shape (columns,): Saabas for trees, exact for the line.

        Along the paths rather than TreeSHAP: a thousandth of the cost, and it is only to say what counted most.
        """
        single = np.nan_to_num(row, nan=0.0, posinf=0.0, neginf=0.0)
        line = self.scale.scaled(single[None, :])[0] * self.slopes
        moved: Floats = self.calibration[0] * (self.rate * self.trees.attribute(single) + line)
        return moved
