"""What every measure of drift gives: a value that people know, and a distance whose law is known without drift.

All distances are made alike: ``distance**2`` is a squared difference of two distributions, and
``distance / sqrt(1/n + 1/m)`` follows `law` where `n` rows and `m` rows of the reference are drawn from one
distribution. So what days differ by themselves can be added to ``1/n + 1/m`` (see `wisebook_ml.drift.reference`).
"""

import math
from dataclasses import dataclass
from typing import Protocol

from scipy import special

__all__ = ["ChiSquare", "Distance", "Kolmogorov", "Law", "Lipschitz"]


class Law(Protocol):
    """How large a distance is by chance, in units of ``sqrt(1/n + 1/m)``."""

    def tail(self, x: float) -> float:
        """Return the probability of more than `x`, or a bound above it."""
        ...

    def quantile(self, p: float) -> float:
        """Return what is passed with probability `p`."""
        ...


@dataclass(frozen=True, slots=True)
class Kolmogorov:
    """The largest absolute value of a Brownian bridge.

    Examples
    --------
    >>> law = Kolmogorov()
    >>> round(law.tail(1.358), 3), round(law.quantile(0.05), 3)
    (0.05, 1.358)
    """

    def tail(self, x: float) -> float:
        """Return the probability of more than `x`."""
        return float(special.kolmogorov(x))

    def quantile(self, p: float) -> float:
        """Return what is passed with probability `p`."""
        return float(special.kolmogi(p))


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """The root of a chi² variable.

    Examples
    --------
    >>> round(ChiSquare(1).tail(1.96), 3), round(ChiSquare(3).quantile(0.05) ** 2, 3)
    (0.05, 7.815)
    """

    degrees: int

    def tail(self, x: float) -> float:
        """Return the probability of more than `x`."""
        return float(special.chdtrc(self.degrees, x * x)) if self.degrees else 1.0

    def quantile(self, p: float) -> float:
        """Return what is passed with probability `p`."""
        return math.sqrt(float(special.chdtri(self.degrees, p))) if self.degrees else math.inf


@dataclass(frozen=True, slots=True)
class Lipschitz:
    """A bound on the largest value of a Gaussian process, here over functions of slope 1 at most.

    With its mean and the largest standard deviation of its members, more than ``mean + u sd`` has at most probability
    ``exp(-u**2 / 2)`` (Borell; Tsirelson, Ibragimov, Sudakov).

    References
    ----------
    Borell: The Brunn-Minkowski inequality in Gauss space. Inventiones mathematicae 1975.
    Tsirelson, Ibragimov, Sudakov: Norms of Gaussian sample functions. 1976.

    Examples
    --------
    >>> law = Lipschitz(mean=0.8, sd=1.0)
    >>> law.tail(0.5), round(law.tail(law.quantile(0.01)), 6)
    (1.0, 0.01)
    """

    mean: float
    sd: float

    def tail(self, x: float) -> float:
        """Return a bound above the probability of more than `x`."""
        u = max(0.0, (x - self.mean) / self.sd) if self.sd else 0.0
        return math.exp(-u * u / 2)

    def quantile(self, p: float) -> float:
        """Return what is passed with probability `p` at most."""
        return self.mean + self.sd * math.sqrt(-2 * math.log(p))


@dataclass(frozen=True, slots=True)
class Distance:
    """How far two distributions are apart.

    Attributes
    ----------
    value : float
        For people, and for thresholds.
    distance : float
        For the law.
    law : Law
    """

    value: float
    distance: float
    law: Law

    def p(self, variance: float) -> float:
        """Return how probable so much is by chance.

        Parameters
        ----------
        variance : float
            ``1/n + 1/m``, and what days differ by themselves.
        """
        return self.law.tail(self.distance / math.sqrt(variance))
