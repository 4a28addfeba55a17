"""Rows of sparse matrices, read in compiled code: for a few rows, a library call costs more than the reading."""

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, compiled

__all__ = ["dense_rows", "weighed_rows"]


@compiled
def dense_rows(starts: Array, columns: Array, data: Array, rows: Array, width: int) -> npt.NDArray[np.float32]:
    """Return some rows of a sparse matrix (compressed by rows), shape (len(rows), width)."""
    dense = np.zeros((len(rows), width), np.float32)
    for i in range(len(rows)):
        for k in range(starts[rows[i]], starts[rows[i] + 1]):
            dense[i, columns[k]] += data[k]
    return dense


@compiled
def weighed_rows(
    owners: Array, rows: Array, weights: Array, starts: Array, columns: Array, data: Array, count: int, width: int
) -> npt.NDArray[np.float32]:
    """Return sums of rows of a sparse matrix, each times a weight, for the owner of each, shape (count, width)."""
    sums = np.zeros((count, width), np.float32)
    for i in range(len(rows)):
        for k in range(starts[rows[i]], starts[rows[i] + 1]):
            sums[owners[i], columns[k]] += weights[i] * data[k]
    return sums
