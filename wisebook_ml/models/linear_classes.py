"""Classes told apart by straight borders: an SVM with a linear kernel and its calibration, as one matrix."""

from dataclasses import dataclass

import numpy as np

from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.scaled_rows import RowScale

__all__ = ["LinearClasses"]


@dataclass(frozen=True, slots=True, eq=False)
class LinearClasses:
    """A softmax over linear functions of scaled rows: decisions and their multinomial calibration are both linear.

    Attributes
    ----------
    classes : tuple of str
    scale : RowScale
    coefficients : ndarray of float64, shape (classes, columns)
    constants : ndarray of float64, shape (classes,)
    """

    classes: tuple[str, ...]
    scale: RowScale
    coefficients: Floats
    constants: Floats

    def probabilities(self, matrix: Floats) -> Floats:
        """Return the probability of each class, shape (n, classes)."""
        odds = self.scale.weighed(matrix, self.coefficients) + self.constants
        powers = np.exp(odds - odds.max(axis=1, keepdims=True))
        shares: Floats = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def attribute(self, row: Floats, one: int, other: int) -> Floats:
        """Return what each column adds to how much likelier class `one` is than `other`, shape (columns,); exact."""
        scaled = self.scale.scaled(row[None, :])[0]
        added: Floats = scaled * (self.coefficients[one] - self.coefficients[other])
        return added
