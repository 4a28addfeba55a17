"""Workers as processes of their own, ended with the demo."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from wisebook_ml.settings import Settings

__all__ = ["WorkerEnded", "Workers"]

STOP_SECONDS = 20.0
"""How long a worker may take to finish its batch and leave its group."""

SHOWN_LINES = 15


class WorkerEnded(Exception):
    """A worker that ended by itself; the message holds the end of its log."""


class Workers:
    """Runs ``wisebook-ml worker`` for each role; a context manager.

    Parameters
    ----------
    roles : sequence of str
        Which.
    settings : Settings
        Handed on as environment variables.
    logs : Path
        Folder of their log files.
    """

    def __init__(self, roles: Sequence[str], settings: Settings, logs: Path) -> None:
        self._roles = roles
        self._logs = logs
        self._environment = {**os.environ, **environment(settings)}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Workers":
        self._logs.mkdir(parents=True, exist_ok=True)
        for role in self._roles:
            with self.log(role).open("wb") as log:
                self._running[role] = subprocess.Popen(
                    [sys.executable, "-m", "wisebook_ml", "worker", role],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, role: str) -> Path:
        """Return a role's log file."""
        return self._logs / f"{role}.log"

    def check(self) -> None:
        """Raise `WorkerEnded` where one is gone."""
        for role, process in self._running.items():
            if process.poll() is not None:
                tail = "\n".join(self.log(role).read_text(errors="replace").splitlines()[-SHOWN_LINES:])
                raise WorkerEnded(f"the {role} worker ended with status {process.returncode}:\n{tail}")


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables that give another process these settings."""
    return {
        "WISEBOOK_ML_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "WISEBOOK_ML_TOPIC_PREFIX": settings.topic_prefix,
        "WISEBOOK_ML_HOME": str(settings.home),
        "WISEBOOK_ML_DATABASE_URL": settings.sql_url,
        "WISEBOOK_ML_ARTEFACTS": settings.artefacts,
    }
