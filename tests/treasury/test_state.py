"""Positions in, what follows out: the same whatever happened between two of them."""

import datetime as dt
from itertools import zip_longest

import numpy as np
import pytest

from schemas import CodeMotif, Etat, Objet, PositionTresorerie, Reglage, ReglageAlertes, TypeObjet, from_minor, to_minor
from wisebook_ml.alerting.policy import passes
from wisebook_ml.alerting.texts import first_texts
from wisebook_ml.treasury.exceptions import PositionRefused
from wisebook_ml.treasury.forecasting.learning import Join, Lesson, learn
from wisebook_ml.treasury.series import DailySeries
from wisebook_ml.treasury.state import Made, StateError, TreasuryRecord, TreasuryState

from .conftest import company
from .following import changed, detections, follow, positions, predictions, quick, settings, told

DAYS = 130


@pytest.fixture(scope="module")
def days() -> list[PositionTresorerie]:
    return positions(company(DAYS))


def new_state() -> TreasuryState:
    return TreasuryState(quick)


def moved(position: PositionTresorerie, sorties: float) -> PositionTresorerie:
    """Return a position on whose day more went out."""
    more = round(sorties * 100)
    return changed(
        position,
        sorties=from_minor(to_minor(position.sorties) + more),
        solde=from_minor(to_minor(position.solde) - more),
    )


def restored(state: TreasuryState) -> TreasuryState:
    parts = {name: memoryview(bytes(content)) for name, content in state.dump()}
    again = new_state()
    again.load(parts)
    return again


def of_day(day: dt.date) -> Objet:
    return Objet(type=TypeObjet.TRESORERIE, id=f"EUR/{day.isoformat()}")


class TestForecasts:
    def test_they_begin_when_there_is_history_and_come_with_each_position(self, days: list[PositionTresorerie]) -> None:
        state = new_state()
        counts = [len(predictions(state.take(one, one.date))) for one in days]
        first = next(at for at, count in enumerate(counts) if count)
        assert (days[first].date - days[0].date).days + 1 >= 60
        assert (days[first - 1].date - days[0].date).days + 1 < 60
        assert set(counts[first:]) == {4}

    def test_what_they_say(self, days: list[PositionTresorerie]) -> None:
        last = predictions(follow(new_state(), days))[-4:]
        assert [one.sujet for one in last] == [
            f"1/TRESORERIE/EUR/{name}" for name in ("ENTREES", "SORTIES", "FLUX", "SOLDE")
        ]
        balance = last[-1]
        assert next(iter(balance.valeurs)) == (days[-1].date + dt.timedelta(days=1)).isoformat()
        assert len(balance.valeurs) == 90
        assert all(balance.bas[day] <= value <= balance.haut[day] for day, value in balance.valeurs.items())
        assert balance.version >= 2, "it has learnt anew since"

    def test_after_months_of_silence_there_is_none(self, days: list[PositionTresorerie]) -> None:
        state = new_state()
        follow(state, days)
        late = days[-1].date + dt.timedelta(days=60)
        made = follow(state, [changed(days[-1], date=late)])
        assert [(one.key, one.record) for one in made] == [
            (f"1/TRESORERIE/EUR/{name}", None) for name in ("ENTREES", "SORTIES", "FLUX", "SOLDE")
        ]

    def test_a_model_that_cannot_be_learnt_ends_nothing(self, days: list[PositionTresorerie]) -> None:
        asked: list[dt.date] = []

        def never(lesson: Lesson) -> Join:
            asked.append(lesson.series.last)
            return lambda: None

        assert follow(TreasuryState(never), days) == []
        assert 2 <= len(asked) <= 3, "it is tried again, but not each day"


class TestVerdicts:
    def test_a_day_unlike_its_forecast_is_told_and_closed_when_it_is_corrected(
        self, days: list[PositionTresorerie]
    ) -> None:
        state = new_state()
        follow(state, days[:-1])
        (found,) = [
            one for one in detections(follow(state, [moved(days[-1], 90_000)])) if one.objet == of_day(days[-1].date)
        ]
        assert (found.etat, found.revision, found.ecriture_date) == (Etat.OUVERTE, 1, days[-1].date)
        assert [one.code for one in found.motifs] == [CodeMotif.FLUX_INHABITUEL]
        assert sum(found.contributions.values()) == pytest.approx(found.score)
        assert to_minor(found.montant) > 8_000_000
        assert "Décaissements" in found.motifs[0].libelle_fr
        corrected = changed(days[-1], revision=2)
        (closed,) = [one for one in detections(follow(state, [corrected])) if one.objet == of_day(days[-1].date)]
        assert (closed.detection_id, closed.etat, closed.revision) == (found.detection_id, Etat.CLOSE, 2)

    def test_an_older_day_is_judged_by_what_was_known_before_it(self, days: list[PositionTresorerie]) -> None:
        state = new_state()
        follow(state, days)
        wrong = changed(moved(days[-3], 90_000), revision=2, solde=days[-3].solde)
        found = [one for one in detections(follow(state, [wrong])) if one.objet == of_day(days[-3].date)]
        assert [one.etat for one in found] == [Etat.OUVERTE]

    def test_ordinary_days_are_not_told(self, days: list[PositionTresorerie]) -> None:
        assert len({one.detection_id for one in detections(follow(new_state(), days))}) <= 2

    def test_a_balance_that_cannot_be(self, days: list[PositionTresorerie]) -> None:
        state = new_state()
        follow(state, days[:10])
        wrong = changed(days[10], solde=from_minor(to_minor(days[10].solde) + 12_345))
        (found,) = detections(follow(state, [wrong]))
        assert found.objet == Objet(type=TypeObjet.COMPTE_BANCAIRE, id=f"512000/{days[10].date.isoformat()}")
        assert (found.montant, found.motifs[0].code) == ("123.45", CodeMotif.SOLDE_INCOHERENT)
        follow(state, [changed(days[11], solde=from_minor(to_minor(days[11].solde) + 12_345))])
        closed = detections(
            follow(state, [changed(wrong, revision=2, entrees=from_minor(to_minor(wrong.entrees) + 12_345))])
        )
        assert [(one.detection_id, one.etat) for one in closed] == [(found.detection_id, Etat.CLOSE)]

    def test_a_bank_that_sends_balances_only_is_believed(self, days: list[PositionTresorerie]) -> None:
        plain = [changed(one, entrees="0.00", sorties="0.00") for one in days[:20]]
        assert detections(follow(new_state(), plain)) == []

    def test_a_day_is_judged_when_all_accounts_have_reported_it(self, days: list[PositionTresorerie]) -> None:
        state = new_state()
        other = [changed(one, compte_num="512100") for one in days]
        pairs = [one for pair in zip_longest(days, other) for one in pair]
        follow(state, pairs[:-2])
        assert follow(state, [pairs[-2]]) == []
        assert len(predictions(follow(state, [pairs[-1]]))) == 4


class TestLiquidity:
    def drained(self) -> list[PositionTresorerie]:
        series = company(200, opening=90_000.0)
        at = np.arange(len(series))
        working = (series.entrees > 0) & (at > 100)
        went = series.sorties + np.where(working, 300_000, 0)
        balance = 9_000_000 + np.cumsum(series.entrees - went)
        return positions(DailySeries(1, "*", "EUR", series.first, series.entrees, went, balance, series.observed))

    def test_an_alarm_comes_once_in_time_and_ends(self) -> None:
        state, given = new_state(), self.drained()
        dry = next(at for at, one in enumerate(given) if to_minor(one.solde) < 0)
        made = follow(state, given[:dry])
        whole = Objet(type=TypeObjet.TRESORERIE, id="EUR")
        about = [one for one in detections(made) if one.objet == whole]
        assert [one.revision for one in about] == list(range(1, len(about) + 1))
        assert about[-1].etat is Etat.OUVERTE
        assert passes(about[-1], ReglageAlertes()), "an alert is made of it"
        assert "Le solde risque de passer sous" in first_texts(about[-1])[0]
        saved = changed(
            given[dry],
            entrees=from_minor(to_minor(given[dry].entrees) + 10**10),
            solde=from_minor(to_minor(given[dry].solde) + 10**10),
        )
        closed = [one for one in detections(follow(state, [saved])) if one.objet == whole]
        assert [one.etat for one in closed] == [Etat.CLOSE]
        assert closed[0].detection_id == about[-1].detection_id


class TestDeterminism:
    def mixed(self, days: list[PositionTresorerie]) -> list[TreasuryRecord]:
        """Return two companies, two accounts, corrections, an odd day, a copy, settings of one company and of all."""
        other = [changed(one, compte_num="512100", solde="0.00", entrees="0.00", sorties="0.00") for one in days]
        third = [changed(one, societe_id=2) for one in days]
        given = [one for row in zip(days, other, third, strict=True) for one in row]
        given[-3] = moved(days[-1], 90_000)
        high = {"EUR": "500000"}
        everybody, own = settings(1, 0, plancher=high, pays="BE"), settings(1, 2, probabilite_alerte=0.9)
        return [
            *given[:220],
            everybody,
            *given[220:240],
            own,
            *given[240:],
            changed(days[-1], revision=2),
            changed(days[-20], revision=2, sorties="77.00"),
            given[-1],
        ]

    def test_a_dump_at_any_place_changes_nothing(self, days: list[PositionTresorerie]) -> None:
        given = self.mixed(days)
        expected = told(follow(new_state(), given))
        state, found = new_state(), list[Made]()
        for at, one in enumerate(given):
            if at % 23 == 0 or isinstance(one, Reglage) or at >= len(given) - 8:
                state = restored(state)
            found += follow(state, [one])
        assert told(found) == expected
        assert len(expected) > 400
        versions = {one.parametres_version for one in detections(found)}
        assert versions == {0, 1}, "what is set has its part in it"

    def test_a_real_model_that_learns_again_says_the_same(self, days: list[PositionTresorerie]) -> None:
        """The calendar forest keeps what it was asked: learnt again, it is asked for other days."""
        given = days[:-6]

        def start(lesson: Lesson) -> Join:
            model = learn(lesson)
            return lambda: model

        whole, state = TreasuryState(start), TreasuryState(start)
        follow(whole, given)
        follow(state, given)
        again = TreasuryState(start)
        again.load({name: memoryview(bytes(content)) for name, content in state.dump()})
        assert told(follow(again, days[-6:])) == told(follow(whole, days[-6:]))

    def test_what_is_refused_leaves_no_trace(self, days: list[PositionTresorerie]) -> None:
        state, plain = new_state(), new_state()
        for one in days:
            with pytest.raises(PositionRefused):
                state.take(changed(one, date=one.date + dt.timedelta(days=9)), one.date)
            assert told(state.take(one, one.date)) == told(plain.take(one, one.date))
        assert list(state.dump()) == list(plain.dump())

    def test_without_a_time_of_publication_a_far_future_is_refused(self, days: list[PositionTresorerie]) -> None:
        state = new_state()
        state.take(days[0], None)
        with pytest.raises(PositionRefused, match=r"27\d\d\d days after .* \(2023-01-02\).*ce_time"):
            state.take(changed(days[1], date=dt.date(2099, 1, 1)), None)

    def test_parts_of_something_else_are_refused(self) -> None:
        rules = memoryview(b"\x80")
        for content in (b"[1]", b"\xff"):
            with pytest.raises(StateError):
                new_state().load({"companies": memoryview(content), "rules": rules})
        for parts in ({}, {"companies": memoryview(b"\x90")}, {"rules": rules}):
            with pytest.raises(StateError):
                new_state().load(parts)
