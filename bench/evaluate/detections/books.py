"""The books that detection is measured on: which, how many, and each measured in a process of its own."""

import multiprocessing
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.evaluate.detections.core import Book, score_book
from bench.evaluate.detections.measure import MeasuredBook, measure
from bench.evaluate.detections.peers import peer_scores
from wisebook_ml.files.ledgers import read_ledger
from wisebook_ml.generator import generate_ledger
from wisebook_ml.generator.implant import implant

__all__ = [
    "HIGH",
    "LOW",
    "ORDERS",
    "SIZES",
    "GeneratedJob",
    "Job",
    "RealJob",
    "generated_jobs",
    "measured",
    "real_jobs",
]

HIGH, LOW = 0.01, 0.005
"""Cases planted for each entry: for the ranking of all kinds, and for the recall of statistical ones."""

TWINS = 0.01

SIZES = {2_000: 24, 8_000: 10, 20_000: 5}
"""Entries of a company, and how many companies of that size."""

QUICK_SIZES = {2_000: 24, 8_000: 8, 20_000: 2}

ORDERS = ("file", "date")
"""A ledger file has its entries by journal, mostly; in life they arrive by date."""

REAL_SEEDS, QUICK_REAL_SEEDS = 20, 8
"""How often each real ledger is planted into: a small one has room for a few cases only."""

PROCESSES = 2

STEP = 25
"""Books after which it says how far it got."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(ABC):
    """One book to make and measure.

    Attributes
    ----------
    seed : int
    rate, twins : float
        Cases and twins for each entry.
    model : bool
        Whether a forest of the first quarter is activated behind it.
    peers : bool
        Whether peers score it, too.
    """

    seed: int
    rate: float
    twins: float = TWINS
    model: bool = True
    peers: bool = False

    @abstractmethod
    def book(self) -> Book:
        """Return the book."""

    def __call__(self) -> MeasuredBook:
        """Make, score and measure the book."""
        book = self.book()
        peers = peer_scores(book.events, self.seed) if self.peers else {}
        return measure(book, score_book(book, with_model=self.model), peers)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedJob(Job):
    """A generated ledger of about so many entries."""

    entries: int

    def book(self) -> Book:
        """Return the book."""
        ledger = generate_ledger(
            entries=self.entries, seed=self.seed, anomaly_rate=self.rate, twin_rate=self.twins if self.rate else 0.0
        )
        group = f"{self.entries}" if self.model else f"{self.entries} without a model"
        return Book("generated", group, self.rate, self.seed, ledger.events, ledger.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealJob(Job):
    """A real ledger, planted into."""

    path: Path
    order: str

    def book(self) -> Book:
        """Return the book."""
        entries = read_ledger(self.path, societe_id=1).entries
        if self.order == "date":
            entries.sort(key=lambda entry: entry.ecriture_date)
        twins = self.twins if self.rate else 0.0
        implanted = implant(entries, seed=self.seed, anomaly_rate=self.rate, twin_rate=twins)
        by_date = self.order == "date"
        return Book(self.path.stem, self.order, self.rate, self.seed, implanted.events, implanted.labels, by_date)


def generated_jobs(seed: int, *, quick: bool) -> list[GeneratedJob]:
    """Return the generated books; those of one size differ by their seeds, and clean ones have theirs in common."""
    sizes = QUICK_SIZES if quick else SIZES
    jobs = []
    for entries, count in sizes.items():
        for k in range(count):
            own = seed + 1_000 * k
            jobs.append(GeneratedJob(entries=entries, seed=own, rate=HIGH, peers=not quick))
            jobs.append(GeneratedJob(entries=entries, seed=own + 500, rate=LOW))
            if k < max(1, count // 2):
                jobs.append(GeneratedJob(entries=entries, seed=own, rate=0.0))
        if not quick:
            jobs.append(GeneratedJob(entries=entries, seed=seed, rate=HIGH, model=False))
    return sorted(jobs, key=lambda job: -job.entries)  # the largest first, so that no process waits for another


def real_jobs(path: Path, seed: int, *, quick: bool) -> list[RealJob]:
    """Return the books of one real ledger, in both orders."""
    jobs = []
    for order in ORDERS:
        jobs.append(RealJob(path=path, order=order, seed=seed, rate=0.0))
        for k in range(QUICK_REAL_SEEDS if quick else REAL_SEEDS):
            own = seed + 1_000 * k
            jobs.append(RealJob(path=path, order=order, seed=own, rate=HIGH, peers=not quick))
            jobs.append(RealJob(path=path, order=order, seed=own + 500, rate=LOW))
    return jobs


def measured(jobs: Sequence[Job], *, processes: int = PROCESSES) -> Iterator[MeasuredBook]:
    """Yield what came out of each job, in their order; say on standard error how far it got."""
    processes = min(processes, os.cpu_count() or 1, len(jobs))
    if processes <= 1:
        yield from (job() for job in jobs)
        return
    # Not forked: compiled code and its threads do not survive that everywhere.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_single) as pool:
        for done, book in enumerate(pool.map(_run, jobs), 1):
            if done % STEP == 0 or done == len(jobs):
                print(f"· books {done}/{len(jobs)}", file=sys.stderr, flush=True)
            yield book


def _single() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"


def _run(job: Job) -> MeasuredBook:
    return job()
