"""What a model is worth: by verdicts where there are some, and as expected of its probabilities while they are late.

With verdicts, precision is the share of detections that were confirmed, and the false-positive rate the rest. Without,
the expected precision is the mean of the calibrated probabilities of what is flagged (confidence-based performance
estimation, CBPE): a detection that is confirmed in 70 % of such cases counts 0.7. It sees what shifts among the inputs
and keeps what the probabilities mean; it cannot see that the same entries are now judged otherwise (concept drift):
verdicts do.

References
----------
Guillory, Shankar, Ebrahimi, Darrell, Schmidt: Predicting with confidence on unseen distributions. ICCV 2021.
Białek, Kuberski, Perrakis, Bifet: Estimating model performance under covariate shift without labels. 2024 (CBPE).
Ayer, Brunk, Ewing, Reid, Silverman: An empirical distribution function for sampling with incomplete information. 1955
(isotonic regression by pooling adjacent violators).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from wisebook_ml.drift.exceptions import NotEnoughReference
from wisebook_ml.feedback.reliability import Z_95, wilson
from wisebook_ml.ledger.batch import Floats

__all__ = ["Calibration", "Confirmed", "Estimated", "Performance", "estimated", "judged"]

MIN_VERDICTS = 30
"""Verdicts below which nothing is said of a model."""

BINS = 15
"""Parts of the scores, with as many verdicts each, whose shares of confirmations are made monotonous."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Verdicts of a time: how many detections were confirmed, and how many dismissed."""

    confirmed: int
    dismissed: int

    @property
    def verdicts(self) -> int:
        """How many there are."""
        return self.confirmed + self.dismissed


@dataclass(frozen=True, slots=True)
class Performance:
    """What a model is worth now, and how likely so much less than before is by chance.

    Attributes
    ----------
    precision, low, high : float
        With its 95 % interval.
    before : float
        The precision it had.
    p : float
        Probability of so low a precision where nothing has changed.
    verdicts : float
        How many it is based on; expected ones where `estimated`.
    estimated : bool
        Whether it is expected of probabilities, not counted.
    """

    precision: float
    low: float
    high: float
    before: float
    p: float
    verdicts: float
    estimated: bool

    @property
    def fall(self) -> float:
        """By how much precision is lower than it was."""
        return self.before - self.precision


def judged(before: Confirmed, now: Confirmed) -> Performance | None:
    """Return what verdicts say of a model; None while there are fewer than `MIN_VERDICTS` then or now.

    The probability is Fisher's exact one, of so few confirmations among so many verdicts.

    Examples
    --------
    >>> worse = judged(Confirmed(170, 30), Confirmed(30, 30))
    >>> round(worse.precision, 2), round(worse.fall, 2), worse.p < 1e-6
    (0.5, 0.35, True)
    >>> judged(Confirmed(170, 30), Confirmed(5, 2)) is None
    True
    """
    if min(before.verdicts, now.verdicts) < MIN_VERDICTS:
        return None
    precision = now.confirmed / now.verdicts
    low, high = wilson(now.confirmed, now.verdicts)
    return Performance(
        precision, low, high, before.confirmed / before.verdicts, _fisher(before, now), now.verdicts, estimated=False
    )


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often detections of a score were confirmed.

    Attributes
    ----------
    scores : ndarray of float64
        Ascending.
    shares : ndarray of float64
        What of them was confirmed, never falling; between them it is interpolated.
    precision : float
        What of all was confirmed.
    verdicts : int
        How many it rests on.
    """

    scores: Floats
    shares: Floats
    precision: float
    verdicts: int

    @classmethod
    def of(cls, scores: Floats, confirmed: npt.NDArray[np.bool_]) -> "Calibration":
        """Learn from verdicts.

        Raises
        ------
        NotEnoughReference
            Where there are fewer than `MIN_VERDICTS`.

        Examples
        --------
        >>> scores = np.linspace(0, 1, 400)
        >>> known = Calibration.of(scores, np.random.default_rng(1).random(400) < scores)
        >>> bool(abs(known.probabilities(np.array([0.5]))[0] - 0.5) < 0.1)
        True
        """
        if len(scores) < MIN_VERDICTS:
            raise NotEnoughReference(
                f"{len(scores)} verdicts; {MIN_VERDICTS} are needed to know what the scores of a model mean"
            )
        order = np.argsort(scores, kind="stable")
        parts = [part for part in np.array_split(order, min(BINS, len(order) // 10)) if len(part)]
        # A virtual half verdict each way, so that no probability is 0 or 1 for want of cases.
        blocks = [
            [float(confirmed[part].sum()) + 0.5, len(part) + 1.0, float(scores[part].sum()), len(part)]
            for part in parts
        ]
        pooled: list[list[float]] = []
        for block in blocks:
            pooled.append(block)
            while len(pooled) > 1 and pooled[-2][0] / pooled[-2][1] > pooled[-1][0] / pooled[-1][1]:
                last = pooled.pop()
                pooled[-1] = [a + b for a, b in zip(pooled[-1], last, strict=True)]
        return cls(
            np.array([block[2] / block[3] for block in pooled]),
            np.array([block[0] / block[1] for block in pooled]),
            float(np.mean(confirmed)),
            len(scores),
        )

    def probabilities(self, scores: Floats) -> Floats:
        """Return how probable it is that each is confirmed."""
        return np.interp(scores, self.scores, self.shares)


@dataclass(frozen=True, slots=True)
class Estimated:
    """The expected performance: precision as `Performance`, and the share of what is to be found that is flagged."""

    performance: Performance
    recall: float | None


def estimated(
    scores: Floats, counts: npt.NDArray[np.int64], calibration: Calibration, unflagged: float | None = None
) -> Estimated | None:
    """Return the expected performance of a model whose verdicts are not there yet (CBPE).

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
        Of what was flagged: of each, or of each cell of a sketch.
    counts : ndarray of int64, shape (n,)
        How often each came.
    calibration : Calibration
        What scores were worth, from earlier verdicts.
    unflagged : float, optional
        The sum of the probabilities of what was not flagged, for the expected recall.

    Returns
    -------
    Estimated or None
        None for fewer than `MIN_VERDICTS` flagged.

    Examples
    --------
    >>> scores = np.linspace(0, 1, 400)
    >>> known = Calibration.of(scores, np.random.default_rng(1).random(400) < scores)
    >>> found = estimated(np.array([0.2, 0.8]), np.array([300, 100]), known)
    >>> bool(abs(found.performance.precision - 0.35) < 0.05)
    True
    """
    total = int(counts.sum())
    if total < MIN_VERDICTS:
        return None
    probable = calibration.probabilities(scores)
    true = float((counts * probable).sum())
    precision = true / total
    # What chance makes of as many verdicts, and what the calibration's own verdicts leave open.
    sampling = float((counts * probable * (1 - probable)).sum()) / total**2
    known = calibration.precision * (1 - calibration.precision) / calibration.verdicts
    sd = math.sqrt(sampling + known) or 1e-9
    p = float(special.ndtr((precision - calibration.precision) / sd))
    found = Performance(
        precision,
        max(0.0, precision - Z_95 * sd),
        min(1.0, precision + Z_95 * sd),
        calibration.precision,
        p,
        total,
        estimated=True,
    )
    recall = None if unflagged is None else true / (true + unflagged) if true + unflagged else None
    return Estimated(found, recall)


def _fisher(before: Confirmed, now: Confirmed) -> float:
    """Return the probability of at most so many confirmations, given all verdicts of both times."""
    confirmed, whole = before.confirmed + now.confirmed, before.verdicts + now.verdicts
    seen = np.arange(max(0, confirmed - before.verdicts), now.confirmed + 1)

    def choose(n: float, k: npt.NDArray[np.int64] | float) -> Floats:
        logs: Floats = (
            special.gammaln(n + 1) - special.gammaln(np.asarray(k) + 1) - special.gammaln(n - np.asarray(k) + 1)
        )
        return logs

    logs = choose(now.verdicts, seen) + choose(before.verdicts, confirmed - seen) - choose(whole, confirmed)
    return min(1.0, float(np.exp(logs).sum()))
