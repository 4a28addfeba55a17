"""Figures with 95 % intervals: average precision, shares of cases, means over books."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.evaluate.detections.measure import MeasuredBook, MeasuredCase

__all__ = ["Figure", "average_precision", "curve_of", "mean_of", "pooled_precision", "share_of"]

RESAMPLES = 1_000
LEVEL = 0.95

Floats = npt.NDArray[np.float64]


class Figure(NamedTuple):
    """A value with its interval, and how many cases or books (`n`) it is of; `value` is None where there are none."""

    value: float | None
    low: float | None
    high: float | None
    n: int


NOTHING = Figure(None, None, None, 0)


def average_precision(positive: Floats, negative: Floats) -> float:
    """Return the area under the precision-recall curve: the mean precision at the scores of the positives.

    Ties are taken together, as scikit-learn takes them.

    Parameters
    ----------
    positive, negative : ndarray of float64
        Scores: the higher, the more suspicious.

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.2]), np.array([0.5, 0.1, 0.1]))
    0.8333333333333333
    """
    if not len(positive):
        return 0.0
    above = len(negative) - np.searchsorted(np.sort(negative), positive)
    hits = len(positive) - np.searchsorted(np.sort(positive), positive)
    return float(np.mean(hits / (hits + above)))


def curve_of(books: Sequence[MeasuredBook], method: str) -> tuple[Floats, Floats]:
    """Return recall and precision of a method over all books, for each length of the list that a person goes through.

    Scores count by their rank in their book, since those of some methods have another scale in every book.
    """
    ranks, hits = [], []
    for book in books:
        positive = np.array([case.scores[method] for case in book.cases if not case.jumeau])
        scores = np.concatenate([positive, book.innocent[method]])
        ordered = np.sort(scores)
        ranks.append((len(scores) - np.searchsorted(ordered, scores)) / len(scores))  # ties: the worst of their ranks
        hits.append(np.arange(len(scores)) < len(positive))
    rank, hit = np.concatenate(ranks), np.concatenate(hits)
    order = np.argsort(rank, kind="stable")
    rank, found = rank[order], np.cumsum(hit[order])
    last = np.append(np.flatnonzero(np.diff(rank)), len(rank) - 1)
    return found[last] / hit.sum(), found[last] / (last + 1)


def mean_of(books: Sequence[MeasuredBook], value: Callable[[MeasuredBook], float], seed: int) -> Figure:
    """Return the mean over books, with an interval by resampling books."""
    if not books:
        return NOTHING
    values = np.array([value(book) for book in books])
    picks = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    return _figure(float(values.mean()), values[picks].mean(axis=1), len(values))


def share_of(cases: Sequence[MeasuredCase], holds: Callable[[MeasuredCase], bool], seed: int) -> Figure:
    """Return the share of cases for which something holds, with an interval by resampling cases.

    Where it holds for all or for none, resampling knows no doubt; the interval is then Wilson's.
    """
    if not cases:
        return NOTHING
    n, hits = len(cases), sum(map(holds, cases))
    share = hits / n
    if 0 < hits < n:
        return _figure(share, np.random.default_rng(seed).binomial(n, share, RESAMPLES) / n, n)
    reach = 1.96**2 / (n + 1.96**2)
    return Figure(share, 1.0 - reach if hits else 0.0, 1.0 if hits else reach, n)


def pooled_precision(
    books: Sequence[MeasuredBook], method: str, chosen: Callable[[MeasuredCase], bool], seed: int
) -> Figure:
    """Return the average precision of some cases among the innocent entries of all books, resampling books.

    For one kind, which a single book has too few of. Scores are of one scale in all books.
    """
    positive = [np.array([case.scores[method] for case in book.cases if chosen(case)]) for book in books]
    scores = np.concatenate(positive) if positive else np.zeros(0)
    if not len(scores):
        return NOTHING
    of = np.repeat(np.arange(len(books)), [len(one) for one in positive])
    above = np.column_stack(
        [
            len(book.innocent[method]) - np.searchsorted(np.sort(book.innocent[method]), scores).astype(float)
            for book in books
        ]
    )
    hits = (scores[None, :] >= scores[:, None]).astype(float)
    whole = _weighted(np.ones(len(books)), of, above, hits)
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES // 5):
        weights = np.bincount(generator.integers(len(books), size=len(books)), minlength=len(books)).astype(float)
        if weights[of].any():
            drawn.append(_weighted(weights, of, above, hits))
    return _figure(whole, np.array(drawn), len(scores))


def _weighted(weights: Floats, of: npt.NDArray[np.int64], above: Floats, hits: Floats) -> float:
    """Return the average precision where each book counts so many times."""
    own = weights[of]
    right = hits @ own
    precision = right / np.maximum(right + above @ weights, 1.0)
    return float((precision * own).sum() / own.sum())


def _figure(value: float, drawn: Floats, count: int) -> Figure:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return Figure(value, float(low), float(high), count)
