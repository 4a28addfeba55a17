"""The life of the real broker, and what interrupts it. Tests of the shared home run in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from wisebook_ml.broker import BrokerDataDamaged, BrokerStartFailed, LocalKafka, PortTaken
from wisebook_ml.broker.ports import free_port
from wisebook_ml.broker.process import ProcessRecord, process_birth, write_record
from wisebook_ml.broker.storage import read_cluster_id

TOPIC = "entries"


def cli(home: Path, *arguments: str) -> list[str]:
    command, *rest = arguments
    code = "from wisebook_ml.cli.kafka import kafka; kafka(prog_name='kafka')"
    return [sys.executable, "-c", code, command, "--home", str(home), *rest]


def run_cli(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(cli(home, *arguments), capture_output=True, text=True, timeout=60, check=False)


def produce(bootstrap: str, *values: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    for value in values:
        producer.produce(TOPIC, value.encode())
    assert producer.flush(10) == 0


def consume(bootstrap: str, count: int) -> list[str]:
    """Read `count` records as a new consumer group, so that the group coordinator is tested too."""
    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": f"g{time.time_ns()}",
        "auto.offset.reset": "earliest",
    }
    consumer = Consumer(settings)
    consumer.subscribe([TOPIC])
    try:
        found: list[str] = []
        deadline = time.monotonic() + 60
        while len(found) < count and time.monotonic() < deadline:
            found += [(message.value() or b"").decode() for message in consumer.consume(count, 0.5)]
        return found
    finally:
        consumer.close()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    # Accents, blanks and commas: each of them breaks a Kafka that is given absolute paths.
    broker = LocalKafka(tmp_path_factory.mktemp("broker") / "comptabilité, année 1")
    yield broker
    broker.stop()


def test_a_first_start_gives_a_broker_that_carries_records(kafka: LocalKafka) -> None:
    assert not kafka.status().running
    bootstrap = kafka.start()
    admin = AdminClient({"bootstrap.servers": bootstrap})
    assert list(admin.list_topics(timeout=30).topics) == []
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(5)
    produce(bootstrap, "un", "deux")
    assert consume(bootstrap, 2) == ["un", "deux"]


def test_it_listens_on_this_machine_only(kafka: LocalKafka) -> None:
    kafka.start()
    pid = kafka.status().pid
    sockets = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                listening.append(fields[1].rpartition(":")[0])
    # 127.0.0.1, as the kernel writes it for IPv4 and for IPv4 within IPv6: for clients and controller.
    assert len(listening) == 2
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F"}


def test_transactions_work_on_the_single_node(kafka: LocalKafka) -> None:
    bootstrap = kafka.start()
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "t"})
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(TOPIC, b"trois")
    producer.commit_transaction(10)
    assert consume(bootstrap, 3) == ["un", "deux", "trois"]


def test_a_second_start_finds_the_first(kafka: LocalKafka) -> None:
    bootstrap, pid = kafka.start(), kafka.status().pid
    other = LocalKafka(kafka.home)
    assert other.start() == bootstrap
    assert other.status().pid == pid
    with pytest.raises(PortTaken, match="already runs on port"):
        LocalKafka(kafka.home, port=free_port()).start()


def test_a_restart_keeps_data_port_and_cluster(kafka: LocalKafka) -> None:
    bootstrap, cluster = kafka.start(), read_cluster_id(kafka.home)
    assert kafka.stop()
    assert not kafka.stop()
    assert not kafka.status().running
    assert kafka.start() == bootstrap
    assert read_cluster_id(kafka.home) == cluster
    assert consume(bootstrap, 3) == ["un", "deux", "trois"]


def test_after_kill_9_it_starts_again_with_everything_acknowledged(kafka: LocalKafka) -> None:
    bootstrap = kafka.start()
    produce(bootstrap, "quatre")
    pid = kafka.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    bootstrap = LocalKafka(kafka.home).start()
    assert kafka.status().pid != pid
    assert consume(bootstrap, 4) == ["un", "deux", "trois", "quatre"]


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


def test_dead_pids_and_spoilt_pid_files_do_not_count(kafka: LocalKafka) -> None:
    kafka.stop()
    gone = subprocess.Popen(["sleep", "60"])
    birth = process_birth(gone.pid)
    assert birth is not None
    gone.kill()
    gone.wait()
    write_record(kafka.home / "broker.pid", ProcessRecord(gone.pid, birth, 9092, "4"))
    assert not kafka.status().running
    for spoilt in (b"", b'{"pid": 1', b"4711\n"):
        (kafka.home / "broker.pid").write_bytes(spoilt)
        assert not kafka.status().running


def test_a_taken_port_is_named_or_avoided(kafka: LocalKafka) -> None:
    kafka.stop()
    last = int((kafka.home / "broker.port").read_text())
    with socket.create_server(("127.0.0.1", last)):
        with pytest.raises(PortTaken, match=f"Port {last} is taken by another program"):
            LocalKafka(kafka.home, port=last).start()
        bootstrap = kafka.start()
        assert bootstrap != f"127.0.0.1:{last}"
    # The data is the same behind another port, for clients and for the controller.
    assert consume(bootstrap, 4)[-1] == "quatre"


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
    produce(kafka.start(), "cinq")
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


def test_the_command_line_tells_what_runs(kafka: LocalKafka) -> None:
    kafka.start()
    running = run_cli(kafka.home, "status", "--json")
    assert running.returncode == 0
    assert json.loads(running.stdout)["bootstrap"] == kafka.status().bootstrap
    nothing = run_cli(kafka.home / "nowhere", "status")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "does not run" in nothing.stderr


def test_kafkas_own_tools_read_the_local_broker(kafka: LocalKafka) -> None:
    bootstrap = kafka.start()
    arguments = ("--topic", TOPIC, "--from-beginning", "--max-messages", "5", "--timeout-ms", "15000")
    found = run_cli(kafka.home, "tool", "console-consumer", *arguments)
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == ["un", "deux", "trois", "quatre", "cinq"]
    listed = run_cli(kafka.home, "tool", "topics", "--bootstrap-server", bootstrap, "--list")
    assert TOPIC in listed.stdout.splitlines()
    # The tool's own exit code is ours.
    assert run_cli(kafka.home, "tool", "topics", "--describe", "--topic", "none").returncode == 1


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


def test_java_that_does_not_begin_is_reported(kafka: LocalKafka) -> None:
    kafka.stop()
    with pytest.raises(BrokerStartFailed, match="ended at its start") as caught:
        LocalKafka(kafka.home, java_options=["-XX:NoSuchOption"]).start()
    assert any("NoSuchOption" in line for line in caught.value.log)


def test_a_damaged_description_of_records_is_not_formatted_over(kafka: LocalKafka) -> None:
    kafka.stop()
    meta = kafka.home / "data" / "meta.properties"
    whole = meta.read_text()
    meta.write_text(whole.replace("cluster.id", "#"))
    try:
        with pytest.raises(BrokerDataDamaged, match="holds records"):
            kafka.start()
    finally:
        meta.write_text(whole)


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
