"""A model takes effect at one offset for everybody; one that cannot be trained or trusted never does."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from schemas import (
    Activation,
    AnnonceModele,
    Campagne,
    DemandeEntrainement,
    DomaineApplication,
    Ecriture,
    Etape,
    StatutCampagne,
    TypeModele,
    TypeObjet,
    VersionModele,
)
from topics import ENTRIES, MODELS
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.generator import generate_ledger
from wisebook_ml.services.isolation_forest import IsolationForestService
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.request import cancel_training, follow_campaign, request_training

from .deployment import Deployment, Worker, values_of, with_gaps

TRAINING_SECONDS = 300.0


@pytest.fixture(scope="module")
def workers(shared: Deployment) -> Iterator[tuple[Worker, Worker]]:
    yield shared.start("scoring"), shared.start("training")


def model(deployment: Deployment, societe_id: int, **parametres: object) -> int:
    """Return a company's Isolation Forest."""
    registry = ModelRegistry(open_database(deployment.settings.sql_url))
    domaine = DomaineApplication.ANOMALIES
    return registry.get_or_create(societe_id, "Anomalies", TypeModele.ISOLATION_FOREST, domaine, parametres)


def ask(deployment: Deployment, modele_id: int) -> DemandeEntrainement:
    """Publish a request for a training."""
    return request_training(deployment.settings, deployment.bootstrap, modele_id, demandeur="acceptance")


def follow(deployment: Deployment, request: DemandeEntrainement) -> list[Campagne]:
    """Return the steps of a training, to its end."""
    return list(follow_campaign(deployment.settings, deployment.bootstrap, request, TRAINING_SECONDS))


def train(deployment: Deployment, societe_id: int) -> Campagne:
    """Ask for a training and return how it ended."""
    return follow(deployment, ask(deployment, model(deployment, societe_id)))[-1]


def versions(deployment: Deployment, societe_id: int) -> list[list[tuple[int, int]]]:
    """Return the models of a company's detections, in their order; those about other things than entries have none."""
    return [
        [(model.modele_id, model.version) for model in one.detection.modeles]
        for one in deployment.detections(societe_id)
        if one.detection.objet.type is TypeObjet.ECRITURE
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

    everything = shared.detections(3)
    seen = [one for one in everything if one.detection.modeles]  # not what is about a subject
    models = versions(shared, 3)
    trained = [(campaign.modele_id, 1)]
    switched = models.index(trained)
    assert 0 < switched < len(models) - 1
    assert models == [[(0, 1)]] * switched + [trained] * (len(models) - switched)
    (marker,) = [one for one in shared.read(ENTRIES) if one.header("ce_type") == Activation.ce_type and one.key == b"3"]
    (announced,) = [one for one in shared.read(MODELS) if one.key == str(campaign.modele_id).encode()]
    assert msgspec.json.decode(announced.value or b"", type=AnnonceModele).champion == campaign.version
    assert int(seen[switched - 1].header("wb_offset")) < marker.offset < int(seen[switched].header("wb_offset"))

    log = shared.log(3)
    assert [event for event in log if isinstance(event, Ecriture)] == events
    assert values_of(everything) == shared.undisturbed(log) == shared.replayed(3)
    assert shared.dead_letters(b"3") == []


def test_duplicates_get_one_training_and_who_follows_them_sees_its_end(
    shared: Deployment, workers: tuple[Worker, Worker]
) -> None:
    shared.publish(generate_ledger(entries=500, seed=15, societe_id=9).events)
    modele_id = model(shared, 9, n_estimators=500)
    first, second = ask(shared, modele_id), ask(shared, modele_id)
    one, other = follow(shared, first), follow(shared, second)
    assert other[0].statut is StatutCampagne.REJOINTE
    assert one[-1] == other[-1]
    assert (one[-1].statut, one[-1].tentative) == (StatutCampagne.REUSSIE, 1)
    assert [step.etape for step in one][-2] is Etape.PUBLICATION
    shares = [step.avancement for step in one]
    assert shares == sorted(shares)
    assert len(ModelRegistry(open_database(shared.settings.sql_url)).versions(modele_id)) == 1


def test_a_training_is_cancelled_and_the_next_one_is_not(shared: Deployment, workers: tuple[Worker, Worker]) -> None:
    shared.publish(generate_ledger(entries=500, seed=16, societe_id=10).events)
    modele_id = model(shared, 10)
    request = ask(shared, modele_id)
    steps = follow_campaign(shared.settings, shared.bootstrap, request, TRAINING_SECONDS)
    assert next(step for step in steps if step.statut is StatutCampagne.EN_COURS)
    cancel_training(shared.settings, shared.bootstrap, request, demandeur="acceptance")
    assert list(steps)[-1].statut is StatutCampagne.ANNULEE
    assert follow(shared, ask(shared, modele_id))[-1].statut is StatutCampagne.REUSSIE


@pytest.mark.parametrize(
    ("societe_id", "entries", "reason"),
    [(41, 0, "company 41 has no entries on the topic"), (42, 12, "needs 200 entries in the range, has 11")],
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
    forest = IsolationForestService(seed=1).fit(entry_frame(Collected(entries=events))).forest
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
