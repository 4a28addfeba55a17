"""Whether a company will run dry: how probable it is that its balance falls under a floor, and when."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wisebook_ml.controls.texts import NARROW_SPACE, count_fr, number_fr
from wisebook_ml.treasury.forecasting.forecast import Forecast

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
    seuil : float
        The probability from which people are warned.
    solde_initial : float
        The balance in the evening of `origin`.
    devise : str
        What all amounts are in.
    """

    plancher: float
    probabilite: float
    by_day: Floats
    origin: dt.date
    lowest: float
    lowest_date: dt.date
    seuil: float
    solde_initial: float
    devise: str

    def date(self, threshold: float | None = None) -> dt.date | None:
        """Return the first day by which it is as probable as that; None where it is not within the horizon.

        Without a threshold, as probable as for a warning.
        """
        reached = np.flatnonzero(self.by_day >= (self.seuil if threshold is None else threshold))
        return self.origin + dt.timedelta(days=int(reached[0]) + 1) if len(reached) else None

    def alert(self, threshold: float | None = None) -> tuple[str, str] | None:
        """Return what to tell people, in French and English; None where there is nothing to tell."""
        day = self.date(threshold)
        if day is None:
            return None
        ahead = (day - self.origin).days
        share = round(100 * round(self.probabilite, 2))  # as the score and `valeur` of the detection say it
        low_fr = f"point bas attendu {self._fr(self.lowest)} le {self.lowest_date:%d/%m/%Y}."
        low_en = f"expected low {self._en(self.lowest)} on {self.lowest_date.isoformat()}."
        if self.solde_initial < self.plancher:
            # "May fall by tomorrow" would be wrong of what has fallen.
            return (
                f"Le solde du {self.origin:%d/%m/%Y}, {self._fr(self.solde_initial)}, est déjà sous "
                f"{self._fr(self.plancher)} ; {low_fr}",
                f"The balance of {self.origin.isoformat()}, {self._en(self.solde_initial)}, is under "
                f"{self._en(self.plancher)} already; {low_en}",
            )
        return (
            f"Le solde risque de passer sous {self._fr(self.plancher)} d'ici le {day:%d/%m/%Y} "
            f"(dans {count_fr(ahead, 'jour', 'jours')}) ; probabilité {share} % sur l'horizon, {low_fr}",
            f"The balance may fall under {self._en(self.plancher)} by {day.isoformat()} "
            f"(in {ahead} {'day' if ahead == 1 else 'days'}); probability {share} % within the horizon, {low_en}",
        )

    def _fr(self, value: float) -> str:
        return f"{number_fr(value, 2)}{NARROW_SPACE}{'€' if self.devise == 'EUR' else self.devise}"

    def _en(self, value: float) -> str:
        return (
            f"{'-' if value < 0 else ''}€{abs(value):,.2f}" if self.devise == "EUR" else f"{value:,.2f} {self.devise}"
        )


def liquidity(forecast: Forecast, plancher: float = 0.0, seuil: float = ALERT_PROBABILITY) -> Liquidity:
    """Return how probable it is that the balance falls under a floor, and when.

    It is the share of the forecast's trajectories that do: each is the mean path with what one past forecast was off
    by, so that errors go on from day to day as they really do.

    Parameters
    ----------
    forecast : Forecast
        What is expected.
    plancher : float
        The floor.
    seuil : float
        The probability from which people are warned.
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
        seuil,
        forecast.solde_initial,
        forecast.devise,
    )
