"""A replay on all processors: one process each, with its share of the partitions, and one place that knows how far."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import msgspec

from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.folder import ReplayFolder
from wisebook_ml.replay.partition import Progress
from wisebook_ml.replay.plan import Plan, shares
from wisebook_ml.replay.process import Ended, Failed, Job, Told

__all__ = ["Overall", "run_replay"]

DECODE = msgspec.json.Decoder(Told | Failed | Ended).decode

NICE = 19
"""What is to leave time to others gets none that they want."""

LOG_LINES = 3
"""Of what a process said before it ended without a word to us."""


@dataclass(slots=True)
class Overall:
    """How far all partitions are together; in the end, how much time of a processor that took."""

    parts: dict[int, Progress] = field(default_factory=dict)
    cpu_seconds: float = 0.0

    def take(self, progress: Progress) -> None:
        """Take what a process tells of a partition."""
        before = self.parts.get(progress.partition)
        if before is not None:  # what was read before the stretch stays read
            warmed = max(before.warmed, progress.warmed)
            progress = msgspec.structs.replace(progress, warmed=warmed)
        self.parts[progress.partition] = progress

    def total(self, name: str) -> int:
        """Return a figure of all partitions together."""
        return sum(getattr(part, name) for part in self.parts.values())


def run_replay(
    plan: Plan,
    folder: ReplayFolder,
    bootstrap: str,
    detections: str,
    *,
    processes: int,
    share: float = 1.0,
    tell: Callable[[Overall], None] = lambda overall: None,
) -> Overall:
    """Score what is left to score, and compare all of it with what stands.

    Parameters
    ----------
    plan : Plan
        What.
    folder : ReplayFolder
        Where results are kept; it is held by the caller.
    bootstrap, detections : str
        Brokers, and the full name of the topic to compare with.
    processes : int
        How many at most.
    share : float
        Which share of a processor each uses.
    tell : callable
        Told how far it is, now and then.

    Raises
    ------
    ReplayError
        Where a process comes to no end; what was scored until then is kept.
    """
    sizes = {partition: end - start for partition, (start, end) in plan.stretches.items()}
    overall = Overall()
    messages: queue.SimpleQueue[tuple[int, bytes | None]] = queue.SimpleQueue()
    with ExitStack() as stack:
        started: dict[int, _Process] = {}
        for number, partitions in enumerate(shares(sizes, processes)):
            job = Job(
                plan=plan,
                bootstrap=bootstrap,
                detections=detections,
                partitions=partitions,
                folder=str(folder.path),
                share=share,
            )
            path = folder.path / f"job-{number}.json"
            path.write_bytes(msgspec.json.encode(job))
            started[number] = stack.enter_context(_Process(number, str(path), messages, polite=share < 1.0))
        _follow(started, messages, overall, tell)
    folder.finish()
    return overall


def _follow(
    started: "Mapping[int, _Process]",
    messages: "queue.SimpleQueue[tuple[int, bytes | None]]",
    overall: Overall,
    tell: Callable[[Overall], None],
) -> None:
    """Take what processes tell until all have ended."""
    working = set(started)
    while working:
        number, line = messages.get()
        if line is None:
            if number in working:
                raise ReplayError(f"a process of the replay ended without a result: {started[number].last_words}")
            continue
        message = DECODE(line)
        if isinstance(message, Failed):
            raise ReplayError(message.error)
        if isinstance(message, Ended):
            working.discard(number)
            overall.cpu_seconds += message.cpu_seconds
        else:
            overall.take(message)
            tell(overall)


class _Process:
    """One process; a context manager, after whose end it has ended."""

    def __init__(
        self, number: int, job: str, messages: "queue.SimpleQueue[tuple[int, bytes | None]]", *, polite: bool
    ) -> None:
        self._number = number
        self._messages = messages
        self._said: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wisebook_ml.replay.process", job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if polite:  # from its imports on, which take seconds
            os.setpriority(os.PRIO_PROCESS, self._process.pid, NICE)
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._read, self._listen)]

    def __enter__(self) -> "_Process":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def last_words(self) -> str:
        """What it said last, for a person."""
        self._threads[1].join()
        return " | ".join(self._said[-LOG_LINES:]) or f"exit status {self._process.wait()}"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._messages.put((self._number, line))
        self._messages.put((self._number, None))

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.decode(errors="replace").rstrip()
            if text:
                self._said.append(text)
                del self._said[: -10 * LOG_LINES]
