"""What operators are told of a worker is true: while it works, and after it was killed."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence

import pytest

from schemas import Travailleur
from topics import ENTRIES
from wisebook_ml.clock import utc_now
from wisebook_ml.generator import final_state, generate_ledger
from wisebook_ml.monitoring.reports import is_stale, read_reports

from .deployment import Deployment


def reports(deployment: Deployment) -> Sequence[Travailleur]:
    return read_reports(deployment.bootstrap, deployment.settings.topic_prefix, utc_now())


def asked(worker: Travailleur, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port_metriques}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def value(text: str, line: str) -> float:
    return sum(float(one.rpartition(" ")[2]) for one in text.splitlines() if one.startswith(line))


def test_a_worker_tells_the_truth_before_and_after_a_kill(deployment: Deployment) -> None:
    entries = final_state(generate_ledger(entries=200, seed=5).events, cloture=False)
    deployment.publish(entries)
    deployment.send(ENTRIES, [(b"1", b"{", ())])
    worker = deployment.start("scoring", WISEBOOK_ML_METRICS_PORT="0", WISEBOOK_ML_LOG_FORMAT="json")
    deployment.wait("scoring", ENTRIES, worker)
    deployment.until(lambda: any(one.pret and one.partitions for one in reports(deployment)), "a report", worker)

    (told,) = reports(deployment)
    assert (told.role, told.pid) == ("scoring", worker.pid)
    assert {one.topic for one in told.partitions} == {deployment.name(ENTRIES)}
    assert len(told.partitions) == ENTRIES.partitions
    assert asked(told, "/healthz")[0] == 200
    assert asked(told, "/readyz") == (200, '{"status":"ready","reasons":[]}')
    deployment.until(lambda: value(asked(told, "/metrics")[1], "wisebook_ml_lag_records") == 0, "commits", worker)
    text = asked(told, "/metrics")[1]
    assert value(text, 'wisebook_ml_records_total{topic="entries"}') == len(entries) + 1
    assert value(text, "wisebook_ml_dead_letters_total{") == 1
    assert value(text, 'wisebook_ml_delay_seconds_count{topic="entries"}') >= 1
    assert value(text, "wisebook_ml_ready") == 1
    lines = [json.loads(line) for line in worker.log.read_text().splitlines() if line.startswith("{")]
    assert lines
    assert all(line["role"] == "scoring" and line["time"] and line["level"] for line in lines)

    ids = {(one.partition, one.offset): one.header("ce_id") for one in deployment.read(ENTRIES) if one.headers}
    found = deployment.detections()
    assert found
    for one in found:
        assert one.header("wb_correlation") == ids[int(one.header("wb_partition")), int(one.header("wb_offset"))]

    worker.kill()
    with pytest.raises(urllib.error.URLError):
        asked(told, "/healthz")
    (last,) = reports(deployment)
    assert last.travailleur_id == told.travailleur_id
    deployment.until(lambda: is_stale(reports(deployment)[0], utc_now()), "the silence is noticed")
    said = deployment.run("workers")
    assert b"gone" in said.stdout
    done = deployment.run("doctor")
    assert done.returncode == 1
    assert b"wisebook-ml worker scoring" in done.stdout


def test_a_worker_that_stops_is_no_longer_listed(deployment: Deployment) -> None:
    worker = deployment.start("timers", WISEBOOK_ML_METRICS_PORT="0")
    deployment.until(lambda: any(one.pret for one in reports(deployment)), "a report", worker)
    worker.stop()
    assert reports(deployment) == []
