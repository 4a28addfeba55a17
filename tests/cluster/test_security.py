"""One broker with passwords, certificates and rights: who is let in, who may do what, and what is said to others."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.acceptance.deployment import assert_one_value_each, values_of, with_gaps
from tests.cluster.cluster import ADMIN, Cluster
from tests.cluster.secured import USERS, SecuredDeployment, acting_as, secured
from topics import ALL, DETECTIONS, ENTRIES, WORKERS
from topics.access import ACCESS
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.acls import require_rights
from wisebook_ml.messaging.connect import NotAllowed
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries
from wisebook_ml.messaging.reader import ReadError, end_offsets

SOCIETE = 7
WORKERS_ = [access for access in ACCESS if access.group.startswith("ml-")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), brokers=1) as one:
        yield one


@pytest.fixture(scope="module")
def deployment(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredDeployment]:
    with secured(cluster, tmp_path_factory.mktemp("home")) as one:
        yield one


def publisher(deployment: SecuredDeployment) -> dict[str, str]:
    return deployment.cluster.environment(USERS.format(role="publisher"))


def test_entries_are_scored_by_users_with_no_more_than_their_rights(deployment: SecuredDeployment) -> None:
    entries = with_gaps(generate_ledger(entries=400, seed=5, societe_id=SOCIETE).events)
    with (
        acting_as(publisher(deployment)),
        EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer,
    ):
        assert publish_entries(entries, producer, "test").refused == []
    scoring, storage = deployment.start("scoring"), deployment.start("storage")
    deployment.wait("scoring", ENTRIES, scoring, storage)
    deployment.wait("storage", DETECTIONS, scoring, storage)
    found = values_of(deployment.detections(SOCIETE))
    assert found == deployment.replayed(SOCIETE)
    assert len(found) > 20
    assert_one_value_each(found)
    told = {one.header("ce_source") for one in deployment.read(WORKERS) if one.value is not None}
    assert told
    for worker in (scoring, storage):
        assert worker.stop() == 0
        assert "authorization failed" not in worker.log.read_text().lower()


def test_a_certificate_is_as_good_as_a_password(deployment: SecuredDeployment) -> None:
    certified = deployment.cluster.certified(USERS.format(role="scoring"), key_password="opens the key")
    worker = deployment.start("scoring", WORKED="", **_without_password(certified))
    entries = with_gaps(generate_ledger(entries=50, seed=6, societe_id=SOCIETE + 1).events)
    deployment.publish(entries)
    deployment.wait("scoring", ENTRIES, worker)
    assert values_of(deployment.detections(SOCIETE + 1)) == deployment.replayed(SOCIETE + 1)
    assert worker.stop() == 0


def _without_password(variables: dict[str, str]) -> dict[str, str]:
    return {**variables, "WISEBOOK_ML_KAFKA_USERNAME": "", "WISEBOOK_ML_KAFKA_PASSWORD": ""}


@pytest.mark.parametrize("access", WORKERS_, ids=[access.role for access in WORKERS_])
def test_every_role_has_the_rights_that_it_declares(deployment: SecuredDeployment, access: object) -> None:
    role = next(one for one in WORKERS_ if one is access).role
    with acting_as(deployment.cluster.environment(USERS.format(role=role))):
        require_rights(deployment.bootstrap, deployment.settings.topic_prefix, role)


def test_a_subscriber_does_not_read_entries_and_a_publisher_no_detections(deployment: SecuredDeployment) -> None:
    for role, forbidden in (("subscriber", ENTRIES), ("publisher", DETECTIONS)):
        user = USERS.format(role=role)
        with (
            acting_as(deployment.cluster.environment(user)),
            pytest.raises(ReadError, match=f"the user {user} may not do that"),
        ):
            end_offsets(deployment.bootstrap, deployment.name(forbidden))


def test_a_worker_without_its_rights_says_which_and_does_nothing(deployment: SecuredDeployment) -> None:
    foreign = deployment.cluster.environment(USERS.format(role="storage"))
    with acting_as(foreign), pytest.raises(NotAllowed, match=r"READ on secured.entries, READ on secured.models, WRITE"):
        require_rights(deployment.bootstrap, deployment.settings.topic_prefix, "scoring")
    done = deployment.run("worker", "scoring", **foreign)
    assert done.returncode == 1
    assert b"`wisebook-ml topics apply --acls`" in done.stderr


def test_rights_are_written_once_and_those_that_are_too_many_taken(deployment: SecuredDeployment) -> None:
    admin = deployment.cluster.environment(ADMIN)
    again = deployment.run("topics", "apply", "--acls", "--json", **admin)
    assert msgspec.json.decode(again.stdout)["acls"] == {"given": [], "taken": []}
    from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

    extra = AclBinding(
        ResourceType.TOPIC, deployment.name(ENTRIES), ResourcePatternType.LITERAL, "User:wisebook-delivery", "*",
        AclOperation.READ, AclPermissionType.ALLOW,
    )  # fmt: skip
    client = deployment.cluster.admin()
    for created in client.create_acls([extra]).values():
        created.result()
    mended = deployment.run("topics", "apply", "--acls", **admin)
    assert mended.stdout.decode().splitlines() == [
        "Took User:wisebook-delivery: read on topic secured.entries.",
    ]
    assert f"All {len(ALL)} topics are as declared." in mended.stderr.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"WISEBOOK_ML_KAFKA_PASSWORD": "wrong"}, "does not let admin in"),
        ({"WISEBOOK_ML_KAFKA_CA": ""}, "No encrypted connection"),
        ({"WISEBOOK_ML_KAFKA_CA": "/nowhere/ca.pem"}, "WISEBOOK_ML_KAFKA_CA: Path does not point to a file"),
        (
            {"WISEBOOK_ML_KAFKA_SECURITY": "PLAINTEXT", "WISEBOOK_ML_KAFKA_USERNAME": "", "WISEBOOK_ML_KAFKA_CA": ""},
            "Does it really speak without encryption",
        ),
        ({"WISEBOOK_ML_KAFKA_USERNAME": ""}, "SASL_SSL needs KAFKA_USERNAME and KAFKA_PASSWORD"),
        ({"WISEBOOK_ML_KAFKA_SECURITY": "SSL"}, "KAFKA_USERNAME is not used"),
        ({"WISEBOOK_ML_KAFKA_KEY": __file__}, "KAFKA_CERTIFICATE and KAFKA_KEY go together"),
    ],
)
def test_whoever_is_not_let_in_is_told_why(deployment: SecuredDeployment, changes: dict[str, str], said: str) -> None:
    done = deployment.execute("topics", "check", **{**deployment.cluster.environment(ADMIN), **changes})
    assert done.returncode == 1
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_secrets_may_be_files(deployment: SecuredDeployment, tmp_path: Path) -> None:
    variables = deployment.cluster.environment(ADMIN)
    password = variables.pop("WISEBOOK_ML_KAFKA_PASSWORD")
    (tmp_path / "wisebook_ml_kafka_password").write_text(password + "\n")
    assert deployment.execute("topics", "check", WISEBOOK_ML_SECRETS=str(tmp_path), **variables).returncode == 0
    nowhere = deployment.execute("topics", "check", WISEBOOK_ML_SECRETS="/nowhere", **variables)
    assert "WISEBOOK_ML_SECRETS: there is no folder /nowhere." in nowhere.stderr.decode()
