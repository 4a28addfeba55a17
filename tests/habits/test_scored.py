"""Streams in which everything collides, scored: what follows from habits does not depend on the cut either."""

import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from schemas import Activation, Parametres, TypeModele, VersionModele
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.models.isolation_forest import IsolationForest, fit_isolation_forest
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.scoring.events import Event
from wisebook_ml.scoring.stream import LedgerScorer

from .streams import random_stream


@pytest.fixture(scope="module")
def forest() -> IsolationForest:
    return fit_isolation_forest(np.random.default_rng(1).random((300, len(FEATURE_NAMES))), FEATURE_NAMES, seed=1)


def marker(societe_id: int) -> Activation:
    version = VersionModele(
        modele_id=5,
        version=1,
        societe_id=societe_id,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact=f"{societe_id}/5/1/model.msgpack",
        sha256="0" * 64,
    )
    return Activation(societe_id=societe_id, version=version)


def outcome_of(
    events: Sequence[Event], cuts: Sequence[int], forest: IsolationForest
) -> tuple[list[tuple[int, bytes]], str]:
    """Return what is published and refused, and the digest of the state."""
    scorer, found = LedgerScorer(load_model=lambda version: forest, parametres=Parametres(societe_id=0), seed=4), []
    for start, end in pairwise([0, *cuts, len(events)]):
        outcome = scorer.process(events[start:end])
        found += [(start + position, encode_detection(detection)) for position, detection in outcome.detections]
        found += [(start + refused.position, refused.reason.encode()) for refused in outcome.refused]
    return sorted(found), scorer.digest()


@pytest.mark.parametrize("seed", range(3))
def test_revisions_deletions_and_contradictions_are_cut_alike(forest: IsolationForest, seed: int) -> None:
    """Of three companies, with models that come and go between them."""
    events: list[Event] = list(random_stream(seed, 500, ids=60))
    for at, societe_id in ((100, 2), (200, 0), (300, 1)):
        events.insert(at, marker(societe_id))
    whole = outcome_of(events, [], forest)
    assert len(whole[0]) > 100
    assert outcome_of(events, sorted(random.Random(seed).choices(range(len(events)), k=40)), forest) == whole
    assert outcome_of(events, range(len(events)), forest) == whole
