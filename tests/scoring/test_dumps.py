"""A state that was dumped and loaded goes on as if nothing had been; a damaged one is refused."""

import contextlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Activation, Ecriture, Operation, Parametres, TypeModele, VersionModele
from wisebook_ml.habits.store import StateError
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.scoring.events import Event
from wisebook_ml.scoring.in_force import MODELS_PART, ModelMissing
from wisebook_ml.scoring.stream import LedgerScorer

REPEATABLE = settings(derandomize=True, deadline=None)
PARAMETRES = Parametres(societe_id=0, version=3)
Load = Callable[[VersionModele], IsolationForest]
Parts = dict[str, bytes]


def marker(societe_id: int, version: int) -> Activation:
    described = VersionModele(
        modele_id=5,
        version=version,
        societe_id=societe_id,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact=f"{societe_id}/5/{version}/model.msgpack",
        sha256="0" * 64,
    )
    return Activation(societe_id=societe_id, version=described)


def scorer_with(load: Load) -> LedgerScorer:
    return LedgerScorer(load_model=load, parametres=PARAMETRES, seed=4)


def dumped(scorer: LedgerScorer) -> Parts:
    return {name: bytes(part) for name, part in scorer.dump()}


def published(scorer: LedgerScorer, events: Sequence[Event]) -> list[tuple[int, bytes]]:
    return [(position, encode_detection(found)) for position, found in scorer.process(events).detections]


@pytest.fixture(scope="module")
def load(forest: IsolationForest) -> Load:
    return lambda version: forest


@pytest.fixture(scope="module")
def stream(ledger: list[Ecriture], neighbour: list[Ecriture]) -> list[Event]:
    """Return two companies side by side, with models that come and go."""
    events: list[Event] = [event for pair in zip(ledger, neighbour, strict=False) for event in pair]
    events += ledger[len(neighbour) :]
    for at, societe_id, version in ((50, 2, 1), (150, 0, 7), (200, 1, 2), (400, 1, 3)):
        events.insert(at, marker(societe_id, version))
    return type(ledger)(events)


@settings(REPEATABLE, max_examples=8)
@given(data=st.data())
def test_going_on_from_a_dump_is_going_on(stream: list[Event], load: Load, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([0, 1, 49, 50, 51, 201, len(stream)]) | st.integers(0, len(stream)))
    straight = scorer_with(load)
    straight.process(stream[:at])
    parts = dumped(straight)
    resumed = scorer_with(load)
    resumed.load(parts)
    assert resumed.digest() == straight.digest()
    assert dumped(resumed) == parts
    assert published(resumed, stream[at:]) == published(straight, stream[at:])
    assert resumed.digest() == straight.digest()
    assert dumped(resumed) == dumped(straight)


def test_a_dump_is_a_copy(stream: list[Event], load: Load) -> None:
    """It is written by another thread, while the state goes on."""
    scorer = scorer_with(load)
    scorer.process(stream[:100])
    parts = dict(scorer.dump())
    before = {name: bytes(part) for name, part in parts.items()}
    scorer.process(stream[100:])
    assert {name: bytes(part) for name, part in parts.items()} == before


def test_parts_may_lie_anywhere_in_memory(stream: list[Event], load: Load) -> None:
    scorer = scorer_with(load)
    scorer.process(stream[:100])
    shifted = {name: memoryview(b"x" + bytes(part))[1:] for name, part in scorer.dump()}
    other = scorer_with(load)
    other.load(shifted)
    assert published(other, stream[100:]) == published(scorer, stream[100:])


def test_a_model_that_cannot_be_loaded_any_more_is_refused(stream: list[Event], load: Load) -> None:
    def gone(version: VersionModele) -> IsolationForest:
        raise ValueError("the artefact is gone")

    scorer = scorer_with(load)
    scorer.process(stream[:100])
    with pytest.raises(ModelMissing, match="the artefact is gone"):
        scorer_with(gone).load(dumped(scorer))


def test_the_fingerprint_tells_settings_and_seeds_apart(load: Load) -> None:
    prints = {
        LedgerScorer(load_model=load, parametres=parametres, seed=seed).fingerprint
        for parametres in (PARAMETRES, Parametres(societe_id=0, version=4))
        for seed in (1, 2)
    }
    assert len(prints) == 4


@pytest.fixture(scope="module")
def parts(stream: list[Event], load: Load) -> Parts:
    """Return a dump with free rows and free blocks in it."""
    scorer = scorer_with(load)
    events = stream[:300]
    scorer.process(events)
    gone = [event for event in events if isinstance(event, Ecriture)][20:90]
    scorer.process(
        [
            Ecriture(
                societe_id=entry.societe_id,
                ecriture_id=entry.ecriture_id,
                revision=99,
                operation=Operation.SUPPRESSION,
                journal_code=entry.journal_code,
                ecriture_date=entry.ecriture_date,
                lignes=entry.lignes,
            )
            for entry in gone
        ]
    )
    parts = dumped(scorer)
    assert np.frombuffer(parts["habits/accounts.meta"], np.int64)[1] != 0, "no free rows prove nothing"
    return parts


class TestDamage:
    """Compiled code reads what the parts say, so what contradicts itself must not get that far."""

    def test_every_part_is_asked_for(self, parts: Parts, load: Load) -> None:
        for name in parts:
            with pytest.raises(StateError, match="missing"):
                scorer_with(load).load({other: part for other, part in parts.items() if other != name})

    @pytest.mark.parametrize("cut", [1, 4, 8, 1024])
    def test_a_part_that_was_cut_is_refused(self, parts: Parts, load: Load, cut: int) -> None:
        for name, part in parts.items():
            if part:
                with pytest.raises(StateError):
                    scorer_with(load).load(parts | {name: part[: max(0, len(part) - cut)]})

    @pytest.mark.parametrize("more", [1, 4, 8, 1024])
    def test_a_part_that_is_too_long_is_refused(self, parts: Parts, load: Load, more: int) -> None:
        for name, part in parts.items():
            with pytest.raises(StateError):
                scorer_with(load).load(parts | {name: part + b"\1" * more})

    def test_a_part_of_another_is_refused(self, parts: Parts, load: Load) -> None:
        """Whole rows of a table in step, but not of what lies beside it."""
        for name, part in parts.items():
            if name.endswith(".keys"):
                with pytest.raises(StateError):
                    scorer_with(load).load(parts | {name: part[:-8]})

    @pytest.mark.parametrize("value", [-1, 0, 2**31, 2**62, -(2**63)])
    def test_figures_of_a_table_that_contradict_it_are_refused(self, parts: Parts, load: Load, value: int) -> None:
        for name in parts:
            if name.endswith(".meta"):
                for place in range(3):
                    meta = np.frombuffer(parts[name], np.int64).copy()
                    if meta[place] == value or (place == 1 and value == 0 and meta[2] == meta[0] - 1):
                        continue
                    meta[place] = value
                    with pytest.raises(StateError):
                        scorer_with(load).load(parts | {name: meta.tobytes()})

    def test_free_rows_in_a_circle_are_refused(self, parts: Parts, load: Load) -> None:
        keys = np.frombuffer(parts["habits/accounts.keys"], np.int64).copy()
        free = np.frombuffer(parts["habits/accounts.meta"], np.int64)[1]
        keys[free] = free
        with pytest.raises(StateError):
            scorer_with(load).load(parts | {"habits/accounts.keys": keys.tobytes()})

    @settings(REPEATABLE, max_examples=300)
    @given(data=st.data())
    def test_any_damage_is_refused_or_loaded(self, parts: Parts, load: Load, data: st.DataObject) -> None:
        """Which of both is the checksum's business; the process lives on."""
        name = data.draw(st.sampled_from(sorted(parts)))
        part = bytearray(parts[name])
        for _ in range(data.draw(st.integers(1, 4))):
            if part:
                at = data.draw(st.integers(0, len(part) - 1))
                part[at] = data.draw(st.integers(0, 255))
        if data.draw(st.booleans()):
            del part[data.draw(st.integers(0, len(part))) :]
        with contextlib.suppress(StateError):
            scorer_with(load).load(parts | {name: bytes(part)})

    @pytest.mark.parametrize("models", [b"", b"{", b"[[1]]", b'[[1, {"modele_id": 5}]]', b"\xff", b'[["1", null]]'])
    def test_models_that_make_no_sense_are_refused(self, parts: Parts, load: Load, models: bytes) -> None:
        with pytest.raises(StateError):
            scorer_with(load).load(parts | {MODELS_PART: models})
