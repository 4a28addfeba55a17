"""Worker processes that are started again when they end, and killed at chosen moments."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from tests.acceptance.deployment import Deployment, Worker

from .brokers import open_transactions, written

OFTEN = {"WISEBOOK_ML_BATCH_SIZE": "50", "WISEBOOK_ML_SNAPSHOT_RECORDS": "300", "WISEBOOK_ML_SNAPSHOT_SECONDS": "5"}
"""Small batches and many snapshots: many places at which a kill can strike, and recoveries that need them."""

PATIENCE = 180.0
"""How long anything may take on a busy machine; only failures wait so long."""

LOOK_SECONDS = 0.05


def eventually(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds; fail the test where it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(LOOK_SECONDS)


class Process(Worker):
    """A worker of a deployment.

    Parameters
    ----------
    deployment : Deployment
        Whose.
    role : str
        Which.
    log : str
        Name of its log file.
    command : sequence of str
        What is run instead of the plain worker, by Python.
    env
        Further environment variables.
    """

    def __init__(self, deployment: Deployment, role: str, log: str, command: Sequence[str] = (), **env: str) -> None:
        self.role = role
        self.log = deployment.settings.home / log
        arguments = command or ("-m", "wisebook_ml", "worker", role)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                env={**deployment.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def status(self) -> int | None:
        """Its exit status, once it has ended."""
        return self._process.poll()


class Supervised:
    """Keeps one worker of a role running, as systemd or an orchestrator does; a context manager.

    Whatever ends it, it is started again at once, until `stop`.
    """

    def __init__(self, deployment: Deployment, role: str = "scoring", **env: str) -> None:
        self._deployment = deployment
        self._role = role
        self._env = env
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"supervisor-{role}", daemon=True)
        self.statuses: list[int] = []

    def __enter__(self) -> "Supervised":
        self.worker = self._start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if self.worker.running:
            self.worker.kill()

    def kill(self) -> None:
        """Kill it; when this returns, the next one has been started."""
        killed = self.worker
        killed.kill()
        eventually(lambda: self.worker is not killed, "a restart")

    def stop(self) -> int:
        """Stop it for good, as for an update; return its exit status."""
        self._end()
        return self.worker.stop()

    @property
    def log(self) -> str:
        """What all of them have logged."""
        return "".join(path.read_text() for path in sorted(self._deployment.settings.home.glob(f"{self._role}-*.log")))

    def _start(self) -> Process:
        return Process(self._deployment, self._role, f"{self._role}-{len(self.statuses):03d}.log", **self._env)

    def _run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            status = self.worker.status
            if status is not None:
                self.statuses.append(status)
                self.worker = self._start()

    def _end(self) -> None:
        self._over.set()
        self._thread.join()


def working(deployment: Deployment, at_least: int = 1) -> Callable[[], bool]:
    """Return a question that is true once scoring workers have published so much more, in offsets."""
    before = written(deployment)
    return lambda: written(deployment) >= before + at_least


def holding(deployment: Deployment, role: str = "scoring") -> list[list[int]]:
    """Return the partitions of each worker of a role that has some."""
    return [partitions for partitions in deployment.members(role).values() if partitions]


def freeze_in_transaction(deployment: Deployment, worker: Worker, chance: random.Random, seconds: float) -> bool:
    """Suspend a worker while its records lie on the broker and are not committed; the worst moment to lose it.

    Returns
    -------
    bool
        Whether that worked in time; otherwise the worker goes on.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and worker.running:
        worker.freeze()
        if open_transactions(deployment) and open_transactions(deployment):  # what was ending has ended now
            return True
        worker.thaw()
        time.sleep(chance.uniform(0.001, 0.03))
    return False


def files_of(folder: str | os.PathLike[str], suffix: str) -> list[Path]:
    """Return the files below a folder."""
    return sorted(Path(folder).rglob(f"*{suffix}"))
