"""The broker's home on disk: rendered configuration, and the data directory that is formatted once."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
import uuid
from importlib import resources
from pathlib import Path
from string import Template

from wisebook_ml.broker.distribution import Distribution
from wisebook_ml.broker.exceptions import BrokerDataDamaged, BrokerStartFailed
from wisebook_ml.broker.java import QUICK_JAVA_OPTIONS, java_environment

__all__ = ["ensure_formatted", "read_cluster_id", "render_configuration", "write_log_configuration"]

#: There is one node; the number is written into the data directory and must never change.
_NODE_ID = 1
#: Formatting takes a second; a Java that swaps may take much longer.
_FORMAT_TIMEOUT = 120.0
#: What Kafka refuses to start without in meta.properties.
_REQUIRED = ("version", "cluster.id", "node.id", "directory.id")
_METADATA_LOG = "__cluster_metadata-0"
_DATA = "data"
_UNFINISHED = "data.formatting"


def render_configuration(home: Path, name: str, *, port: int, controller_port: int, data: str = _DATA) -> None:
    """Write the broker's properties for these ports to `name` in the home."""
    rendered = Template(_resource("server.properties")).substitute(
        port=port, controller_port=controller_port, data=data, node_id=_NODE_ID
    )
    (home / name).write_text(rendered, encoding="utf-8")


def write_log_configuration(home: Path, name: str) -> Path:
    """Copy the log4j2 configuration `name` of this package to the home and return its path."""
    target = home / name
    # Two tools may be called at once: each writes a file of its own, and either rename leaves a whole one.
    unfinished = home / f"{name}.{os.getpid()}-{secrets.token_hex(4)}.new"
    unfinished.write_text(_resource(name), encoding="utf-8")
    unfinished.replace(target)
    return target


def ensure_formatted(home: Path, java: str, distribution: Distribution) -> str:
    """Format the data directory unless it is, and return the cluster's id.

    Kafka writes several files when it formats. It does so in a folder of its own, which becomes the data
    directory by one rename: an interruption leaves nothing that looks formatted and is not.

    Raises
    ------
    BrokerDataDamaged
        If the directory is not readable for Kafka but holds records.
    BrokerStartFailed
        If Kafka's format tool failed.
    """
    data = home / _DATA
    cluster_id = read_cluster_id(home)
    if cluster_id is not None:
        return cluster_id
    if data.exists():
        if _holds_records(data):
            raise BrokerDataDamaged(
                f"{data} holds records, but its meta.properties or {_METADATA_LOG} is missing or damaged. "
                f"Restore them from a backup, or give the data up with `rm -r '{data}'` and start again."
            )
        shutil.rmtree(data)
    unfinished = home / _UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    _format(home, java, distribution)
    cluster_id = _cluster_id(unfinished)
    if cluster_id is None:
        raise BrokerStartFailed(f"Kafka's format tool left no usable meta.properties in {unfinished}.")
    unfinished.rename(data)
    return cluster_id


def read_cluster_id(home: Path) -> str | None:
    """Return the id of the cluster in `home`, or None if its data directory is not formatted as a whole."""
    return _cluster_id(home / _DATA)


def _format(home: Path, java: str, distribution: Distribution) -> None:
    properties = "format.properties"
    # The ports do not reach the formatted data in a way that binds later starts: the only voter
    # announces its present address whenever it starts.
    render_configuration(home, properties, port=9092, controller_port=9093, data=_UNFINISHED)
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # As Kafka's own random-uuid: an id must not look like a command line option.
    cluster_id = f"w{cluster_id[1:]}"
    command = [java, *QUICK_JAVA_OPTIONS, "-Dlog4j2.configurationFile=tools-log4j2.xml"]
    command += ["-cp", distribution.class_path, "kafka.tools.StorageTool"]
    command += ["format", "--standalone", "-t", cluster_id, "-c", properties]
    write_log_configuration(home, "tools-log4j2.xml")
    try:
        done = subprocess.run(
            command,
            cwd=home,
            env=java_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_FORMAT_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"Formatting {home / _DATA} took more than {_FORMAT_TIMEOUT:.0f} s; is the machine busy?"
        raise BrokerStartFailed(message) from None
    finally:
        (home / properties).unlink(missing_ok=True)
    if done.returncode != 0:
        lines = tuple(done.stdout.splitlines())
        raise BrokerStartFailed(f"Kafka's format tool failed in {home} (exit code {done.returncode}).", lines)


def _cluster_id(data: Path) -> str | None:
    try:
        text = (data / "meta.properties").read_text(encoding="latin-1")
    except OSError:
        return None
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    meta = {key.strip(): value.strip() for key, _, value in pairs}
    if not all(meta.get(key) for key in _REQUIRED) or meta["node.id"] != str(_NODE_ID):
        return None
    return meta["cluster.id"] if (data / _METADATA_LOG).is_dir() else None


def _holds_records(data: Path) -> bool:
    return any(segment.stat().st_size > 0 for segment in data.glob("*/*.log"))


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
