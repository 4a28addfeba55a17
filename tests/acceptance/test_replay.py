"""Entries are scored again: the same as live where nothing is changed, compared where it is, and promoted at once."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from msgspec.structs import replace

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Ecriture,
    Etat,
    ReglageControle,
    Reprise,
    TypeModele,
    TypeObjet,
)
from topics import DETECTIONS, ENTRIES
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.services.isolation_forest import IsolationForestService
from wisebook_ml.storage import ModelRegistry, SettingsStore, open_database
from wisebook_ml.training.collect import partition_of

from .deployment import Deployment, Worker, assert_one_value_each, last_of_each, values_of, with_gaps

ENTRIES_OF_ONE = 600


def ledger(societe_id: int, seed: int = 71) -> Sequence[Ecriture]:
    return with_gaps(generate_ledger(entries=ENTRIES_OF_ONE, seed=seed, societe_id=societe_id).events, every=40)


def replayed(deployment: Deployment, *arguments: str, **env: str) -> dict[str, Any]:
    done = deployment.run("replay", *arguments, "--json", **env)
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def forget_detections(deployment: Deployment, partition: int) -> None:
    """Have a partition of detections lose what it has, as retention does."""
    name = deployment.name(DETECTIONS)
    end = end_offsets(deployment.bootstrap, name)[partition][1]
    admin = AdminClient({"bootstrap.servers": deployment.bootstrap})
    for future in admin.delete_records([TopicPartition(name, partition, end)]).values():
        future.result()


def new_settings(deployment: Deployment, societe_id: int) -> int:
    """Record a version of a company's settings that silences what live scoring tells of most."""
    store = SettingsStore(open_database(deployment.settings.sql_url))
    off = {CodeMotif.DESEQUILIBRE: ReglageControle(actif=False)}
    made = store.append(
        societe_id, lambda base: replace(base, controles=off, budget_alertes=0.05), f"test {societe_id}"
    )
    assert made is not None
    return made.version


def by_id(values: Sequence[bytes]) -> dict[str, Detection]:
    return {key: msgspec.json.decode(value, type=Detection) for key, value in last_of_each(values).items()}


@pytest.fixture(scope="module")
def scoring(shared: Deployment) -> Iterator[Worker]:
    worker = shared.start("scoring")
    for societe_id in (1, 2, 3):
        shared.publish(ledger(societe_id))
    shared.wait("scoring", ENTRIES, worker)
    yield worker


def test_the_same_versions_find_the_same(shared: Deployment, scoring: Worker) -> None:
    told = replayed(shared, "--dry-run")
    compared = told["comparison"]
    standing = [one for one in by_id(values_of(shared.detections())).values() if one.etat is Etat.OUVERTE]
    assert compared["same"] == len(standing) > 30
    assert [compared[name] for name in ("new", "gone", "changed", "missing", "superseded")] == [0] * 5
    assert told["lines"] == sum(len(event.lignes) for one in (1, 2, 3) for event in ledger(one))
    before = len(shared.read(ENTRIES))
    assert replayed(shared)["promoted"] == {}
    assert len(shared.read(ENTRIES)) == before


def test_from_the_middle_with_a_warm_state(shared: Deployment, scoring: Worker) -> None:
    told = replayed(shared, "--dry-run", "--from", "300", "--to", "500", "--societe", "1")
    compared = told["comparison"]
    assert set(map(tuple, told["stretches"].values())) == {(300, 500)}
    assert compared["same"] > 0
    assert [compared[name] for name in ("new", "gone", "changed", "missing")] == [0] * 4


def test_what_was_lost_is_published_again_once(shared: Deployment, scoring: Worker) -> None:
    partition = partition_of(1, ENTRIES.partitions)
    before = last_of_each(values_of(shared.detections(1)))
    forget_detections(shared, partition)
    assert shared.detections(1) == []
    told = replayed(shared, "--societe", "1")
    assert told["promoted"] == {"1": len(before)}  # closed ones, too
    assert told["left"] == 0
    assert last_of_each(values_of(shared.detections(1))) == before
    again = replayed(shared, "--societe", "1")
    assert again["promoted"] == {}
    assert again["comparison"]["missing"] == 0
    assert_one_value_each(values_of(shared.detections()))


def test_other_settings_are_compared_and_hold_once_promoted(
    shared: Deployment, scoring: Worker, tmp_path: Path
) -> None:
    version, plot = new_settings(shared, 2), tmp_path / "replay.svg"
    before, neighbours = last_of_each(values_of(shared.detections(2))), values_of(shared.detections(3))
    arguments = ("--societe", "2", "--settings", str(version))
    told = replayed(shared, *arguments, "--plot", str(plot))
    compared = told["comparison"]
    assert compared["gone"] > 0
    assert compared["controls"]["DESEQUILIBRE"]["after"] == 0
    assert plot.stat().st_size > 1000
    assert last_of_each(values_of(shared.detections(2))) == before
    shown = shared.run("replay", *arguments, "--dry-run").stdout.decode()
    assert "nothing is published; --promote has it hold" in shown
    assert "DESEQUILIBRE" in shown

    done = replayed(shared, *arguments, "--promote")
    count = done["promoted"]["2"]
    with Path(told["folder"], f"{partition_of(2, ENTRIES.partitions)}.changes.jsonl").open() as changes:
        assert count + done["left"] == sum(1 for _ in changes)
    values = shared.detections(2)
    promoted, partition = values[-count:], partition_of(2, ENTRIES.partitions)
    # In one transaction: no commit stands between them.
    assert [one.offset for one in promoted] == list(range(promoted[0].offset, promoted[0].offset + count))
    assert {one.partition for one in promoted} == {partition}
    assert all(one.header("wb_replayed").isdigit() for one in promoted)
    assert all(one.detection.parametres_version == version for one in promoted)
    assert_one_value_each(values_of(values))
    assert values_of(shared.detections(3)) == neighbours

    again = replayed(shared, *arguments, "--promote")
    assert again["promoted"] == {}
    fresh = shared.replayed(2)  # a second reader of the log says the same, since promotions are part of it
    assert last_of_each(fresh) == last_of_each(values_of(values))


def test_live_scoring_goes_on_from_what_was_promoted(shared: Deployment, scoring: Worker) -> None:
    held = by_id(values_of(shared.detections(2)))
    closed = next(
        one
        for one in held.values()
        if one.etat is Etat.CLOSE and one.objet.type is TypeObjet.ECRITURE and one.revision == 1
    )
    entry = next(one for one in ledger(2) if one.ecriture_id == closed.ecriture_id)
    mended = replace(entry, revision=90, lignes=[line for line in entry.lignes if line.compte_num != "471000"])
    count = len(shared.detections(2))
    shared.publish([mended])
    shared.wait("scoring", ENTRIES, scoring)
    after = shared.detections(2)[count:]
    # It was closed by the promotion: nothing is left to close.
    assert all(one.detection.objet.id != entry.ecriture_id or one.detection.etat is Etat.OUVERTE for one in after)


@pytest.mark.soak
def test_another_model_is_compared_and_holds_once_promoted(shared: Deployment, scoring: Worker) -> None:
    societe_id, neighbours = 4, values_of(shared.detections(3))
    shared.publish(ledger(societe_id))
    shared.wait("scoring", ENTRIES, scoring)
    live = last_of_each(values_of(shared.detections(societe_id)))
    modele_id = new_model(shared, societe_id)
    arguments = ("--societe", str(societe_id), "--model", f"{modele_id}@1")
    compared = replayed(shared, *arguments)["comparison"]
    assert compared["new"] + compared["gone"] + compared["changed"] > 0
    assert last_of_each(values_of(shared.detections(societe_id))) == live

    done = replayed(shared, *arguments, "--promote")
    count = done["promoted"][str(societe_id)]
    assert done["resumed"] is True, "what was compared is not scored again"
    assert count + done["left"] == sum(compared[name] for name in ("new", "gone", "changed", "relabelled"))
    found = shared.detections(societe_id)
    promoted = found[-count:]
    assert [one.offset for one in promoted] == list(range(promoted[0].offset, promoted[0].offset + count))
    used = {(model.modele_id, model.version) for one in promoted for model in one.detection.modeles}
    assert (modele_id, 1) in used
    assert {one.detection.objet.type for one in promoted} == {TypeObjet.ECRITURE}
    assert_one_value_each(values_of(found))
    assert values_of(shared.detections(3)) == neighbours
    assert replayed(shared, *arguments, "--promote")["promoted"] == {}
    assert last_of_each(shared.replayed(societe_id)) == last_of_each(values_of(found))

    # It held for the range: what comes is scored with what is in force.
    more = replace(ledger(societe_id)[0], ecriture_id="later", revision=1)
    shared.publish([more])
    shared.wait("scoring", ENTRIES, scoring)
    after = shared.detections(societe_id)[len(found) :]
    assert all(model.modele_id != modele_id for one in after for model in one.detection.modeles)


def new_model(deployment: Deployment, societe_id: int) -> int:
    """Record a version of a company's model that nobody puts in force."""
    registry = ModelRegistry(open_database(deployment.settings.sql_url))
    kind = TypeModele.ISOLATION_FOREST
    modele_id = registry.get_or_create(societe_id, "Essai", kind, DomaineApplication.ANOMALIES, {})
    forest = IsolationForestService(seed=5).fit(entry_frame(Collected(entries=ledger(societe_id)))).forest
    number = registry.next_version(modele_id)
    saved = ArtefactStore.of(deployment.settings).save(
        forest.dump(), societe_id=societe_id, modele_id=modele_id, version=number, type_modele=kind
    )
    registry.record_version(saved)
    return modele_id


def test_results_go_to_a_topic_of_their_own_once(shared: Deployment, scoring: Worker) -> None:
    admin = AdminClient({"bootstrap.servers": shared.bootstrap})
    name = "trial"
    (created,) = admin.create_topics([NewTopic(shared.settings.topic_prefix + name, ENTRIES.partitions, 1)]).values()
    created.result()
    told = replayed(shared, "--societe", "3", "--into", name)
    assert told["published"] > 0
    seen = shared.read(replace_name(name))
    assert values_of(seen) == shared.replayed(3)
    assert replayed(shared, "--societe", "3", "--into", name)["published"] == 0


def replace_name(name: str) -> Any:
    from wisebook_ml.replay.into import target

    return target(name)


def test_the_marker_says_which_replay(shared: Deployment, scoring: Worker) -> None:
    markers = [one for one in shared.read(ENTRIES) if one.header("ce_type") == Reprise.ce_type]
    assert markers
    assert all(len(msgspec.json.decode(one.value or b"", type=Reprise).reprise_id) == 16 for one in markers)
