"""What candidates have in common: fit on a history, then the distribution of each day ahead."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wisebook_ml.treasury.forecasting.flows import Flow

__all__ = ["LEVELS", "MEDIAN", "Candidate", "Fitted", "Spread", "point", "shaped"]

Floats = npt.NDArray[np.float64]
Ordinals = npt.NDArray[np.int64]

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Quantiles that are forecast: the ends of 95 %, 80 % and 50 %, and the median."""

MEDIAN = LEVELS.index(0.5)

FARTHEST = 3.0
"""How many times a shape is scaled, either way: beyond that it is not the shape of this sum."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What a flow may be on some days.

    Parameters
    ----------
    mean : float64 array (days,)
        What is to be expected on average: what sums over days are made of.
    quantiles : float64 array (days, levels)
        At `LEVELS`; the median is what a day most typically has, which is the smallest absolute error.
    """

    mean: Floats
    quantiles: Floats

    @property
    def median(self) -> Floats:
        """The middle quantile."""
        return self.quantiles[:, MEDIAN]

    @staticmethod
    def average(spreads: "list[Spread]") -> "Spread":
        """Return the average of distributions, quantile by quantile (Vincent's): no wider than its parts."""
        return Spread(
            np.mean([one.mean for one in spreads], axis=0), np.mean([one.quantiles for one in spreads], axis=0)
        )


def point(values: Floats) -> Spread:
    """Return what a candidate says that knows no distribution: every quantile is the same, until it is calibrated."""
    return Spread(values, np.repeat(values[:, None], len(LEVELS), axis=1))


def shaped(totals: Floats, shape: Floats) -> Floats:
    """Return means that add up to what `totals` add up to over the horizon, spread over its days like `shape`.

    The best forecast of a sum is often a plain mean, which knows nothing of the day on which wages go out; the balance
    has to know both.

    Parameters
    ----------
    totals, shape : float64 array (..., leads)
        Not a number beyond the end of a series.

    Examples
    --------
    >>> shaped(np.array([3.0, 3.0]), np.array([1.0, 3.0])).tolist()
    [1.5, 4.5]
    """
    wanted, there = np.nansum(totals, axis=-1), np.nansum(shape, axis=-1)
    ratio = np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 0)
    known = (ratio >= 1 / FARTHEST) & (ratio <= FARTHEST)
    return np.where(known[..., None], shape * ratio[..., None], totals)


class Fitted(Protocol):
    """A candidate that has learnt."""

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return what the flow may be on active days after the last one of `history`.

        `history` may be longer than what was learnt from: levels and lags are read from it, without learning anew.
        """


class Candidate(Protocol):
    """A way to forecast a flow.

    `refit_every` is after how many new days it is worth learning anew in a rolling-origin validation.
    """

    name: str
    refit_every: int

    def fit(self, history: Flow) -> Fitted:
        """Learn from a flow."""
