"""Entries and markers in, predictions out: whoever's, once, and the same however the stream is cut."""

import random
from collections.abc import Sequence

import msgspec
import pytest
from msgspec.structs import replace

from schemas import (
    Activation,
    DomaineApplication,
    Ecriture,
    Operation,
    Prediction,
    RoleModele,
    TypeModele,
    TypeObjet,
    VersionModele,
)
from wisebook_ml.prediction.catalogue import PREDICTORS
from wisebook_ml.prediction.state import Made, PredictionState, StateError
from wisebook_ml.services.base import BaseMLService

from .fitted import BROKEN, activation, ledger, load

Event = Ecriture | Activation

decode = msgspec.json.Decoder(Prediction).decode

EVERY = [activation(type_modele) for type_modele in PREDICTORS if type_modele is not TypeModele.ISOLATION_FOREST]
SHADOWS = [activation(type_modele, 2, role=RoleModele.CHALLENGER) for type_modele in PREDICTORS]


def stream() -> list[Event]:
    """Return a ledger in which every model takes effect, is challenged, and is replaced."""
    events: list[Event] = [*ledger()[:300], *EVERY, *ledger()[300:400], *SHADOWS, *ledger()[400:500]]
    events += [activation(TypeModele.DBSCAN, 2), activation(TypeModele.XGBOOST, 3), *ledger()[500:560]]
    return events


def fold(state: PredictionState, events: Sequence[Event], first: int = 0) -> list[Made]:
    """Give events to a state in one run."""
    made: list[Made] = []
    run: list[Ecriture] = []
    places: list[int] = []
    for position, event in enumerate(events, first):
        if isinstance(event, Ecriture):
            run.append(event)
            places.append(position)
        else:
            made += state.take(run, places)
            run, places = [], []
            made += state.activate(event, position)
    return made + state.take(run, places)


def said(made: Sequence[Made], sujet: str) -> list[Prediction | None]:
    """Return what was said of one subject."""
    return [decode(one.value) if one.value is not None else None for one in made if one.sujet == sujet]


def of(made: Sequence[Made], type_modele: TypeModele, *, shadow: bool = False) -> list[Prediction]:
    """Return what one algorithm said."""
    found = [decode(one.value) for one in made if one.value is not None]
    return [one for one in found if one.type_modele is type_modele and one.ombre is shadow]


@pytest.fixture(scope="module")
def whole() -> list[Made]:
    return fold(PredictionState(load), stream())


def test_every_algorithm_says_something_and_so_does_its_challenger(whole: list[Made]) -> None:
    for type_modele, predictor in PREDICTORS.items():
        for role in RoleModele:
            found = of(whole, type_modele, shadow=role is RoleModele.CHALLENGER)
            assert bool(found) is (role in predictor.roles), (type_modele, role)
    assert [one.position for one in whole] == sorted(one.position for one in whole)
    for one in whole:
        if one.value is not None:
            prediction = decode(one.value)
            assert prediction.sujet == one.sujet
            assert prediction.ombre is one.sujet.endswith("/ombre")
            assert prediction.societe_id == 1


def test_nothing_is_said_before_a_model_is_in_force(whole: list[Made]) -> None:
    assert min(one.position for one in whole) == 300 + [a.version.type_modele for a in EVERY].index(TypeModele.XGBOOST)
    assert fold(PredictionState(load), ledger()[:100]) == []


@pytest.mark.parametrize("seed", range(3))
def test_how_the_stream_is_cut_makes_no_difference(whole: list[Made], seed: int) -> None:
    chance, events, made = random.Random(seed), stream(), list[Made]()
    state, start = PredictionState(load), 0
    while start < len(events):
        end = start + chance.choice([1, 7, 60, 200])
        made += fold(state, events[start:end], start)
        if chance.random() < 0.1:
            other = PredictionState(load)
            other.load({name: memoryview(bytearray(part)) for name, part in state.dump()})
            state = other
        start = end
    assert made == whole


def test_an_entry_s_lines_have_three_accounts_and_the_one_that_was_used() -> None:
    made = fold(PredictionState(load), [activation(TypeModele.RANDOM_FOREST), ledger()[40]])
    entry = ledger()[40]
    assert [one.sujet for one in made] == [
        f"1/ECRITURE/{entry.ecriture_id}/LIGNE/{k}" for k in range(1, len(entry.lignes) + 1)
    ]
    for number, (one, line) in enumerate(zip(made, entry.lignes, strict=True), 1):
        prediction = decode(one.value or b"")
        assert prediction.ligne == number
        assert prediction.objet is not None
        assert (prediction.objet.type, prediction.objet.id) == (TypeObjet.ECRITURE, entry.ecriture_id)
        assert 1 <= len(prediction.valeurs) <= 3
        assert list(prediction.valeurs.values()) == sorted(prediction.valeurs.values(), reverse=True)
        (used,) = prediction.utilise.items()
        assert used[0] == line.compte_num
        assert used[1] == prediction.valeurs.get(used[0], used[1])
        assert 0 <= used[1] <= 1
        assert prediction.domaine is DomaineApplication.ECRITURES_COMPTABLES


class TestRevisions:
    ALL = (activation(TypeModele.RANDOM_FOREST), activation(TypeModele.GRADIENT_BOOSTING))

    def test_a_later_one_replaces_and_takes_back_lines_that_are_gone(self) -> None:
        entry = ledger()[40]
        lines = len(entry.lignes)
        later = replace(entry, revision=entry.revision + 1, lignes=entry.lignes[:-1])
        made = fold(PredictionState(load), [*self.ALL, entry, later])
        gone = f"1/ECRITURE/{entry.ecriture_id}/LIGNE/{lines}"
        assert [one is None for one in said(made, gone)] == [False, True]
        assert len(said(made, f"1/ECRITURE/{entry.ecriture_id}/LIGNE/1")) == 2
        assert len(said(made, f"1/ECRITURE/{entry.ecriture_id}/SCORE")) == 2

    def test_a_deletion_takes_back_everything(self) -> None:
        entry = ledger()[40]
        deleted = replace(entry, revision=entry.revision + 1, operation=Operation.SUPPRESSION, lignes=entry.lignes[:1])
        shadow = activation(TypeModele.RANDOM_FOREST, 2, role=RoleModele.CHALLENGER)
        made = fold(PredictionState(load), [*self.ALL, shadow, entry, deleted])
        subjects = {one.sujet for one in made}
        assert {one.sujet for one in made if one.value is None} == subjects
        assert all(made[-1 - k].value is None for k in range(len(subjects)))

    def test_one_that_is_delivered_again_or_late_says_nothing(self) -> None:
        entry = ledger()[40]
        later = replace(entry, revision=entry.revision + 2)
        state = PredictionState(load)
        fold(state, [*self.ALL, later])
        assert fold(state, [later, replace(entry, revision=entry.revision + 1), entry]) == []

    def test_a_deletion_of_what_was_never_seen_takes_nothing_back(self) -> None:
        deleted = replace(ledger()[40], operation=Operation.SUPPRESSION)
        assert fold(PredictionState(load), [*self.ALL, deleted]) == []


class TestKnown:
    """Clients and third parties: published when it changes, and anew at a marker."""

    def test_a_new_version_predicts_everybody_anew_at_its_marker(self, whole: list[Made]) -> None:
        first = next(k for k, event in enumerate(stream()) if event == activation(TypeModele.DBSCAN))
        here = [one for one in whole if one.position == first]
        assert len(here) > 10
        assert len({one.sujet for one in here}) == len(here)
        second = next(k for k, event in enumerate(stream()) if event == activation(TypeModele.DBSCAN, 2))
        again = {decode(one.value or b"").version for one in whole if one.position == second}
        assert again == {2}

    @pytest.mark.parametrize("type_modele", [TypeModele.XGBOOST, TypeModele.DBSCAN])
    def test_nothing_is_said_twice_in_a_row(self, whole: list[Made], type_modele: TypeModele) -> None:
        last: dict[str, bytes | None] = {}
        for one in whole:
            if one.value is not None and decode(one.value).type_modele is type_modele:
                assert last.get(one.sujet) != one.value
                last[one.sujet] = one.value

    def test_the_same_marker_again_says_nothing_new(self) -> None:
        state = PredictionState(load)
        assert fold(state, [*ledger()[:300], activation(TypeModele.DBSCAN)])
        assert fold(state, [activation(TypeModele.DBSCAN)]) == []

    def test_new_ones_are_assigned_between_trainings(self) -> None:
        state = PredictionState(load)
        before = {one.sujet for one in fold(state, [*ledger()[:300], activation(TypeModele.DBSCAN)])}
        later = [one.sujet for one in fold(state, ledger()[300:800])]
        assert set(later) - before


class TestForce:
    def test_a_global_model_serves_companies_without_their_own(self) -> None:
        two = [replace(event, societe_id=2) for event in ledger()[:60]]
        shared = activation(TypeModele.GRADIENT_BOOSTING, 1, societe_id=0)
        own = activation(TypeModele.GRADIENT_BOOSTING, 2, societe_id=2, modele_id=9)
        made = fold(PredictionState(load), [shared, own, *ledger()[:60], *two])
        used = {(p.societe_id, p.modele_id) for p in of(made, TypeModele.GRADIENT_BOOSTING)}
        assert used == {(1, shared.version.modele_id), (2, 9)}

    def test_a_company_s_predictions_do_not_depend_on_others(self) -> None:
        two = [replace(event, societe_id=2, ecriture_id=f"B{event.ecriture_id}") for event in ledger()[60:300]]
        mixed = [event for pair in zip(ledger()[:240], two, strict=True) for event in pair]
        markers = [activation(t, societe_id=0) for t in (TypeModele.GRADIENT_BOOSTING, TypeModele.XGBOOST)]
        together = fold(PredictionState(load), [*markers, *mixed])
        alone = fold(PredictionState(load), [*markers, *ledger()[:240]])
        assert [one.value for one in together if one.sujet.startswith("1/")] == [one.value for one in alone]

    def test_a_champion_ends_the_shadow_of_its_own_model_only(self) -> None:
        challenger = activation(TypeModele.GRADIENT_BOOSTING, 2, role=RoleModele.CHALLENGER)
        for modele_id, shadows in ((None, 0), (9, 20)):
            champion = activation(TypeModele.GRADIENT_BOOSTING, 3, modele_id=modele_id)
            made = fold(PredictionState(load), [challenger, champion, *ledger()[:20]])
            assert len(of(made, TypeModele.GRADIENT_BOOSTING, shadow=True)) == shadows
            assert len(of(made, TypeModele.GRADIENT_BOOSTING)) == 20

    def test_a_champion_of_the_scoring_role_ends_a_shadow_without_being_loaded(self) -> None:
        challenger = activation(TypeModele.ISOLATION_FOREST, 2, role=RoleModele.CHALLENGER)
        champion = activation(TypeModele.ISOLATION_FOREST, BROKEN)
        made = fold(PredictionState(load), [challenger, *ledger()[:5], champion, *ledger()[5:9]])
        assert [one.sujet for one in made] == [f"1/ECRITURE/{e.ecriture_id}/ANOMALIE/ombre" for e in ledger()[:5]]

    def test_what_cannot_be_loaded_is_refused_and_the_one_before_goes_on(self) -> None:
        state = PredictionState(load)
        fold(state, [activation(TypeModele.GRADIENT_BOOSTING)])
        with pytest.raises(ValueError, match="SHA-256 differs"):
            state.activate(activation(TypeModele.GRADIENT_BOOSTING, BROKEN), 0)
        (made,) = fold(state, [ledger()[0]])
        assert decode(made.value or b"").version == 1

    def test_another_company_s_model_is_refused(self) -> None:
        with pytest.raises(ValueError, match="belongs to company 2"):
            PredictionState(load).activate(activation(TypeModele.SVM, owner=2), 0)

    @pytest.mark.parametrize("type_modele", [TypeModele.LSTM, TypeModele.PROPHET])
    def test_forecasts_of_the_treasury_are_not_for_us(self, type_modele: TypeModele) -> None:
        assert PredictionState(load).activate(activation(type_modele, BROKEN), 0) == []


class TestState:
    def test_a_version_that_is_gone_is_left_out_and_back_with_its_artefact(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        def gone(version: object) -> object:
            raise ValueError("XGBOOST needs xgboost, which is not installed: pip install 'wisebook-ml[train]'")

        state = PredictionState(load)
        fold(state, [activation(TypeModele.GRADIENT_BOOSTING), ledger()[0]])
        without = PredictionState(gone)  # type: ignore[arg-type]
        without.load({name: memoryview(bytearray(part)) for name, part in state.dump()})
        assert "is in force, and cannot be loaded: XGBOOST needs xgboost, which is not installed" in caplog.text
        again = PredictionState(load)
        again.load({name: memoryview(bytearray(part)) for name, part in without.dump()})
        assert fold(without, [ledger()[1]]) == []
        assert len(fold(again, [ledger()[1]])) == 1

    def test_no_global_model_stands_in_for_a_version_that_is_gone(self) -> None:
        shared = activation(TypeModele.GRADIENT_BOOSTING, 1, societe_id=0)
        own = activation(TypeModele.GRADIENT_BOOSTING, 2, modele_id=9)

        def own_gone(version: VersionModele) -> BaseMLService:
            if version == own.version:
                raise ValueError("gone")
            return load(version)

        state = PredictionState(load)
        fold(state, [shared, own, ledger()[0]])
        without = PredictionState(own_gone)
        without.load({name: memoryview(bytearray(part)) for name, part in state.dump()})
        assert fold(without, [ledger()[1]]) == []

    @pytest.mark.parametrize("part", ["versions", "seen", "rows/clients", "last/DBSCAN"])
    def test_what_is_no_state_is_refused(self, part: str) -> None:
        state = PredictionState(load)
        parts = {name: memoryview(bytearray(content)) for name, content in state.dump()}
        with pytest.raises(StateError):
            PredictionState(load).load({**parts, part: memoryview(b"\xc1no")})
        del parts[part]
        with pytest.raises(StateError, match="missing"):
            PredictionState(load).load(parts)

    def test_rows_that_a_model_fails_on_are_left_out_alone(self, caplog: pytest.LogCaptureFixture) -> None:
        class Fails:
            def predict(self, frame):
                if (frame["ecriture_id"] == ledger()[1].ecriture_id).any():
                    raise RuntimeError("no")
                return load(activation(TypeModele.GRADIENT_BOOSTING).version).predict(frame)

        state = PredictionState(lambda version: Fails())  # type: ignore[arg-type,return-value]
        made = fold(state, [activation(TypeModele.GRADIENT_BOOSTING), *ledger()[:3]])
        assert [one.sujet.split("/")[2] for one in made] == [ledger()[0].ecriture_id, ledger()[2].ecriture_id]
        assert "does not predict a row of company 1: RuntimeError: no" in caplog.text
