"""The cash of one company in one currency, position by position: judged, forecast anew, watched for running dry."""

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np

from schemas import Detection, Echeancier, Objet, TypeModele, TypeObjet
from wisebook_ml.treasury.books.schedules import Schedules
from wisebook_ml.treasury.exceptions import NotEnoughHistory
from wisebook_ml.treasury.findings import Content, Findings, has_moved, of_drift, of_liquidity, of_verdict
from wisebook_ml.treasury.forecasting.forecast import Forecast
from wisebook_ml.treasury.forecasting.learning import FEWEST_NEW, Learning, Lesson, Start, patience
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.promoted import FORECASTERS, Promoted
from wisebook_ml.treasury.liquidity import liquidity
from wisebook_ml.treasury.positions import PositionBook
from wisebook_ml.treasury.rules import USUAL, Rules
from wisebook_ml.treasury.series import LONGEST_GAP, DailySeries, series_from_book, usable
from wisebook_ml.treasury.verdict import Observed, Verdict, Watch

__all__ = ["RELEASE", "CurrencyFold", "Followed", "Withdrawn"]

RELEASE = 0.8
"""Share of the threshold under which the probability has to fall for an alarm to end: otherwise one that wavers around
the threshold would end and come back every few days."""

SOONEST = 20
"""New days after which a drift of the forecast has the model learn anew, before its time."""


class Withdrawn:
    """Says that there is no forecast any more: nothing is behind it."""


Followed = Detection | Forecast | Withdrawn
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
    rules : Rules
        What the company has set.
    promoted : mapping of TypeModele to Promoted, optional
        The versions in force for the company, which somebody else keeps.
    """

    def __init__(
        self,
        book: PositionBook,
        devise: str,
        findings: Findings,
        start: Start,
        rules: Rules = USUAL,
        promoted: Mapping[TypeModele, Promoted] | None = None,
    ) -> None:
        self._book = book
        self._promoted = {} if promoted is None else promoted
        self._devise = devise
        self._findings = findings
        self._start = start
        self._rules = rules
        self.schedules = Schedules()
        """What the books let expect."""
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

    @property
    def used(self) -> tuple[Promoted, ...]:
        """The promoted versions that the model in force was made of."""
        model = None if self.learnt is None else self.learnt.model()
        if self.learnt is None or model is None:
            return ()
        return tuple(one for one in self.learnt.lesson.promoted if one.name in model.names)

    def promote(self) -> None:
        """Have a model learn at once, since the candidates are others now; it takes its place at the next day."""
        if self.learnt is None or self.frontier is None:
            return  # the first model learns with them
        try:
            known = usable(self._series(self.frontier))
        except NotEnoughHistory:
            return
        self.coming = self._learning(known)
        self.coming.begin()

    def take(self, day: dt.date, *, derived: bool = False, carried: bool = False) -> Iterator[Followed]:
        """Yield what follows from a position of a day that the book has taken, in order.

        A correction of the books comes as one position of each day since, whose balances change with it. In between
        they do not follow from each other, so that nothing is forecast or learnt before the last judged day was told,
        or the next one.

        Parameters
        ----------
        day : date
            Its day; whether the position is a new one or a correction, the book and the days before tell.
        derived : bool
            Whether it was derived from the books.
        carried : bool
            Whether its flows were known, and its balance only carries on what was corrected before.
        """
        if self.frontier is not None and day < self.frontier and derived:
            self._forecast = None
            if not carried:
                yield from self._judge_anew(day)
            return
        if self.frontier is not None and day <= self.frontier:
            yield from self._judge_anew(day)
            yield from self._forecast_anew(self._series(self.frontier))
            return
        for pending in self._pending(day):
            yield from self._close(pending)
        if self._complete(day):
            yield from self._close(day)

    def expect(self, schedule: Echeancier) -> Iterator[Followed]:
        """Yield what follows from expected payments: another forecast, where they are the newest of the days known.

        Those of an evening that positions have not reached count once they have.

        Raises
        ------
        PositionRefused
            Where they make no sense.
        """
        evening = schedule.date.toordinal()
        if not self.schedules.take(schedule) or self.frontier is None or schedule.date > self.frontier:
            return
        self._forecast = None  # an older evening says something of habits too
        known = self.learnt is not None and self.learnt.model() is not None
        if known and evening == self.schedules.newest(self.frontier.toordinal()):
            yield from self._forecast_anew(self._series(self.frontier))

    def settle(self, rules: Rules) -> Iterator[Followed]:
        """Put what the company has set in force; yield what follows from the forecast that stands.

        Other public holidays are those of the next model, which learns from the next day on.
        """
        before, self._rules = self._rules, rules
        if rules.pays != before.pays:
            self.wait = 0
        if not rules.warns_like(before, self._devise):
            _, forecast = self._in_force()
            if forecast is not None:
                yield from self._watch_liquidity(forecast, anew=True)

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

    def _judge_anew(self, day: dt.date) -> Iterator[Followed]:
        """Judge a day anew that was judged, or missing."""
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
        series = series_from_book(self._book, devise=self._devise).until(day)
        return series.expecting(self.schedules.attendus())

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
        promoted = tuple(self._promoted[one] for one in FORECASTERS if one in self._promoted)
        return Learning(Lesson(known, self._rules.pays, promoted), self._start)

    def _watch_liquidity(self, forecast: Forecast, *, anew: bool = False) -> Iterator[Detection]:
        """Yield the detection where it moves; the role `alerting` makes an alert of it.

        Asked anew, because the rules are others, whatever is different is told, and what stood keeps nothing open.
        """
        stood = self._findings.is_open(self.objet)
        rules = self._rules
        dry = liquidity(forecast, rules.floor(self._devise), rules.probabilite)
        content = of_liquidity(dry, dry.seuil * (RELEASE if stood and not anew else 1.0))
        found = self._findings.tell(
            self.objet,
            content,
            self.version,
            [one.used for one in self.used],
            lambda known, content: anew or has_moved(known, content, forecast.origin),
        )
        if found is not None:
            yield found

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
        promoted = [one.used for one in self.used]
        detection = self._findings.tell(objet, content, self.version, promoted)
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
