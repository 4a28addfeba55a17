"""(h) The Isolation Forest, compiled, beside scikit-learn's: the same trees, the same rows, in one process."""

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn.ensemble import IsolationForest

from bench.context import Context
from bench.results import line_of
from wisebook_ml.models.isolation_forest import fit_isolation_forest

__all__ = ["run"]

ROWS, FEATURES, TREES, SAMPLES = 20_000, 30, 100, 256
"""The size at which scikit-learn's speed was first measured: 106,000 rows a second in batches of 1,000."""

BATCH = 1_000
ROUNDS = 40
"""How often each is measured; by turns, so that a busy machine slows both."""

CALLS = {BATCH: 1, 1: 20}
"""Calls in a row, as in a stream: a lone call after another library's finds none of its trees in the caches."""

TARGETS = {BATCH: 4.0, 1: 500.0}
TOLERANCE = 1e-9
SEED = 1


def run(context: Context) -> None:
    """Compare scores and speed."""
    matrix = np.random.default_rng(SEED).normal(size=(ROWS, FEATURES))
    # Single precision is what scikit-learn compares in: other numbers would be rounded by one and not by the other.
    matrix = matrix.astype(np.float32).astype(np.float64)
    names = [f"x{k}" for k in range(FEATURES)]
    ours = fit_isolation_forest(matrix, names, seed=SEED, n_estimators=TREES, max_samples=SAMPLES)
    theirs = IsolationForest(n_estimators=TREES, max_samples=SAMPLES, random_state=SEED).fit(matrix)
    apart = float(np.abs(ours.score(matrix) + theirs.score_samples(matrix)).max())
    context.results.add(
        line_of("forest.difference", apart, "score", at_most=TOLERANCE, compared_with="scikit-learn", rows=ROWS)
    )
    for size, calls in CALLS.items():
        rows = matrix[:size]
        seconds = _by_turns(partial(ours.score, rows), partial(theirs.score_samples, rows), calls)
        context.results.add(
            line_of(
                f"forest.speed.{size}",
                seconds[1] / seconds[0],
                "times",
                at_least=TARGETS[size],
                compared_with="scikit-learn",
                trees=TREES,
                features=FEATURES,
                rows_per_second=size / seconds[0],
                rows_per_second_scikit_learn=size / seconds[1],
            )
        )


def _by_turns(one: Callable[[], object], other: Callable[[], object], calls: int) -> tuple[float, float]:
    """Return the median seconds of two calls."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, seconds in zip((one, other), taken, strict=True):
            started = time.perf_counter()
            for _ in range(calls):
                call()
            seconds.append((time.perf_counter() - started) / calls)
    return statistics.median(taken[0]), statistics.median(taken[1])
