"""Isolation Forest: trained with scikit-learn, kept as plain arrays, evaluated in compiled code.

An artefact of arrays holds no code, so loading it cannot run any; and a row costs about a microsecond, where
scikit-learn spends milliseconds on every call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import numpy.typing as npt

from wisebook_ml.ledger.batch import Floats, Ints
from wisebook_ml.models.isolation_walk import FIXED_POINT, NODE, attribute_row, depth_of, score_rows
from wisebook_ml.models.ranks import CELLS, count_as_large, tails_of

__all__ = ["IsolationForest", "fit_isolation_forest"]

FORMAT = "wisebook-ml/isolation-forest/2"

MAX_SAMPLES = 2**15
"""Rows that a tree can be grown on: it then has fewer than 2^16 nodes, so that two bytes name one."""

MAX_LENGTH = 2**8
"""Longest path that an artefact may speak of: a tree of `MAX_SAMPLES` has 36, and sums over trees cannot overflow."""

MAX_RANKS = 2**40
"""Most training entries that an artefact may speak of: shares of them are exact."""


class _Arrays(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an artefact holds; arrays are little-endian bytes."""

    format: str
    features: tuple[str, ...]
    scale: float
    starts: bytes
    nodes: bytes
    path: bytes
    lengths: bytes
    expected: bytes
    as_large: bytes
    reference: bytes = b""


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
    starts : ndarray of int64, shape (trees + 1,)
        First node of each tree, its root; at last the number of nodes.
    nodes : ndarray of NODE, shape (nodes,)
        The trees' nodes, level by level.
    path : ndarray of uint16, shape (nodes,)
        At a leaf, the position of its path length in `lengths`.
    lengths : ndarray of int64
        The path lengths that occur (some hundred), in fixed point.
    expected : ndarray of float32, shape (nodes,)
        Expected path length below each node.
    as_large : ndarray of int64, shape (CELLS,)
        Training scores in each cell or a higher one: what makes a score a tail probability.
    depth : int
        The largest number of splits on the way to a leaf.
    reference : bytes
        What was usual of the rows it was trained on (`wisebook_ml.drift.reference.Reference.dump`), by which drift is
        told; empty where they were too few. Scores do not depend on it.

    References
    ----------
    Liu, Ting, Zhou: Isolation Forest. ICDM 2008. Attribution along the path: Saabas 2014.
    """

    features: tuple[str, ...]
    scale: float
    starts: Ints
    nodes: npt.NDArray[np.void]
    path: npt.NDArray[np.uint16]
    lengths: Ints
    expected: npt.NDArray[np.float32]
    as_large: Ints
    depth: int
    reference: bytes = b""

    @property
    def trained_on(self) -> int:
        """How many entries it was trained on."""
        return int(self.as_large[0])

    def score(self, matrix: Floats) -> Floats:
        """Return the anomaly score of each row, in (0, 1): scikit-learn's ``-score_samples``.

        Raises
        ------
        ValueError
            Where `matrix` is not of shape (n, features).
        """
        rows = self._checked(matrix, 2)
        return score_rows(rows, self.starts, self.nodes, self.path, self.lengths, self.depth, self.scale)

    def tails(self, scores: Floats) -> Floats:
        """Return the share of the training scores that are at least as large as each score, counting itself."""
        return tails_of(scores, self.as_large)

    def attribute(self, row: Floats) -> Floats:
        """Return how much each feature shortened the paths of one row (positive: made it more unusual).

        The sum over features is the expected path length less the row's, averaged over the trees.

        Raises
        ------
        ValueError
            Where `row` is not of shape (features,).
        """
        single = self._checked(row, 1)
        return attribute_row(single, self.starts, self.nodes, self.expected, self.depth)

    def _checked(self, rows: Floats, dimensions: int) -> Floats:
        """Compiled code reads what lies beyond an array's end without a word, and compiles anew for another layout."""
        if rows.ndim != dimensions or rows.shape[-1] != len(self.features):
            raise ValueError(f"rows of shape {rows.shape}, the forest has {len(self.features)} features")
        return np.ascontiguousarray(rows, dtype=np.float64)

    def dump(self) -> bytes:
        """Return the artefact's bytes: the same forest gives the same bytes."""
        return msgspec.msgpack.encode(
            _Arrays(
                format=FORMAT,
                features=self.features,
                scale=self.scale,
                starts=self.starts.astype("<i8").tobytes(),
                nodes=self.nodes.astype(NODE.newbyteorder("<")).tobytes(),
                path=self.path.astype("<u2").tobytes(),
                lengths=self.lengths.astype("<i8").tobytes(),
                expected=self.expected.astype("<f4").tobytes(),
                as_large=self.as_large.astype("<i8").tobytes(),
                reference=self.reference,
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
        forest = cls(
            features=arrays.features,
            scale=arrays.scale,
            starts=np.frombuffer(arrays.starts, "<i8").astype(np.int64),
            nodes=np.frombuffer(arrays.nodes, NODE.newbyteorder("<")).astype(NODE),
            path=np.frombuffer(arrays.path, "<u2").astype(np.uint16),
            lengths=np.frombuffer(arrays.lengths, "<i8").astype(np.int64),
            expected=np.frombuffer(arrays.expected, "<f4").astype(np.float32),
            as_large=np.frombuffer(arrays.as_large, "<i8").astype(np.int64),
            depth=0,
            reference=arrays.reference,
        )
        if not _is_whole(forest):
            raise ValueError("the arrays of the artefact contradict each other; train the model again")
        return replace(forest, depth=depth_of(forest.starts, forest.nodes))


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
        With fewer than two entries, or more than `MAX_SAMPLES` a tree.
    """
    from sklearn.ensemble import IsolationForest as Fitted

    if len(matrix) < 2:
        raise ValueError(f"an Isolation Forest needs at least 2 entries, has {len(matrix)}")
    if max_samples > MAX_SAMPLES:
        raise ValueError(f"a tree can be grown on at most {MAX_SAMPLES} entries, not on {max_samples}")
    fitted = Fitted(n_estimators=n_estimators, max_samples=min(max_samples, len(matrix)), random_state=seed).fit(matrix)
    forest = _flatten([tree.tree_ for tree in fitted.estimators_], tuple(features), fitted.max_samples_)
    return replace(forest, as_large=count_as_large(forest.score(matrix)))


def _flatten(trees: Sequence[object], features: tuple[str, ...], samples: int) -> IsolationForest:
    """Return scikit-learn's trees as one forest without ranks."""
    flat = [_flatten_tree(tree) for tree in trees]
    lengths, path = np.unique(np.concatenate([length for _, length, _ in flat]), return_inverse=True)
    starts = np.cumsum([0, *(len(nodes) for nodes, _, _ in flat)], dtype=np.int64)
    nodes = np.concatenate([nodes for nodes, _, _ in flat])
    return IsolationForest(
        features=features,
        scale=float(len(trees) * _average_path(np.array([samples]))[0]),
        starts=starts,
        nodes=nodes,
        path=path.astype(np.uint16),
        lengths=lengths,
        expected=np.concatenate([expected for _, _, expected in flat]),
        as_large=np.zeros(CELLS, dtype=np.int64),
        depth=depth_of(starts, nodes),
    )


def _flatten_tree(tree: object) -> tuple[npt.NDArray[np.void], Ints, npt.NDArray[np.float32]]:
    """Return a tree's nodes, the path length at each leaf in fixed point (0 elsewhere), and the expected ones."""
    left, right = np.asarray(tree.children_left), np.asarray(tree.children_right)  # type: ignore[attr-defined]
    count = np.asarray(tree.n_node_samples)  # type: ignore[attr-defined]
    levels = [np.zeros(1, dtype=np.int64)]
    while len(inner := levels[-1][left[levels[-1]] >= 0]):
        levels.append(np.column_stack([left[inner], right[inner]]).ravel())
    order = np.concatenate(levels)
    leaf = left[order] < 0
    own = np.arange(len(order))
    position = np.empty(len(order), dtype=np.int64)
    position[order] = own

    splits = np.repeat(np.arange(len(levels)), [len(level) for level in levels])
    path = np.where(leaf, splits + _average_path(count[order]), 0.0)
    below = np.zeros(len(order))
    below[order] = path
    for level in reversed(levels):
        inner = level[left[level] >= 0]
        one, other = left[inner], right[inner]
        below[inner] = (count[one] * below[one] + count[other] * below[other]) / count[inner]

    nodes = np.zeros(len(order), NODE)
    nodes["threshold"] = np.where(leaf, np.inf, _single_below(tree.threshold[order]))  # type: ignore[attr-defined]
    nodes["feature"] = np.where(leaf, 0, tree.feature[order])  # type: ignore[attr-defined]
    nodes["left"] = np.where(leaf, own, position[left[order]])
    return nodes, np.rint(path * FIXED_POINT).astype(np.int64), below[order].astype(np.float32)


def _single_below(threshold: Floats) -> npt.NDArray[np.float32]:
    """Return the largest single-precision numbers up to `threshold`: the same side for every number of that kind."""
    single = threshold.astype(np.float32)
    return np.where(single > threshold, np.nextafter(single, np.float32(-np.inf)), single)


def _average_path(samples: npt.NDArray[np.int64]) -> Floats:
    """Return the average path length of an unsuccessful search in a binary search tree (equation 1 of the paper)."""
    n = np.maximum(samples, 3).astype(np.float64)
    path = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(samples <= 1, 0.0, np.where(samples == 2, 1.0, path))


def _is_whole(forest: IsolationForest) -> bool:
    """Return whether no array contradicts another: a walk could leave its tree, or never end, at the first score."""
    starts, nodes, as_large = forest.starts, forest.nodes, forest.as_large
    if not (
        len(starts) > 1
        and starts[0] == 0
        and starts[-1] == len(nodes) == len(forest.path) == len(forest.expected)
        and (starts[1:] > starts[:-1]).all()
        and len(forest.lengths) > 0
        and len(as_large) == CELLS
    ):
        return False
    sizes = np.diff(starts)
    own = np.arange(len(nodes)) - np.repeat(starts[:-1], sizes)
    left = nodes["left"].astype(np.int64)
    leaf = left == own
    return bool(
        # Children come after their parents: no path is a circle. A leaf sends every row to itself.
        np.where(leaf, nodes["threshold"] == np.inf, (left > own) & (left + 1 < np.repeat(sizes, sizes))).all()
        and (nodes["feature"] < len(forest.features)).all()
        and (forest.path < len(forest.lengths)).all()
        and ((forest.lengths >= 0) & (forest.lengths <= MAX_LENGTH * FIXED_POINT)).all()
        and np.isfinite(forest.expected).all()
        and 0.0 < forest.scale < np.inf
        and as_large[0] <= MAX_RANKS
        and (as_large[1:] <= as_large[:-1]).all()
        and as_large[-1] >= 0
    )
