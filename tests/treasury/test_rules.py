"""What a company sets holds from its marker on: its floors, the probability that warns, its public holidays."""

import datetime as dt

import pytest

from schemas import CodeMotif, Etat, Objet, PositionTresorerie, Reglage, Severite, TypeObjet, from_minor, to_minor
from wisebook_ml.treasury.exceptions import PositionRefused
from wisebook_ml.treasury.findings import Content, Findings, Told, has_moved
from wisebook_ml.treasury.forecasting.learning import Join, Lesson
from wisebook_ml.treasury.state import TreasuryState

from .conftest import company
from .following import changed, detections, follow, positions, quick, settings

FLOOR = {"EUR": "1000000"}
WHOLE = Objet(type=TypeObjet.TRESORERIE, id="EUR")


@pytest.fixture(scope="module")
def days() -> list[PositionTresorerie]:
    return positions(company(75, opening=400_000.0))


@pytest.fixture
def state(days: list[PositionTresorerie]) -> TreasuryState:
    """Return what is known of a company that nothing threatens."""
    state = TreasuryState(quick)
    assert not [one for one in detections(follow(state, days[:-2])) if one.objet == WHOLE and one.etat is Etat.OUVERTE]
    return state


def warnings(state: TreasuryState, *given: PositionTresorerie | Reglage) -> list[tuple[int, Etat, int]]:
    """Return revision, state and version of settings of each warning that follows."""
    found = [one for one in detections(follow(state, given)) if one.objet == WHOLE]
    return [(one.revision, one.etat, one.parametres_version) for one in found]


class TestFloors:
    def test_a_raised_one_warns_at_once_and_a_lowered_one_closes(self, state: TreasuryState) -> None:
        made = follow(state, [settings(3, plancher=FLOOR)])
        (found,) = detections(made)
        assert found.motifs[0].code is CodeMotif.RISQUE_LIQUIDITE
        assert "1\u202f000\u202f000" in found.motifs[0].libelle_fr
        assert found.parametres_version == 3
        assert warnings(state, settings(4)) == [(2, Etat.CLOSE, 4)]

    def test_another_one_is_told_though_it_warns_as_well(self, state: TreasuryState) -> None:
        assert warnings(state, settings(1, plancher=FLOOR)) == [(1, Etat.OUVERTE, 1)]
        made = follow(state, [settings(2, plancher={"EUR": "2000000"})])
        assert [one.revision for one in detections(made)] == [2]

    def test_a_marker_that_is_placed_twice_says_nothing_twice(self, state: TreasuryState) -> None:
        assert len(warnings(state, *[settings(1, plancher=FLOOR)] * 2)) == 1

    def test_one_of_another_currency_is_none_here(self, state: TreasuryState) -> None:
        assert warnings(state, settings(1, plancher={"USD": "1000000"})) == []

    def test_those_of_before_the_first_position_hold(self, days: list[PositionTresorerie]) -> None:
        found = warnings(TreasuryState(quick), settings(5, plancher=FLOOR), *days)
        assert found[0] == (1, Etat.OUVERTE, 5)

    def test_those_of_all_hold_for_who_has_none(self, state: TreasuryState, days: list[PositionTresorerie]) -> None:
        follow(state, [changed(one, societe_id=2) for one in days[:-2]])
        own, everybody = settings(1, 2), settings(1, 0, plancher=FLOOR)
        made = detections(follow(state, [own, everybody]))
        assert [(one.societe_id, one.etat) for one in made] == [(1, Etat.OUVERTE)]
        assert warnings(state, settings(2)) == [(2, Etat.CLOSE, 2)], "its own replace those of all as a whole"
        assert warnings(state, settings(2, 0, plancher={"EUR": "3000000"})) == []


def test_the_probability_decides(state: TreasuryState) -> None:
    def at(floor: int, probability: float) -> bool:
        found = detections(follow(state, [settings(1, plancher={"EUR": str(floor)}, probabilite_alerte=probability)]))
        return bool(found) and found[-1].etat is Etat.OUVERTE

    follow(state, [settings(1, probabilite_alerte=0.95)])
    careful = next(floor for floor in range(0, 600_000, 2_000) if at(floor, 0.05))
    follow(state, [settings(1, plancher={"EUR": "-999999"})])
    assert not at(careful, 0.95)


class TestHolidays:
    def test_the_next_model_learns_with_them_on_the_next_day(self, days: list[PositionTresorerie]) -> None:
        asked: list[tuple[str, dt.date]] = []

        def start(lesson: Lesson) -> Join:
            asked.append((lesson.pays, lesson.series.last))
            return quick(lesson)

        state = TreasuryState(start)
        follow(state, [*days[:-2], settings(1, pays="BE")])
        assert {pays for pays, _ in asked} == {"FR"}
        (followed,) = {one.version for one in _predictions(state, days[-2])}
        assert asked[-1] == ("BE", days[-2].date)
        assert {one.version for one in _predictions(state, days[-1])} == {followed + 1}

    def test_a_country_that_nobody_knows_leaves_those_before(self, state: TreasuryState) -> None:
        before = list(state.dump())
        for wrong, why in (
            (settings(2, plancher=FLOOR, pays="XX"), "settings 2 not in force.*no public holidays are known of XX"),
            (changed_marker(settings(2, plancher=FLOOR)), "of company 1, not of 9"),
        ):
            with pytest.raises(PositionRefused, match=why):
                state.take(wrong, None)
        assert list(state.dump()) == before


def _predictions(state: TreasuryState, day: PositionTresorerie):  # type: ignore[no-untyped-def]
    return [one.record for one in follow(state, [day]) if one.key.endswith("/SOLDE")]


def changed_marker(marker: Reglage) -> Reglage:
    return Reglage(societe_id=9, parametres=marker.parametres)


class TestCalm:
    ORIGIN = dt.date(2025, 3, 3)

    def content(self, score: float, ahead: int, severite: Severite = Severite.ELEVEE) -> Content:
        return Content(self.ORIGIN + dt.timedelta(days=ahead), 0, score, severite, (), ())

    def told(self, score: float, ahead: int, severite: Severite = Severite.ELEVEE) -> Told:
        findings = Findings(1)
        findings.tell(WHOLE, self.content(score, ahead, severite), 1)
        (told,) = findings.told.values()
        return told

    @pytest.mark.parametrize(
        ("score", "ahead", "moved"),
        [(60, 12, False), (69.9, 16, False), (70, 12, True), (50, 12, True), (60, 19, True), (60, 5, True)],
    )
    def test_it_is_told_again_when_it_moves_far(self, score: float, ahead: int, moved: bool) -> None:
        assert has_moved(self.told(60, 12), self.content(score, ahead), self.ORIGIN) is moved

    def test_a_day_that_is_far_away_moves_farther(self) -> None:
        assert not has_moved(self.told(60, 60), self.content(60, 79), self.ORIGIN)
        assert has_moved(self.told(60, 60), self.content(60, 80), self.ORIGIN)

    def test_more_serious_is_told_and_less_serious_with_what_moves(self) -> None:
        critical = Severite.CRITIQUE
        assert has_moved(self.told(79, 12), self.content(80, 12, critical), self.ORIGIN)
        assert not has_moved(self.told(80, 12, critical), self.content(79, 12), self.ORIGIN)

    def test_a_company_near_its_floor_is_not_told_daily(self, days: list[PositionTresorerie]) -> None:
        state = TreasuryState(quick)
        follow(state, days[:-12])
        near = from_minor(to_minor(days[-12].solde) - 1_000_000)
        found = warnings(state, settings(1, plancher={"EUR": near}), *days[-12:])
        assert 1 <= len(found) <= 6
