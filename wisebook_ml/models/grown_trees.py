"""Trees that scikit-learn has grown, as plain arrays, and the way of rows down them in compiled code.

A call costs microseconds, where scikit-learn spends tens of milliseconds on the trees of one row; and each row is
evaluated by itself, in the order of the trees, so that its sum does not depend on the rows beside it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["GrownTrees"]

NODE = np.dtype([("threshold", "f4"), ("left", "i4"), ("feature", "i4")])
"""A row whose feature is above the threshold goes to node ``left + 1``, another to ``left``; a leaf sends every row to
itself: its threshold is infinite, and ``left`` its own position. Single precision is what scikit-learn compares in."""

CHUNK = 64
"""Rows that go down a tree together: of 200 columns, 50 KB in single precision, which the second cache holds."""


@dataclass(frozen=True, slots=True, eq=False)
class GrownTrees:
    """Trees of numbers.

    Attributes
    ----------
    starts : ndarray of int64, shape (trees + 1,)
        First node of each tree, its root; at last the number of nodes.
    depths : ndarray of int64, shape (trees,)
        The largest number of splits on the way to a leaf.
    nodes : ndarray of NODE, shape (nodes,)
        Level by level; children by their position in this array.
    values, expected : ndarray of float64, shape (nodes,)
        What a leaf says, and the mean of the leaves below each node, weighed by the training rows that came to them.
    features : int
        Columns that a row has.
    """

    starts: Ints
    depths: Ints
    nodes: npt.NDArray[np.void]
    values: Floats
    expected: Floats
    features: int

    @classmethod
    def of(cls, trees: Iterable[Any], features: int, value: Callable[[Any], Floats]) -> "GrownTrees":
        """Copy trees.

        Parameters
        ----------
        trees : iterable of sklearn.tree._tree.Tree
        features : int
            Columns that they were grown on.
        value : callable
            Returns what the nodes of a tree say, shape (nodes,).
        """
        starts, depths, parts = [0], [], []
        for tree in trees:
            depth, *part = _flattened(tree, np.asarray(value(tree), np.float64), starts[-1])
            depths.append(depth)
            parts.append(part)
            starts.append(starts[-1] + len(part[0]))
        nodes, values, expected = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return cls(np.array(starts, np.int64), np.array(depths, np.int64), nodes, values, expected, features)

    def __len__(self) -> int:
        return len(self.depths)

    def sums(self, matrix: npt.NDArray[Any]) -> Floats:
        """Return the sum of all trees' values for each row, compared in single precision.

        Raises
        ------
        ValueError
            Where `matrix` is not of shape (n, features).
        """
        if matrix.ndim != 2 or matrix.shape[1] != self.features:
            raise ValueError(f"rows of {self.features} columns are needed, not an array of shape {matrix.shape}")
        rows = np.ascontiguousarray(matrix, np.float32)
        return _sums(rows, self.starts, self.depths, self.nodes, self.values)

    def attribute(self, row: Floats) -> Floats:
        """Return how much each feature moved the sum of one row away from the mean (Saabas 2014), shape (features,)."""
        single = np.ascontiguousarray(row, np.float32)
        return _attribute(single, self.starts, self.depths, self.nodes, self.expected)


def _flattened(tree: Any, values: Floats, start: int) -> tuple[int, npt.NDArray[np.void], Floats, Floats]:
    """Return a tree's depth, its nodes level by level, what they say, and the mean of the leaves below each."""
    left, right = tree.children_left, tree.children_right
    levels = [np.zeros(1, dtype=np.int64)]
    while len(inner := levels[-1][left[levels[-1]] >= 0]):
        levels.append(np.column_stack([left[inner], right[inner]]).ravel())
    order = np.concatenate(levels)
    leaf = left[order] < 0
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    below, weight = values.copy(), tree.weighted_n_node_samples
    for level in reversed(levels):
        inner = level[left[level] >= 0]
        one, other = left[inner], right[inner]
        below[inner] = (weight[one] * below[one] + weight[other] * below[other]) / (weight[one] + weight[other])
    nodes = np.zeros(len(order), NODE)
    nodes["threshold"] = np.where(leaf, np.inf, _single_below(tree.threshold[order]))
    nodes["feature"] = np.where(leaf, 0, tree.feature[order])
    nodes["left"] = np.where(leaf, np.arange(len(order)), position[left[order]]) + start
    return len(levels) - 1, nodes, values[order], below[order]


def _single_below(threshold: Floats) -> npt.NDArray[np.float32]:
    """Return the largest single-precision numbers up to `threshold`: the same side for every number of that kind."""
    single = threshold.astype(np.float32)
    return np.where(single > threshold, np.nextafter(single, np.float32(-np.inf)), single)


@compiled
def _sums(matrix: Array, starts: Array, depths: Array, nodes: Array, values: Array) -> Floats:
    sums = np.zeros(len(matrix))
    for begin in range(0, len(matrix), CHUNK):
        end = min(begin + CHUNK, len(matrix))
        fours = begin + (end - begin) // 4 * 4
        for tree in range(len(depths)):
            start, depth = starts[tree], depths[tree]
            for i in range(begin, fours, 4):  # a processor walks with four rows at once, as none waits for another
                row_a, row_b, row_c, row_d = matrix[i], matrix[i + 1], matrix[i + 2], matrix[i + 3]
                a, b, c, d = start, start, start, start
                for _ in range(depth):
                    at = nodes[a]
                    a = at["left"] + (1 if row_a[at["feature"]] > at["threshold"] else 0)
                    at = nodes[b]
                    b = at["left"] + (1 if row_b[at["feature"]] > at["threshold"] else 0)
                    at = nodes[c]
                    c = at["left"] + (1 if row_c[at["feature"]] > at["threshold"] else 0)
                    at = nodes[d]
                    d = at["left"] + (1 if row_d[at["feature"]] > at["threshold"] else 0)
                sums[i] += values[a]
                sums[i + 1] += values[b]
                sums[i + 2] += values[c]
                sums[i + 3] += values[d]
            for i in range(fours, end):
                a = start
                for _ in range(depth):
                    at = nodes[a]
                    a = at["left"] + (1 if matrix[i, at["feature"]] > at["threshold"] else 0)
                sums[i] += values[a]
    return sums


@compiled
def _attribute(row: Array, starts: Array, depths: Array, nodes: Array, expected: Array) -> Floats:
    shares = np.zeros(len(row))
    for tree in range(len(depths)):
        node = starts[tree]
        for _ in range(depths[tree]):
            at = nodes[node]
            child = at["left"] + (1 if row[at["feature"]] > at["threshold"] else 0)
            shares[at["feature"]] += expected[child] - expected[node]
            node = child
    return shares
