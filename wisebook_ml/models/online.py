"""The online detector: learns from a company's first entry on, until it has a model of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from river.anomaly import HalfSpaceTrees

from wisebook_ml.habits.ranks import RankHistogram

__all__ = ["OnlineDetector"]

N_TREES = 15
HEIGHT = 7
WINDOW = 200
"""River's defaults but for fewer, deeper windows: a small company should have a reference within its first month."""

WARM_UP = 2 * WINDOW
"""Entries until scores say anything: one window to learn the reference, one to learn what scores are usual."""


@dataclass(slots=True)
class OnlineDetector:
    """Half-space trees over the entry features, with the company's own scores as the scale.

    Good for a company that has no model yet: nothing to train, one pass, bounded memory. It forgets what is older than
    a window, so it fails on anomalies that come in long runs, and knows combinations less well than a forest that was
    trained on a year.

    Parameters
    ----------
    seed : int
        Seed of the trees' splits.

    References
    ----------
    Tan, Ting, Liu: Fast anomaly detection for streaming data. IJCAI 2011.
    """

    seed: int = 0
    count: int = 0
    ranks: RankHistogram = field(default_factory=RankHistogram)
    sums: list[float] = field(default_factory=list)
    _trees: HalfSpaceTrees | None = None

    def score_then_learn(self, row: Sequence[float]) -> float:
        """Return the tail probability of an entry (1 until warmed up), and learn from it.

        Parameters
        ----------
        row : sequence of float
            Features scaled to [0, 1].
        """
        if self._trees is None:
            self._trees = HalfSpaceTrees(n_trees=N_TREES, height=HEIGHT, window_size=WINDOW, seed=self.seed)
            self.sums = [0.0] * len(row)
        score = self._score(row)
        self._trees.learn_one(dict(enumerate(row)))
        self.sums = [total + value for total, value in zip(self.sums, row, strict=True)]
        self.count += 1
        if self.count <= WINDOW:
            return 1.0
        tail = self.ranks.tail(score)
        self.ranks.add(score)
        return tail if self.count > WARM_UP else 1.0

    def score(self, row: Sequence[float]) -> float:
        """Return the tail probability of an entry that was learned before, without learning it again."""
        return self.ranks.tail(self._score(row)) if self.count > WARM_UP else 1.0

    def _score(self, row: Sequence[float]) -> float:
        return 0.0 if self._trees is None else float(self._trees.score_one(dict(enumerate(row))))

    def attribute(self, row: Sequence[float]) -> list[float]:
        """Return how much each feature adds to a row's score: the score lost when it takes its usual value.

        Only for what is flagged: it costs one score a feature.
        """
        if self._trees is None or not self.count:
            return [0.0] * len(row)
        score = self._score(row)
        shares = []
        for k, total in enumerate(self.sums):
            usual = list(row)
            usual[k] = total / self.count
            shares.append(max(0.0, score - self._score(usual)))
        return shares
