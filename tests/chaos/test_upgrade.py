"""A rolling upgrade: workers are replaced, one after the other, by those of another version of the program."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

import schemas
import topics
import wisebook_ml
from schemas import Travailleur
from tests.acceptance.deployment import Deployment
from tests.acceptance.test_storage import assert_rows_equal_the_topic
from topics import WORKERS
from wisebook_ml.compiled import PACKAGES
from wisebook_ml.storage import open_database

from .proof import assert_lag_free, assert_undisturbed
from .stream import Feed, make_stream
from .test_database import rows
from .test_members import READY, shared
from .workers import OFTEN, Process, eventually, holding

pytestmark = pytest.mark.chaos

ROOT = Path(wisebook_ml.__file__).parent
NEXT = "0.2.0"

SCORES_OTHERWISE = "entry_columns.py"
"""A file of the basis of the state: whatever is changed in it, the state has another fingerprint."""

RECOVERED = "recovered up to offset"
SNAPSHOT = "snapshot of offset"


@dataclass(frozen=True)
class Version:
    """Another version of the program, in a folder of its own.

    The compiled core is that of the present one: to compile it anew would take minutes and change nothing.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path, *, otherwise: bool) -> "Version":
        """Write one; `otherwise` has its state another fingerprint, as that of a version has which scores otherwise."""
        for package in (schemas, topics):
            source = Path(package.__file__ or "").parent
            shutil.copytree(source, folder / source.name)
        shutil.copytree(ROOT.parent / "agents", folder / "agents")
        own = folder / ROOT.name
        shutil.copytree(ROOT, own, ignore=lambda at, _: [*PACKAGES, "compiled.py"] if Path(at) == ROOT else [])
        (own / "__init__.py").write_text(f'__version__ = "{NEXT}"\n__path__.append({str(ROOT)!r})\n')
        if otherwise:
            with (own / SCORES_OTHERWISE).open("a") as file:
                file.write("# What is otherwise.\n")
        return cls(folder)

    def start(self, deployment: Deployment, role: str, log: str) -> Process:
        """Start a worker of it."""
        # Not the folder that the tests are started in.
        return Process(deployment, role, log, PYTHONPATH=str(self.folder), PYTHONSAFEPATH="1", **OFTEN)


def versions(deployment: Deployment, role: str) -> set[str]:
    """Return the versions of the workers of a role that have reported themselves."""
    told = [
        msgspec.json.decode(one.value, type=Travailleur) for one in deployment.read(WORKERS) if one.value is not None
    ]
    return {one.version for one in told if one.role == role}


@pytest.fixture
def alive() -> Iterator[list[Process]]:
    """Collect processes that are ended with the test."""
    processes: list[Process] = []
    yield processes
    for one in processes:
        if one.running:
            one.kill()


@pytest.mark.parametrize("otherwise", [False, True], ids=["the-same-state", "another-state"])
def test_one_worker_after_the_other(
    deployment: Deployment, alive: list[Process], tmp_path: Path, otherwise: bool
) -> None:
    """Replace the storage worker and two scoring workers under load, and compare with a run without.

    Checked: all invariants and that the rows are those of the topic; that versions worked side by side; that those who
    stop do so in peace; that a version whose state is the same goes on from the snapshots of the one before, and that
    one whose state is another does not, but reads its partitions again without publishing; that there is a way back.
    """
    new = Version.make(tmp_path / "next", otherwise=otherwise)
    records = make_stream(deployment, entries=900)
    open_database(deployment.settings.sql_url)

    def started(role: str, log: str, version: Version | None) -> Process:
        one = version.start(deployment, role, log) if version else Process(deployment, role, log, **OFTEN)
        alive.append(one)
        return one

    def ready(one: Process, workers: int = 2) -> None:
        eventually(lambda: READY in one.log.read_text() or not one.running, f"{one.log.name} is ready")
        one.check()
        eventually(lambda: shared(holding(deployment), workers), f"{workers} share the partitions")

    def coming(share: float) -> None:
        """Have entries come from now on, and for longer than the next step takes to begin."""
        before = feed.done
        feed.up_to(share)
        eventually(lambda: feed.done > before, "entries come")

    with Feed(deployment, records, per_second=200) as feed:
        old = [started("scoring", f"old-{k}.log", None) for k in range(2)]
        storage = started("storage", "old-storage.log", None)
        for one in old:
            ready(one)
        feed.up_to(0.3)
        eventually(lambda: rows(deployment) > 0 and feed.done >= int(0.3 * len(records)), "a third of it")
        feed.pace(100)
        coming(0.45)
        assert storage.stop() == 0
        storage = started("storage", "new-storage.log", new)
        coming(0.6)
        assert old[0].stop() == 0
        first = started("scoring", "new-0.log", new)
        ready(first)
        eventually(lambda: versions(deployment, "scoring") == {wisebook_ml.__version__, NEXT}, "both side by side")
        coming(0.75)
        assert old[1].stop() == 0
        second = started("scoring", "new-1.log", new)
        ready(second)
        coming(0.85)
        # The way back: the snapshots of the version before are still there.
        assert [first.stop(), second.stop()] == [0, 0]
        back = started("scoring", "back.log", None)
        ready(back, 1)
        feed.finish()
        assert_lag_free(deployment)
        assert_lag_free(deployment, "storage")
        assert [back.stop(), storage.stop()] == [0, 0]

    def recoveries(*workers: Process) -> list[str]:
        return [line for one in workers for line in one.log.read_text().splitlines() if RECOVERED in line]

    assert recoveries(first, second)
    assert all((SNAPSHOT in line) is not otherwise for line in recoveries(first))
    assert any(SNAPSHOT in line for line in recoveries(back))
    assert NEXT in versions(deployment, "storage")
    assert_rows_equal_the_topic(deployment, assert_undisturbed(deployment))
