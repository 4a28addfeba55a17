"""What books let expect, evening by evening: known then and no more, and worth what it has foretold."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from schemas import Echeancier, Ecriture, Ligne, PaiementAttendu, PositionTresorerie, from_minor
from wisebook_ml.business_calendar import BusinessDays
from wisebook_ml.treasury.books.as_of import attendus_of
from wisebook_ml.treasury.books.expected import Attendus
from wisebook_ml.treasury.books.habits import Habit, habit_of
from wisebook_ml.treasury.books.schedules import Schedules
from wisebook_ml.treasury.exceptions import PositionRefused
from wisebook_ml.treasury.forecasting.flows import Activity, Flow, flows_of
from wisebook_ml.treasury.forecasting.learning import Join, Lesson
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.models import CANDIDATES, offered
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.series import DailySeries, series_from_rows
from wisebook_ml.treasury.state import Made, TreasuryState

from .following import positions, predictions, told

FIRST = dt.date(2023, 1, 2)
DELAY = 21


def irregular(days: int, *, seed: int = 3) -> tuple[DailySeries, dict[int, list[tuple[int, int]]]]:
    """Return a company whose clients pay large invoices three weeks after they were made, on no day of the calendar."""
    rng = np.random.default_rng(seed)
    business = BusinessDays("FR")
    dates = [FIRST + dt.timedelta(days=at) for at in range(days)]
    ordinals = np.array([day.toordinal() for day in dates])
    off = business.is_off(ordinals)
    came, went = rng.gamma(4.0, 50.0, days) * ~off, rng.gamma(4.0, 200.0, days) * ~off
    invoices: list[tuple[int, int, float]] = []
    for at in range(days - DELAY - 6):
        if rng.random() < 0.12:
            paid = int(business.after(dates[at + DELAY]).toordinal() - ordinals[0])
            amount = round(float(rng.gamma(3.0, 2500.0)), 2)
            came[paid] += amount
            invoices.append((at, paid, amount))
    expected = {
        int(ordinals[at]): [
            (int(ordinals[paid]), round(amount * 100)) for made, paid, amount in invoices if made <= at < paid
        ]
        for at in range(days)
    }
    came, went = np.round(came, 2), np.round(went, 2)
    return series_from_rows(dates, came, went, solde=60_000 + np.cumsum(came - went)), expected


def inflow(series: DailySeries) -> Flow:
    return flows_of(series, Activity.of(series, "FR"))[0]


@pytest.fixture(scope="module")
def company() -> DailySeries:
    series, expected = irregular(640)
    return series.expecting(Attendus.of(expected))


class TestHabits:
    def test_runs_are_found_where_they_explain_the_days(self) -> None:
        rng = np.random.default_rng(1)
        invoiced = [dt.date(2025, 1, 6) + dt.timedelta(days=int(at)) for at in sorted(rng.integers(0, 300, 20))]
        for habit in (Habit(30, semaine=3), Habit(10, mois=31), Habit(45)):
            paid = [habit.day(day) for day in invoiced]
            found = habit_of([day.toordinal() for day in invoiced], [day.toordinal() for day in paid])
            assert (found.semaine, found.mois) == (habit.semaine, habit.mois)
            assert [found.day(day) for day in invoiced] == paid


class TestEvenings:
    def test_nothing_is_expected_before_it_could_be(self) -> None:
        def entry(number: int, day: dt.date, made: dt.date, debit: str, credit: str, **line: object) -> Ecriture:
            return Ecriture(
                societe_id=1,
                ecriture_id=f"E{number}",
                journal_code="VE",
                ecriture_date=day,
                saisie_le=dt.datetime(made.year, made.month, made.day, 9, tzinfo=dt.UTC),
                lignes=[Ligne(compte_num="411", comp_aux_num="C", debit=debit, credit=credit, **line)],  # type: ignore[arg-type]
            )

        made, settled = dt.date(2025, 3, 6), dt.date(2025, 4, 1)
        books = [
            entry(1, dt.date(2025, 3, 3), made, "100", "0", piece_ref="F1", ecriture_let="A", date_let=settled),
            entry(2, settled, settled, "0", "100", ecriture_let="A", date_let=settled),
        ]
        rows = attendus_of(books, dt.date(2025, 3, 1), dt.date(2025, 4, 4)).rows()
        assert rows[dt.date(2025, 3, 5).toordinal()] == []
        # The delay of the law, for a client of whom nothing is known; the lettering was not known then.
        assert rows[made.toordinal()] == [(dt.date(2025, 4, 2).toordinal(), 100_00)]
        assert rows[settled.toordinal()] == []

    def test_what_is_overdue_is_spread_and_fades(self) -> None:
        line = Ligne(compte_num="411", comp_aux_num="C", debit="1000", credit="0", date_echeance=dt.date(2025, 3, 3))
        books = [
            Ecriture(societe_id=1, ecriture_id="E", journal_code="VE", ecriture_date=dt.date(2025, 2, 3), lignes=[line])
        ]
        rows = attendus_of(books, dt.date(2025, 3, 3), dt.date(2025, 12, 31)).rows()
        sums = [sum(cents for _, cents in due) for due in rows.values()]
        assert 0.7 * 100_000 < sums[1] < 100_000
        assert sums[60] < sums[30] < sums[1]
        assert sums[150] < 2_000

    def test_a_series_that_is_cut_has_forgotten_what_came_later(self, company: DailySeries) -> None:
        cut = company.until(company.first + dt.timedelta(days=300))
        assert cut.attendus is not None
        assert int(cut.attendus.evenings[-1]) == cut.last.toordinal()
        flow = inflow(company).until(200)
        assert flow.attendus is not None
        assert int(flow.attendus.evenings[-1]) <= int(flow.ordinals[-1])


class TestCandidate:
    def test_it_foretells_what_the_calendar_cannot(self, company: DailySeries) -> None:
        flow, known = inflow(company), 400
        history, ahead = flow.until(known), flow.ordinals[known : known + 12]
        actual = flow.values[known : known + 12]
        off = {
            name: np.abs(CANDIDATES[name]().fit(history).predict(history, ahead).median - actual).sum()
            for name in ("calendar_forest", "open_items")
        }
        assert off["open_items"] < 0.5 * off["calendar_forest"]

    def test_what_it_expects_does_not_depend_on_what_comes_later(self, company: DailySeries) -> None:
        flow = inflow(company)
        history, ahead = flow.until(400), flow.ordinals[400:420]
        fitted = CANDIDATES["open_items"]().fit(history)
        again = CANDIDATES["open_items"]().fit(inflow(company.until(dt.date.fromordinal(int(flow.ordinals[399])))))
        longer = CANDIDATES["open_items"]()
        longer.fit(flow)
        for other in (again, longer.fit(history)):
            assert np.array_equal(other.predict(history, ahead).quantiles, fitted.predict(history, ahead).quantiles)

    def test_without_expected_payments_it_is_the_calendar(self, company: DailySeries) -> None:
        bare = inflow(company.expecting(None))
        assert "open_items" not in offered(CANDIDATES, bare)
        assert "open_items" in offered(CANDIDATES, inflow(company))
        ahead = bare.ordinals[400:420]
        said = [
            CANDIDATES[name]().fit(bare.until(400)).predict(bare.until(400), ahead).median
            for name in ("open_items", "calendar_forest")
        ]
        assert np.array_equal(*said)

    def test_misleading_ones_are_not_believed(self, company: DailySeries) -> None:
        assert company.attendus is not None
        rng = np.random.default_rng(0)
        shuffled = {
            evening: [(evening + int(rng.integers(1, 60)), cents) for _, cents in due]
            for evening, due in company.attendus.rows().items()
        }
        flow = inflow(company.expecting(Attendus.of(shuffled)))
        history, ahead = flow.until(400), flow.ordinals[400:463]
        actual = flow.values[400:463]
        off = {
            name: np.abs(CANDIDATES[name]().fit(history).predict(history, ahead).median - actual).sum()
            for name in ("calendar_forest", "open_items")
        }
        assert off["open_items"] < 1.1 * off["calendar_forest"]

    def test_it_is_chosen_where_it_is_best(self, company: DailySeries) -> None:
        model = train(company, candidates=("running_median", "running_mean", "calendar_forest", "open_items"))
        assert "open_items" in model.entrees.daily.names
        assert "open_items" not in model.sorties.daily.errors


def schedule(evening: dt.date, due: Sequence[tuple[dt.date, int]], **fields: object) -> Echeancier:
    payments = [PaiementAttendu(date=day, montant=from_minor(cents)) for day, cents in due]
    return Echeancier(societe_id=1, date=evening, paiements=payments, **fields)  # type: ignore[arg-type]


DAY = dt.date(2025, 3, 3)
DUE = (dt.date(2025, 3, 10), 120_00)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (schedule(DAY, [(DAY, 100)]), "not after that evening"),
        (schedule(DAY, [(dt.date(2205, 3, 10), 100)]), "correct the year"),
        (schedule(DAY, [DUE, DUE]), "send their sum"),
        (schedule(dt.date(2205, 3, 3), []), "lies in the future"),
        (schedule(dt.date(1900, 3, 3), []), "no such evening"),
    ],
)
def test_what_cannot_be_is_refused(record: Echeancier, said: str) -> None:
    state = TreasuryState(following_expected)
    with pytest.raises(PositionRefused, match=said):
        state.take(record, DAY)
    assert list(state.dump()) == list(TreasuryState(following_expected).dump())


def test_what_is_refused_leaves_no_trace() -> None:
    state = TreasuryState(following_expected)
    position = PositionTresorerie(societe_id=1, compte_num="512000", date=DAY, solde="10.00", devise="USD")
    state.take(position, DAY)
    before = dict(state.dump())
    with pytest.raises(PositionRefused, match="send their sum"):
        state.take(schedule(DAY, [DUE, DUE]), DAY)  # in euros, of which there is no account yet
    assert dict(state.dump()) == before


def test_the_highest_revision_of_an_evening_counts() -> None:
    known = Schedules()
    assert known.take(schedule(DAY, [DUE], revision=2))
    assert not known.take(schedule(DAY, [], revision=1))
    assert not known.take(schedule(DAY, [DUE], revision=2))
    with pytest.raises(PositionRefused, match="higher revision"):
        known.take(schedule(DAY, [], revision=2))
    assert known.attendus().rows() == {DAY.toordinal(): [(DUE[0].toordinal(), DUE[1])]}


def following_expected(lesson: Lesson) -> Join:
    model: TreasuryModel = train(lesson.series, candidates=("running_mean", "open_items"))
    return lambda: model


@pytest.fixture(scope="module")
def records() -> list[PositionTresorerie | Echeancier]:
    series, expected = irregular(230)
    found: list[PositionTresorerie | Echeancier] = []
    for one in positions(series):
        found.append(one)
        due = sorted(dict(expected[one.date.toordinal()]).items())
        found.append(schedule(one.date, [(dt.date.fromordinal(day), cents) for day, cents in due]))
    return found


class TestStream:
    def test_another_forecast_follows_from_what_is_expected(
        self, records: list[PositionTresorerie | Echeancier]
    ) -> None:
        state = TreasuryState(following_expected)
        take(state, records[:-1])
        last = records[-1]
        assert isinstance(last, Echeancier)
        big = schedule(last.date, [(last.date + dt.timedelta(days=5), 9_000_000)])
        assert {one.sujet for one in predictions(state.take(big, last.date))} == {
            f"1/TRESORERIE/EUR/{name}" for name in ("SOLDE", "ENTREES", "SORTIES", "FLUX")
        }
        assert state.take(big, last.date) == []

    def test_other_currencies_are_refused(self, records: list[PositionTresorerie | Echeancier]) -> None:
        state = TreasuryState(following_expected)
        take(state, records[:1])
        with pytest.raises(PositionRefused, match="kept in EUR"):
            state.take(schedule(FIRST, [], devise="USD"), FIRST)

    def test_the_same_follows_after_a_dump(self, records: list[PositionTresorerie | Echeancier]) -> None:
        whole = TreasuryState(following_expected)
        cut = len(records) - 21
        take(whole, records[:cut])
        again = TreasuryState(following_expected)
        again.load({name: memoryview(bytes(content)) for name, content in whole.dump()})
        assert told(take(whole, records[cut:])) == told(take(again, records[cut:]))
        assert [bytes(content) for _, content in whole.dump()] == [bytes(content) for _, content in again.dump()]


def take(state: TreasuryState, records: Sequence[PositionTresorerie | Echeancier]) -> list[Made]:
    return [made for one in records for made in state.take(one, one.date)]
