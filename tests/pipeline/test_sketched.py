"""What models have met of a day: told by the tick of the timer `drift`, whatever happened on the way."""

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Activation, Esquisse, Operation, Parametres, Record, Tick, TypeModele, VersionModele
from tests.pipeline.test_tallied import ledger
from topics import SKETCHES
from wisebook_ml.datasets.entries import EntryFeatures
from wisebook_ml.drift.reference import Reference, reference_of
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.variables import ENTRY_VARIABLES
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.models.isolation_forest import IsolationForest, fit_isolation_forest
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.tally.sketches import SCORE_STEPS

NOW = dt.datetime(2024, 11, 19, 2, tzinfo=dt.UTC)
TOPIC, PARTITION = "wisebook.entries", 3

USUAL = np.random.default_rng(1).random((3_300, len(FEATURE_NAMES)))
COLUMNS = dict(zip(FEATURE_NAMES, USUAL.T, strict=True))
REFERENCE = reference_of(ENTRY_VARIABLES, COLUMNS, windows=(1,))
BARE = fit_isolation_forest(USUAL[:300], FEATURE_NAMES, seed=1)
FOREST = IsolationForest.load(replace(BARE, reference=REFERENCE.dump()).dump(), FEATURE_NAMES)

SHARED, OWN, OLD = 1, 2, 3
"""Models: of all companies; of company 3; of company 11, without a reference."""

EVENTS: list[Record] = [event for pair in zip(ledger(3), ledger(11), ledger(5), strict=False) for event in pair]


def activation(modele_id: int, societe_id: int, version: int = 1) -> Activation:
    of = VersionModele(
        modele_id=modele_id,
        version=version,
        societe_id=societe_id,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact="none",
        sha256="0" * 64,
    )
    return Activation(societe_id=societe_id, version=of)


def tick(hours: int, societe_id: int = 0, minuterie: str = "drift") -> Tick:
    return Tick(societe_id=societe_id, minuterie=minuterie, echeance=NOW + dt.timedelta(hours=hours))


STREAM: list[Record] = [
    *EVENTS[:10],
    activation(SHARED, 0),
    activation(OLD, 11),
    *EVENTS[10:70],
    tick(0),
    *EVENTS[70:90],
    tick(7, societe_id=5),
    tick(7, minuterie="statistics"),
    activation(OWN, 3),
    *EVENTS[90:120],
    *EVENTS[60:80],  # delivered again
    tick(24),
    activation(OWN, 3, version=2),
    *EVENTS[120:],
    activation(OWN, 3, version=3),
    activation(OWN, 3, version=2),
    *ledger(3)[30:40],
    tick(48),
]


def raws(events: Sequence[Record]) -> list[RawRecord]:
    return [
        RawRecord(
            9 * place,
            str(event.societe_id).encode(),  # type: ignore[attr-defined]
            msgspec.json.encode(event),
            [("ce_type", event.ce_type.encode())],
        )
        for place, event in enumerate(events)
    ]


RECORDS = raws(STREAM)


def new_pipeline() -> PartitionPipeline:
    scorer = LedgerScorer(
        load_model=lambda version: BARE if version.modele_id == OLD else FOREST,
        parametres=Parametres(societe_id=0),
        seed=1,
    )
    return PartitionPipeline(TOPIC, PARTITION, scorer, lambda: NOW)


@pytest.fixture(scope="module")
def whole() -> list[Outgoing]:
    return new_pipeline().process(RECORDS)


def days(outgoing: Sequence[Outgoing]) -> list[Esquisse]:
    return [msgspec.json.decode(out.value or b"", type=Esquisse) for out in outgoing if out.topic is SKETCHES]


def test_each_watched_model_tells_its_day_at_each_tick(whole: list[Outgoing]) -> None:
    told = [(one.modele_id, one.version, one.societe_id, one.echeance) for one in days(whole)]
    at = [NOW + dt.timedelta(hours=hours) for hours in (0, 24, 48)]
    assert told == [
        (SHARED, 1, 0, at[0]),
        (SHARED, 1, 0, at[1]),
        (OWN, 1, 3, at[1]),
        (SHARED, 1, 0, at[2]),
        (OWN, 2, 3, at[2]),
    ]
    assert {one.partition for one in days(whole)} == {PARTITION}
    # Version 3 was in force for a moment, so that version 2 began anew; what came since had come before.
    assert days(whole)[-1].lignes == 0


def test_it_is_published_by_model_wherever_that_is(whole: list[Outgoing]) -> None:
    for out, day in zip((out for out in whole if out.topic is SKETCHES), days(whole), strict=True):
        said = dict(out.headers)
        assert (out.key, out.partition) == (str(day.modele_id).encode(), None)
        offset = next(raw.offset for raw in RECORDS if _due(raw) == day.echeance)
        assert said["wb_offset"] == str(offset).encode()
        assert said["ce_id"] == f"{day.modele_id}/{day.version}/{TOPIC}/{PARTITION}/{offset}".encode()


def _due(raw: RawRecord) -> dt.datetime | None:
    is_tick = dict(raw.headers)["ce_type"] == Tick.ce_type.encode()
    one = msgspec.json.decode(raw.value or b"", type=Tick) if is_tick else None
    return one.echeance if one is not None and one.minuterie == "drift" and one.societe_id == 0 else None


def test_the_sketch_is_that_of_first_arrivals_as_a_training_sees_them(whole: list[Outgoing]) -> None:
    (first, *_), fold = days(whole), EntryFeatures()
    fold.take(EVENTS[:10])  # type: ignore[arg-type]
    rows = fold.take(EVENTS[10:70])  # type: ignore[arg-type]
    rows = rows[(rows["societe_id"] != 11) & rows["premiere"] & ~rows["supprimee"]]
    exact = Sketch(REFERENCE.layout)
    exact.update({name: rows[name].to_numpy() for name in FEATURE_NAMES})
    assert first.lignes == len(rows)
    assert base64.b64decode(first.donnees) == exact.dump()


def test_the_composites_are_in_order(whole: list[Outgoing]) -> None:
    events = STREAM[: STREAM.index(tick(0))]
    outcome = new_pipeline().state.scorer.process(events)  # type: ignore[arg-type]
    (met,) = outcome.met
    assert (np.diff(met.positions) > 0).all()
    assert {events[at].operation for at in met.positions.tolist()} <= {Operation.CREATION}  # type: ignore[attr-defined]
    by_position = dict(zip(outcome.scored.tolist(), outcome.composites.tolist(), strict=True))
    expected = np.rint([by_position[at] * SCORE_STEPS for at in met.positions.tolist()])
    assert np.frombuffer(base64.b64decode(days(whole)[0].scores), "<u2").tolist() == expected.tolist()


@settings(derandomize=True, deadline=None, max_examples=12)
@given(cuts=st.lists(st.tuples(st.integers(0, len(STREAM)), st.booleans()), max_size=5))
def test_cuts_and_restarts_change_no_byte(whole: list[Outgoing], cuts: list[tuple[int, bool]]) -> None:
    pipeline, found = new_pipeline(), []
    for (a, restart), (b, _) in pairwise([(0, False), *sorted(cuts), (len(STREAM), False)]):
        if restart:
            again = new_pipeline()
            again.state.load({name: bytes(part) for name, part in pipeline.state.dump()})
            pipeline = again
        found += pipeline.process(RECORDS[a:b])
    assert found == whole


def test_the_reference_travels_in_the_artefact() -> None:
    assert Reference.load(FOREST.reference).dump() == REFERENCE.dump()
    assert IsolationForest.load(BARE.dump(), FEATURE_NAMES).reference == b""
    assert (FOREST.score(USUAL) == BARE.score(USUAL)).all()
