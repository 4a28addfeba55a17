"""Intervals that hold what they say: conformal, by lead, and adaptive where a series drifts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["BUCKETS", "COVERAGES", "AdaptiveOffset", "Band", "bucket_of", "calibrate"]

Floats = npt.NDArray[np.float64]

COVERAGES = (0.8, 0.95)
"""What intervals are made for."""

BUCKETS = (5, 15, 30)
"""Leads (active days) that are calibrated together end here: a week, three weeks, six, and what is beyond."""

WINDOW = 3000
"""Errors that are kept for each bucket: what was before no longer tells how far off it is now."""

STEP = 0.03
"""How fast the adaptive level follows: an origin with half its days outside moves it by a sixtieth."""

FARTHEST = 0.6
"""Share of the wanted miscoverage within which the adaptive level stays: one odd quarter is not to change the bounds
for good."""

FEWEST = 20
"""Errors below which their largest one stands for every quantile beyond them."""


def bucket_of(leads: int) -> npt.NDArray[np.int64]:
    """Return the bucket of each lead, from the first day ahead on.

    Examples
    --------
    >>> bucket_of(7).tolist()
    [0, 0, 0, 0, 0, 1, 1]
    """
    return np.searchsorted(np.array(BUCKETS), np.arange(1, leads + 1), side="left").astype(np.int64)


@dataclass(slots=True)
class AdaptiveOffset:
    """How far a bound has to be moved so that a share `miss` of what comes lies beyond it.

    Each batch of scores (how far what came lay beyond the bound) first tells whether the offset held, and moves the
    level that it is taken at; then it joins the scores.

    Parameters
    ----------
    miss : float
        Wanted share beyond, in (0, 0.5).

    References
    ----------
    Gibbs and Candès, Adaptive conformal inference under distribution shift, NeurIPS 2021.
    Romano, Patterson and Candès, Conformalized quantile regression, NeurIPS 2019.

    Examples
    --------
    >>> offset = AdaptiveOffset(0.1)
    >>> offset.learn(np.arange(99.0))
    >>> offset.value()
    89.0
    """

    miss: float
    level: float = field(init=False)
    scores: Floats = field(init=False, default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self.level = self.miss

    def value(self) -> float:
        """Return the offset: the conformal quantile of the scores, nothing where there are none."""
        count = len(self.scores)
        if count == 0:
            return 0.0
        rank = int(np.ceil((count + 1) * (1 - self.level)))
        if rank > count or count < FEWEST:
            return float(self.scores.max())
        return float(np.partition(self.scores, rank - 1)[rank - 1])

    def learn(self, scores: Floats) -> None:
        """Take a batch of scores, in the order of time."""
        if not len(scores):
            return
        if len(self.scores) >= FEWEST:
            missed = float(np.mean(scores > self.value()))
            low, high = self.miss * (1 - FARTHEST), self.miss * (1 + FARTHEST)
            self.level = min(max(self.level + STEP * (self.miss - missed), low), high)
        self.scores = np.concatenate([self.scores, scores])[-WINDOW:]


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Offsets of both bounds by coverage and bucket, in units of a scale."""

    below: dict[float, tuple[float, ...]]
    above: dict[float, tuple[float, ...]]

    def bounds(self, coverage: float, low: Floats, high: Floats, scale: Floats) -> tuple[Floats, Floats]:
        """Return bounds moved so that they hold, from the first lead on.

        Parameters
        ----------
        coverage : float
            One of `COVERAGES`.
        low, high : float64 array (leads,)
            The model's own.
        scale : float64 array (leads,)
            What scores were divided by.
        """
        buckets = bucket_of(len(low))
        down = np.array(self.below[coverage])[buckets] * scale
        up = np.array(self.above[coverage])[buckets] * scale
        bottom, top = low - down, high + up
        return np.minimum(bottom, top), np.maximum(bottom, top)


def calibrate(
    actual: Floats,
    bounds: dict[float, tuple[Floats, Floats]],
    scale: Floats,
    coverages: Sequence[float] = COVERAGES,
    *,
    floor: float = -np.inf,
) -> Band:
    """Return how bounds have to be moved, from what past forecasts missed.

    Parameters
    ----------
    actual : float64 array (origins, leads)
        What came; not a number where it is not known yet. Origins in the order of time.
    bounds : dict of float to pair of float64 arrays (origins, leads)
        The model's own bounds by coverage.
    scale : float64 array (origins, leads)
        What makes scores of small and large flows alike.
    floor : float
        What nothing falls under. A bound that lies there misses nothing, which leaves more to the upper one to miss:
        otherwise intervals of flows that often rest would hold more than they say.
    """
    buckets = bucket_of(actual.shape[1])
    below: dict[float, tuple[float, ...]] = {}
    above: dict[float, tuple[float, ...]] = {}
    for coverage in coverages:
        low, high = bounds[coverage]
        miss = 1 - coverage
        down, up = [], []
        for bucket in range(len(BUCKETS) + 1):
            part = buckets == bucket
            down.append(_offset(((low - actual) / scale)[:, part], miss / 2))
            bottom = np.maximum(low - down[-1] * scale, floor)[:, part]
            known = np.isfinite(actual[:, part])
            missed = float(np.mean((actual[:, part] < bottom)[known])) if known.any() else miss / 2
            up.append(_offset(((actual - high) / scale)[:, part], min(max(miss - missed, miss / 2), miss)))
        below[coverage], above[coverage] = tuple(down), tuple(up)
    return Band(below, above)


def _offset(scores: Floats, miss: float) -> float:
    offset = AdaptiveOffset(miss)
    for row in scores:
        offset.learn(row[np.isfinite(row)])
    return offset.value()
