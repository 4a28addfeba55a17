"""The client on brokers with passwords, encryption and rights: its user's suffice, and others are told why not."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from wisebook_ml_client import BrokersAway, NoAccess, Publisher
from wisebook_ml_client.outbox.sqlalchemy import Outbox, metadata

from schemas import Ecriture
from tests.client.entries import entry
from tests.cluster.cluster import Cluster
from tests.cluster.secured import USERS, SecuredDeployment, secured
from topics import ALERTS, ENTRIES
from wisebook_ml.broker.ports import free_port

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[2]
SOURCE = "/wisebook/core"
PUBLISHER = USERS.format(role="publisher")
SECONDS = 120.0


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredDeployment]:
    with (
        Cluster(tmp_path_factory.mktemp("cluster"), brokers=1) as cluster,
        secured(cluster, tmp_path_factory.mktemp("home")) as one,
    ):
        yield one


def options(deployment: SecuredDeployment, user: str = PUBLISHER, **changes: str) -> dict[str, str]:
    found = {**deployment.cluster.client(user), **{name.replace("_", "."): value for name, value in changes.items()}}
    del found["bootstrap.servers"]
    return found


def publisher(deployment: SecuredDeployment, given: Mapping[str, str], **changes: str) -> Publisher:
    bootstrap = changes.get("bootstrap", deployment.bootstrap)
    return Publisher(bootstrap, source=SOURCE, prefix=deployment.settings.topic_prefix, options=given)


def published(deployment: SecuredDeployment) -> list[str]:
    return [msgspec.json.decode(one.value or b"", type=Ecriture).ecriture_id for one in deployment.read(ENTRIES)]


def relayed(
    deployment: SecuredDeployment, url: str, given: Mapping[str, str], password: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "wisebook_ml_client.outbox.command", "--database", url, "--once"]
    command += ["--bootstrap", deployment.bootstrap, "--prefix", deployment.settings.topic_prefix]
    for name, value in given.items():
        command += ["--option", f"{name}={value}"]
    if password is not None:
        password.write_text(given["sasl.password"] + "\n")
        command[command.index(f"sasl.password={given['sasl.password']}")] = f"sasl.password=@{password}"
    path = os.pathsep.join([str(ROOT), str(ROOT / "client")])
    env = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_its_user_publishes_and_does_nothing_else(deployment: SecuredDeployment) -> None:
    with publisher(deployment, options(deployment)) as one:
        one.require_access()
        with pytest.raises(NoAccess, match=rf"{PUBLISHER} write to secured.alerts"):
            one.require_access(ALERTS)
        one.publish(entry("E-1"))
    assert published(deployment) == ["E-1"]


@pytest.mark.parametrize(
    ("user", "changes", "said"),
    [
        (PUBLISHER, {"sasl_password": "wrong"}, f"do not let the user {PUBLISHER} in"),
        (PUBLISHER, {"sasl_mechanism": "SCRAM-SHA-256"}, "See the options sasl.username, sasl.password and sasl.mech"),
        (PUBLISHER, {"ssl_ca_location": "/etc/ssl/certs/ca-certificates.crt"}, "no encrypted connection"),
        (PUBLISHER, {"ssl_ca_location": "/nowhere/ca.pem"}, "no client for the brokers|ssl.ca.location"),
        (USERS.format(role="subscriber"), {}, "write to secured.entries, secured.treasury, secured.feedback"),
    ],
)
def test_whoever_may_not_publish_is_told_before_any_work(
    deployment: SecuredDeployment, tmp_path: Path, user: str, changes: dict[str, str], said: str
) -> None:
    before, url = published(deployment), f"sqlite:///{tmp_path / 'core.db'}"
    given = options(deployment, user, **changes)
    if changes.get("ssl_ca_location") != "/nowhere/ca.pem":  # with which not even a client can be made
        with pytest.raises(NoAccess, match=said):
            publisher(deployment, given).require_access()
    engine = create_engine(url)
    metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        Outbox(SOURCE).add(session, entry(f"E-{len(changes)}-{said[:9]}"))
    refused = relayed(deployment, url, given)
    assert refused.returncode == 1
    assert "nothing is published, and nothing is lost" in refused.stdout
    assert "Traceback" not in refused.stderr
    assert published(deployment) == before
    done = relayed(deployment, url, options(deployment), tmp_path / "password")
    assert (done.returncode, done.stdout.partition(",")[0]) == (0, "1 events published"), done.stderr
    assert len(published(deployment)) == len(before) + 1


def test_brokers_that_are_away_are_no_refusal(deployment: SecuredDeployment) -> None:
    with pytest.raises(BrokersAway, match="no broker answers"):
        publisher(deployment, options(deployment), bootstrap=f"127.0.0.1:{free_port()}").require_access()
