"""Whether a company will run dry: how probable it is that its balance falls under a floor, and when."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wisebook_ml.controls.texts import number_fr
from wisebook_ml.treasury.forecast import Forecast

__all__ = ["ALERT_PROBABILITY", "Liquidity", "liquidity"]

Floats = npt.NDArray[np.float64]

ALERT_PROBABILITY = 0.5
"""Probability from which a company is warned, unless it says otherwise: more likely than not."""


@dataclass(frozen=True, slots=True, eq=False)
class Liquidity:
    """What a forecast says of a floor.

    Parameters
    ----------
    plancher : float
        The floor, in units of the currency.
    probabilite : float
        That the balance falls under it on any day of the horizon.
    by_day : float64 array (days,)
        That it has done so by the evening of each day.
    origin : date
        The last day that was known.
    lowest : float
        The lowest balance of the mean path, and the day it is reached on.
    lowest_date : date
        That day.
    """

    plancher: float
    probabilite: float
    by_day: Floats
    origin: dt.date
    lowest: float
    lowest_date: dt.date

    def date(self, threshold: float = ALERT_PROBABILITY) -> dt.date | None:
        """Return the first day by which it is as probable as that; None where it is not within the horizon."""
        reached = np.flatnonzero(self.by_day >= threshold)
        return self.origin + dt.timedelta(days=int(reached[0]) + 1) if len(reached) else None

    def alert(self, threshold: float = ALERT_PROBABILITY) -> tuple[str, str] | None:
        """Return what to tell people, in French and English; None where there is nothing to tell."""
        day = self.date(threshold)
        if day is None:
            return None
        ahead = (day - self.origin).days
        share = round(100 * self.probabilite)
        return (
            f"Le solde risque de passer sous {number_fr(self.plancher, 2)} d'ici le {day:%d/%m/%Y} "
            f"(dans {ahead} jours) ; probabilité {share} % sur l'horizon, "
            f"point bas attendu {number_fr(self.lowest, 2)} le {self.lowest_date:%d/%m/%Y}.",
            f"The balance may fall under {self.plancher:,.2f} by {day.isoformat()} (in {ahead} days); "
            f"probability {share} % within the horizon, expected low {self.lowest:,.2f} "
            f"on {self.lowest_date.isoformat()}.",
        )


def liquidity(forecast: Forecast, plancher: float = 0.0) -> Liquidity:
    """Return how probable it is that the balance falls under a floor, and when.

    It is the share of the forecast's trajectories that do: each is the mean path with what one past forecast was off
    by, so that errors go on from day to day as they really do.

    Parameters
    ----------
    forecast : Forecast
        What is expected.
    plancher : float
        The floor.
    """
    under = np.minimum.accumulate(forecast.trajectories, axis=1) < plancher
    by_day = under.mean(axis=0)
    path = forecast.solde.mean
    at = int(np.argmin(path))
    return Liquidity(
        plancher,
        float(by_day[-1]),
        by_day,
        forecast.origin,
        float(path[at]),
        forecast.origin + dt.timedelta(days=at + 1),
    )
