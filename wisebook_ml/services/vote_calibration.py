"""Probabilities from a forest's votes for the candidates of a line."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

__all__ = ["VoteCalibration", "calibrated"]

Floats = npt.NDArray[np.float64]

LEAST_VOTE = 1e-3
"""Share of the votes that is told from none, and from all."""

BOUNDS = ((0.2, 5.0), (-8.0, 4.0))
"""Of the slope and of none: a slope above 0 leaves the order of candidates as the votes have it."""


@dataclass(frozen=True, slots=True)
class VoteCalibration:
    """A softmax over a line's candidates, and over "none of them", of the log-odds of the votes.

    Attributes
    ----------
    slope : float
        What the log-odds of a vote are multiplied with: above 1 where a forest is too cautious.
    none : float
        The log-odds of a candidate that would be as likely as that none is right.

    Examples
    --------
    >>> as_voted = VoteCalibration()
    >>> as_voted.probabilities(np.array([[0.8]])).round(3).tolist()
    [[0.8]]
    >>> VoteCalibration(slope=1.5, none=-2.0).probabilities(np.array([[0.8, 0.1]])).round(3).tolist()
    [[0.979, 0.005]]
    """

    slope: float = 1.0
    none: float = 0.0

    def probabilities(self, votes: Floats) -> Floats:
        """Return the probability of each candidate; a row's rest to 1 is that of none (rows x candidates)."""
        odds = self.odds(votes)
        made: Floats = odds / (odds.sum(axis=1, keepdims=True) + np.exp(self.none))
        return made

    def besides(self, votes: Floats, own: Floats) -> Floats:
        """Return the probability of an account that is judged besides a row's candidates, from its own votes."""
        odds = self.odds(own)
        made: Floats = odds / (self.odds(votes).sum(axis=1) + odds + np.exp(self.none))
        return made

    def odds(self, votes: Floats) -> Floats:
        """Return the odds of votes."""
        made: Floats = np.exp(self.slope * _log_odds(votes))
        return made


def calibrated(votes: Floats, right: npt.NDArray[np.bool_]) -> VoteCalibration:
    """Return what makes votes most likely (least log loss, held back by one line's worth of "as voted").

    Good for two numbers from some hundred lines; with few lines it stays near the votes. Votes must be of trees that
    did not see the lines, or it takes a forest for surer than it is.

    Parameters
    ----------
    votes : ndarray
        Rows x candidates, in [0, 1].
    right : ndarray of bool
        Which candidate was right; none, where the account was not among them.

    References
    ----------
    J. Platt, Probabilistic outputs for support vector machines, 1999.
    """
    if not len(votes):
        return VoteCalibration()
    log_odds, found, which = _log_odds(votes), right.any(axis=1), right.argmax(axis=1)
    rows = np.arange(len(votes))

    def loss(parameters: Floats) -> float:
        slope, none = parameters
        scores = np.column_stack([slope * log_odds, np.full(len(votes), none)])
        top = scores.max(axis=1)
        total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
        own = np.where(found, scores[rows, which], none)
        return float(((total - own).sum() + (slope - 1) ** 2 + none**2) / len(votes))

    slope, none = minimize(loss, [1.0, 0.0], method="L-BFGS-B", bounds=BOUNDS).x
    return VoteCalibration(float(slope), float(none))


def _log_odds(votes: Floats) -> Floats:
    some = np.clip(votes, LEAST_VOTE, 1 - LEAST_VOTE)
    made: Floats = np.log(some / (1 - some))
    return made
