"""A replay that is killed again and again finds what one that was left alone finds."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from schemas import Ecriture
from tests.acceptance.deployment import DONE_SECONDS, Deployment, with_gaps
from wisebook_ml.generator import generate_ledger
from wisebook_ml.replay.results import Found, Reached, read_results
from wisebook_ml.training.collect import partition_of

pytestmark = pytest.mark.chaos

KILLS = 10
COMPANIES = (1, 2, 3, 4)
EVENTS = 15_000
"""Of each company: more than ten runs of `reader.FETCH` in all, since each kill waits until one was written down."""

SLOWLY = ("--throttle", "0.05", "--processes", "2")
OFTEN = {"WISEBOOK_ML_SNAPSHOT_RECORDS": "500"}
POLL_SECONDS = 0.05


def ledger(societe_id: int) -> Sequence[Ecriture]:
    return with_gaps(generate_ledger(entries=EVENTS, seed=81, societe_id=societe_id).events, every=30)


@pytest.fixture(scope="module")
def filled(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    one = Deployment(kafka, "replaykills.", tmp_path_factory.mktemp("home"))
    one.apply()
    for societe_id in COMPANIES:
        one.publish(ledger(societe_id))
    return one


def start(deployment: Deployment, home: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "wisebook_ml", "replay", "--dry-run", "--json", *arguments],
        env={**deployment.env, **OFTEN, "WISEBOOK_ML_HOME": str(home)},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: "subprocess.Popen[bytes]") -> dict[str, object]:
    out, said = process.communicate(timeout=DONE_SECONDS)
    assert process.returncode == 0, said.decode()
    told: dict[str, object] = json.loads(out)
    return told


def results(home: Path) -> dict[str, list[Found | Reached]]:
    """Return what was found, by the file of each partition, with the last offset reached and nothing of the runs."""
    found = {}
    for path in sorted((home / "replays").glob("*/*.results")):
        records = list(read_results(path))
        found[path.name] = [one for one in records if isinstance(one, Found)] + [records[-1]]
    return found


def size(home: Path) -> int:
    return sum(path.stat().st_size for path in (home / "replays").glob("*/*.results"))


def test_ten_kills_change_nothing(filled: Deployment, tmp_path: Path) -> None:
    quiet, killed = tmp_path / "quiet", tmp_path / "killed"
    quiet.mkdir()
    killed.mkdir()
    expected = finish(start(filled, quiet))
    kills = 0
    while kills < KILLS:
        process = start(filled, killed, *SLOWLY)
        before, deadline = size(killed), time.monotonic() + DONE_SECONDS
        # Once it has got on, or has cut off what was not whole and written it anew.
        while process.poll() is None and size(killed) <= before:
            assert time.monotonic() < deadline
            time.sleep(POLL_SECONDS)
        if process.poll() is not None:
            finish(process)
            pytest.fail(f"it was done after {kills} kills; make it slower")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
    told = finish(start(filled, killed))
    assert told["resumed"] is True
    assert results(killed) == results(quiet)
    assert {partition_of(one, 6) for one in COMPANIES} == {int(name.split(".")[0]) for name in results(quiet)}
    for name in ("records", "lines", "comparison", "stretches", "dead_letters"):
        assert told[name] == expected[name]
