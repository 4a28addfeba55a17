"""Read what a broker wrote."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

__all__ = ["TAIL_LINES", "begin_run", "failure_lines", "log_tail"]

#: Enough for Kafka's stack trace of a failed start.
TAIL_LINES = 40
#: Kafka's own log line of an error. That a busy machine makes it slow is one to Kafka, and explains no end.
_ERROR_LINE = re.compile(r"^\S+ \S+ (ERROR|FATAL) (?!.*Exceptionally slow controller event)")
#: The one that ends it. Requests that are open at that moment fail too, and may be told of first.
_FATAL_LINE = re.compile(r"^\S+ \S+ (ERROR .*\b[Ff]atal\b|FATAL )")
_KAFKA, _CONSOLE = "server.log", "console.log"


def begin_run(folder: Path) -> Path:
    """Put the previous run's log aside, so that no failure is explained by it; return the console's file."""
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        (folder / _KAFKA).replace(folder / "server.previous.log")
    return folder / _CONSOLE


def log_tail(folder: Path, lines: int = TAIL_LINES) -> tuple[str, ...]:
    """Return the last lines of the present or last run: Kafka's log, then what Java itself printed."""
    return tuple((_read(folder / _KAFKA) + _read(folder / _CONSOLE))[-lines:])


def failure_lines(folder: Path) -> tuple[str, ...]:
    """Return what explains a failed start.

    That is what Java itself printed (nothing, unless it could not begin or crashed), then Kafka's log from
    the error that it calls fatal, or else from the first one on, since the shutdown after it tells nothing; its
    tail if there is no error in it.
    """
    kafka = _read(folder / _KAFKA)
    found = (at for wanted in (_FATAL_LINE, _ERROR_LINE) for at, line in enumerate(kafka) if wanted.search(line))
    first = next(found, len(kafka) - TAIL_LINES)
    return tuple((_read(folder / _CONSOLE) + kafka[max(first, 0) :])[:TAIL_LINES])


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
