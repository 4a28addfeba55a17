"""Sketches of what models have met: the same however they came, and of no other model."""

import base64
import datetime as dt
import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Esquisse, TypeModele, VersionModele
from wisebook_ml.drift.reference import reference_of
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.variables import ENTRY_VARIABLES
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.habits.store import StateError
from wisebook_ml.tally import sketches as module
from wisebook_ml.tally.sketches import AT_ONCE, MOST_SCORES, SCORE_STEPS, Sketches

NOW = dt.datetime(2024, 11, 19, 2, tzinfo=dt.UTC)

RNG = np.random.default_rng(1)
USUAL = RNG.gamma(2.0, size=(3_300, len(FEATURE_NAMES)))
REFERENCE = reference_of(ENTRY_VARIABLES, dict(zip(FEATURE_NAMES, USUAL.T, strict=True)), windows=(1,))
DUMPED = REFERENCE.dump()
ROWS = RNG.gamma(2.0, size=(1_300, len(FEATURE_NAMES)))
COMPOSITES = RNG.random(len(ROWS))


def version(modele_id: int, number: int = 1, societe_id: int = 0) -> VersionModele:
    return VersionModele(
        modele_id=modele_id,
        version=number,
        societe_id=societe_id,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact="none",
        sha256="0" * 64,
    )


def watching(*versions: VersionModele) -> Sketches:
    sketches = Sketches()
    for one in versions:
        sketches.activate(one.societe_id, one, DUMPED)
    return sketches


def test_a_day_is_the_sketch_of_its_rows_and_their_composites_in_order() -> None:
    sketches = watching(version(7, 3, societe_id=2))
    sketches.take(7, 3, ROWS[:900], COMPOSITES[:900])
    sketches.take(7, 3, ROWS[900:], COMPOSITES[900:])
    (day,) = sketches.end(4, NOW)
    exact = Sketch(REFERENCE.layout)
    exact.update(dict(zip(FEATURE_NAMES, ROWS.T, strict=True)))
    assert base64.b64decode(day.donnees) == exact.dump()
    scores = np.frombuffer(base64.b64decode(day.scores), "<u2") / SCORE_STEPS
    assert np.abs(scores - COMPOSITES).max() <= 0.5 / SCORE_STEPS
    assert (day.modele_id, day.version, day.societe_id, day.partition, day.echeance, day.lignes) == (
        *(7, 3, 2, 4, NOW),
        len(ROWS),
    )


def test_a_model_that_met_nothing_says_so() -> None:
    sketches = watching(version(7), version(5, societe_id=2))
    sketches.take(5, 1, ROWS[:3], COMPOSITES[:3])
    assert [(one.modele_id, one.lignes) for one in sketches.end(0, NOW)] == [(5, 3), (7, 0)]
    assert [(one.modele_id, one.lignes, one.donnees, one.scores) for one in sketches.end(0, NOW)] == [
        (5, 0, "", ""),
        (7, 0, "", ""),
    ]


def test_a_new_version_starts_anew_and_the_old_one_is_forgotten() -> None:
    sketches = watching(version(7))
    sketches.take(7, 1, ROWS[:9], COMPOSITES[:9])
    sketches.activate(0, version(7, 2), DUMPED)
    assert [(one.version, one.lignes) for one in sketches.end(0, NOW)] == [(2, 0)]
    sketches.take(7, 1, ROWS[:9], COMPOSITES[:9])
    assert [(one.version, one.lignes) for one in sketches.end(0, NOW)] == [(2, 0)]


def test_going_back_starts_anew_too() -> None:
    sketches = watching(version(7))
    sketches.take(7, 1, ROWS[:9], COMPOSITES[:9])
    sketches.activate(0, version(7, 2), DUMPED)
    sketches.activate(0, version(7, 1), DUMPED)
    assert [(one.version, one.lignes) for one in sketches.end(0, NOW)] == [(1, 0)]


def test_what_another_company_still_has_goes_on() -> None:
    sketches = watching(version(7))
    sketches.activate(5, version(7), DUMPED)
    sketches.take(7, 1, ROWS[:9], COMPOSITES[:9])
    sketches.activate(5, version(8, societe_id=5), DUMPED)
    sketches.activate(0, version(7), DUMPED)  # announced once more
    assert [(one.modele_id, one.lignes) for one in sketches.end(0, NOW)] == [(7, 9), (8, 0)]


@pytest.mark.parametrize("kind", ["none", "damaged", "other features"])
def test_a_version_without_a_reference_of_this_release_is_not_watched(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    columns = dict(zip(FEATURE_NAMES, USUAL.T, strict=True))
    other = reference_of(ENTRY_VARIABLES[1:], columns, windows=(1,)).dump() if kind == "other features" else b""
    reference = {"none": b"", "damaged": DUMPED[:90], "other features": other}[kind]
    sketches = Sketches()
    with caplog.at_level(logging.WARNING):
        sketches.activate(0, version(7), reference)
    sketches.take(7, 1, ROWS, COMPOSITES)
    assert sketches.end(0, NOW) == []
    assert ("model 7 version 1 is not watched" in caplog.text) == (kind != "none")


def test_scores_of_a_day_are_bounded_and_rows_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SCORES", 1_000)
    sketches = watching(version(7))
    for begin in range(0, len(ROWS), 300):
        sketches.take(7, 1, ROWS[begin : begin + 300], COMPOSITES[begin : begin + 300])
    (day,) = sketches.end(0, NOW)
    assert (day.lignes, len(base64.b64decode(day.scores))) == (len(ROWS), 2_000)
    assert MOST_SCORES * 2 * 4 / 3 < 60_000, "the scores of a record stay far below what a topic takes"


@settings(deadline=None, max_examples=25)
@given(
    sizes=st.lists(st.integers(1, 2 * AT_ONCE), max_size=5),
    restarts=st.sets(st.integers(0, 5)),
    change=st.integers(0, 5),
)
def test_no_cut_and_no_restart_changes_a_byte(sizes: list[int], restarts: set[int], change: int) -> None:
    def run(restarts: set[int], pieces: int) -> tuple[list[Esquisse], bytes]:
        sketches, done = watching(version(7), version(5, societe_id=2)), 0
        for number, size in enumerate(sizes):
            if number == change:
                sketches.activate(2, version(5, 2, societe_id=2), DUMPED)
            if number in restarts:
                again = Sketches()
                for societe_id, (modele_id, of) in sketches.in_force.items():
                    again.activate(societe_id, version(modele_id, of, societe_id=societe_id), DUMPED)
                again.load(sketches.dump())
                sketches = again
            for part in np.array_split(np.arange(done, done + size) % len(ROWS), pieces):
                sketches.take(7, 1, ROWS[part], COMPOSITES[part])
                half = part[part % 2 == 0]
                sketches.take(5, 2 if number >= change else 1, ROWS[half], COMPOSITES[half])
            done += size
        dumped = sketches.dump()
        return sketches.end(0, NOW), dumped

    assert run(set(), 1) == run(restarts, 1) == run(restarts, 3)


@pytest.mark.parametrize("data", [b"", b"\x91\x01", watching(version(9)).dump()])
def test_what_is_no_state_or_of_other_models_is_refused(data: bytes) -> None:
    with pytest.raises(StateError, match="sketches"):
        watching(version(7)).load(data)
