"""What a person is told when no Kafka answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from wisebook_ml.broker.ports import free_port
from wisebook_ml.cli import main
from wisebook_ml.messaging import connect
from wisebook_ml.messaging.connect import BrokerUnreachable, reach_broker
from wisebook_ml.settings import Settings, get_settings


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 0.5)
    monkeypatch.setenv("WISEBOOK_ML_BOOTSTRAP_SERVERS", address)
    get_settings.cache_clear()
    yield address
    get_settings.cache_clear()


def test_a_broker_that_answers_is_returned(kafka: str) -> None:
    assert reach_broker(Settings(bootstrap_servers=kafka)) == kafka


def test_one_that_does_not_is_named_with_its_setting(nowhere: str) -> None:
    expected = rf"No Kafka answers at {nowhere} \(WISEBOOK_ML_BOOTSTRAP_SERVERS\): is the address right.*\([^{{]+\)$"
    with pytest.raises(BrokerUnreachable, match=expected):
        reach_broker(Settings(bootstrap_servers=nowhere))


def test_commands_say_so_and_no_more(nowhere: str, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("")
    for command in (["publish", "events", str(events)], ["worker", "storage"], ["train", "--all", "--societe", "1"]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 1
        assert done.stderr.startswith(f"Error: No Kafka answers at {nowhere}")
        assert "KafkaError" not in done.stderr
