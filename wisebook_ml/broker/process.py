"""The pid file: which process is the broker, told apart from a later process of the same number."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import msgspec

__all__ = ["ProcessRecord", "end_process", "is_alive", "process_birth", "read_record", "write_record"]

#: Short against the half second a broker takes to stop.
_POLL_SECONDS = 0.05
#: Fields of /proc/<pid>/stat after the command's closing bracket: state, and start time in ticks.
_STAT_STATE, _STAT_START = 0, 19


class ProcessRecord(msgspec.Struct, frozen=True):
    """Content of the pid file.

    Parameters
    ----------
    pid
        Number of the broker's process.
    birth
        When that process started (see `process_birth`): a number alone may have been recycled.
    port
        Port for clients.
    version
        Version of Kafka it runs.
    """

    pid: int
    birth: str
    port: int
    version: str


def process_birth(pid: int) -> str | None:
    """Return a text that names the start of process `pid`, or None if there is no such live process.

    Two processes that got the same number one after the other have different births, across reboots too.
    """
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        return None if fields[_STAT_STATE] in "ZX" else f"{boot}:{fields[_STAT_START]}"
    # Elsewhere (macOS), ps tells the start to the second.
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(None, 1)
    return None if len(shown) < 2 or shown[0].startswith("Z") else shown[1].strip()


def is_alive(record: ProcessRecord) -> bool:
    """Tell whether the very process that `record` names is alive."""
    return process_birth(record.pid) == record.birth


def read_record(path: Path) -> ProcessRecord | None:
    """Return the pid file's content; None if it is missing or unreadable (half written, foreign)."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ProcessRecord)
    except (OSError, msgspec.DecodeError):
        return None


def write_record(path: Path, record: ProcessRecord) -> None:
    """Write the pid file in one step, so that no reader sees half of it."""
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(msgspec.json.encode(record))
    unfinished.replace(path)


def end_process(record: ProcessRecord, *, grace: float, kill_wait: float) -> bool:
    """End the process: SIGTERM, and SIGKILL after `grace` seconds.

    Returns
    -------
    bool
        Whether the process is gone.
    """
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, kill_wait)):
        if not is_alive(record):
            return True
        try:
            os.kill(record.pid, number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + patience
        while is_alive(record):
            if time.monotonic() >= deadline:
                break
            time.sleep(_POLL_SECONDS)
    return not is_alive(record)
