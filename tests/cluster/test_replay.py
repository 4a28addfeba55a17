"""A replay on a broker with passwords and rights: its user's suffice, and who has none is told so before any work."""

from collections.abc import Iterator

import msgspec
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from tests.acceptance.deployment import last_of_each, values_of, with_gaps
from tests.cluster.cluster import Cluster
from tests.cluster.secured import USERS, SecuredDeployment, secured
from topics import DETECTIONS, ENTRIES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.training.collect import partition_of

SOCIETE = 7


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredDeployment]:
    with (
        Cluster(tmp_path_factory.mktemp("cluster"), brokers=1) as cluster,
        secured(cluster, tmp_path_factory.mktemp("home")) as one,
    ):
        one.publish(with_gaps(generate_ledger(entries=300, seed=5, societe_id=SOCIETE).events))
        yield one


def test_a_wrong_password_is_told_at_once(deployment: SecuredDeployment) -> None:
    user = deployment.cluster.environment(USERS.format(role="replay"))
    done = deployment.run("replay", "--dry-run", **{**user, "WISEBOOK_ML_KAFKA_PASSWORD": "wrong"})
    assert done.returncode == 1
    assert b"does not let wisebook-replay in" in done.stderr
    assert not (deployment.settings.home / "replays").exists()


def test_another_role_s_user_is_told_which_right_it_lacks(deployment: SecuredDeployment) -> None:
    user = deployment.cluster.environment(USERS.format(role="cash"))
    done = deployment.run("replay", "--dry-run", **user)
    assert done.returncode == 1
    assert b"wisebook-ml topics apply --acls" in done.stderr
    assert not list((deployment.settings.home / "replays").glob("*/*.results"))


def test_the_rights_of_the_role_suffice(deployment: SecuredDeployment) -> None:
    scoring = deployment.start("scoring")
    deployment.wait("scoring", ENTRIES, scoring)
    before = last_of_each(values_of(deployment.detections(SOCIETE)))
    name, partition = deployment.name(DETECTIONS), partition_of(SOCIETE, ENTRIES.partitions)
    admin = AdminClient(client_config(deployment.bootstrap))
    end = end_offsets(deployment.bootstrap, name)[partition][1]
    for future in admin.delete_records([TopicPartition(name, partition, end)]).values():
        future.result(60.0)
    user = deployment.cluster.environment(USERS.format(role="replay"))
    done = deployment.run("replay", "--json", **user)
    assert done.returncode == 0, done.stderr.decode()
    assert msgspec.json.decode(done.stdout)["promoted"] == {str(SOCIETE): len(before)}
    assert last_of_each(values_of(deployment.detections(SOCIETE))) == before
