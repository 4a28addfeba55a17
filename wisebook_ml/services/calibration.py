"""Probabilities that mean what they say: calibration on few rows, and how far it is off."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

__all__ = ["expected_calibration_error", "fit_sigmoid"]

BINS = 10

PRIOR_ROWS = 20.0
"""How many rows say beforehand that nothing is to be changed: with few rows, the correction follows chance."""

Floats = NDArray[np.float64]


def fit_sigmoid(margin: Floats, label: Floats) -> tuple[float, float]:
    """Return slope and intercept that make ``expit(slope * margin + intercept)`` a calibrated probability.

    Good for hundreds of rows, where a step function would follow noise; since it is linear in the margin it keeps the
    order of the rows and what explains them. It fails to mend a curve that is bent otherwise.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Log-odds of rows that were not learnt from.
    label : ndarray, shape (n,)
        0 or 1.

    References
    ----------
    J. Platt, "Probabilistic outputs for support vector machines", 1999; here with a prior around slope 1, intercept 0.

    Examples
    --------
    >>> margin = np.repeat([-2.0, 2.0], 5000)
    >>> label = np.repeat([0.0, 1.0, 0.0], [5000, 1000, 4000])
    >>> slope, intercept = fit_sigmoid(margin, label)
    >>> bool(abs(expit(slope * 2 + intercept) - 0.2) < 0.01)
    True
    """

    def loss(point: Floats) -> tuple[float, Floats]:
        slope, intercept = point
        odds = slope * margin + intercept
        wrong = expit(odds) - label
        value = float(np.logaddexp(0.0, odds).sum() - label @ odds)
        value += PRIOR_ROWS / 2 * ((slope - 1) ** 2 + intercept**2)
        gradient = np.array([wrong @ margin + PRIOR_ROWS * (slope - 1), wrong.sum() + PRIOR_ROWS * intercept])
        return value, gradient

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.05, 5.0), (-5.0, 5.0)])
    return float(found.x[0]), float(found.x[1])


def expected_calibration_error(probability: Floats, label: Floats, bins: int = BINS) -> float:
    """Return the mean distance between predicted and observed rates, over bins of equal mass.

    Rows are ordered by their probability and cut into `bins` parts of the same number of rows (one more or less); the
    distance of the part's mean probability to its share of ones is weighted by its rows. Equal mass, since with bins of
    equal width most rows of a rare event fall into the first. Chance alone makes it about ``0.8 * sqrt(p q bins / n)``.

    Examples
    --------
    >>> expected_calibration_error(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0]), bins=2)
    0.25
    """
    if not len(label):
        return 0.0
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(abs(probability[part].mean() - label[part].mean()) * len(part) for part in parts) / len(order))
