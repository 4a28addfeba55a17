"""(p) Replay: entry lines a second of the command itself, and what live scoring feels of one that runs beside it."""

import json
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.benches.latency import percentile, planted, publish_and_follow, warm_up
from bench.context import Context, Deployment, Failed, tail_of
from bench.live import stop
from bench.preload import preload
from bench.results import line_of
from wisebook_ml.replay.results import Reached, read_results
from wisebook_ml.settings import Settings

__all__ = ["run"]

LINES_PER_SECOND = 250_000.0
"""Target, all processes together."""

SLOWER, SHARE = 2.0, 0.30
"""Target: so many times the latency at p99 without a replay, while one runs at that share of its full rate or more."""

RATE = 1_000
"""Entry lines a second that live scoring has meanwhile."""

THROTTLE = 0.5
"""What the command takes by itself while scoring workers are at work."""

WARM_SECONDS = 3.0
TIMEOUT_SECONDS = 600.0
POLL_SECONDS = 0.2


def run(context: Context) -> None:
    """Measure the rate with nothing beside it, and both beside each other."""
    rates = [_replay(context, context.place.prefix) for _ in range(context.sizes.repetitions)]
    told = [one for one in rates if one["lines_per_second"]]
    full = statistics.median(one["lines_per_second"] for one in told) if told else None
    context.results.add(
        line_of(
            "replay.rate",
            full,
            "lines/s",
            at_least=LINES_PER_SECOND,
            rates=[one["lines_per_second"] for one in told],
            cpu_us_per_line=statistics.median(1e6 * one["cpu_seconds"] / one["lines"] for one in rates),
            whole_seconds=[one["seconds"] for one in rates],
            lines=rates[0]["lines"],
            error="" if told else "too short to be measured",
            **context.ledgers.described(),
        )
    )
    _beside(context, full)


def _environment(context: Context, prefix: str, home: Path) -> dict[str, str]:
    settings = Settings(
        _env_file=None,
        bootstrap_servers=context.bootstrap,
        topic_prefix=prefix,
        home=home,
        database_url=f"sqlite:///{home / 'wisebook_ml.db'}",
        artefacts=str(context.artefacts),
    )
    return Deployment(settings).env


def _replay(context: Context, prefix: str, *options: str) -> dict[str, Any]:
    """Run the command once, as a dry run; return what it tells."""
    started, home = _start(context, prefix, *options)
    out, _ = started.communicate(timeout=TIMEOUT_SECONDS)
    if started.returncode:
        raise Failed(f"the replay failed: {tail_of(home / 'log.txt')}")
    told: dict[str, Any] = json.loads(out)
    return told


def _start(context: Context, prefix: str, *options: str) -> tuple["subprocess.Popen[bytes]", Path]:
    """Start the command with a home of its own, so that it goes on from nothing."""
    home = context.home / f"replay-{time.monotonic_ns()}"
    home.mkdir()
    with (home / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "wisebook_ml", "replay", "--dry-run", "--json", *options],
            env=_environment(context, prefix, home),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    return process, home


@dataclass(slots=True)
class _Scoring:
    """When a replay was seen to score: from its first lines to its last, as they were written down."""

    first: float
    first_lines: int
    last: float
    last_lines: int

    def covers(self, at: float) -> bool:
        """Return whether it scored at a moment."""
        return self.first <= at <= self.last


class _Endless:
    """Replays the topic again and again, as long as live scoring is measured; starts once the first has lines.

    A replay of years goes on for many minutes; those of the bench's topic are over in some ten seconds, and between
    them no replay scores: one compares what it has found, and the next starts. So both the rate and the latency are
    those of the time in which one does score, as `replay.rate` is, too.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: dict[Path, _Scoring] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not self._seen:
            if time.monotonic() > deadline:
                raise Failed("the replay beside live scoring does not begin")
            time.sleep(POLL_SECONDS)

    def _run(self) -> None:
        while not self._ended.is_set():
            process, home = _start(self._context, self._context.place.prefix, "--throttle", str(THROTTLE))
            while process.poll() is None and not self._ended.wait(POLL_SECONDS):
                self._look(home)
            if process.poll() is None:
                process.kill()
            process.communicate()

    def _look(self, home: Path) -> None:
        """Note how many lines a replay has scored by now, by what it has written down."""
        now, lines = time.monotonic(), 0
        for path in home.glob("replays/*/*.results"):
            reached = [one.lines for one in read_results(path) if isinstance(one, Reached)]
            lines += reached[-1] if reached else 0
        seen = self._seen.get(home)
        if seen is None and lines:
            self._seen[home] = _Scoring(now, lines, now, lines)
        elif seen is not None and lines > seen.last_lines:
            seen.last, seen.last_lines = now, lines

    def end(self) -> list[_Scoring]:
        """End the replay that is under way; return when they all scored, and what."""
        self._ended.set()
        self._thread.join()
        return list(self._seen.values())


def _beside(context: Context, full: float | None) -> None:
    """Measure live latency without a replay, and while one runs."""
    without, _ = _latency(context, replaying=False)
    with_, scoring = _latency(context, replaying=True)
    seconds = sum(one.last - one.first for one in scoring)
    rate = sum(one.last_lines - one.first_lines for one in scoring) / seconds if seconds else None
    share = rate / full if full and rate else None
    kept = share is not None and share >= SHARE
    context.results.add(
        line_of(
            "replay.latency",
            with_ / without if kept else None,
            "times",
            at_most=SLOWER,
            p99_ms_without=without,
            p99_ms_with=with_,
            replay_lines_per_second=rate,
            share_of_full_rate=share,
            replay_seconds=[round(one.last - one.first, 1) for one in scoring],
            throttle=THROTTLE,
            live_lines_per_second=RATE,
            error="" if kept else f"the replay ran at {share or 0:.0%} of its full rate",
        )
    )


def _latency(context: Context, *, replaying: bool) -> tuple[float, list[_Scoring]]:
    """Return p99 of planted entries in milliseconds, and when replays scored meanwhile.

    With replays, those entries count that were published while one scored.
    """
    ledgers, deployment = context.ledgers, context.deployment("beside")
    preload(context.bootstrap, deployment.entries, [*ledgers.records[: ledgers.markers], *warm_up("warm")])
    per_second = RATE / ledgers.lines
    wanted = round(per_second * (context.sizes.latency_seconds + WARM_SECONDS))
    records = planted(ledgers.records[ledgers.markers :][:wanted])
    worker = deployment.start_worker("scoring")
    background, scoring = _Endless(context) if replaying else None, list[_Scoring]()
    try:
        published, seen = publish_and_follow(context, deployment, worker, records, per_second)
    finally:
        stop(worker)
        if background is not None:
            scoring = background.end()
    begin = min(published.at.values()) + WARM_SECONDS
    counted = {
        id_: at
        for id_, at in published.at.items()
        if at >= begin and (not replaying or any(one.covers(at) for one in scoring))
    }
    delays = sorted(1_000 * (seen.at[id_] - at) for id_, at in counted.items() if id_ in seen.at)
    if not delays or len(delays) < len(counted):
        raise Failed(f"{len(counted) - len(delays)} of {len(counted)} detections were not readable")
    return percentile(delays, 0.99), scoring
