"""What all benchmarks of a run share: the broker, the data, the result lines."""

import gc
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from bench.engines.job import Job, Measured, Task
from bench.ledgers import Ledgers, make_ledgers
from bench.preload import PARTITIONS, preload
from bench.results import Results
from bench.sizes import Sizes
from topics import DETECTIONS, ENTRIES
from wisebook_ml.demo.workers import environment
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.settings import Settings

__all__ = [
    "BYTEWAX",
    "FAUST",
    "OURS",
    "PEERS",
    "QUIX",
    "Context",
    "Deployment",
    "Engine",
    "Failed",
    "Place",
    "Runs",
    "cpu_times",
]

ROOT = Path(__file__).resolve().parent.parent
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
"""Peers have an environment of their own: some of them need other versions of the client."""

START_SECONDS = 60.0
"""What an engine may take beyond what is measured: imports, joining its group, compiling at first use."""

MEASURED_SHARE = 0.85
"""Of a topic's records, so that an engine is stopped in the midst of its work: at the start of the clock some batches
are half done that will be counted, at its end as many that are not."""

LOG_LINES = 6


@dataclass(frozen=True, slots=True)
class Engine:
    """A stream processor to measure."""

    name: str
    module: str
    python: Path
    distribution: str

    def version(self) -> str:
        """Return the version that is installed for it, or an empty text."""
        code = f"from importlib.metadata import version; print(version({self.distribution!r}))"
        try:
            done = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout.strip()


OURS = Engine("ours", "bench.engines.ours", Path(sys.executable), "wisebook-ml")
FAUST = Engine("faust", "bench.engines.faust_plain", BENCH_PYTHON, "faust-streaming")
QUIX = Engine("quix", "bench.engines.quix", BENCH_PYTHON, "quixstreams")
BYTEWAX = Engine("bytewax", "bench.engines.bytewax_flow", BENCH_PYTHON, "bytewax")
PEERS = (FAUST, QUIX, BYTEWAX)


class Failed(Exception):
    """An engine that gave no result; the message is what it said last."""


@dataclass(frozen=True, slots=True)
class Place:
    """A topic that is filled, and where outputs go."""

    prefix: str
    topic: str
    output: str
    records: int


@dataclass(slots=True)
class Runs:
    """The repetitions of one engine."""

    engine: Engine
    measured: list[Measured] = field(default_factory=list)
    error: str = ""

    @property
    def rate(self) -> float | None:
        """Median records a second; None where it failed."""
        return None if self.error or not self.measured else statistics.median(run.rate for run in self.measured)

    @property
    def cpu_micros(self) -> float | None:
        """Median microseconds of CPU a record."""
        return None if self.error or not self.measured else statistics.median(run.cpu_micros for run in self.measured)

    def described(self) -> dict[str, Any]:
        """Return what a result line says of them."""
        if self.error:
            return {"error": self.error}
        return {
            "records": [run.records for run in self.measured],
            "seconds": [round(run.seconds, 3) for run in self.measured],
            "rates": [round(run.rate) for run in self.measured],
            "cpu_us_per_record": self.cpu_micros,
            "outputs": [run.outputs for run in self.measured],
            "engine_version": VERSIONS.setdefault(self.engine.name, self.engine.version()),
        }


VERSIONS: dict[str, str] = {}


def cpu_times(ours: Runs, peer: Runs) -> float | None:
    """Return how many times the CPU of one engine another takes for a record: what a busy machine blurs least."""
    mine, other = ours.cpu_micros, peer.cpu_micros
    return other / mine if mine and other else None


@dataclass(frozen=True, slots=True)
class Deployment:
    """Topics of the real system under a prefix of their own, and the settings of its workers."""

    settings: Settings

    @property
    def env(self) -> dict[str, str]:
        """The environment of its processes."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WISEBOOK_ML_")}
        return {**inherited, **environment(self.settings), "PYTHONPATH": str(ROOT)}

    @property
    def entries(self) -> str:
        """The topic of entries."""
        return ENTRIES.full_name(self.settings.topic_prefix)

    @property
    def detections(self) -> str:
        """The topic of detections."""
        return DETECTIONS.full_name(self.settings.topic_prefix)

    def start_worker(self, role: str) -> subprocess.Popen[bytes]:
        """Start a worker as a deployment does."""
        with self.log_of(role).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "wisebook_ml", "worker", role, "--log-level", "warning"],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def log_of(self, role: str) -> Path:
        """Return where a role's log is."""
        return self.settings.home / f"{role}.log"

    def log_tail(self, role: str) -> str:
        """Return the end of a role's log."""
        return tail_of(self.log_of(role))


class Context:
    """One run of the bench.

    Parameters
    ----------
    bootstrap : str
        The broker that was started for it.
    home : Path
        A temporary folder.
    sizes : Sizes
        How much to measure.
    results : Results
        Where lines go.
    """

    def __init__(self, bootstrap: str, home: Path, sizes: Sizes, results: Results) -> None:
        self.bootstrap = bootstrap
        self.home = home
        self.sizes = sizes
        self.results = results
        self.artefacts = home / "ml_models"
        self._numbers = count(1)

    @cached_property
    def ledgers(self) -> Ledgers:
        """The entries of all companies, generated once a run."""
        self.say("generating ledgers and training their models")
        made = make_ledgers(self.sizes.companies, self.sizes.events, self.artefacts)
        gc.freeze()  # hundreds of thousands of records that stay: looking at them again and again would take time
        return made

    @cached_property
    def place(self) -> Place:
        """The topic that holds the ledgers, for engines that leave no trace in it but a group's offsets."""
        deployment = self.deployment("shared")
        self.say(f"publishing {len(self.ledgers.records):,} records")
        preload(self.bootstrap, deployment.entries, self.ledgers.records)
        return Place(
            deployment.settings.topic_prefix, deployment.entries, deployment.detections, len(self.ledgers.records)
        )

    def deployment(self, name: str) -> Deployment:
        """Return a new deployment with its topics."""
        prefix = f"{name}-{next(self._numbers)}."
        home = self.home / prefix.rstrip(".")
        home.mkdir(parents=True)
        settings = Settings(
            _env_file=None,
            bootstrap_servers=self.bootstrap,
            topic_prefix=prefix,
            home=home,
            database_url=f"sqlite:///{home / 'wisebook_ml.db'}",
            artefacts=str(self.artefacts),
        )
        apply_topics(self.bootstrap, prefix, 1)
        return Deployment(settings)

    def say(self, text: str) -> None:
        """Tell the person who waits what is going on."""
        print(f"· {text}", file=sys.stderr, flush=True)

    def compare(
        self,
        engines: Sequence[Engine],
        task: Task,
        place: Place,
        *,
        seconds: float | None = None,
        repetitions: int | None = None,
    ) -> dict[str, Runs]:
        """Run engines one after another, in turns; an engine that fails is not asked again."""
        runs = {engine.name: Runs(engine) for engine in engines}
        for _ in range(repetitions or self.sizes.repetitions):
            for engine in engines:
                found = runs[engine.name]
                if not found.error:
                    try:
                        found.measured.append(self.run(engine, task, place, seconds=seconds))
                    except Failed as error:
                        found.error = str(error)
        return runs

    def run(
        self,
        engine: Engine,
        task: Task,
        place: Place,
        *,
        seconds: float | None = None,
        assigned: tuple[int, ...] = (),
        records: int | None = None,
    ) -> Measured:
        """Run one engine in a process of its own.

        Raises
        ------
        Failed
            Where it gives no result.
        """
        started = self.start(engine, task, place, seconds=seconds, assigned=assigned, records=records)
        return started.wait()

    def start(
        self,
        engine: Engine,
        task: Task,
        place: Place,
        *,
        seconds: float | None = None,
        assigned: tuple[int, ...] = (),
        records: int | None = None,
    ) -> "Started":
        """Start one engine in a process of its own."""
        home = self.home / "engines" / f"{engine.name}-{next(self._numbers)}"
        home.mkdir(parents=True)
        job = Job(
            task=task,
            bootstrap=self.bootstrap,
            prefix=place.prefix,
            topic=place.topic,
            output=place.output,
            group=f"bench-{home.name}",
            partitions=PARTITIONS,
            records=round(MEASURED_SHARE * place.records) if records is None else records,
            seconds=self.sizes.seconds if seconds is None else seconds,
            home=str(home),
            artefacts=str(self.artefacts),
            assigned=assigned,
        )
        path = home / "job.json"
        path.write_bytes(msgspec.json.encode(job))
        self.say(f"{engine.name}: {task.value}")
        return Started(engine, job, path)


class Started:
    """A process of an engine under way."""

    def __init__(self, engine: Engine, job: Job, path: Path) -> None:
        self.engine, self.job = engine, job
        self.log = path.with_name("log.txt")
        with self.log.open("wb") as log:
            try:
                self.process = subprocess.Popen(
                    [engine.python, "-m", engine.module, path],
                    cwd=path.parent,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            except OSError as error:
                raise Failed(f"{engine.name} cannot be started: {error}; run `make bench`") from error

    def wait(self) -> Measured:
        """Return its result.

        Raises
        ------
        Failed
            Where it has none.
        """
        try:
            status = self.process.wait(START_SECONDS + 2 * self.job.seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.engine.name} did not come to an end: {tail_of(self.log)}") from None
        if status or not self.job.result.exists():
            raise Failed(f"{self.engine.name} ended with status {status}: {tail_of(self.log)}")
        return msgspec.json.decode(self.job.result.read_bytes(), type=Measured)


def tail_of(log: Path) -> str:
    """Return the last lines of a log in one."""
    return " | ".join(log.read_text(errors="replace").strip().splitlines()[-LOG_LINES:]) if log.exists() else ""


def common_details(sizes: Sizes) -> dict[str, object]:
    """Return what every line of a run carries."""
    return {
        "quick": sizes.quick,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "wisebook_ml": version("wisebook-ml"),
    }
