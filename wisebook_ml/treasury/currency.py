"""The cash of one company in one currency, position by position: judged, forecast anew, watched for running dry."""

import datetime as dt
import uuid
from collections.abc import Iterator

import numpy as np

from schemas import Alerte, Detection, Etat, Objet, TypeObjet
from wisebook_ml.treasury.exceptions import NotEnoughHistory
from wisebook_ml.treasury.findings import Content, Findings, of_drift, of_liquidity, of_verdict
from wisebook_ml.treasury.forecast import Forecast
from wisebook_ml.treasury.learning import FEWEST_NEW, Learning, Start, patience
from wisebook_ml.treasury.liquidity import ALERT_PROBABILITY, liquidity
from wisebook_ml.treasury.model import TreasuryModel
from wisebook_ml.treasury.positions import PositionBook
from wisebook_ml.treasury.series import LONGEST_GAP, DailySeries, series_from_book, usable
from wisebook_ml.treasury.verdict import Observed, Verdict, Watch

__all__ = ["RELEASE", "CurrencyFold", "Followed", "Withdrawn"]

RELEASE = 0.8
"""Share of the threshold under which the probability has to fall for an alarm to end: otherwise one that wavers around
the threshold would end and come back every few days."""

ALERTS = uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/alertes")
"""Namespace of alert ids: a replay makes the same ones."""

SOONEST = 20
"""New days after which a drift of the forecast has the model learn anew, before its time."""


class Withdrawn:
    """Says that there is no forecast any more: nothing is behind it."""


Followed = Detection | Alerte | Forecast | Withdrawn
"""What may follow from a position."""


class CurrencyFold:
    """What is known and forecast of a company's accounts in one currency, together.

    A day is judged once all accounts have reported it that reported the day before it, or with the first position of a
    later day: with half of its accounts it would look like a day of half its flows.

    A model that learns while a forecast is in force takes its place at the next day that is judged, whether it took a
    second or an hour; so positions alone say which model judges which day.

    Parameters
    ----------
    book : PositionBook
        The company's positions, which somebody else fills.
    devise : str
        The currency.
    findings : Findings
        What was told of the company.
    start : callable
        Has a model learnt.
    plancher : float
        The floor that the balance should not fall under.
    """

    def __init__(
        self, book: PositionBook, devise: str, findings: Findings, start: Start, plancher: float = 0.0
    ) -> None:
        self._book = book
        self._devise = devise
        self._findings = findings
        self._start = start
        self._plancher = plancher
        self._forecast: Forecast | None = None  # follows from all that is below
        self.frontier: dt.date | None = None
        """The last day that was judged."""
        self.version = 0
        """How often a model has taken its place."""
        self.new_days, self.wait = 0, 0
        """Days since the last learning began; how many there must be for the next one."""
        self.drifting = False
        self.published = False
        self.learnt: Learning | None = None
        self.coming: Learning | None = None
        self.watch, self.watch_before = Watch(), Watch()
        """What is remembered, and what was before the last day was judged: that day may be corrected."""

    @property
    def objet(self) -> Objet:
        """What is told of the currency as a whole is about this."""
        return Objet(type=TypeObjet.TRESORERIE, id=self._devise)

    def take(self, day: dt.date) -> Iterator[Followed]:
        """Yield what follows from a position of a day that the book has taken, in order.

        Parameters
        ----------
        day : date
            Its day; whether the position is a new one or a correction, the book and the days before tell.
        """
        if self.frontier is not None and day <= self.frontier:
            yield from self._correct(day)
            return
        for pending in self._pending(day):
            yield from self._close(pending)
        if self._complete(day):
            yield from self._close(day)

    # Days

    def _accounts(self) -> tuple[str, ...]:
        return self._book.accounts_of(self._devise)

    def _pending(self, day: dt.date) -> list[dt.date]:
        """Return the days before one that were reported in part, and wait."""
        if self.frontier is None:
            return []
        between = range(1, (day - self.frontier).days)
        days = [self.frontier + dt.timedelta(days=ahead) for ahead in between]
        kept = [self._book.accounts[name] for name in self._accounts()]
        return [one for one in days if any(one in account for account in kept)]

    def _complete(self, day: dt.date) -> bool:
        if self.frontier is None:
            return True
        kept = [self._book.accounts[name] for name in self._accounts()]
        return all(day in account for account in kept if self.frontier in account)

    def _close(self, day: dt.date) -> Iterator[Followed]:
        """Judge a day, then forecast from its evening."""
        before = self.frontier
        if before is not None and (day - before).days - 1 > LONGEST_GAP:
            yield from self._withdraw()
        series = self._series(day)
        model, forecast = self._in_force()
        self.frontier = day
        self.new_days += 1
        if model is not None and forecast is not None:
            self.watch_before = _copy(self.watch)
            yield from self._judged(self.watch.judge(model, forecast, _observed(series, day)), forecast, last=True)
        if self.coming is not None:
            learnt, self.coming = self.coming, None
            if learnt.model() is not None:
                self.learnt = learnt
                self.version += 1
            else:
                self.wait = FEWEST_NEW
        yield from self._forecast_anew(series)

    def _correct(self, day: dt.date) -> Iterator[Followed]:
        """Judge a day anew that was judged, or missing, and forecast from what is known now."""
        assert self.frontier is not None
        self.new_days += 1
        series = self._series(self.frontier)
        model = None if self.learnt is None else self.learnt.model()
        known = np.flatnonzero(series.observed[: (day - series.first).days])
        if model is not None and len(known):
            before = series.first + dt.timedelta(days=int(known[-1]))
            forecast = None if before < model.learnt_until else _forecast(model, series.until(before))
            last = day == self.frontier
            if forecast is not None:
                watch = _copy(self.watch_before) if last else Watch()
                verdict = watch.judge(model, forecast, _observed(series, day))
                if last:
                    self.watch = watch
                yield from self._judged(verdict, forecast, last=last)
        yield from self._forecast_anew(series)

    def _judged(self, verdict: Verdict | None, forecast: Forecast, *, last: bool) -> Iterator[Detection]:
        """Yield what a verdict changes; one of an older day says nothing of drift."""
        if verdict is None:
            return
        objet = Objet(type=TypeObjet.TRESORERIE, id=f"{self._devise}/{verdict.date.isoformat()}")
        yield from self._tell(objet, of_verdict(verdict, forecast))
        if last:
            outside = sum(self.watch.outside)
            # Once told, it is not told again each time the count changes: it ends when the drift does.
            if verdict.derive != self.drifting:
                self.drifting = verdict.derive
                yield from self._tell(self._drift, of_drift(verdict, outside) if verdict.derive else None)

    # Forecasts

    def _series(self, day: dt.date) -> DailySeries:
        return series_from_book(self._book, devise=self._devise).until(day)

    def _in_force(self) -> tuple[TreasuryModel | None, Forecast | None]:
        """Return the model in force, and its forecast from the last day that was judged."""
        model = None if self.learnt is None else self.learnt.model()
        if model is not None and self._forecast is None and self.frontier is not None:
            self._forecast = _forecast(model, self._series(self.frontier))
        return model, self._forecast

    def _forecast_anew(self, series: DailySeries) -> Iterator[Followed]:
        self._forecast = None
        try:
            known = usable(series)
        except NotEnoughHistory:
            yield from self._withdraw()
            return
        if self.learnt is None and self.coming is None and self.new_days >= self.wait:
            # Nobody waits for a verdict of the first model: it takes its place at once.
            first = self._learning(known)
            if first.model() is not None:
                self.learnt = first
                self.version += 1
            else:
                self.wait = FEWEST_NEW
        model = None if self.learnt is None else self.learnt.model()
        if model is None:
            return
        self._forecast = model.forecast(known)
        self.published = True
        yield self._forecast
        yield from self._watch_liquidity(self._forecast)
        due = self.new_days >= self.wait or (self.drifting and self.new_days >= SOONEST)
        if due and self.coming is None:
            self.coming = self._learning(known)
            self.coming.begin()

    def _learning(self, known: DailySeries) -> Learning:
        self.new_days, self.wait = 0, patience(len(known))
        return Learning(known, self._start)

    def _watch_liquidity(self, forecast: Forecast) -> Iterator[Detection | Alerte]:
        """Yield the detection where it changes; when it opens, an alert that names it."""
        stood = self._findings.is_open(self.objet)
        threshold = ALERT_PROBABILITY * (RELEASE if stood else 1.0)
        for found in self._tell(self.objet, of_liquidity(liquidity(forecast, self._plancher), threshold)):
            yield found
            if found.etat is Etat.OUVERTE and not stood:
                yield Alerte(
                    alerte_id=uuid.uuid5(ALERTS, f"{found.detection_id}/{found.revision}"),
                    societe_id=found.societe_id,
                    severite=found.severite,
                    detections=[found.detection_id],
                    titre_fr=found.motifs[0].libelle_fr,
                    titre_en=found.motifs[0].libelle_en,
                )

    def _withdraw(self) -> Iterator[Detection | Withdrawn]:
        """Forget the model: what it has learnt is not what the days since are."""
        self._forecast, self.learnt, self.coming = None, None, None
        self.watch, self.watch_before = Watch(), Watch()
        self.wait, self.drifting = 0, False
        if self.published:
            self.published = False
            yield Withdrawn()
        yield from self._tell(self.objet, None)
        yield from self._tell(self._drift, None)

    @property
    def _drift(self) -> Objet:
        return Objet(type=TypeObjet.TRESORERIE, id=f"{self._devise}/PREVISION")

    def _tell(self, objet: Objet, content: Content | None) -> Iterator[Detection]:
        detection = self._findings.tell(objet, content, self.version)
        if detection is not None:
            yield detection


def _forecast(model: TreasuryModel, series: DailySeries) -> Forecast | None:
    try:
        return model.forecast(usable(series))
    except NotEnoughHistory:
        return None


def _copy(watch: Watch) -> Watch:
    return Watch(list(watch.missing), list(watch.outside))


def _observed(series: DailySeries, day: dt.date) -> Observed:
    """Return what came on a day; balances are compared by account, not here."""
    at = (day - series.first).days
    came, went, balance = (int(values[at]) / 100 for values in (series.entrees, series.sorties, series.solde))
    return Observed(day, came, went, balance)
