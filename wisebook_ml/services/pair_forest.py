"""The forest that recommends accounts: which pairs of a line and a candidate it learns from, and how it is grown."""

import os
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Meta
from sklearn.ensemble import RandomForestClassifier

from wisebook_ml.services.base import Progress
from wisebook_ml.services.parameters import Parameters
from wisebook_ml.services.vote_calibration import VoteCalibration, calibrated

__all__ = ["SHOWN", "Lessons", "RandomForestParameters", "forest_votes", "grow_forest"]

Floats = npt.NDArray[np.float64]

PAIRS_PER_TREE = 20_000
"""Pairs that one tree sees: keeps a training of any ledger within a minute, and trees different."""

HARD, EASY = 8, 10
"""Trees learn from so many of a line's first candidates, and from one in so many of the others, which counts for all of
them: those are easy to tell apart from the right one, and took most of what a tree sees."""

CALIBRATION_SHARE = 6
"""The trees whose votes are calibrated with are so many times fewer than the forest's, in each half."""

STEPS = 10
"""Steps of growing the forest, between which progress is told."""

SHOWN = 3
"""Accounts that are recommended."""


class RandomForestParameters(Parameters, frozen=True, kw_only=True):
    """Parameters of the forest, as scikit-learn has them, and of what it sees."""

    n_estimators: Annotated[int, Meta(ge=1, le=5000)] = 200
    max_depth: Annotated[int, Meta(ge=1, le=200)] | None = 15
    min_samples_leaf: Annotated[int, Meta(ge=1, le=10_000)] = 5
    min_samples_split: Annotated[int, Meta(ge=2, le=10_000)] = 2
    max_features: Literal["sqrt", "log2"] | Annotated[float, Meta(gt=0, le=1)] = "sqrt"
    criterion: Literal["gini", "entropy", "log_loss"] = "gini"
    candidats: Annotated[int, Meta(ge=SHOWN, le=200, description="Accounts that are weighed for a line.")] = 20
    blocs: Annotated[int, Meta(ge=2, le=50, description="Parts of a ledger, each seen from the others.")] = 10


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Lines with their candidates, to learn from.

    Attributes
    ----------
    inputs : ndarray of float32 (rows, candidates, columns)
        What the forest sees of each pair.
    right : ndarray of bool (rows, candidates)
        Whether the candidate is the one.
    entries : ndarray of int64 (rows,)
        Number of the entry that a row is a line of.
    by_time : ndarray of bool (rows,)
        Rows that were seen from others of another time, as lines to come are: votes are calibrated on them.
    """

    inputs: npt.NDArray[np.float32]
    right: npt.NDArray[np.bool_]
    entries: npt.NDArray[np.int64]
    by_time: npt.NDArray[np.bool_]


def grow_forest(
    lessons: Lessons, wanted: RandomForestParameters, seed: int, progress: Progress
) -> tuple[RandomForestClassifier, VoteCalibration]:
    """Return a forest, grown in steps, and the calibration of its votes; progress goes from half to done."""
    inputs, right = lessons.inputs, lessons.right
    kept, weights = _kept(right, seed)
    forest = _planted(wanted, wanted.n_estimators, int(kept.sum()), seed)
    pairs, outcome, counted = inputs[kept], right[kept], weights[kept]
    for step in range(1, STEPS + 1):
        forest.set_params(n_estimators=max(1, wanted.n_estimators * step // STEPS))
        if step == 1 or forest.n_estimators > len(forest.estimators_):
            forest.fit(pairs, outcome, counted)
        progress(0.5 + 0.4 * step / STEPS)
    forest.set_params(n_jobs=1, warm_start=False)
    second = np.random.default_rng(seed).random(int(lessons.entries.max()) + 1)[lessons.entries] < 0.5
    votes = np.zeros(right.shape)
    for half in (second, ~second):
        asked = half & lessons.by_time
        if not asked.any() or not 0 < right[~half].sum() < right[~half].size:
            progress(1.0)
            return forest, VoteCalibration()
        some = kept & ~half[:, None]
        smaller = _planted(wanted, max(1, wanted.n_estimators // CALIBRATION_SHARE), int(some.sum()), seed)
        smaller.fit(inputs[some], right[some], weights[some])
        votes[asked] = forest_votes(smaller, inputs[asked])
    progress(1.0)
    return forest, calibrated(votes[lessons.by_time], right[lessons.by_time])


def forest_votes(forest: RandomForestClassifier, inputs: npt.NDArray[np.float32]) -> Floats:
    """Return the share of the votes for each pair (rows x candidates)."""
    if not len(inputs):
        return np.zeros(inputs.shape[:2])
    votes: Floats = forest.predict_proba(inputs.reshape(-1, inputs.shape[2]))[:, 1].reshape(inputs.shape[:2])
    return votes


def _planted(wanted: RandomForestParameters, trees: int, pairs: int, seed: int) -> RandomForestClassifier:
    """Return a forest that is not grown yet, for so many pairs."""
    return RandomForestClassifier(
        trees,
        max_depth=wanted.max_depth,
        min_samples_leaf=wanted.min_samples_leaf,
        min_samples_split=wanted.min_samples_split,
        max_features=wanted.max_features,
        criterion=wanted.criterion,
        max_samples=min(1.0, PAIRS_PER_TREE / pairs),
        random_state=seed,
        n_jobs=min(2, os.cpu_count() or 1),
        warm_start=True,
    )


def _kept(right: npt.NDArray[np.bool_], seed: int) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Return which pairs trees learn from, and how many pairs each counts for."""
    hard = right | (np.arange(right.shape[1]) < HARD)
    drawn = np.random.default_rng(seed).random(right.shape) < 1 / EASY
    return hard | drawn, np.where(hard, 1.0, float(EASY))
