"""From lines to entries, compiled: NumPy's `reduceat` takes longer to start each entry than to reduce it."""

import numpy as np

from wisebook_ml.compiled import Array, compiled

__all__ = ["any_line", "largest_line", "lines_that_reach"]


@compiled
def largest_line(values: Array, first: Array) -> Array:
    """Return the largest value among each entry's lines; NaN where all are.

    Parameters
    ----------
    values : ndarray of float64, shape (m,)
    first : ndarray of int64, shape (n + 1,)
        The lines of entry i are ``first[i]:first[i + 1]``.
    """
    n = len(first) - 1
    largest = np.full(n, np.nan)
    for i in range(n):
        for k in range(first[i], first[i + 1]):
            if values[k] > largest[i] or np.isnan(largest[i]):
                largest[i] = values[k]
    return largest


@compiled
def lines_that_reach(values: Array, largest: Array, first: Array) -> Array:
    """Return the lines whose value is the largest of their entry, as a mask of shape (m,)."""
    reached = np.empty(len(values), np.bool_)
    for i in range(len(largest)):
        for k in range(first[i], first[i + 1]):
            reached[k] = values[k] == largest[i]
    return reached


@compiled
def any_line(mask: Array, first: Array) -> Array:
    """Return whether any line of each entry is in a mask of shape (m,)."""
    n = len(first) - 1
    found = np.zeros(n, np.bool_)
    for i in range(n):
        for k in range(first[i], first[i + 1]):
            if mask[k]:
                found[i] = True
                break
    return found
