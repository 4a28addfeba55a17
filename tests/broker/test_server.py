"""The life of the real broker. Tests of the shared home run in order; what rarely interrupts it is `make chaos`."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from wisebook_ml.broker import BrokerDataDamaged, BrokerStartFailed, LocalKafka, PortTaken
from wisebook_ml.broker.java import QUICK_JAVA_OPTIONS
from wisebook_ml.broker.ports import free_port
from wisebook_ml.broker.process import ProcessRecord, process_birth, write_record
from wisebook_ml.broker.storage import read_cluster_id

from .launching import TOPIC, consume, produce, run_cli


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    # Accents, blanks and commas: each of them breaks a Kafka that is given absolute paths.
    broker = LocalKafka(tmp_path_factory.mktemp("broker") / "comptabilité, année 1", java_options=QUICK_JAVA_OPTIONS)
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
    arguments = ("--topic", TOPIC, "--from-beginning", "--max-messages", "4", "--timeout-ms", "15000")
    found = run_cli(kafka.home, "tool", "console-consumer", *arguments)
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == ["un", "deux", "trois", "quatre"]
    listed = run_cli(kafka.home, "tool", "topics", "--bootstrap-server", bootstrap, "--list")
    assert TOPIC in listed.stdout.splitlines()
    # The tool's own exit code is ours.
    assert run_cli(kafka.home, "tool", "topics", "--describe", "--topic", "none").returncode == 1


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
