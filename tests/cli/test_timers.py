"""`wisebook-ml timers` in words: what people read, and what goes wrong."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from schemas import ExecutionMinuterie, StatutExecution
from topics import DEAD_LETTER, ENTRIES, TIMER_RUNS, TRAINING_REQUESTS
from wisebook_ml.cli import main
from wisebook_ml.cli.timers import NOBODY_LEADS
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import get_settings
from wisebook_ml.timers.runs import run_event

DAY = dt.timedelta(days=1)
Run = Callable[..., Result]


@pytest.fixture
def run(kafka: str, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("WISEBOOK_ML_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("WISEBOOK_ML_TOPIC_PREFIX", topic_prefix)
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(main, ["timers", *arguments])
    get_settings.cache_clear()


def test_what_is_told_of_runs(run: Run, kafka: str, topic_prefix: str) -> None:
    missing = run("list")
    assert missing.exit_code == 1
    assert "create it with `wisebook-ml topics apply`" in missing.stderr
    apply_topics(kafka, topic_prefix, declared=[DEAD_LETTER, ENTRIES, TRAINING_REQUESTS, TIMER_RUNS])
    now = utc_now()
    done = ExecutionMinuterie(
        minuterie="drift", echeance=now, statut=StatutExecution.REUSSIE, acquise=now, debut=now, duree_ms=7, sautees=2
    )
    with EventProducer(kafka, topic_prefix) as producer:
        for told in (
            done,
            replace(done, minuterie="statistics", acquise=now + 40 * DAY, demandeur="marie", sautees=0),
            replace(done, minuterie="absence", statut=StatutExecution.ECHEC, tentative=3, detail="no database"),
            replace(done, minuterie="weekly", statut=StatutExecution.ARMEE),
        ):
            producer.send(run_event(told))
    listed = run("list")
    assert listed.exit_code == 0, listed.output
    lines = [line for line in listed.stdout.splitlines() if line.startswith("│ ") and not line.startswith("│  ")]
    rows = {line.split("│")[1].strip(): line for line in lines}
    assert set(rows) == {"auto-retrain", "drift", "statistics", "weekly", "absence"}
    assert "REUSSIE (2 skipped before)" in rows["drift"]
    assert "7 ms" in rows["drift"]
    assert "REUSSIE (by marie)" in rows["statistics"]
    assert "none yet" in rows["weekly"]
    assert "03:00 CE" in rows["drift"]
    assert NOBODY_LEADS in listed.stderr
    assert "absence failed, attempt 3: no database" in listed.stderr
    assert "statistics is done up to" in listed.stderr
    assert "`wisebook-ml timers run statistics` makes it due as usual" in listed.stderr


def test_a_run_by_hand(run: Run, kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    apply_topics(kafka, topic_prefix, declared=[DEAD_LETTER, ENTRIES, TRAINING_REQUESTS, TIMER_RUNS])
    ticked = run("run", "drift", "--by", "marie")
    assert ticked.exit_code == 0, ticked.output
    assert ticked.stdout.startswith("timer drift: published 6 on entries in ")
    nothing = run("run", "weekly")
    assert nothing.stdout.startswith("timer weekly: published nothing, since nothing was due, in ")


def test_a_run_by_hand_that_fails(
    run: Run, kafka: str, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_topics(kafka, topic_prefix, declared=[DEAD_LETTER, ENTRIES, TRAINING_REQUESTS, TIMER_RUNS])
    (tmp_path / "file").touch()
    monkeypatch.setenv("WISEBOOK_ML_DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'x.db'}")
    get_settings.cache_clear()
    failed = run("run", "auto-retrain")
    assert failed.exit_code == 1
    assert "timer auto-retrain failed: The folder" in failed.stderr
    assert "auto-retrain failed, attempt 1: The folder" in run("list").stderr
