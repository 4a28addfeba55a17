"""What is removed from SQL with age, and what stays whatever its age."""

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import Engine

from bench.detections import detection_of
from schemas import CodeMotif, Etat, ExecutionMinuterie, Severite, StatutExecution
from wisebook_ml.cli import main
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import (
    AuditEntry,
    AuditLog,
    DetectionStore,
    StoredDetection,
    TimerRunStore,
    count_old,
    open_database,
    purge,
)
from wisebook_ml.storage.audit import Source

LIMIT = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
OLD, NEW = LIMIT - DAY, LIMIT + DAY


def run(name: str, when: dt.datetime) -> ExecutionMinuterie:
    return ExecutionMinuterie(
        minuterie=name, echeance=when, statut=StatutExecution.REUSSIE, acquise=when, debut=when, duree_ms=1, publies={}
    )


def fill(engine: Engine) -> None:
    opened, closed, late = (
        detection_of(1, name, CodeMotif.DOUBLON, severite=Severite.FAIBLE) for name in ("open", "closed", "late")
    )
    told = [(opened, OLD), (replace(closed, etat=Etat.CLOSE), OLD), (replace(late, etat=Etat.CLOSE), NEW)]
    DetectionStore(engine).write(
        [
            StoredDetection(detection=one, ce_time=when, topic="detections", partition=0, offset=k)
            for k, (one, when) in enumerate(told)
        ]
    )
    runs = [run("drift", OLD - DAY), run("drift", OLD), run("statistics", OLD), run("statistics", NEW)]
    TimerRunStore(engine).write(runs)
    for when in (OLD, NEW):
        AuditLog(engine).add(
            AuditEntry(
                quand=when, jeton_id=None, nom="anne", adresse="", societe_id=1, action="tokens create", statut=0,
                demande="", correlation="c", source=Source.CLI,
            )
        )  # fmt: skip


def test_what_is_old_and_needed_by_nothing_goes(engine: Engine) -> None:
    fill(engine)
    expected = {
        "motif_trouve": 1,
        "detection_anomalie": 1,
        "statistique_detection": 0,
        "derive": 0,
        "execution_minuterie": 2,
        "journal_audit": 1,
    }
    assert count_old(engine, LIMIT) == expected
    assert purge(engine, LIMIT) == expected
    assert not any(count_old(engine, LIMIT).values())
    left = [one.debut for one in TimerRunStore(engine).list("drift")]
    assert left == [OLD]  # it says how far the timer is
    assert [one.quand for _, one in AuditLog(engine).list(None, limit=9)] == [NEW]


def test_the_command_asks_before_it_removes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'wisebook_ml.db'}"
    monkeypatch.setenv("WISEBOOK_ML_DATABASE_URL", url)
    get_settings.cache_clear()
    try:
        fill(open_database(url))
        call = CliRunner().invoke
        tried = call(main, ["purge", "--before", "2025-01-01", "--dry-run"])
        assert tried.stdout.splitlines()[:2] == ["motif_trouve: 1", "detection_anomalie: 1"]
        assert call(main, ["purge", "--before", "2025-01-01"], input="n\n").exit_code == 1
        assert sum(count_old(open_database(url), LIMIT).values()) == 5
        done = call(main, ["purge", "--before", "2025-01-01", "--yes"])
        assert done.stderr == "5 rows removed.\n"
        ahead = call(main, ["purge", "--before", "2999-01-01"])
        assert ahead.exit_code == 2
        assert "2999-01-01 is not past" in ahead.stderr
    finally:
        get_settings.cache_clear()
