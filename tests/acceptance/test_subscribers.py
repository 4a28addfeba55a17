"""The sample subscribers, each with its client, on a real broker: what they keep is what holds."""

import datetime as dt
import os
import signal
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer
from msgspec.structs import replace

from schemas import Detection, DomaineApplication, Etat, Objet, Severite, TypeObjet, detection_id
from topics import DETECTIONS
from wisebook_ml.broker.distribution import ensure_distribution
from wisebook_ml.broker.java import QUICK_JAVA_OPTIONS, find_java
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import event_headers

from . import client

SAMPLES = client.EXAMPLES / "subscribers"
NOON = dt.datetime(2025, 3, 3, 12, tzinfo=dt.UTC)
WAIT_SECONDS = 120.0

Kept = dict[str, tuple[int, str]]
"""Revision and state of each detection."""


@dataclass(frozen=True)
class Subscriber:
    """A sample: how it is started, and how what it keeps is read."""

    command: list[str]
    kept: Callable[[Path], Kept]


def in_sqlite(path: Path) -> Kept:
    with sqlite3.connect(path, timeout=WAIT_SECONDS) as database:
        rows = database.execute("SELECT detection_id, revision, etat FROM detections").fetchall()
    return {id_: (revision, etat) for id_, revision, etat in rows}


def in_lines(path: Path) -> Kept:
    rows = [line.split() for line in path.read_text().splitlines()]
    return {id_: (int(revision), etat) for id_, revision, etat in rows}


@pytest.fixture(scope="module", params=["confluent-kafka", "aiokafka", "java"])
def subscriber(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subscriber:
    if request.param == "java":
        jars = ensure_distribution().class_path
        # As a subscriber starts it: the launcher compiles the one file.
        return Subscriber([find_java(), *QUICK_JAVA_OPTIONS, "-cp", jars, str(SAMPLES / "Subscriber.java")], in_lines)
    home = tmp_path_factory.mktemp("subscriber") / "venv"
    if request.param == "aiokafka":
        python = client.environment(home, "aiokafka", "async-timeout", "packaging", "typing-extensions", "cramjam")
        return Subscriber([str(python), str(SAMPLES / "aiokafka_subscriber.py")], in_sqlite)
    python = client.environment(home, "confluent-kafka")
    return Subscriber([str(python), str(SAMPLES / "confluent_subscriber.py")], in_sqlite)


@pytest.fixture
def topic(kafka: str, topic_prefix: str) -> str:
    apply_topics(kafka, topic_prefix, 1, [DETECTIONS])
    return DETECTIONS.full_name(topic_prefix)


def detection(name: str, revision: int = 1, etat: Etat = Etat.OUVERTE) -> Detection:
    objet = Objet(type=TypeObjet.ECRITURE, id=name)
    return Detection(
        detection_id=detection_id(7, DomaineApplication.ECRITURES_COMPTABLES, objet),
        societe_id=7,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=objet,
        etat=etat,
        revision=revision,
        montant="10.00",
        score=50.0,
        severite=Severite.FAIBLE,
        motifs=[],
        contributions={},
        modeles=[],
        parametres_version=0,
    )


def key(name: str) -> str:
    return str(detection(name).detection_id)


Sent = tuple[str, bytes | None]


def value(one: Detection) -> Sent:
    return str(one.detection_id), msgspec.json.encode(one)


def send(bootstrap: str, topic: str, records: Iterable[Sent], *, commit: bool = True) -> None:
    """Send records in one transaction, as workers do."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "transactional.id": uuid.uuid4().hex, "compression.type": "lz4"}
    )
    producer.init_transactions(WAIT_SECONDS)
    producer.begin_transaction()
    headers = event_headers(Detection, id_=uuid.uuid4().hex, source="tests", time=NOON)
    for key_, content in records:
        # A company's detections share a partition, whatever their keys.
        producer.produce(topic, key=key_, value=content, headers=headers, partition=3)
    producer.flush(WAIT_SECONDS)
    if commit:
        producer.commit_transaction(WAIT_SECONDS)
    else:
        producer.abort_transaction(WAIT_SECONDS)


def test_what_it_keeps_is_what_holds(subscriber: Subscriber, kafka: str, topic: str, tmp_path: Path) -> None:
    later = msgspec.to_builtins(detection("LATER"))
    later |= {"domaine": "DOMAINE_NOUVEAU", "severite": "NOUVELLE", "champ_nouveau": {"x": 1}}
    send(kafka, topic, map(value, [detection("A"), detection("B"), detection("C")]))
    send(kafka, topic, map(value, [detection("ABORTED")]), commit=False)
    second = [
        value(detection("A", 2, Etat.CLOSE)),
        value(detection("B")),  # again
        (key("B"), b"no json"),
        (key("B"), b'{"detection_id": "without the rest"}'),
        (key("B"), b"[1]"),
        (key("LATER"), msgspec.json.encode(later)),  # of a later version of the contract
        (key("C"), None),  # withdrawn
        value(detection("A")),  # older than what is kept
    ]
    send(kafka, topic, second)
    expected = {key("A"): (2, "CLOSE"), key("B"): (1, "OUVERTE"), key("LATER"): (1, "OUVERTE")}
    path = tmp_path / "kept"
    command = [*subscriber.command, kafka, topic, str(path), "--until-end"]
    for _ in range(2):  # the second time there is nothing new
        client.run(command)
        assert subscriber.kept(path) == expected
    send(kafka, topic, [value(detection("B", 2, Etat.CLOSE))])
    client.run(command)
    assert subscriber.kept(path) == {**expected, key("B"): (2, "CLOSE")}


def test_killed_again_and_again_it_keeps_the_same(
    subscriber: Subscriber, kafka: str, topic: str, tmp_path: Path
) -> None:
    names = [f"E-{number}" for number in range(50)]
    expected: Kept = {}
    path = tmp_path / "kept"
    command = [*subscriber.command, kafka, topic, str(path)]
    for revision in range(1, 5):
        found = [
            replace(detection(name, revision), etat=Etat.CLOSE if revision % 2 else Etat.OUVERTE) for name in names
        ]
        send(kafka, topic, map(value, found))
        expected = {str(one.detection_id): (one.revision, one.etat.value) for one in found}
        _kill_once_it_has_begun(command, subscriber, path, revision)
    client.run([*command, "--until-end"])
    assert subscriber.kept(path) == expected


def _kill_once_it_has_begun(command: Sequence[str], subscriber: Subscriber, path: Path, revision: int) -> None:
    """Kill it as soon as it has kept anything of this revision."""
    process = subprocess.Popen(command, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, process.stderr and process.stderr.read()
            try:
                kept = subscriber.kept(path)
            except (OSError, sqlite3.OperationalError):  # it has not made the file, or the table, yet
                kept = {}
            if any(one == revision for one, _ in kept.values()):
                break
            time.sleep(0.01)
        else:
            pytest.fail(f"nothing of revision {revision} was kept within {WAIT_SECONDS:.0f} s")
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
