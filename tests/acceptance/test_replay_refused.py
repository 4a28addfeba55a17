"""What cannot be replayed is said before any work is done, in a sentence with what to do."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewPartitions,
    ResourcePatternType,
    ResourceType,
)

from schemas import DomaineApplication, TypeModele
from tests.conftest import BROKER_JAVA
from topics import DETECTIONS, ENTRIES
from wisebook_ml.broker import LocalKafka, server
from wisebook_ml.broker.ports import free_port
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.collect import partition_of

from .deployment import Deployment
from .placing import save

COMPANY = 4
HOME = partition_of(COMPANY, ENTRIES.partitions)
AUTHORIZER = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
"""


@pytest.fixture(scope="module")
def filled(shared: Deployment) -> Deployment:
    shared.publish(generate_ledger(entries=120, seed=5, societe_id=COMPANY).events)
    return shared


def refused(deployment: Deployment, *arguments: str, **env: str) -> str:
    done = deployment.run("replay", *arguments, **env)
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert not list(Path(deployment.settings.home, "replays").glob("*/*.results"))
    return " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "100000"], "there is nothing to replay in that range"),
        (["--from", "2031-01-01"], "there is nothing to replay in that range"),
        (["--to", "2001-01-01"], "there is nothing to replay in that range"),
        (["--societe", "77"], "no records of company 77"),
        (["--from", "50", "--to", "50"], "the range is empty"),
        (["--from", "2025-01-02", "--to", "2025-01-01"], "the range is empty"),
        (["--from", "soon"], "'soon' is no offset (1200), day (2025-03-31)"),
        (["--model", "12"], "is not MODELE@VERSION"),
        (["--model", "12@3"], "12"),
        (["--settings", "9", "--societe", "4"], "there is no version 9 of the settings of company 4; there are none"),
        (["--settings", "9"], "all companies (--societe names one)"),
        (["--settings", "1", "--societe", "4", "--societe", "5"], "name one with --societe"),
        (["--into", "detections"], "'detections' is a topic of the system"),
        (["--into", "nowhere"], "nowhere, and --into creates none: `wisebook-ml kafka tool topics --create"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_what_there_is_not(filled: Deployment, arguments: list[str], told: str) -> None:
    assert told in refused(filled, *arguments)


def test_a_version_of_a_model_that_is_none(filled: Deployment) -> None:
    registry = ModelRegistry(open_database(filled.settings.sql_url))
    model = registry.create(COMPANY, "score", TypeModele.GRADIENT_BOOSTING, DomaineApplication.SCORING_PREDICTIF)
    other = registry.create(COMPANY, "risk", TypeModele.XGBOOST, DomaineApplication.RISQUE_CLIENT)
    said = refused(filled, "--model", f"{model.id}@3")
    assert f"there is no version 3 of model {model.id}; it has none yet (`wisebook-ml train`)" in said
    kinds = {model.id: TypeModele.GRADIENT_BOOSTING, other.id: TypeModele.XGBOOST}
    for number, kind in kinds.items():
        version = save(filled, kind, 1, societe_id=COMPANY, modele_id=number)
        registry.record_version(version)
    assert f"no version 3 of model {model.id}; there are 1" in refused(filled, "--model", f"{model.id}@3")
    assert "is a XGBOOST, which takes no part in detections" in refused(filled, "--model", "risk@1")
    assert "--societe does not name" in refused(filled, "--model", f"{model.id}@1", "--societe", "5")
    path = filled.settings.home / "ml_models" / str(COMPANY) / str(model.id) / "1"
    for file in path.iterdir():
        if file.suffix != ".json":
            file.write_bytes(b"altered")
    assert "cannot be used" in refused(filled, "--model", "score@1")


def test_nobody_to_promote(filled: Deployment) -> None:
    assert "no scoring worker is at work" in refused(filled, "--promote")


def test_a_broker_that_is_away(filled: Deployment) -> None:
    said = refused(filled, "--dry-run", WISEBOOK_ML_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port()}")
    assert "No Kafka answers at" in said


def test_a_wrong_password_of_the_database(filled: Deployment, postgres: str) -> None:
    wrong = postgres.replace("://", "://nobody:wrong@", 1) if "@" not in postgres else postgres
    wrong = f"postgresql://nobody:wrong@{postgres.rpartition('@')[2]}" if "@" in postgres else wrong
    said = refused(filled, "--model", "score@1", WISEBOOK_ML_DATABASE_URL=wrong)
    assert "is not available" in said
    assert "wrong@" not in said


def test_topics_that_do_not_exist(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    assert "topic" in refused(Deployment(kafka, topic_prefix, tmp_path / "home"), "--dry-run")


def administer(deployment: Deployment, ask: Callable[[AdminClient], Any]) -> None:
    admin = AdminClient({"bootstrap.servers": deployment.bootstrap})  # lives as long as its answers are waited for
    for future in ask(admin).values():
        future.result(60.0)


def extend(deployment: Deployment, *names: str) -> None:
    wanted = [NewPartitions(name, ENTRIES.partitions + 2) for name in names]
    administer(deployment, lambda admin: admin.create_partitions(wanted))
    for name in names:
        deployment.until(
            lambda name=name: len(end_offsets(deployment.bootstrap, name)) == ENTRIES.partitions + 2, "partitions"
        )


def test_another_number_of_partitions(deployment: Deployment) -> None:
    companies = [one for one in range(1, 60) if partition_of(one, 6) != partition_of(one, 8)][:1]
    deployment.publish(generate_ledger(entries=60, seed=5, societe_id=companies[0]).events)
    extend(deployment, deployment.name(ENTRIES))
    assert "Give both the same number" in refused(deployment, "--dry-run")
    extend(deployment, deployment.name(DETECTIONS))
    said = refused(deployment, "--dry-run")
    assert "has another number of partitions than when these entries were published" in said


def test_a_beginning_that_is_lost(deployment: Deployment) -> None:
    often = {"WISEBOOK_ML_BATCH_SIZE": "50", "WISEBOOK_ML_SNAPSHOT_RECORDS": "200"}
    events = generate_ledger(entries=600, seed=6, societe_id=COMPANY).events
    worker = deployment.start("scoring", **often)
    deployment.publish(events)
    deployment.wait("scoring", ENTRIES, worker)
    deployment.until(lambda: "snapshot of" in worker.log.read_text(), "a snapshot", worker)
    assert worker.stop() == 0
    name = deployment.name(ENTRIES)
    administer(deployment, lambda admin: admin.delete_records([TopicPartition(name, HOME, 100)]))
    assert "has lost its beginning: it goes from offset 100 on" in refused(deployment, "--dry-run", "--from", "10")
    assert "there is no snapshot of the state between there and offset 100" in refused(deployment, "--dry-run")
    snapshots = sorted(int(one.stem) for one in Path(deployment.settings.state_url, name, str(HOME)).glob("*.state"))
    told = deployment.run("replay", "--dry-run", "--from", str(snapshots[0]), "--to", str(len(events) + 10))
    assert told.returncode == (0 if snapshots[0] < len(events) else 1), told.stderr.decode()


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, topic_prefix: str) -> Iterator[Deployment]:
    """A deployment on a broker with access rules."""
    render = server.render_configuration

    def with_rules(home: Path, name: str, **options: Any) -> None:
        render(home, name, **options)
        path = home / name
        path.write_text(path.read_text() + AUTHORIZER)

    monkeypatch.setattr(server, "render_configuration", with_rules)
    with LocalKafka(tmp_path / "kafka", java_options=BROKER_JAVA) as bootstrap:
        one = Deployment(bootstrap, topic_prefix, tmp_path / "home")
        one.apply()
        yield one
        one.close()


def test_rights_that_are_missing(guarded: Deployment) -> None:
    guarded.publish(generate_ledger(entries=60, seed=5, societe_id=COMPANY).events)
    name = guarded.name(DETECTIONS)

    def rule(operation: AclOperation, permission: AclPermissionType) -> AclBinding:
        pattern = ResourcePatternType.LITERAL
        return AclBinding(ResourceType.TOPIC, name, pattern, "User:ANONYMOUS", "*", operation, permission)

    rules = [rule(AclOperation.ALL, AclPermissionType.ALLOW), rule(AclOperation.READ, AclPermissionType.DENY)]
    administer(guarded, lambda admin: admin.create_acls(rules))
    said = refused(guarded, "--dry-run")
    assert f"the brokers do not allow READ on {name}" in said


def test_ways_that_exclude_each_other(filled: Deployment) -> None:
    done: subprocess.CompletedProcess[bytes] = filled.run("replay", "--dry-run", "--promote")
    assert done.returncode == 2
    assert b"exclude each other" in done.stderr
