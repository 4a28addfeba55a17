"""The trainer: one end a campaign, whatever happens to trainings and trainers; and what has ended is announced."""

import datetime as dt
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from schemas import (
    AnnulationEntrainement,
    RoleModele,
    Statut,
    StatutCampagne,
    TypeModele,
    VersionModele,
)
from topics import ENTRIES, MODELS
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries
from wisebook_ml.settings import Settings
from wisebook_ml.storage import open_database
from wisebook_ml.training.promotion import LEAD_SECONDS, promote, rollback

from .conftest import deployment
from .workbench import SOCIETE, Bench, kill_the_training, training_process, until

LEASE = dt.timedelta(seconds=30)


@pytest.fixture(scope="module")
def home(kafka: str, module_prefix: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return a deployment in which a company has entries."""
    with EventProducer(kafka, module_prefix) as producer:
        publish_entries(generate_ledger(entries=1200, seed=12, societe_id=SOCIETE).events, producer, "test")
    return deployment(kafka, module_prefix, tmp_path_factory.mktemp("home"))


@pytest.fixture
def bench(home: Settings) -> Iterator[Bench]:
    one = Bench(home)
    yield one
    one.close()


def test_a_request_becomes_a_version_in_force(bench: Bench) -> None:
    trainer = bench.trainer()
    modele_id = bench.model()
    request = bench.request(modele_id)
    trainer.take(request)
    until(lambda: len(bench.steps(request)) > 0)
    # At once, and not with what is known after it: its process has hardly begun.
    assert {step.statut for step in bench.steps(request)} <= {StatutCampagne.DEMANDEE, StatutCampagne.EN_COURS}
    end = bench.end(request)
    assert end.statut is StatutCampagne.REUSSIE, end.erreur
    assert (end.promue, end.tentative, end.avancement) == (True, 1, 1.0)
    assert end.duree_minutes > 0
    assert end.version is not None

    steps = bench.steps(request)
    assert [step.statut for step in steps[:2]] == [StatutCampagne.DEMANDEE, StatutCampagne.EN_COURS]
    assert {step.statut for step in steps[2:-1]} == {StatutCampagne.EN_COURS}
    shares = [step.avancement for step in steps]
    assert shares == sorted(shares)

    # Whoever hears of the end may rely on the version.
    assert bench.markers(modele_id) == [(1, RoleModele.CHAMPION)]
    assert bench.announced(modele_id).champion == end.version
    model = bench.registry.get(modele_id)
    assert (model.statut, model.version_courante) == (Statut.PRET, 1)
    latest = Path(bench.settings.artefacts) / f"{SOCIETE}/{modele_id}/model_latest.pkl"
    assert latest.read_bytes() == ArtefactStore.of(bench.settings).read(end.version)
    until(lambda: bench.store.unannounced() == [])

    # The same data once more: as good as the champion, on the same rows.
    second = bench.request(modele_id)
    trainer.take(second)
    after = bench.end(second)
    assert after.metriques_avant["auc_permute"] == end.metriques["auc_permute"] == after.metriques["auc_permute"]
    assert (after.amelioration, after.lignes_test, after.promue) == (0.0, end.lignes_test, True)
    assert bench.announced(modele_id).champion == after.version

    # A training that fails leaves the champion in charge.
    with open_database(bench.settings.sql_url).begin() as connection:
        wrong = text("UPDATE modele_ml SET parametres_modele = :wrong WHERE id = :id")
        connection.execute(wrong, {"wrong": '{"x": 1}', "id": modele_id})
    third = bench.request(modele_id)
    trainer.take(third)
    assert bench.end(third).statut is StatutCampagne.ECHEC
    model = bench.registry.get(modele_id)
    assert (model.version_courante, model.statut) == (2, Statut.PRET)
    assert bench.announced(modele_id).champion == after.version
    assert len(bench.markers(modele_id)) == 2


def test_duplicates_join_and_all_end(bench: Bench) -> None:
    modele_id = bench.model()
    requests = [bench.request(modele_id) for _ in range(3)]
    trainer = bench.trainer()
    for request in requests:
        trainer.take(request)
    ends = [bench.end(request) for request in requests]
    assert [end.statut for end in ends] == [StatutCampagne.REUSSIE, *[StatutCampagne.REJOINTE] * 2]
    assert {end.rejointe for end in ends[1:]} == {ends[0].campagne_id}
    assert len(bench.registry.versions(modele_id)) == 1


@pytest.mark.parametrize(
    ("parametres", "settings", "reason"),
    [
        ({"max_sample": 3}, {}, "unknown parameter 'max_sample'; did you mean 'max_samples'?"),
        ({}, {"training_minutes": 0.001}, "took longer than 0.001 minutes; narrow the dates, or raise"),
        ({}, {"training_memory_mb": 20}, "MB of memory, 20 are allowed; narrow the dates, or raise"),
    ],
)
def test_what_cannot_succeed_ends_with_a_reason_and_is_not_tried_again(
    bench: Bench, parametres: dict[str, object], settings: dict[str, object], reason: str
) -> None:
    trainer = bench.trainer(**settings)
    modele_id = bench.model(**parametres)
    request = bench.request(modele_id)
    trainer.take(request)
    end = bench.end(request)
    assert end.statut is StatutCampagne.ECHEC
    assert reason in end.erreur
    assert (end.version, end.tentative) == (None, 1)
    assert bench.registry.get(modele_id).statut is Statut.ECHEC
    assert bench.markers(modele_id) == []


def test_an_unknown_type_and_an_unknown_model_end_with_a_reason(bench: Bench) -> None:
    trainer = bench.trainer()
    modele_id = bench.model()
    strange = bench.request(modele_id)
    with open_database(bench.settings.sql_url).begin() as connection:
        connection.execute(text("UPDATE modele_ml SET type_modele = 'ORACLE' WHERE id = :id"), {"id": modele_id})
    trainer.take(strange)
    missing = msgspec.structs.replace(strange, demande_id="missing", modele_id=10_000_000)
    unkept = msgspec.structs.replace(strange, demande_id="unkept", modele_id=2**64)
    trainer.take(missing)
    trainer.take(unkept)
    assert "is of a type that this version of wisebook_ml does not know" in bench.end(strange).erreur
    assert "there is no model 10000000" in bench.end(missing).erreur
    assert "there is no model 18446744073709551616" in bench.end(unkept).erreur
    with open_database(bench.settings.sql_url).begin() as connection:
        connection.execute(text("UPDATE modele_ml SET type_modele = 'XGBOOST' WHERE id = :id"), {"id": modele_id})


def test_a_training_in_work_is_cancelled(bench: Bench) -> None:
    trainer = bench.trainer()
    modele_id = bench.model()
    request = bench.request(modele_id)
    trainer.take(request)
    training_process()
    trainer.take(
        AnnulationEntrainement(demande_id=request.demande_id, modele_id=modele_id, societe_id=SOCIETE, demandeur="me")
    )
    end = bench.end(request)
    assert end.statut is StatutCampagne.ANNULEE
    until(lambda: multiprocessing.active_children() == [])
    assert bench.registry.versions(modele_id) == []


def test_a_training_that_died_is_tried_once_more(bench: Bench) -> None:
    trainer = bench.trainer()
    once, twice = bench.request(bench.model()), bench.request(bench.model())
    trainer.take(once)
    kill_the_training()
    end = bench.end(once)
    assert (end.statut, end.tentative) == (StatutCampagne.REUSSIE, 2)
    assert any("ended by SIGKILL" in step.erreur for step in bench.steps(once))

    trainer.take(twice)
    for _ in range(2):
        kill_the_training()
    end = bench.end(twice)
    assert (end.statut, end.tentative) == (StatutCampagne.ECHEC, 2)
    assert "ended by SIGKILL" in end.erreur
    assert "attempt 2" in end.erreur


def test_a_trainer_that_stops_hands_its_campaign_on(bench: Bench) -> None:
    first = bench.trainer()
    request = bench.request(bench.model())
    first.take(request)
    training_process()
    first.stop()
    assert multiprocessing.active_children() == []
    bench.trainer()
    end = bench.end(request)
    assert (end.statut, end.tentative) == (StatutCampagne.REUSSIE, 1)


def test_what_another_has_taken_over_is_dropped(bench: Bench) -> None:
    trainer = bench.trainer()
    request = bench.request(bench.model())
    trainer.take(request)
    training_process()
    with open_database(bench.settings.sql_url).begin() as connection:
        connection.execute(
            text("UPDATE campagne_entrainement SET lease_until = '2020-01-01 00:00:00' WHERE demande_id = :id"),
            {"id": request.demande_id},
        )
    claim = bench.store.claim("thief", LEASE)
    assert claim is not None
    trainer.wake()
    until(lambda: multiprocessing.active_children() == [])
    running = bench.store.get(claim.campagne_id)
    assert running is not None
    assert running.statut is StatutCampagne.EN_COURS
    bench.store.finish(claim, msgspec.structs.replace(running, statut=StatutCampagne.ECHEC, erreur="by the thief"))
    trainer.wake()
    assert bench.end(request).erreur == "by the thief"


def trained(bench: Bench, modele_id: int, number: int) -> VersionModele:
    """Record an artefact as a version's."""
    assert bench.registry.next_version(modele_id) == number
    return ArtefactStore.of(bench.settings).save(
        f"model {number}".encode(),
        societe_id=SOCIETE,
        modele_id=modele_id,
        version=number,
        type_modele=TypeModele.ISOLATION_FOREST,
    )


def test_what_a_killed_trainer_has_recorded_is_announced_by_the_next(bench: Bench) -> None:
    modele_id = bench.model()
    champion, challenger = bench.request(modele_id), bench.request(modele_id)
    for number, (request, promoted) in enumerate([(champion, True), (challenger, False)], 1):
        bench.store.submit(request)
        claim = bench.store.claim("killed", LEASE)
        assert claim is not None
        running = bench.store.get(claim.campagne_id)
        assert running is not None
        version = trained(bench, modele_id, number)
        ended = msgspec.structs.replace(running, statut=StatutCampagne.REUSSIE, promue=promoted, version=version)
        bench.store.finish(claim, ended, version)
    assert bench.steps(champion) == []

    bench.trainer()
    assert bench.end(champion).promue is True
    assert bench.end(challenger).promue is False
    found = bench.announced(modele_id)
    assert found.champion is not None
    assert found.challenger is not None
    assert (found.champion.version, found.challenger.version) == (1, 2)
    assert bench.markers(modele_id)[-2:] == [(1, RoleModele.CHAMPION), (2, RoleModele.CHALLENGER)]


def test_an_end_that_cannot_be_announced_yet_ends_no_trainer(bench: Bench, kafka: str, topic_prefix: str) -> None:
    modele_id = bench.model(0)
    request = bench.request(modele_id)
    bench.store.submit(request)
    claim = bench.store.claim("killed", LEASE)
    assert claim is not None
    running = bench.store.get(claim.campagne_id)
    assert running is not None
    version = msgspec.structs.replace(trained(bench, modele_id, 1), societe_id=0)
    ended = msgspec.structs.replace(running, statut=StatutCampagne.REUSSIE, promue=True, version=version)
    bench.store.finish(claim, ended, version)

    apply_topics(kafka, topic_prefix, declared=[MODELS])  # and none for markers yet
    bench.trainer(topic_prefix=topic_prefix)
    time.sleep(LEAD_SECONDS + 2.0)
    assert bench.failed == []
    assert [one.campagne_id for one in bench.store.unannounced()] == [claim.campagne_id]


def test_versions_are_promoted_and_rolled_back_by_hand(bench: Bench) -> None:
    modele_id, bootstrap = bench.model(), bench.settings.bootstrap_servers
    versions = [trained(bench, modele_id, number) for number in (1, 2, 3)]
    for version in versions:
        bench.registry.record_version(version, {"auc": 0.5 + version.version / 10})
    latest = Path(bench.settings.artefacts) / f"{SOCIETE}/{modele_id}/model_latest.pkl"
    assert promote(bench.settings, bootstrap, modele_id, 1, par="me") == versions[0]
    assert promote(bench.settings, bootstrap, modele_id, 2, par="me") == versions[1]
    assert latest.read_bytes() == b"model 2"
    assert rollback(bench.settings, bootstrap, modele_id, par="me") == versions[0]
    assert latest.read_bytes() == b"model 1"
    assert bench.announced(modele_id).champion == versions[0]
    assert [version for version, _ in bench.markers(modele_id)] == [1, 2, 1]

    (Path(bench.settings.artefacts) / versions[2].artefact).write_bytes(b"something else")
    with pytest.raises(ValueError, match="SHA-256 differs"):
        promote(bench.settings, bootstrap, modele_id, 3)
    assert bench.registry.get(modele_id).version_courante == 1

    promote(bench.settings, bootstrap, modele_id, 2)
    (Path(bench.settings.artefacts) / versions[0].artefact).unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        rollback(bench.settings, bootstrap, modele_id)
    assert bench.registry.get(modele_id).version_courante == 2


def test_a_global_version_is_marked_on_every_partition(bench: Bench) -> None:
    modele_id = bench.model(0)
    version = msgspec.structs.replace(trained(bench, modele_id, 1), societe_id=0)
    version = ArtefactStore.of(bench.settings).save(
        b"global", societe_id=0, modele_id=modele_id, version=1, type_modele=TypeModele.ISOLATION_FOREST
    )
    bench.registry.record_version(version)
    promote(bench.settings, bench.settings.bootstrap_servers, modele_id, 1)
    assert bench.markers(modele_id) == [(1, RoleModele.CHAMPION)] * ENTRIES.partitions
