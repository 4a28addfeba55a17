"""Entries in, predictions out, with a real broker: what is said, and that a crash changes nothing of it."""

from collections.abc import Iterator, Sequence

import msgspec
import pytest

from schemas import DemandeEntrainement, Operation, Prediction, RoleModele, TypeModele
from topics import ALERTS, DEAD_LETTER, ENTRIES, PREDICTIONS, TRAINING_REQUESTS
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.prediction.catalogue import PREDICTORS
from wisebook_ml.prediction.loading import load_service
from wisebook_ml.prediction.pipeline import PredictionPipeline
from wisebook_ml.prediction.provisioning import NEEDS, request_id
from wisebook_ml.prediction.state import PredictionState
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.collect import partition_of

from .deployment import Deployment, Seen, Worker
from .placing import announce, mark, of_company, save

Told = tuple[bytes | None, bytes | None]
"""Key and value of a prediction."""

decode = msgspec.json.Decoder(Prediction).decode

CHAMPIONS = [type_modele for type_modele in PREDICTORS if type_modele is not TypeModele.ISOLATION_FOREST]


@pytest.fixture(scope="module")
def worker(shared: Deployment) -> Iterator[Worker]:
    yield shared.start("prediction")


def records_of(deployment: Deployment, societe_id: int) -> list[RawRecord]:
    """Return what is on the partition of a company."""
    topic = deployment.name(ENTRIES)
    partition = partition_of(societe_id, ENTRIES.partitions)
    first, end = end_offsets(deployment.bootstrap, topic)[partition]
    return [raw for run in read_partition(deployment.bootstrap, topic, partition, first, end) for raw in run]


def replayed(deployment: Deployment, societe_id: int) -> list[Told]:
    """Return what must be said of a company, from its partition read by a fresh reader in one piece."""
    store = ArtefactStore.of(deployment.settings)
    state = PredictionState(lambda version: load_service(store, version))
    partition = partition_of(societe_id, ENTRIES.partitions)
    pipeline = PredictionPipeline(deployment.name(ENTRIES), partition, state, utc_now)
    made = pipeline.process(records_of(deployment, societe_id))
    return [(one.key, one.value) for one in made if one.topic is PREDICTIONS and is_of(one.key, societe_id)]


def is_of(key: bytes | None, societe_id: int) -> bool:
    return key is not None and key.startswith(f"{societe_id}/".encode())


def said(deployment: Deployment, societe_id: int) -> list[Seen]:
    """Return what is on `predictions` of a company, as a subscriber reads it."""
    return [one for one in deployment.read(PREDICTIONS) if is_of(one.key, societe_id)]


def told(seen: Sequence[Seen]) -> list[Told]:
    return [(one.key, one.value) for one in seen]


def test_what_the_models_say_of_a_ledger_is_published(shared: Deployment, worker: Worker) -> None:
    events = of_company(5)
    half = len(events) // 2
    shared.publish(events[:half])
    for type_modele in CHAMPIONS:
        version = save(shared, type_modele, 1, societe_id=5)
        announce(shared, version)
        mark(shared, version)
    shadow = save(shared, TypeModele.ISOLATION_FOREST, 2, societe_id=5)
    announce(shared, shadow, RoleModele.CHALLENGER)
    mark(shared, shadow, RoleModele.CHALLENGER)
    gone = next(event for event in events[half : half + 20] if event.operation is not Operation.SUPPRESSION)
    shared.publish([*events[half:], msgspec.structs.replace(gone, revision=9, operation=Operation.SUPPRESSION)])
    shared.wait("prediction", ENTRIES, worker)

    seen = said(shared, 5)
    assert told(seen) == replayed(shared, 5)
    predictions = [decode(one.value) for one in seen if one.value is not None]
    assert {(one.type_modele, one.ombre) for one in predictions} == {
        *((type_modele, False) for type_modele in CHAMPIONS),
        (TypeModele.ISOLATION_FOREST, True),
    }
    assert {one.partition for one in seen} == {partition_of(5, ENTRIES.partitions)}
    last = {one.key: one.value for one in seen}
    assert last[f"5/ECRITURE/{gone.ecriture_id}/LIGNE/1".encode()] is None
    assert last[f"5/ECRITURE/{gone.ecriture_id}/ANOMALIE/ombre".encode()] is None
    assert [one for one in shared.read(DEAD_LETTER) if one.key == b"5"] == []
    assert shared.read(ALERTS) == []


def test_first_trainings_are_requested_as_soon_as_there_is_enough(shared: Deployment, worker: Worker) -> None:
    shared.publish(of_company(6))
    wanted = {TypeModele.ISOLATION_FOREST, TypeModele.RANDOM_FOREST}

    def requested() -> dict[TypeModele, str]:
        found = [
            msgspec.json.decode(one.value or b"", type=DemandeEntrainement) for one in shared.read(TRAINING_REQUESTS)
        ]
        ids = {one.modele_id: one.demande_id for one in found if one.societe_id == 6}
        models = ModelRegistry(open_database(shared.settings.sql_url)).list(6)
        return {model.type_modele: ids[model.id] for model in models if model.id in ids}

    shared.until(lambda: requested().keys() >= wanted, "requests", worker)
    models = {model.type_modele: model.id for model in ModelRegistry(open_database(shared.settings.sql_url)).list(6)}
    assert {kind: request_id(models[kind], 1) for kind in wanted}.items() <= requested().items()
    assert models.keys().isdisjoint({kind for kind, need in NEEDS.items() if need.count in ("avis", "days")})


def test_a_worker_killed_in_the_middle_leaves_no_trace(deployment: Deployment) -> None:
    events = of_company(7)[:500]
    small = {"WISEBOOK_ML_BATCH_SIZE": "25", "WISEBOOK_ML_SNAPSHOT_RECORDS": "100", "WISEBOOK_ML_PROVISIONING": "false"}
    deployment.publish(events[:150])
    for type_modele in (TypeModele.GRADIENT_BOOSTING, TypeModele.XGBOOST, TypeModele.DBSCAN):
        mark(deployment, save(deployment, type_modele, 1, societe_id=7))
    deployment.publish(events[150:300])
    first = deployment.start("prediction", **small)
    deployment.until(lambda: len(deployment.read(PREDICTIONS)) > 20, "predictions", first)
    first.kill()
    mark(deployment, save(deployment, TypeModele.GRADIENT_BOOSTING, 2, societe_id=7))
    deployment.publish(events[300:])
    second = deployment.start("prediction", **small)
    deployment.wait("prediction", ENTRIES, second)

    expected = replayed(deployment, 7)
    seen = said(deployment, 7)
    by_cause: dict[tuple[bytes | None, str], bytes | None] = {}
    for one in seen:  # what was published again has the same value
        cause = (one.key, one.header("wb_offset"))
        assert by_cause.setdefault(cause, one.value) == one.value
    assert [(key, value) for (key, _), value in by_cause.items()] == expected
    assert {one.key: one.value for one in seen} == dict(expected)
