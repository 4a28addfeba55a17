"""What a new position says about the forecast that was made before it: as expected, or an anomaly with its reasons."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from wisebook_ml.controls.texts import number_fr
from wisebook_ml.treasury.books.from_entries import Nature
from wisebook_ml.treasury.forecasting.forecast import Expected, Forecast
from wisebook_ml.treasury.forecasting.model import FlowModel, TreasuryModel
from wisebook_ml.treasury.forecasting.scale import FLOOR

__all__ = ["Missing", "Observed", "Raison", "Reason", "Verdict", "Watch"]

Floats = npt.NDArray[np.float64]

RARE = 0.005
"""Probability of so large a deviation below which a day is an anomaly: with two flows and two sides, once in fifty
business days by chance where nothing is wrong."""

FEW_SCORES = 400
"""Validated days below which no probability reaches `RARE` with certainty: then only what is farther off than all of
them by `BEYOND` is an anomaly."""

BEYOND = 1.5

MATERIAL = 0.5
"""Share of an active day's mean flow that an anomaly differs by at least."""

NEAR_DAYS = 7
"""Calendar days within which a payment is the same one, early or late."""

ALIKE = 0.3
"""Share by which two amounts may differ and still be the same payment."""

PEAK = 2.0
"""How many times the level an expected payment has to be for its absence to be remembered."""

DRIFT_DAYS, DRIFT_OUTSIDE = 20, 14
"""Of that many judged days so many on which either flow lay outside its 80 % interval are a drift: with two flows that
is one day in three where nothing is wrong, and so many by chance in 1 of 480 such windows."""


_NATURES: Mapping[Nature, tuple[str, str]] = {
    Nature.CLIENTS: ("clients", "customers"),
    Nature.FOURNISSEURS: ("fournisseurs", "suppliers"),
    Nature.SALAIRES: ("salaires", "wages"),
    Nature.ORGANISMES_SOCIAUX: ("organismes sociaux", "social contributions"),
    Nature.IMPOTS: ("impôts et TVA", "taxes"),
    Nature.EMPRUNTS: ("emprunts", "loans"),
    Nature.VIREMENT_INTERNE: ("virement interne", "internal transfer"),
    Nature.AUTRES: ("autres", "other"),
}
"""How people call natures, in French and English."""


class Raison(StrEnum):
    """Why a position is an anomaly."""

    MONTANT = "MONTANT"
    """More moved than the calendar and the level explain."""

    ABSENCE = "ABSENCE"
    """What should have moved did not."""

    DATE = "DATE"
    """The amount was expected, on another day."""

    SOLDE_INCOHERENT = "SOLDE_INCOHERENT"
    """The balance is not that of the day before with the flows of the day."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with what it is measured by.

    `flux` says which flow (`entrees`, `sorties`, or `solde`), `attendue` the day on which the amount was expected, and
    `nature` what mainly moved where the books tell.
    """

    code: Raison
    flux: str
    observe: float
    attendu: float
    bas: float
    haut: float
    probabilite: float
    attendue: dt.date | None = None
    nature: Nature | None = None

    @property
    def libelle_fr(self) -> str:
        """What an accountant reads."""
        came, due, low, high = (number_fr(value, 2) for value in (self.observe, self.attendu, self.bas, self.haut))
        what = {"entrees": "Encaissements", "sorties": "Décaissements", "solde": "Solde"}[self.flux]
        of = f" ({_NATURES[self.nature][0]})" if self.nature else ""
        if self.code is Raison.SOLDE_INCOHERENT:
            return f"Solde de {came} : la veille et les mouvements du jour donnent {due}."
        if self.code is Raison.DATE and self.attendue is not None:
            return f"{what}{of} de {came} attendus le {self.attendue:%d/%m/%Y} (prévu {due})."
        span = f"entre {low} et {high} attendus"
        if self.code is Raison.ABSENCE:
            return f"{what} de {came} seulement, {span} : un paiement habituel manque."
        return f"{what}{of} de {came}, {span}."

    @property
    def libelle_en(self) -> str:
        """The same in English."""
        what = {"entrees": "Receipts", "sorties": "Payments", "solde": "Balance"}[self.flux]
        of = f" ({_NATURES[self.nature][1]})" if self.nature else ""
        if self.code is Raison.SOLDE_INCOHERENT:
            return f"Balance of {self.observe:,.2f}: the day before and the day's flows give {self.attendu:,.2f}."
        if self.code is Raison.DATE and self.attendue is not None:
            return f"{what}{of} of {self.observe:,.2f} expected on {self.attendue.isoformat()} ({self.attendu:,.2f})."
        span = f"{self.bas:,.2f} to {self.haut:,.2f} expected"
        if self.code is Raison.ABSENCE:
            return f"{what} of {self.observe:,.2f} only, {span}: a usual payment is missing."
        return f"{what}{of} of {self.observe:,.2f}, {span}."


@dataclass(frozen=True, slots=True)
class Observed:
    """What came on a day, in units of the currency; `veille` is the balance of the evening before, where known."""

    date: dt.date
    entrees: float
    sorties: float
    solde: float
    veille: float | None = None
    natures: Mapping[Nature, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about a day; `score` is 0 (as expected) to 100, `derive` whether forecasts have left the path."""

    date: dt.date
    prevue_le: dt.date
    score: float
    motifs: tuple[Reason, ...]
    derive: bool

    @property
    def anormal(self) -> bool:
        """Whether there is a reason."""
        return bool(self.motifs)


@dataclass(frozen=True, slots=True)
class Missing:
    """An expected payment that did not come, and may come late."""

    flux: str
    date: dt.date
    montant: float


@dataclass(slots=True)
class Watch:
    """Compares positions with forecasts, one day after the other, and remembers what is missing.

    Its verdicts depend on the forecasts and positions it was given, in their order, and on nothing else.

    Parameters
    ----------
    missing : list
        Expected payments that did not come in the last days.
    outside : list of bool
        Of the last judged days, whether either flow lay outside its 80 % interval.
    """

    missing: list[Missing] = field(default_factory=list)
    outside: list[bool] = field(default_factory=list)

    def judge(self, model: TreasuryModel, forecast: Forecast, observed: Observed) -> Verdict | None:
        """Return what a day says; None where the forecast does not reach it, or knew it already.

        Parameters
        ----------
        model : TreasuryModel
            The one that made the forecast.
        forecast : Forecast
            Made before the day.
        observed : Observed
            What came.
        """
        place = forecast.place(observed.date)
        if place is None:
            return None
        self.missing = [one for one in self.missing if (observed.date - one.date).days <= NEAR_DAYS]
        reasons: list[Reason] = []
        score, out = 0.0, False
        sides = (
            ("entrees", observed.entrees, forecast.entrees, model.entrees),
            ("sorties", observed.sorties, forecast.sorties, model.sorties),
        )
        for flux, value, expected, flow_model in sides:
            reason, points = self._of_flow(flux, value, expected, flow_model, forecast, place, observed)
            low, high = expected.bounds[0.8]
            out |= not low[place] <= value <= high[place]
            score = max(score, points)
            if reason is not None:
                reasons.append(reason)
        if observed.veille is not None:
            due = observed.veille + observed.entrees - observed.sorties
            if round(due * 100) != round(observed.solde * 100):
                reasons.append(Reason(Raison.SOLDE_INCOHERENT, "solde", observed.solde, due, due, due, 0.0))
                score = 100.0
        if forecast.active[place]:
            self.outside = [*self.outside, out][-DRIFT_DAYS:]
        drift = len(self.outside) == DRIFT_DAYS and sum(self.outside) >= DRIFT_OUTSIDE
        return Verdict(observed.date, forecast.origin, score, tuple(reasons), drift)

    def _of_flow(
        self,
        flux: str,
        value: float,
        expected: Expected,
        model: FlowModel,
        forecast: Forecast,
        place: int,
        observed: Observed,
    ) -> tuple[Reason | None, float]:
        """Return the reason that a flow gives, and its points."""
        typical = float(expected.typical[place])
        low, high = (float(side[place]) for side in expected.bounds[0.95])
        level = float(expected.mean[forecast.active].mean()) if forecast.active.any() else 0.0
        scale = float(expected.scale[place]) or FLOOR * max(level, 0.01)
        above = value > typical
        bound = float(expected.bounds[0.8][int(above)][place])
        off = (value - bound if above else bound - value) / scale
        scores = model.high if above else model.low
        rarity = _rarity(off, scores, float(model.band.above[0.8][0] if above else model.band.below[0.8][0]))
        points = round(100 * (1 - min(1.0, rarity)) ** 4, 1)
        inside = value <= high if above else value >= bound
        if rarity > RARE or inside or abs(value - typical) < MATERIAL * level:
            return None, min(points, 99.0) if not low <= value <= high else 0.0
        nature = _main_nature(observed.natures, flux)
        if not above:
            if typical >= PEAK * level:
                self.missing.append(Missing(flux, observed.date, typical))
            return Reason(Raison.ABSENCE, flux, value, typical, low, high, rarity, None, nature), points
        if (other := self._other_day(flux, value - typical, expected, forecast, place, level)) is not None:
            day, amount = other
            return Reason(Raison.DATE, flux, value, amount, low, high, rarity, day, nature), points
        return Reason(Raison.MONTANT, flux, value, typical, low, high, rarity, None, nature), points

    def _other_day(
        self, flux: str, more: float, expected: Expected, forecast: Forecast, place: int, level: float
    ) -> tuple[dt.date, float] | None:
        """Return the near day on which that amount was expected, and how much: one that was missed, or one to come."""
        for one in self.missing:
            if one.flux == flux and abs(one.montant - more) <= ALIKE * one.montant:
                self.missing.remove(one)
                return one.date, one.montant
        coming = expected.typical[place + 1 : place + 1 + NEAR_DAYS]
        if not len(coming):
            return None
        at = int(np.argmax(coming))
        amount = float(coming[at])
        if amount >= PEAK * level and abs(amount - more) <= ALIKE * amount:
            return forecast.dates[place + 1 + at], amount
        return None


def _rarity(off: float, scores: Floats, offset: float) -> float:
    """Return how probable it is that a day is as far off: the share of validated days that were.

    Scores were taken before calibration, so the offset that moved the bound is added again.
    """
    at_least = len(scores) - int(np.searchsorted(scores, off + offset, side="left"))
    if len(scores) >= FEW_SCORES:
        return (at_least + 1) / (len(scores) + 1)
    far = at_least == 0 and len(scores) > 0 and off + offset > BEYOND * max(float(scores[-1]), 0.1)
    return 0.0 if far else max((at_least + 1) / (len(scores) + 1), 2 * RARE)


def _main_nature(natures: Mapping[Nature, int], flux: str) -> Nature | None:
    """Return what moved most on one side."""
    sign = 1 if flux == "entrees" else -1
    sizes = {nature: cents * sign for nature, cents in natures.items() if cents * sign > 0}
    return max(sorted(sizes), key=lambda nature: sizes[nature]) if sizes else None
