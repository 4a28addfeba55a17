"""Isolation Forest: trained with scikit-learn, kept and evaluated as plain arrays.

An artefact of arrays holds no code, so loading it cannot run any; and evaluating it costs the same per row for one
entry as for a thousand, where scikit-learn spends milliseconds on every call.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from wisebook_ml.habits.ranks import CELLS, RankHistogram
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["IsolationForest", "fit_isolation_forest"]

FIXED_POINT = 2.0**40
"""Path lengths are summed as whole multiples of 2^-40, so that the sum does not depend on its order."""

CHUNK = 4096
"""Rows evaluated at once: with 100 trees, 400,000 positions stay in the cache."""


class _Arrays(msgspec.Struct, frozen=True, kw_only=True):
    """What an artefact holds; arrays are little-endian bytes."""

    format: str
    features: tuple[str, ...]
    scale: float
    roots: bytes
    feature: bytes
    threshold: bytes
    children: bytes
    length: bytes
    expected: bytes
    ranks: tuple[int, ...]


FORMAT = "wisebook-ml/isolation-forest/1"


@dataclass(frozen=True, slots=True, eq=False)
class IsolationForest:
    """A fitted forest.

    Good at combinations that no single control names; poor where a single feature is decisive but others are noisy,
    and blind to what its training data was full of.

    Attributes
    ----------
    features : tuple of str
        Names of the columns it was trained on.
    scale : float
        Trees times the expected path length of an unsuccessful search, the denominator of the score.
    roots : ndarray of int64, shape (trees,)
        Root node of each tree in the concatenated arrays below.
    feature, threshold, children, length, expected : ndarray, shape (nodes,) or (nodes, 2)
        Split feature and threshold, left and right node (itself at a leaf), path length at a leaf in fixed point, and
        the expected path length below a node.
    ranks : RankHistogram
        Scores of the training entries: what makes a score a tail probability.

    References
    ----------
    Liu, Ting, Zhou: Isolation Forest. ICDM 2008. Attribution along the path: Saabas 2014.
    """

    features: tuple[str, ...]
    scale: float
    roots: Ints
    feature: Ints
    threshold: Floats
    children: Ints
    length: Ints
    expected: Floats
    depth: int
    ranks: RankHistogram

    def score(self, matrix: Floats) -> Floats:
        """Return the anomaly score of each row, in (0, 1): scikit-learn's ``-score_samples``."""
        if not len(matrix):
            return np.zeros(0)
        sums = np.concatenate([self._path_sums(matrix[k : k + CHUNK]) for k in range(0, len(matrix), CHUNK)])
        scores: Floats = np.exp2(-(sums / FIXED_POINT) / self.scale)
        return scores

    def _path_sums(self, matrix: Floats) -> Ints:
        # scikit-learn compares in single precision; so do we, to take the same side at a threshold.
        rows = matrix.astype(np.float32).astype(np.float64)
        index = np.arange(len(rows))[:, None]
        node = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        for _ in range(self.depth):
            right = rows[index, self.feature[node]] > self.threshold[node]
            node = self.children[node, right.astype(np.int64)]
        sums: Ints = self.length[node].sum(axis=1)
        return sums

    def attribute(self, row: Floats) -> Floats:
        """Return how much each feature shortened the paths of one row (positive: made it more unusual).

        The sum over features is the expected path length less the row's, averaged over the trees.
        """
        single = row.astype(np.float32).astype(np.float64)
        shares = np.zeros(len(self.features))
        node = self.roots.copy()
        for _ in range(self.depth):
            feature = self.feature[node]
            child = self.children[node, (single[feature] > self.threshold[node]).astype(np.int64)]
            np.add.at(shares, feature, self.expected[node] - self.expected[child])
            node = child
        result: Floats = shares / len(self.roots)
        return result

    def dump(self) -> bytes:
        """Return the artefact's bytes: the same forest gives the same bytes."""
        return msgspec.msgpack.encode(
            _Arrays(
                format=FORMAT,
                features=self.features,
                scale=self.scale,
                roots=_bytes(self.roots, "<i8"),
                feature=_bytes(self.feature, "<i8"),
                threshold=_bytes(self.threshold, "<f8"),
                children=_bytes(self.children, "<i8"),
                length=_bytes(self.length, "<i8"),
                expected=_bytes(self.expected, "<f8"),
                ranks=tuple(self.ranks.cells),
            )
        )

    @classmethod
    def load(cls, data: bytes, features: Sequence[str]) -> "IsolationForest":
        """Read an artefact.

        Raises
        ------
        ValueError
            Where it is not an Isolation Forest, or was trained on other features than `features`.
        """
        try:
            arrays = msgspec.msgpack.decode(data, type=_Arrays)
        except msgspec.MsgspecError as error:
            raise ValueError(f"not a model artefact: {error}") from error
        if arrays.format != FORMAT:
            raise ValueError(f"artefact of format {arrays.format!r}, expected {FORMAT!r}")
        if arrays.features != tuple(features):
            raise ValueError("trained on other features than this version computes; train it again")
        roots, feature, length = (_whole(data) for data in (arrays.roots, arrays.feature, arrays.length))
        threshold, expected = (
            np.frombuffer(data, "<f8").astype(np.float64) for data in (arrays.threshold, arrays.expected)
        )
        children = _whole(arrays.children).reshape(-1, 2)
        _check(len(arrays.features), roots, feature, children, [threshold, length, expected], arrays.ranks)
        return cls(
            features=arrays.features,
            scale=arrays.scale,
            roots=roots,
            feature=feature,
            threshold=threshold,
            children=children,
            length=length,
            expected=expected,
            depth=_depth(roots, children),
            ranks=RankHistogram(total=sum(arrays.ranks), cells=list(arrays.ranks)),
        )


def fit_isolation_forest(
    matrix: Floats, features: Sequence[str], *, seed: int, n_estimators: int = 100, max_samples: int = 256
) -> IsolationForest:
    """Train a forest on the entries of a company.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n, len(features))
        Features of the entries.
    features : sequence of str
        Their names.
    seed : int
        Seed of the subsamples and splits.
    n_estimators, max_samples : int
        Trees, and rows each is grown on (the paper's 100 and 256).

    Raises
    ------
    ValueError
        With fewer than two entries.
    """
    from sklearn.ensemble import IsolationForest as Fitted

    if len(matrix) < 2:
        raise ValueError(f"an Isolation Forest needs at least 2 entries, has {len(matrix)}")
    fitted = Fitted(n_estimators=n_estimators, max_samples=min(max_samples, len(matrix)), random_state=seed).fit(matrix)
    forest = _flatten([tree.tree_ for tree in fitted.estimators_], tuple(features), fitted.max_samples_)
    for score in forest.score(matrix).tolist():
        forest.ranks.add(score)
    return forest


def _flatten(trees: Sequence[object], features: tuple[str, ...], samples: int) -> IsolationForest:
    roots, feature, threshold, children, length, expected = [], [], [], [], [], []
    offset = 0
    for tree in trees:
        left, right = np.asarray(tree.children_left), np.asarray(tree.children_right)  # type: ignore[attr-defined]
        count = np.asarray(tree.n_node_samples)  # type: ignore[attr-defined]
        leaf = left < 0
        own = np.arange(len(left))
        path = np.zeros(len(left))
        for k in range(len(left)):  # parents come before their children
            if not leaf[k]:
                path[left[k]] = path[right[k]] = path[k] + 1
        path = np.where(leaf, path + _average_path(count), 0.0)
        below = path.copy()
        for k in range(len(left) - 1, -1, -1):
            if not leaf[k]:
                below[k] = (count[left[k]] * below[left[k]] + count[right[k]] * below[right[k]]) / count[k]
        roots.append(offset)
        feature.append(np.where(leaf, 0, tree.feature))  # type: ignore[attr-defined]
        threshold.append(np.where(leaf, np.inf, tree.threshold))  # type: ignore[attr-defined]
        children.append(np.column_stack([np.where(leaf, own, left), np.where(leaf, own, right)]) + offset)
        length.append(np.rint(path * FIXED_POINT).astype(np.int64))
        expected.append(below)
        offset += len(left)
    all_roots, all_children = np.array(roots, dtype=np.int64), np.concatenate(children).astype(np.int64)
    return IsolationForest(
        features=features,
        scale=float(len(trees) * _average_path(np.array([samples]))[0]),
        roots=all_roots,
        feature=np.concatenate(feature).astype(np.int64),
        threshold=np.concatenate(threshold),
        children=all_children,
        length=np.concatenate(length),
        expected=np.concatenate(expected),
        depth=_depth(all_roots, all_children),
        ranks=RankHistogram(cells=[0] * CELLS),
    )


def _average_path(samples: npt.NDArray[np.int64]) -> Floats:
    """Return the average path length of an unsuccessful search in a binary search tree (equation 1 of the paper)."""
    n = np.maximum(samples, 3).astype(np.float64)
    path = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(samples <= 1, 0.0, np.where(samples == 2, 1.0, path))


def _depth(roots: Ints, children: Ints) -> int:
    """Return the largest number of splits on the way to a leaf."""
    depth, level = 0, roots
    while True:
        below = np.unique(children[level].ravel())
        below = below[~np.isin(below, level)]
        if not len(below):
            return depth
        depth, level = depth + 1, below


def _check(
    features: int, roots: Ints, feature: Ints, children: Ints, others: Sequence[np.ndarray], ranks: Sequence[int]
) -> None:
    """Raise `ValueError` where arrays contradict each other: they would fail, or never end, at the first score."""
    nodes = len(children)
    own = np.arange(nodes)[:, None]
    if (
        any(len(array) != nodes for array in (feature, *others))
        or not len(roots)
        or not _within(roots, nodes)
        or not _within(children, nodes)
        or not _within(feature, features)
        or not ((children > own) | (children == own)).all()  # children come after their parents: no path is a circle
        or len(ranks) != CELLS
        or min(ranks) < 0
    ):
        raise ValueError("the arrays of the artefact contradict each other; train the model again")


def _within(array: Ints, end: int) -> bool:
    return bool(((array >= 0) & (array < end)).all())


def _whole(data: bytes) -> Ints:
    return np.frombuffer(data, "<i8").astype(np.int64)


def _bytes(array: npt.NDArray[np.generic], dtype: str) -> bytes:
    return array.astype(dtype).tobytes()
