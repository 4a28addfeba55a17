"""A trained Prophet is judged against the company's baselines, and forecasts in the stream where it wins."""

import datetime as dt
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from schemas import Activation, Campagne, PositionTresorerie, Prediction, StatutCampagne, TypeModele, from_minor
from topics import DEAD_LETTER, ENTRIES, PREDICTIONS, TREASURY
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_positions
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.pipeline.promoted import promoted_opener
from wisebook_ml.pipeline.treasury import TreasuryPipeline
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.collect import partition_of
from wisebook_ml.training.request import follow_campaign, request_training
from wisebook_ml.treasury.state import TreasuryState

from .deployment import Deployment, Seen

RISING, REPEATING = 7, 8
DAYS = 220
TRAINING_SECONDS = 300.0

pytest.importorskip("prophet")


def positions(societe_id: int) -> list[PositionTresorerie]:
    """Return a company that grows in waves, which Prophet tells; or one whose weeks are alike, as the baseline says."""
    rng = np.random.default_rng(3)
    found, balance = [], 10_000_000
    for at in range(DAYS):
        day = dt.date(2023, 1, 2) + dt.timedelta(days=at)
        if day.weekday() >= 5:
            continue
        came = 2000 + 25 * at + 800 * np.sin(2 * np.pi * at / 30.4375) + rng.normal(0, 60)
        went = 1000 + 6 * at + 300 * np.cos(2 * np.pi * at / 30.4375) + rng.normal(0, 40)
        if societe_id == REPEATING:
            came, went = 1000 + 70 * day.weekday(), 900 + 30 * day.weekday()
        cents = round(came * 100), round(went * 100)
        balance += cents[0] - cents[1]
        found.append(
            PositionTresorerie(
                societe_id=societe_id,
                compte_num="512000",
                date=day,
                solde=from_minor(balance),
                entrees=from_minor(cents[0]),
                sorties=from_minor(cents[1]),
            )
        )
    return found


def publish(deployment: Deployment, given: Sequence[PositionTresorerie]) -> None:
    with EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer:
        assert publish_positions(given, producer, "acceptance").refused == []


def train(deployment: Deployment, societe_id: int) -> Campagne:
    registry = ModelRegistry(open_database(deployment.settings.sql_url))
    kind = TypeModele.PROPHET
    modele_id = registry.get_or_create(societe_id, "Prévision saisonnière", kind, DOMAINES[kind], {})
    request = request_training(deployment.settings, deployment.bootstrap, modele_id, demandeur="acceptance")
    return list(follow_campaign(deployment.settings, deployment.bootstrap, request, TRAINING_SECONDS))[-1]


def markers(deployment: Deployment, societe_id: int) -> list[Activation]:
    key = str(societe_id).encode()
    here, there = (
        [one for one in deployment.read(topic) if one.key == key and one.header("ce_type") == Activation.ce_type]
        for topic in (TREASURY, ENTRIES)
    )
    assert there == []
    assert {one.partition for one in here} == {partition_of(societe_id, TREASURY.partitions)}
    return [msgspec.json.decode(one.value or b"", type=Activation) for one in here]


def predictions(deployment: Deployment, societe_id: int) -> list[tuple[Seen, Prediction]]:
    """Return each of a company once, by its id: after a crash the same ones come again."""
    found: dict[str, Seen] = {}
    for one in deployment.read(PREDICTIONS):
        if (one.key or b"").startswith(f"{societe_id}/TRESORERIE/".encode()):
            assert found.setdefault(one.header("ce_id"), one).value == one.value
    return [(one, msgspec.json.decode(one.value or b"", type=Prediction)) for one in found.values()]


def replayed(deployment: Deployment, partition: int) -> list[tuple[bytes | None, bytes | None]]:
    """Return the predictions of a partition, read by a fresh reader in one piece."""
    topic = deployment.name(TREASURY)
    first, end = end_offsets(deployment.bootstrap, topic)[partition]
    raws = [raw for run in read_partition(deployment.bootstrap, topic, partition, first, end) for raw in run]
    state = TreasuryState(open_version=promoted_opener(ArtefactStore.of(deployment.settings)))
    with threadpool_limits(1):
        made = TreasuryPipeline(topic, partition, state, utc_now).process(raws)
    return [(one.key, one.value) for one in made if one.topic is PREDICTIONS]


def test_a_promoted_prophet_forecasts_and_one_that_beats_no_baseline_does_not(deployment: Deployment) -> None:
    given = {societe_id: positions(societe_id) for societe_id in (RISING, REPEATING)}
    for days in given.values():
        publish(deployment, days[:-3])
    small = {"WISEBOOK_ML_SNAPSHOT_RECORDS": "40"}
    trainer, worker = deployment.start("training"), deployment.start("treasury", **small)

    lost = train(deployment, REPEATING)
    assert lost.statut is StatutCampagne.REUSSIE, lost.erreur
    assert lost.promue is False
    assert "challenger: mase" in lost.decision
    assert "against 0 of the baseline 'weekly' on" in lost.decision
    won = train(deployment, RISING)
    assert won.statut is StatutCampagne.REUSSIE, won.erreur
    assert won.promue, won.decision
    assert "promoted: first version, mase" in won.decision
    assert [one.version for one in markers(deployment, RISING)] == [won.version]

    deployment.wait("treasury", TREASURY, trainer, worker)
    for days in given.values():
        publish(deployment, days[-3:-1])
    deployment.wait("treasury", TREASURY, trainer, worker)
    worker.kill()
    again = deployment.start("treasury", **small)
    for days in given.values():
        publish(deployment, days[-1:])
    deployment.wait("treasury", TREASURY, trainer, again)

    assert "the model of company 7 in EUR is known" in again.log.read_text(), "nothing was learnt again"
    told = [(one.modele_id, one.version, one.type_modele) for _, one in predictions(deployment, RISING)]
    champion = (won.modele_id, 1, TypeModele.PROPHET)
    assert told[-12:] == [champion] * 12
    assert champion not in told[:-12]
    assert {one.modele_id for _, one in predictions(deployment, REPEATING)} == {0}
    (partition,) = {partition_of(societe_id, TREASURY.partitions) for societe_id in given}
    seen = sorted((one for societe_id in given for one, _ in predictions(deployment, societe_id)), key=_place)
    assert [(one.key, one.value) for one in seen] == replayed(deployment, partition)
    assert deployment.read(DEAD_LETTER) == []


def _place(one: Seen) -> int:
    return one.offset
