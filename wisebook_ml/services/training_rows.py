"""What the services that learn from verdicts share: rows to learn from, with or without a verdict."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from wisebook_ml.entry_columns import ATTRIBUTES

__all__ = ["Floats", "Folds", "Scale", "by_attribute", "drawn", "matrix_of", "said", "shares"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def matrix_of(frame: pd.DataFrame, columns: Any) -> Floats:
    """Return columns of a frame as a matrix; what is missing counts as 0 (nothing said)."""
    matrix: Floats = frame[list(columns)].to_numpy(np.float64)
    return np.nan_to_num(matrix, nan=0.0, posinf=0.0, neginf=0.0)


def drawn(rows: Ints, number: int, rng: np.random.Generator) -> Ints:
    """Return a number of rows at random, in their order; all of them where there are no more."""
    return rows if len(rows) <= number else np.sort(rng.choice(rows, number, replace=False))


@dataclass(frozen=True, slots=True)
class Folds:
    """Folds of about equal shares of each class: every row is in one."""

    of: Ints
    number: int

    @classmethod
    def stratified(cls, classes: npt.NDArray[Any], number: int, rng: np.random.Generator) -> "Folds":
        """Deal each class out to the folds at random."""
        of = np.empty(len(classes), np.int64)
        for value in np.unique(classes):
            rows = rng.permutation(np.flatnonzero(classes == value))
            of[rows] = np.arange(len(rows)) % number
        return cls(of, number)


FARTHEST = 5.0
"""Standard deviations at which columns are cut: one absurd amount would else move the border of all."""


class Scale(NamedTuple):
    """What makes columns comparable for a linear model: logarithms of long tails, mean 0, standard deviation 1."""

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, matrix: Floats, weight: Floats) -> "Scale":
        """Return the scale of weighed rows; a constant column stays 0."""
        logs = _logs(matrix)
        mean = np.average(logs, axis=0, weights=weight)
        spread = np.sqrt(np.average((logs - mean) ** 2, axis=0, weights=weight))
        return cls(mean, np.where(spread > 1e-9, spread, 1.0))

    def scaled(self, matrix: Floats) -> Floats:
        """Return rows on this scale."""
        return np.clip((_logs(matrix) - self.mean) / self.spread, -FARTHEST, FARTHEST)


def _logs(matrix: Floats) -> Floats:
    """Return values with long tails drawn in, either side of 0."""
    return np.sign(matrix) * np.log1p(np.abs(matrix))


def by_attribute(columns: Any, values: Floats) -> dict[str, Floats]:
    """Return the sums of the columns of each accounting attribute, in the order of their first column.

    Parameters
    ----------
    columns : sequence of str
    values : ndarray of float64, shape (..., len(columns))
    """
    sums: dict[str, Floats] = {}
    for k, name in enumerate(columns):
        attribute = ATTRIBUTES[name]
        sums[attribute] = sums[attribute] + values[..., k] if attribute in sums else values[..., k].copy()
    return sums


def shares(weights: dict[str, float]) -> dict[str, float]:
    """Return weights as shares of their sum, largest first; equal ones by name."""
    positive = {name: max(0.0, weight) for name, weight in weights.items()}
    total = sum(positive.values())
    if total <= 0.0:
        return {name: 1.0 / len(positive) for name in sorted(positive)}
    return {name: positive[name] / total for name in sorted(positive, key=lambda name: (-positive[name], name))}


def said(frame: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return the rows with a label; only those that a person gave a verdict on, where a column `avis` tells them.

    What was corrected without a word is always wrong, so that without right ones to match, it would tell nothing.
    """
    known = frame[label].notna()
    if "avis" in frame.columns:
        known &= frame["avis"].eq(True)
    return frame[known]
