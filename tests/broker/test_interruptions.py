"""What interrupts the launcher: kills, lost ports, stray files. Tests of the shared home run in order."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from wisebook_ml.broker import LocalKafka, PortTaken
from wisebook_ml.broker.ports import free_port
from wisebook_ml.broker.process import ProcessRecord, write_record
from wisebook_ml.broker.storage import read_cluster_id

from .launching import TOPIC, cli, consume, produce, run_cli

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    broker = LocalKafka(tmp_path_factory.mktemp("broker"))
    admin = AdminClient({"bootstrap.servers": broker.start()})
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    produce(broker.start(), "un")
    yield broker
    broker.stop()


def test_a_recycled_pid_is_neither_taken_for_the_broker_nor_killed(kafka: LocalKafka) -> None:
    kafka.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        # As after a crash: the pid file names a number that now belongs to another program.
        write_record(kafka.home / "broker.pid", ProcessRecord(stranger.pid, "an earlier start", 9092, "4"))
        assert not kafka.status().running
        assert not kafka.stop()
        write_record(kafka.home / "broker.pid", ProcessRecord(stranger.pid, "an earlier start", 9092, "4"))
        kafka.start()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_taken_port_is_named_or_avoided(kafka: LocalKafka) -> None:
    kafka.stop()
    last = int((kafka.home / "broker.port").read_text())
    with socket.create_server(("127.0.0.1", last)):
        with pytest.raises(PortTaken, match=f"Port {last} is taken by another program"):
            LocalKafka(kafka.home, port=last).start()
        bootstrap = kafka.start()
        assert bootstrap != f"127.0.0.1:{last}"
    # The data is the same behind another port, for clients and for the controller.
    assert consume(bootstrap, 1) == ["un"]


def test_a_port_lost_between_choice_and_start_is_replaced(kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    kafka.stop()
    with socket.create_server(("127.0.0.1", 0)) as other:
        lost = other.getsockname()[1]
        choices = iter([lost, free_port()])
        monkeypatch.setattr("wisebook_ml.broker.server.choose_port", lambda asked, last: next(choices))
        assert kafka.start() != f"127.0.0.1:{lost}"


def test_a_start_killed_while_it_waits_leaves_a_broker_the_next_one_adopts(kafka: LocalKafka) -> None:
    kafka.stop()
    starter = subprocess.Popen(cli(kafka.home, "start"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not kafka.status().running and time.monotonic() < deadline:
        time.sleep(0.02)
    starter.kill()
    starter.wait()
    pid = kafka.status().pid
    assert pid is not None
    produce(kafka.start(), "deux")
    assert kafka.status().pid == pid


def test_two_starts_at_once_give_one_broker(kafka: LocalKafka) -> None:
    kafka.stop()
    both = [
        subprocess.Popen(cli(kafka.home, "start"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0] == f"{kafka.status().bootstrap}\n"
    assert len({kafka.status().pid, *_brokers_in(kafka.home)}) == 1


def test_kafkas_reason_for_a_failed_start_is_shown(kafka: LocalKafka) -> None:
    kafka.stop()
    stray = kafka.home / "data" / "notes"  # Kafka accepts nothing but partitions in its data
    stray.mkdir()
    try:
        failed = run_cli(kafka.home, "start", "--log-lines", "5")
    finally:
        stray.rmdir()
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "ended at its start" in failed.stderr
    assert "is not in the form of topic-partition" in failed.stderr
    assert not kafka.status().running
    assert run_cli(kafka.home, "tool", "topics", "--list").returncode == 1


def test_a_first_start_interrupted_while_formatting_is_begun_again(tmp_path: Path) -> None:
    # What a format tool killed half-way leaves: in its own folder, and, from a hand-made start, in place.
    for folder, meta in (("data.formatting", "version=1\nnode.id=1\n"), ("data", "version=1\ncluster.i")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "meta.properties").write_text(meta)
    with LocalKafka(tmp_path) as bootstrap:
        assert AdminClient({"bootstrap.servers": bootstrap}).cluster_id(timeout=30)
        assert not (tmp_path / "data.formatting").exists()
    assert not LocalKafka(tmp_path).status().running


def test_a_first_start_killed_while_formatting_is_begun_again(tmp_path: Path) -> None:
    starter = subprocess.Popen(cli(tmp_path, "start"), stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "format.properties").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.3)
    os.killpg(starter.pid, signal.SIGKILL)
    starter.wait()
    assert read_cluster_id(tmp_path) is None
    with LocalKafka(tmp_path):
        assert read_cluster_id(tmp_path) is not None


def _brokers_in(home: Path) -> set[int]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"kafka.Kafka" in (process / "cmdline").read_bytes() and (process / "cwd").readlink() == home:
                found.add(int(process.name))
        except OSError:
            continue
    return found
