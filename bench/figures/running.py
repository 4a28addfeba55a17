"""Runs parts and keeps what they print: lines as they come, and at the end how the run was."""

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures.parts import Part

__all__ = ["Run", "Store", "run_part"]

LIMIT_MINUTES = 60.0
"""Longest run of a part. Three times what the longest takes: one that hangs must not keep the others from running."""

END_SECONDS = 120.0
"""How long a part that was interrupted may take to stop its brokers and databases."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One part as it was run: what it printed, and where and how.

    Attributes
    ----------
    part : str
    lines : sequence of dict
        As printed; those before the end where it did not come to its end.
    about : mapping
        ``commit``, ``dirty``, ``started`` (UTC), ``seconds``, ``status``, ``cores``, ``python``, ``machine``,
        ``memory`` (GB), ``load`` (of the minute before), ``quick``, ``data``. Empty where the run was cut off.
    """

    part: str
    lines: Sequence[Line]
    about: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        """Whether it came to its end without an error."""
        return self.about.get("status") == 0


class Store:
    """Runs in files: ``NAME.jsonl`` has the lines, ``NAME.json`` is written when the run has ended.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def lines_of(self, part: str) -> Path:
        """Return the file of a part's lines."""
        return self.folder / f"{part}.jsonl"

    def begin(self, part: str) -> Path:
        """Forget the last run of a part; returns where the lines of the next go."""
        self._about(part).unlink(missing_ok=True)
        self.lines_of(part).unlink(missing_ok=True)
        return self.lines_of(part)

    def end(self, part: str, about: Mapping[str, Any]) -> None:
        """Keep how the run was, which says that it has ended."""
        unfinished = self._about(part).with_suffix(".tmp")
        unfinished.write_text(json.dumps(dict(about), indent=2, ensure_ascii=False) + "\n", "utf-8")
        unfinished.replace(self._about(part))

    def read(self, part: str) -> Run | None:
        """Return the last run of a part; None where there is none. A line that was cut off is left out."""
        if not self.lines_of(part).exists():
            return None
        lines: list[Line] = []
        for text in self.lines_of(part).read_text("utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                lines.append(json.loads(text))
        about = json.loads(self._about(part).read_text("utf-8")) if self._about(part).exists() else {}
        return Run(part, lines, about)

    def _about(self, part: str) -> Path:
        return self.folder / f"{part}.json"


def run_part(
    part: Part,
    store: Store,
    arguments: Sequence[str],
    *,
    root: Path,
    details: Mapping[str, object],
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True),
    limit: float = 60 * LIMIT_MINUTES,
) -> Run:
    """Run a part to its end, whatever that is; what it says to people goes on to standard error.

    Parameters
    ----------
    part : Part
    store : Store
        What it prints is kept there, line by line.
    arguments : sequence of str
        What follows ``python``.
    root : Path
        The top of the checkout.
    details : mapping
        What else is to be known of the run.
    say : callable
        Tells people how far it is.
    limit : float
        Seconds after which it is interrupted.
    """
    say(f"== {part.name}: {part.about} (some {part.minutes} minutes) ==")
    about = {**described(root), **details, "command": ["python", *arguments]}
    begun = time.monotonic()
    with store.begin(part.name).open("wb") as out:
        process = subprocess.Popen([sys.executable, *arguments], cwd=root, stdout=out)
        try:
            status: int | str = process.wait(limit)
        except subprocess.TimeoutExpired:
            _interrupt(process)
            status = f"interrupted after {limit / 60:.0f} minutes"
        except KeyboardInterrupt:  # it has been interrupted, too: let it stop what it has started
            _interrupt(process)
            raise
    store.end(part.name, {**about, "seconds": round(time.monotonic() - begun), "status": status})
    done = store.read(part.name)
    assert done is not None
    say(f"== {part.name}: {'done' if done.complete else f'FAILED ({status})'}, {about_minutes(done)} ==")
    return done


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    """End a part so that it stops its brokers, and the hard way only where it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def about_minutes(run: Run) -> str:
    """Return how long a run took, and what it brought."""
    return f"{run.about.get('seconds', 0) / 60:.1f} minutes, {len(run.lines)} lines"


def described(root: Path) -> dict[str, object]:
    """Return what a reader of figures wants to know of code and machine."""
    return {
        "commit": _git(root, "rev-parse", "--short=10", "HEAD") or "unknown",
        "dirty": bool(_git(root, "status", "--porcelain", "--untracked-files=no", "--", *CODE)),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": _processor(),
        "memory": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "load": round(os.getloadavg()[0], 2),
    }


CODE = ("schemas", "topics", "wisebook_ml", "agents", "bench", "requirements", "pyproject.toml")
"""What figures follow from: the runs write pictures into ``docs``, which makes nothing dirty."""


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # not a checkout
        return ""
    return done.stdout.strip()


def _processor() -> str:
    """Return the name of the processor, where the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
