"""A training's process: it tells how it ended, however it did, and outlives neither its use nor its trainer."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from schemas import Campagne, DemandeEntrainement, DomaineApplication, Motif, StatutCampagne, TypeModele
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.process import Passing, Report, TrainingProcess
from wisebook_ml.training.resources import PROC

NOBODY = "127.0.0.1:9"
"""No broker: a training that looks for one takes ten seconds to give up."""

SECONDS = 90.0


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, home=tmp_path, artefacts=str(tmp_path / "ml_models"))


def request(settings: Settings, **parametres: object) -> DemandeEntrainement:
    registry = ModelRegistry(open_database(settings.sql_url))
    modele_id = registry.get_or_create(
        7, f"Segments {parametres}", TypeModele.DBSCAN, DomaineApplication.SEGMENTATION, parametres
    )
    return DemandeEntrainement(demande_id="d", modele_id=modele_id, societe_id=7, motif=Motif.MANUEL, demandeur="me")


def end_of(process: TrainingProcess) -> Report:
    """Return the first report that is no step."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        report = process.next_report(0.2)
        if report is not None and not (isinstance(report, Campagne) and report.statut is StatutCampagne.EN_COURS):
            return report
    raise AssertionError(f"no end within {SECONDS:.0f} s")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for_a_step(process: TrainingProcess) -> int:
    """Wait until the training works; return its process."""
    until(lambda: isinstance(process.next_report(0.2), Campagne))
    pid = process.pid
    assert pid is not None
    return pid


def test_what_cannot_be_mended_by_trying_again_is_a_failure(home: Settings) -> None:
    with TrainingProcess(request(home, epsilon=1), 1, home, NOBODY) as process:
        end = end_of(process)
    assert isinstance(end, Campagne)
    assert end.statut is StatutCampagne.ECHEC
    assert "unknown parameter 'epsilon'" in end.erreur


def test_a_broker_that_is_away_may_come_back(home: Settings) -> None:
    with TrainingProcess(request(home), 1, home, NOBODY) as process:
        end = end_of(process)
    assert isinstance(end, Passing)
    assert NOBODY in end.erreur


def test_a_process_that_is_killed_may_do_better_next_time(home: Settings) -> None:
    with TrainingProcess(request(home), 1, home, NOBODY) as process:
        os.kill(wait_for_a_step(process), signal.SIGKILL)
        end = end_of(process)
    assert isinstance(end, Passing)
    assert "ended by SIGKILL" in end.erreur


def test_a_process_that_is_not_wanted_any_more_is_gone_at_once(home: Settings) -> None:
    with TrainingProcess(request(home), 1, home, NOBODY) as process:
        pid = wait_for_a_step(process)
        assert process.memory > 10 * 1024 * 1024
        left = time.monotonic()
    assert time.monotonic() - left < 8  # left alone it would look for the broker for ten
    assert not is_alive(pid)


TRAINER = """
import sys, time
from pathlib import Path
import msgspec
from schemas import DemandeEntrainement
from wisebook_ml.settings import Settings
from wisebook_ml.training.process import TrainingProcess

if __name__ == "__main__":
    home, request, bootstrap = sys.argv[1:]
    settings = Settings(_env_file=None, home=Path(home), artefacts=home + "/ml_models")
    with TrainingProcess(msgspec.json.decode(request, type=DemandeEntrainement), 1, settings, bootstrap) as process:
        while process.next_report(0.2) is None:
            pass
        print(process.pid, flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(not (PROC / "self").exists(), reason="this system has no /proc")
def test_a_training_ends_with_its_trainer(home: Settings, tmp_path: Path) -> None:
    script = tmp_path / "trainer.py"
    script.write_text(TRAINER)
    asked = msgspec.json.encode(request(home)).decode()
    trainer = subprocess.Popen([sys.executable, script, tmp_path, asked, NOBODY], stdout=subprocess.PIPE)
    assert trainer.stdout is not None
    pid = int(trainer.stdout.readline())
    assert is_alive(pid)
    trainer.kill()
    trainer.communicate()
    until(lambda: not is_alive(pid))
