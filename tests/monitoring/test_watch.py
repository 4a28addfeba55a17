"""What a process tells of itself, without brokers."""

import datetime as dt
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from schemas import Travailleur
from wisebook_ml import metrics
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.monitoring.collector import WorkerCollector
from wisebook_ml.monitoring.meter import BatchMeter
from wisebook_ml.monitoring.readiness import Readiness, brokers_answer, database_answers
from wisebook_ml.monitoring.reports import is_stale, last_reports, report_event
from wisebook_ml.monitoring.server import MetricsServer
from wisebook_ml.monitoring.watch import WITHOUT_DATABASE
from wisebook_ml.settings import Settings
from wisebook_ml.transport import Health, PartitionHealth, RecordBatch

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def report(**changes: object) -> Travailleur:
    fields: dict[str, object] = {
        "travailleur_id": "scoring-a-1",
        "role": "scoring",
        "hote": "a",
        "pid": 1,
        "version": "1",
        "demarre_le": NOW,
        "vu_le": NOW,
        "pret": True,
        **changes,
    }
    return Travailleur(**fields)  # type: ignore[arg-type]


class TestReadiness:
    def test_all_reasons_are_told_and_remembered_for_a_moment(self) -> None:
        now, asked = [0.0], []

        def check() -> Sequence[str]:
            asked.append(now[0])
            return ["The sky falls."] if now[0] < 5 else []

        ready = Readiness([check, lambda: ["It rains."]], fresh_seconds=5, clock=lambda: now[0])
        assert ready.reasons() == ("The sky falls.", "It rains.")
        now[0] = 4.9
        assert len(ready.reasons()) == 2
        assert asked == [0.0]
        now[0] = 5.0
        assert ready.reasons() == ("It rains.",)

    def test_a_check_that_fails_is_a_reason(self) -> None:
        def broken() -> Sequence[str]:
            raise RuntimeError("secret address")

        (reason,) = Readiness([broken]).reasons()
        assert "RuntimeError" in reason
        assert "secret" not in reason

    def test_brokers_and_a_database_that_are_away(self, tmp_path: Path) -> None:
        settings = Settings(_env_file=None, home=tmp_path)
        assert list(brokers_answer(settings)()) == ["The Kafka brokers do not answer."]
        assert list(database_answers("postgresql://nobody@127.0.0.1:1/x")()) == ["The database does not answer."]
        assert list(database_answers(f"sqlite:///{tmp_path / 'x.db'}")()) == []


class TestServer:
    @pytest.fixture
    def get(self) -> Iterator[Callable[[str], tuple[int, str]]]:
        self.reasons: list[str] = []
        server = MetricsServer("127.0.0.1", 0, lambda: self.reasons)

        def get(path: str) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=30) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        yield get
        server.close()

    def test_it_lives_and_says_whether_it_is_ready(self, get: Callable[[str], tuple[int, str]]) -> None:
        assert get("/healthz")[0] == 200
        assert get("/readyz")[0] == 200
        self.reasons.append("The database does not answer.")
        status, body = get("/readyz")
        assert (status, json.loads(body)["reasons"]) == (503, self.reasons)
        assert get("/healthz")[0] == 200

    def test_it_serves_metrics_and_nothing_else(self, get: Callable[[str], tuple[int, str]]) -> None:
        assert "wisebook_ml_records" in get("/metrics")[1]
        assert get("/")[0] == 404

    def test_a_port_that_is_taken_stops_nobody(self) -> None:
        one = MetricsServer("127.0.0.1", 0, lambda: ())
        other = MetricsServer("127.0.0.1", one.port, lambda: ())
        assert other.port != one.port
        one.close()
        other.close()


def test_a_worker_is_told_by_partition_as_long_as_it_has_it() -> None:
    registry = CollectorRegistry()
    partitions = {
        ("t.entries", 0): PartitionHealth(7, 5, 2, 1.5, committed=3),
        ("t.entries", 1): PartitionHealth(9, 0, 0, 0.0, delivered=False),
    }
    WorkerCollector(lambda: Health((), partitions), lambda: ["no"], registry)
    told = generate_latest(registry).decode()
    assert 'wisebook_ml_lag_records{partition="0",topic="t.entries"} 7.0' in told
    assert 'partition="1"' not in told
    assert "wisebook_ml_ready 0.0" in told


def test_a_batch_is_measured_once_it_is_finished() -> None:
    class Written:
        offset, timestamp, key, value, headers = 0, 10_000, b"1", b"{}", ()

    batch = RecordBatch("t.measured", 0, [Written(), Written()], 0, 2)
    meter = BatchMeter("measured", wall=lambda: 12.5, clock=iter([1.0, 1.25, 2.0]).__next__)
    with meter.measuring(batch):
        pass
    with pytest.raises(ValueError, match="no"), meter.measuring(batch):
        raise ValueError("no")
    told = generate_latest().decode()
    assert 'wisebook_ml_records_total{topic="measured"} 2.0' in told
    assert 'wisebook_ml_delay_seconds_sum{topic="measured"} 2.5' in told
    assert 'wisebook_ml_batch_seconds_sum{topic="measured"} 0.25' in told


class TestReports:
    def test_the_last_of_each_holds_until_it_stops(self) -> None:
        later = report(vu_le=NOW + dt.timedelta(seconds=10), pret=False, motifs=["The database does not answer."])
        other = report(travailleur_id="storage-a-2", role="storage")
        run = [
            RawRecord(k, out.key, out.value, out.headers)
            for k, out in enumerate(map(report_event, [report(), later, other]))
        ]
        wrong = RawRecord(3, b"x", b"{}", run[0].headers)
        stopped = RawRecord(4, b"storage-a-2", None, run[0].headers)
        assert last_reports([*run, wrong], {}) == {b"scoring-a-1": later, b"storage-a-2": other}
        assert last_reports([*run, stopped], {}) == {b"scoring-a-1": later}

    def test_silence_counts_as_gone(self) -> None:
        assert not is_stale(report(), NOW + dt.timedelta(seconds=15))
        assert is_stale(report(), NOW + dt.timedelta(seconds=20))


def test_roles_without_a_database_are_those_of_the_compose_file() -> None:
    compose = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())
    without = {
        service["command"][1]
        for service in compose["services"].values()
        if service.get("command", [""])[0] == "worker" and "WISEBOOK_ML_DATABASE_URL" not in service["environment"]
    }
    assert without == WITHOUT_DATABASE


def test_names_are_spelled_as_prometheus_does() -> None:
    told = generate_latest().decode()
    described = {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE wisebook_ml")}
    described = {name for name in described if not name.endswith("_created")}
    bases = {name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum") for name in metrics.names()}
    assert described <= bases
