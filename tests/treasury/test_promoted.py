"""A promoted version is one more candidate, from its marker on."""

import datetime as dt
import pickle

import numpy as np
import pytest

from schemas import (
    Activation,
    DomaineApplication,
    ModeleUtilise,
    PositionTresorerie,
    Prediction,
    RoleModele,
    TypeModele,
    VersionModele,
    from_minor,
    to_minor,
)
from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.treasury.exceptions import ModelRefused
from wisebook_ml.treasury.forecasting.flows import Activity, flows_of
from wisebook_ml.treasury.forecasting.learning import Join, Lesson, learn
from wisebook_ml.treasury.forecasting.models.services import promoted_candidate
from wisebook_ml.treasury.forecasting.promoted import Promoted
from wisebook_ml.treasury.series import DailySeries, series_from_rows
from wisebook_ml.treasury.state import Made, TreasuryState

from .conftest import company
from .following import changed, detections, follow, positions, predictions, quick, told

DAYS = 240
WHEN = 150
"""Positions before the marker."""


def rising(days: int) -> DailySeries:
    """Return a company that grows steadily and in waves: what a trend and seasons tell, and no baseline does."""
    rng = np.random.default_rng(3)
    dates = [dt.date(2023, 1, 2) + dt.timedelta(days=at) for at in range(days)]
    at = np.arange(days)
    working = np.array([day.weekday() < 5 for day in dates])
    wave = 2 * np.pi * at / 30.4375
    came = np.where(working, 2000 + 25 * at + 800 * np.sin(wave) + rng.normal(0, 60, days), 0.0)
    went = np.where(working, 1000 + 6 * at + 300 * np.cos(wave) + rng.normal(0, 40, days), 0.0)
    return series_from_rows(dates, came, went)


def version(number: int = 1, **fields: object) -> VersionModele:
    given = {"societe_id": 1, "type_modele": TypeModele.PROPHET, "modele_id": 5} | fields
    return VersionModele(version=number, artefact=f"1/5/{number}/model.pkl", sha256="0" * 64, **given)  # type: ignore[arg-type]


def marker(number: int = 1, role: RoleModele = RoleModele.CHAMPION, **fields: object) -> Activation:
    one = version(number, **fields)
    return Activation(societe_id=1, version=one, role=role)


def opened(one: VersionModele) -> Promoted:
    return Promoted(one.type_modele, one.modele_id, one.version, {"weekly_seasonality": True}, 1)


class Class:
    """Learns with few candidates of its own, and remembers the lessons."""

    def __init__(self) -> None:
        self.lessons: list[Lesson] = []

    def start(self, lesson: Lesson) -> Join:
        self.lessons.append(lesson)
        return quick(lesson)

    def promoted(self) -> list[list[tuple[int, int]]]:
        return [[(one.modele_id, one.version) for one in lesson.promoted] for lesson in self.lessons]


@pytest.fixture(scope="module")
def days() -> list[PositionTresorerie]:
    return positions(company(DAYS))


class TestMarkers:
    def test_the_next_model_learns_at_once_and_is_in_force_from_the_next_day(
        self, days: list[PositionTresorerie]
    ) -> None:
        school = Class()
        state = TreasuryState(school.start, open_version=opened)
        follow(state, days[:WHEN])
        before = len(school.lessons)
        (last,) = {one.version for one in predictions(follow(state, [days[WHEN]]))}
        assert state.take(marker(), None) == []
        assert school.promoted()[before:] == [[(5, 1)]]
        assert school.lessons[-1].series.last == days[WHEN].date
        assert {one.version for one in predictions(follow(state, [days[WHEN + 1]]))} == {last + 1}

    def test_one_before_any_position_takes_part_in_the_first_model(self, days: list[PositionTresorerie]) -> None:
        school = Class()
        state = TreasuryState(school.start, open_version=opened)
        state.take(marker(), None)
        follow(state, days[:60])
        assert school.promoted() == [[(5, 1)]]

    def test_a_new_champion_replaces_the_older_and_a_rollback_the_newer(self, days: list[PositionTresorerie]) -> None:
        school = Class()
        state = TreasuryState(school.start, open_version=opened)
        follow(state, days[:60])
        for number in (1, 2, 2, 1):  # announced twice is in force once
            state.take(marker(number), None)
        assert school.promoted() == [[], [(5, 1)], [(5, 2)], [(5, 1)]]

    def test_one_of_each_algorithm_takes_part(self, days: list[PositionTresorerie]) -> None:
        school = Class()
        state = TreasuryState(school.start, open_version=opened)
        follow(state, days[:60])
        state.take(marker(3, type_modele=TypeModele.LSTM, modele_id=6), None)
        state.take(marker(), None)
        assert school.promoted()[-1] == [(5, 1), (6, 3)]

    def test_a_challenger_takes_no_part(self, days: list[PositionTresorerie]) -> None:
        school = Class()
        state = TreasuryState(school.start, open_version=opened)
        follow(state, days[:60])
        state.take(marker(role=RoleModele.CHALLENGER), None)
        assert school.promoted() == [[]]

    @pytest.mark.parametrize(
        ("bad", "text"),
        [
            (marker(type_modele=TypeModele.SVM), "a SVM model forecasts no cash"),
            (marker(societe_id=2), "it belongs to company 2, not to 1"),
            (Activation(societe_id=0, version=version(societe_id=0)), "there is no global one"),
            (marker(9), "not the one that was announced"),
        ],
    )
    def test_what_cannot_take_part_leaves_no_trace(
        self, bad: Activation, text: str, days: list[PositionTresorerie]
    ) -> None:
        def careful(one: VersionModele) -> Promoted:
            if one.version == 9:
                raise ValueError("artefact x is not the one that was announced (its SHA-256 differs)")
            return opened(one)

        state, plain = (TreasuryState(quick, open_version=careful) for _ in range(2))
        for one in (state, plain):
            follow(one, days[:60])
            one.take(marker(1), None)
        with pytest.raises(ModelRefused, match=text):
            state.take(bad, None)
        assert list(state.dump()) == list(plain.dump())

    def test_without_the_library_there_is_no_other_forecast(self, days: list[PositionTresorerie]) -> None:
        def nowhere(one: VersionModele) -> Promoted:
            raise MissingLibrary("PROPHET needs prophet, which is not installed: pip install 'wisebook-ml[train]'")

        state = TreasuryState(quick, open_version=nowhere)
        follow(state, days[:60])
        with pytest.raises(MissingLibrary, match=r"wisebook-ml\[train\]"):
            state.take(marker(), None)

    def test_a_dump_at_any_place_changes_nothing(self, days: list[PositionTresorerie]) -> None:
        given: list[PositionTresorerie | Activation] = [
            *days[:100],
            marker(),
            *days[100:110],
            marker(2),
            *days[110:115],
        ]

        def run(every: int) -> tuple[list[list[tuple[int, int]]], list[tuple[str, bytes]]]:
            school, made = Class(), list[Made]()
            state = TreasuryState(school.start, open_version=opened)
            for at, one in enumerate(given):
                if at % every == every - 1:
                    parts = {name: memoryview(bytes(content)) for name, content in state.dump()}
                    state = TreasuryState(school.start, open_version=opened)
                    state.load(parts)
                made += state.take(one, one.date if isinstance(one, PositionTresorerie) else None)
            return school.promoted(), told(made)

        lessons, expected = run(10**6)
        again, found = run(5)
        assert found == expected
        assert len(again) > len(lessons)
        assert set(map(tuple, again)) == set(map(tuple, lessons))


class TestProphet:
    """With the real one, which `rising` is made for."""

    @pytest.fixture(scope="class")
    @classmethod
    def made(cls) -> list[Made]:
        pytest.importorskip("prophet")
        given = positions(rising(DAYS))

        def start(lesson: Lesson) -> Join:
            model = learn(lesson) if lesson.promoted else quick(lesson)()
            return lambda: model

        state = TreasuryState(start, open_version=opened)
        follow(state, given[:-2])
        assert state.take(marker(), None) == []
        spent = to_minor(given[-1].sorties) + 9_000_000
        odd = changed(given[-1], sorties=from_minor(spent), solde=from_minor(to_minor(given[-1].solde) - 9_000_000))
        return follow(state, [given[-2], odd])

    def test_where_it_is_chosen_predictions_name_it(self, made: list[Made]) -> None:
        found = predictions(made)
        assert {one.sujet.rpartition("/")[2] for one in found} == {"ENTREES", "SORTIES", "FLUX", "SOLDE"}
        for one in found:
            assert isinstance(one, Prediction)
            assert (one.domaine, one.type_modele, one.modele_id, one.version) == (
                DomaineApplication.FLUX_TRESORERIE,
                TypeModele.PROPHET,
                5,
                1,
            )

    def test_detections_name_it_besides_the_model_that_chose_it(self, made: list[Made]) -> None:
        odd = next(one for one in detections(made) if one.motifs)
        assert odd.modeles[1:] == [ModeleUtilise(modele_id=5, version=1)]
        assert odd.modeles[0].modele_id == 0

    def test_it_knows_more_than_baselines(self, made: list[Made]) -> None:
        came = predictions(made)[0]
        first, *_, last = (value for value in came.valeurs.values() if value)
        assert last > first * 1.1, "it goes on rising"

    def test_a_model_that_was_kept_says_the_same_whatever_it_is_asked(self) -> None:
        pytest.importorskip("prophet")
        series = rising(DAYS)
        flow = flows_of(series, Activity.of(series, "FR"))[0]
        fitted = promoted_candidate(opened(version())).fit(flow)
        copy = pickle.loads(pickle.dumps(fitted))
        assert pickle.dumps(copy) == pickle.dumps(fitted)
        last = int(flow.ordinals[-1])
        far, near = np.arange(last + 200, last + 299), np.arange(last + 1, last + 100)
        said = [copy.predict(flow, days).quantiles for days in (far, near)]
        again = [fitted.predict(flow, days).quantiles for days in (near, far)]
        for one, other in zip(said, reversed(again), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_with_too_few_days_it_takes_no_part_and_the_others_do(self) -> None:
        pytest.importorskip("prophet")
        model = learn(Lesson(rising(100), promoted=(opened(version()),)))
        assert model is not None
        assert "prophet" not in model.names
