"""A forecast as people read it: every coming day, what comes in, goes out, and the balance, each with its intervals."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["HORIZON", "QUANTITIES", "Expected", "Forecast"]

Floats = npt.NDArray[np.float64]

HORIZON = 90
"""Calendar days that are forecast."""

QUANTITIES = ("entrees", "sorties", "flux", "solde")
"""What is forecast."""

Bounds = Mapping[float, tuple[Floats, Floats]]
"""Lower and upper bound by coverage (0.8, 0.95)."""


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """One quantity by calendar day, in units of the currency.

    Parameters
    ----------
    typical : float64 array (days,)
        What a day most typically has (the median): the number to compare a day with.
    mean : float64 array (days,)
        What it has on average: the number to add up.
    bounds : mapping of float to pair of float64 arrays (days,)
        Intervals by coverage.
    scale : float64 array (days,)
        What deviations of a flow are measured by; empty for other quantities.
    """

    typical: Floats
    mean: Floats
    bounds: Bounds
    scale: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What is expected after the evening of `origin`.

    Parameters
    ----------
    societe_id, compte, devise
        Whose.
    origin : date
        The last day that was known.
    solde_initial : float
        The balance in its evening.
    entrees, sorties, flux, solde : Expected
        By calendar day from the next one on; nothing moves on days on which this company rests.
    active : bool array (days,)
        On which days something may move.
    trajectories : float64 array (paths, days)
        Balances that are all equally probable: the mean path with what past forecasts were off by, from day to day.
    modeles : mapping of str to str
        Who forecasts what: for `entrees` and `sorties` days, and sums.
    """

    societe_id: int
    compte: str
    devise: str
    origin: dt.date
    solde_initial: float
    entrees: Expected
    sorties: Expected
    flux: Expected
    solde: Expected
    active: npt.NDArray[np.bool_]
    trajectories: Floats
    modeles: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.active)

    @property
    def dates(self) -> list[dt.date]:
        """The days ahead."""
        return [self.origin + dt.timedelta(days=ahead) for ahead in range(1, len(self) + 1)]

    def place(self, day: dt.date) -> int | None:
        """Return the place of a day among those ahead; None where it is none of them."""
        ahead = (day - self.origin).days - 1
        return ahead if 0 <= ahead < len(self) else None

    def by_date(
        self, quantity: str, coverage: float = 0.8
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """Return values and both bounds by ISO date, rounded to cents, as `Prediction` carries them.

        Parameters
        ----------
        quantity : str
            `entrees`, `sorties`, `flux` or `solde`.
        coverage : float
            Of the bounds: 0.8 or 0.95.

        Raises
        ------
        ValueError
            Where there is no such quantity.
        """
        if quantity not in QUANTITIES:
            raise ValueError(f"there is no forecast of {quantity!r}; there are {', '.join(QUANTITIES)}")
        expected: Expected = getattr(self, quantity)
        days = [day.isoformat() for day in self.dates]
        rows = expected.typical, *expected.bounds[coverage]
        values, low, high = (dict(zip(days, np.round(row, 2).tolist(), strict=True)) for row in rows)
        return values, low, high
