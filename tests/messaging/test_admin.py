"""Topics are created and repaired on a real broker, and never at the price of a record."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

import topics
from topics import Topic
from wisebook_ml.broker.ports import free_port
from wisebook_ml.cli.topics import topics as command
from wisebook_ml.messaging import admin
from wisebook_ml.messaging.admin import Change, TopicAdminError, apply_topics, check_topics
from wisebook_ml.messaging.connect import BrokerUnreachable, NoBroker, resolve_bootstrap
from wisebook_ml.settings import Settings, get_settings

SECONDS = 60.0


def until(holds: Callable[[], bool]) -> None:
    """Wait until a broker answers with what its controller has accepted: a busy one learns it later."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def create(bootstrap: str, name: str, partitions: int, config: dict[str, str] | None = None) -> None:
    new = NewTopic(name, partitions, 1, config=config or {})
    client = AdminClient({"bootstrap.servers": bootstrap})
    for future in client.create_topics([new]).values():
        future.result()
    until(lambda: name in client.list_topics(timeout=SECONDS).topics)


class TestApply:
    def test_creates_every_topic_as_declared_and_then_changes_nothing(self, kafka: str, topic_prefix: str) -> None:
        missing = check_topics(kafka, topic_prefix)
        assert [d.aspect for d in missing] == ["missing"] * len(topics.ALL)

        changes = apply_topics(kafka, topic_prefix)
        assert [change.topic for change in changes] == [t.full_name(topic_prefix) for t in topics.ALL]
        assert {change.action for change in changes} == {"created"}

        assert check_topics(kafka, topic_prefix) == []
        assert apply_topics(kafka, topic_prefix) == []

    def test_repairs_a_configuration_that_keeps_too_little(self, kafka: str, topic_prefix: str) -> None:
        name = topics.ENTRIES.full_name(topic_prefix)
        create(kafka, name, topics.ENTRIES.partitions, {"retention.ms": "1000", "max.message.bytes": "2000"})
        changes = apply_topics(kafka, topic_prefix, declared=[topics.ENTRIES])
        assert [(change.topic, change.action) for change in changes] == [(name, "configured")] * 2
        until(lambda: check_topics(kafka, topic_prefix, declared=[topics.ENTRIES]) == [])

    def test_leaves_alone_what_would_delete_records(self, kafka: str, topic_prefix: str) -> None:
        config = {**topics.ALERTS.config(), "retention.ms": "-1"}
        create(kafka, topics.ALERTS.full_name(topic_prefix), topics.ALERTS.partitions, config)
        assert apply_topics(kafka, topic_prefix, declared=[topics.ALERTS]) == []
        (difference,) = check_topics(kafka, topic_prefix, declared=[topics.ALERTS])
        assert difference.message.startswith(f"Topic {topic_prefix}alerts keeps records for ever instead of 30 days.")

    def test_never_moves_a_company_to_another_partition(self, kafka: str, topic_prefix: str) -> None:
        create(kafka, topics.ENTRIES.full_name(topic_prefix), 2, topics.ENTRIES.config())
        assert apply_topics(kafka, topic_prefix, declared=[topics.ENTRIES]) == []
        (difference,) = check_topics(kafka, topic_prefix, declared=[topics.ENTRIES])
        assert (difference.aspect, difference.expected, difference.actual) == ("partitions", "6", "2")

    def test_adds_partitions_where_keys_carry_no_meaning(self, kafka: str, topic_prefix: str) -> None:
        raw = Topic("raw", "original key", (), "Anything.", partitions=3)
        create(kafka, raw.full_name(topic_prefix), 1, raw.config())
        (change,) = apply_topics(kafka, topic_prefix, declared=[raw])
        assert change == Change(f"{topic_prefix}raw", "partitions", f"Topic {topic_prefix}raw now has 3 partitions.")
        assert check_topics(kafka, topic_prefix, declared=[raw]) == []

    def test_two_processes_may_apply_at_once(self, kafka: str, topic_prefix: str) -> None:
        changes: list[Change] = []
        threads = [threading.Thread(target=lambda: changes.extend(apply_topics(kafka, topic_prefix))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(c.topic for c in changes) == sorted(t.full_name(topic_prefix) for t in topics.ALL)
        assert check_topics(kafka, topic_prefix) == []

    def test_says_why_the_broker_refuses(self, kafka: str, topic_prefix: str) -> None:
        with pytest.raises(TopicAdminError, match="refused"):
            apply_topics(kafka, topic_prefix, replication_factor=3)


class TestNoBroker:
    def test_an_unreachable_broker_is_said_within_ten_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert admin.ANSWER_TIMEOUT < 10
        monkeypatch.setattr(admin, "ANSWER_TIMEOUT", 1.0)  # it is what the answer takes
        with pytest.raises(BrokerUnreachable, match="No Kafka answers"):
            check_topics(f"127.0.0.1:{free_port()}", "wisebook.")

    def test_settings_name_the_brokers(self) -> None:
        assert resolve_bootstrap(Settings(bootstrap_servers="kafka:9092")) == "kafka:9092"

    def test_a_local_kafka_that_does_not_run(self, tmp_path: Path) -> None:
        with pytest.raises(NoBroker, match="wisebook-ml kafka start"):
            resolve_bootstrap(Settings(bootstrap_servers="", home=tmp_path))


class TestCommand:
    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch: pytest.MonkeyPatch, topic_prefix: str) -> Iterator[None]:
        monkeypatch.setenv("WISEBOOK_ML_TOPIC_PREFIX", topic_prefix)
        get_settings.cache_clear()
        yield
        get_settings.cache_clear()

    def test_check_apply_check(self, kafka: str, topic_prefix: str) -> None:
        run = CliRunner()
        before = run.invoke(command, ["check", "--bootstrap", kafka])
        assert before.exit_code == 1
        assert f"Topic {topic_prefix}entries does not exist." in before.stdout
        assert "wisebook-ml topics apply" in before.stderr

        applied = run.invoke(command, ["apply", "--bootstrap", kafka, "--json"])
        assert applied.exit_code == 0
        result = json.loads(applied.stdout)
        assert len(result["changes"]) == len(topics.ALL)
        assert result["differences"] == []

        after = run.invoke(command, ["check", "--bootstrap", kafka])
        assert (after.exit_code, after.stdout) == (0, "")
        assert "as declared" in after.stderr

    def test_apply_that_leaves_a_difference_fails(self, kafka: str, topic_prefix: str) -> None:
        create(kafka, f"{topic_prefix}entries", 2)
        applied = CliRunner().invoke(command, ["apply", "--bootstrap", kafka])
        assert applied.exit_code == 1
        assert f"Created topic {topic_prefix}treasury." in applied.stdout
        assert "2 partitions instead of 6" in applied.stdout

    def test_list(self, topic_prefix: str) -> None:
        listed = CliRunner().invoke(command, ["list", "--json"])
        assert [row["name"] for row in json.loads(listed.stdout)] == [t.full_name(topic_prefix) for t in topics.ALL]
        assert "for ever" in CliRunner().invoke(command, ["list"]).stdout

    def test_an_unreachable_broker_is_an_error_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(admin, "ANSWER_TIMEOUT", 1.0)
        result = CliRunner().invoke(command, ["check", "--bootstrap", f"127.0.0.1:{free_port()}"])
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: No Kafka answers at 127.0.0.1:")
        assert "Traceback" not in result.output
