"""Relays as processes: killed at any moment, cut off from their database, and told to end."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from wisebook_ml_client.outbox import Relay
from wisebook_ml_client.outbox.database import EVENTS
from wisebook_ml_client.outbox.sqlalchemy import Outbox, store

from schemas import Ecriture, Ligne
from topics import ENTRIES
from topics.events import Decoder
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.settings import Settings

from .conftest import Read, outbox_of, told
from .entries import entry

ROOT = Path(__file__).parents[2]
OUTBOX = Outbox("/wisebook/core")
WAIT_SECONDS = 120.0
COMPANIES = range(1, 6)
KILLS = 10


@pytest.fixture
def engine(postgres: str) -> Iterator[Engine]:
    yield from outbox_of(postgres)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def left(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(text(f"SELECT COUNT(*) FROM {EVENTS}")).scalar_one())


def start(engine: Engine, bootstrap: str, prefix: str, log: Path) -> "subprocess.Popen[bytes]":
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "wisebook_ml_client.outbox.command", "--database", url]
    path = os.pathsep.join([str(ROOT), str(ROOT / "client")])
    with log.open("wb") as errors:
        return subprocess.Popen(
            [*command, "--bootstrap", bootstrap, "--prefix", prefix],
            env={**os.environ, "PYTHONPATH": path},
            stderr=errors,
        )


def ledger() -> list[Ecriture]:
    """Return entries of several companies with corrections, every seventh wrong at first: those are detected."""
    gap = Ligne(compte_num="471000", debit="77777.77", ecriture_lib="Écart")
    found = []
    for number in range(60):
        for societe_id in COMPANIES:
            right = entry(f"E-{number}", societe_id, amount=f"{100 + number}.00", ecriture_num=str(number))
            if number % 7:
                found.append(right)
            else:
                found += [replace(right, lignes=[*right.lignes, gap]), replace(right, revision=2)]
    return found


def test_relays_that_are_killed_lose_nothing_and_what_comes_twice_changes_nothing(
    engine: Engine, kafka: str, topic_prefix: str, topic: Read, tmp_path: Path
) -> None:
    entries = ledger()
    written = threading.Event()

    def write() -> None:
        for one in entries:
            with Session(engine) as session, session.begin():
                OUTBOX.add(session, one)
            time.sleep(0.01)
        written.set()

    writer = threading.Thread(target=write)
    writer.start()
    chance = random.Random(20221231)
    logs = [tmp_path / "0.log", tmp_path / "1.log"]
    relays = [start(engine, kafka, topic_prefix, log) for log in logs]
    try:
        for kill in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.5))
            victim = relays[kill % 2]
            victim.kill()
            victim.wait()
            relays[kill % 2] = start(engine, kafka, topic_prefix, logs[kill % 2])
        writer.join()
        until(lambda: left(engine) == 0)
        until(lambda: all(b"publishing what waits" in log.read_bytes() for log in logs))
        for relay in relays:
            relay.send_signal(signal.SIGTERM)
        assert [relay.wait(WAIT_SECONDS) for relay in relays] == [0, 0]
    finally:
        for relay in relays:
            if relay.poll() is None:
                relay.kill()
    records = topic()
    decoder = Decoder(ENTRIES)
    published = [decoder.decode(record) for record in records]
    first: dict[tuple[int, str, int], bytes | None] = {}
    for record, which in zip(records, told(records), strict=True):
        assert first.setdefault(which, record.value) == record.value
    for societe_id in COMPANIES:
        expected = [(one.societe_id, one.ecriture_id, one.revision) for one in entries if one.societe_id == societe_id]
        assert [which for which in first if which[0] == societe_id] == expected
    for societe_id in COMPANIES:
        detections = []
        for stream in (published, entries):
            outcome = new_scorer(Settings(_env_file=None)).process(
                [one for one in stream if one.societe_id == societe_id]
            )  # type: ignore[attr-defined,misc]
            detections.append([encode_detection(one) for _, one in outcome.detections])
        assert detections[0] == detections[1]
        assert len(detections[0]) > 10


def test_a_relay_outlives_a_database_that_cuts_it_off(
    engine: Engine, kafka: str, topic_prefix: str, topic: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wisebook_ml_client.outbox.relay.FAILURE_SECONDS", 0.2)
    stop = threading.Event()
    relay = threading.Thread(target=Relay(store(engine), kafka, prefix=topic_prefix).run, args=(stop,))
    relay.start()
    for number in range(3):
        with Session(engine) as session, session.begin():
            OUTBOX.add(session, entry(f"E-{number}"))
        until(lambda: left(engine) == 0)
        with engine.begin() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(text(f"{others} AND datname = current_database()"))
        engine.dispose()
    stop.set()
    relay.join()
    assert list(dict.fromkeys(told(topic()))) == [(7, f"E-{number}", 1) for number in range(3)]
