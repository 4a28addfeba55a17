"""A model takes effect at one offset for everybody; one that cannot be trained or trusted never does."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from schemas import Activation, Campagne, Ecriture, Parametres, StatutCampagne, TypeModele, VersionModele
from topics import ENTRIES
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.generator import generate_ledger
from wisebook_ml.training.isolation import train_isolation_forest
from wisebook_ml.training.request import follow_campaign, request_isolation_forest

from .deployment import Deployment, Worker, values_of, with_gaps

TRAINING_SECONDS = 120.0


@pytest.fixture(scope="module")
def workers(shared: Deployment) -> Iterator[tuple[Worker, Worker]]:
    yield shared.start("scoring"), shared.start("training")


def train(deployment: Deployment, societe_id: int) -> Campagne:
    """Ask for a training and return how it ended."""
    request = request_isolation_forest(deployment.settings, deployment.bootstrap, societe_id, demandeur="acceptance")
    *_, campaign = follow_campaign(deployment.settings, deployment.bootstrap, request, TRAINING_SECONDS)
    assert campaign.demande_id == request.demande_id
    return campaign


def versions(deployment: Deployment, societe_id: int) -> list[list[tuple[int, int]]]:
    """Return the models of a company's detections, in their order."""
    return [
        [(model.modele_id, model.version) for model in one.detection.modeles]
        for one in deployment.detections(societe_id)
    ]


def activate(deployment: Deployment, version: VersionModele) -> int:
    """Publish a marker and return its offset."""
    marker = Activation(societe_id=version.societe_id, version=version)
    headers = [("ce_type", Activation.ce_type.encode())]
    deployment.send(ENTRIES, [(str(version.societe_id).encode(), msgspec.json.encode(marker), headers)])
    return max(one.offset for one in deployment.read(ENTRIES) if one.value == msgspec.json.encode(marker))


def test_a_model_trained_in_mid_stream_takes_effect_at_one_offset_for_everybody(
    shared: Deployment, workers: tuple[Worker, Worker]
) -> None:
    events = with_gaps(generate_ledger(entries=1200, seed=12, societe_id=3).events)
    half = len(events) // 2
    shared.publish(events[:half])
    campaign = train(shared, 3)
    assert campaign.statut is StatutCampagne.REUSSIE, campaign.erreur
    shared.publish(events[half:])
    shared.wait("scoring", ENTRIES, *workers)

    seen, models = shared.detections(3), versions(shared, 3)
    trained = [(campaign.modele_id, 1)]
    switched = models.index(trained)
    assert 0 < switched < len(models) - 1
    assert models == [[(0, 1)]] * switched + [trained] * (len(models) - switched)
    (marker,) = [one for one in shared.read(ENTRIES) if one.header("ce_type") == Activation.ce_type and one.key == b"3"]
    assert int(seen[switched - 1].header("wb_offset")) < marker.offset < int(seen[switched].header("wb_offset"))

    log = shared.log(3)
    assert [event for event in log if isinstance(event, Ecriture)] == events
    assert values_of(seen) == shared.undisturbed(log) == shared.replayed(3)
    assert shared.dead_letters(b"3") == []


@pytest.mark.parametrize(
    ("societe_id", "entries", "reason"),
    [(41, 0, "company 41 has no entries on the topic"), (42, 12, "needs 200 entries in the range, has 12")],
)
def test_a_training_without_enough_entries_fails_with_a_reason_and_scoring_goes_on(
    shared: Deployment, workers: tuple[Worker, Worker], societe_id: int, entries: int, reason: str
) -> None:
    events = with_gaps(generate_ledger(entries=600, seed=13, societe_id=societe_id).events)
    first = [event for event in events if event.revision == 1][:entries]
    shared.publish(first)

    campaign = train(shared, societe_id)
    assert campaign.statut is StatutCampagne.ECHEC
    assert reason in campaign.erreur
    assert campaign.version is None

    rest = [event for event in events if event not in first]
    shared.publish(rest)
    shared.wait("scoring", ENTRIES, *workers)
    expected = shared.undisturbed([*first, *rest])
    assert len(expected) > 0
    assert values_of(shared.detections(societe_id)) == expected
    assert {tuple(models) for models in versions(shared, societe_id)} == {((0, 1),)}


def test_an_altered_artefact_is_refused_and_the_version_before_goes_on(
    shared: Deployment, workers: tuple[Worker, Worker]
) -> None:
    events = with_gaps(generate_ledger(entries=900, seed=14, societe_id=8).events)
    thirds = [
        events[: len(events) // 3],
        events[len(events) // 3 : len(events) * 2 // 3],
        events[len(events) * 2 // 3 :],
    ]
    forest, _ = train_isolation_forest(events, Parametres(societe_id=0), seed=1)
    store = ArtefactStore.of(shared.settings)
    good, altered = [
        store.save(forest.dump(), societe_id=8, modele_id=88, version=k, type_modele=TypeModele.ISOLATION_FOREST)
        for k in (1, 2)
    ]
    path = Path(shared.settings.artefacts) / altered.artefact
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    shared.publish(thirds[0])
    activate(shared, good)
    shared.publish(thirds[1])
    offset = activate(shared, altered)
    shared.publish(thirds[2])
    shared.wait("scoring", ENTRIES, *workers)

    (letter,) = shared.dead_letters(b"8")
    assert letter.header("wb_reason") == "REFUSED"
    assert int(letter.header("wb_offset")) == offset
    assert "model 88 version 2 not activated, the one before stays" in letter.header("wb_detail")
    assert "SHA-256 differs" in letter.header("wb_detail")

    models = versions(shared, 8)
    assert models == sorted(models)
    assert {tuple(used) for used in models} == {((0, 1),), ((88, 1),)}
    late = [one for one in shared.detections(8) if int(one.header("wb_offset")) > offset]
    assert late
    assert {model.version for one in late for model in one.detection.modeles} == {1}
    assert values_of(shared.detections(8)) == shared.undisturbed(shared.log(8)) == shared.replayed(8)
