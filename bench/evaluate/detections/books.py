"""The books that detection is measured on: which, how many, and each measured in a process of its own."""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from bench.evaluate.detections.core import Book, score_book
from bench.evaluate.detections.measure import MeasuredBook, measure
from bench.evaluate.detections.peers import peer_scores
from wisebook_ml.generator import generate_ledger

__all__ = ["HIGH", "LOW", "SIZES", "Job", "generated_jobs", "measured"]

HIGH, LOW = 0.01, 0.005
"""Cases planted for each entry: for the ranking of all kinds, and for the recall of statistical ones."""

TWINS = 0.01

SIZES = {2_000: 40, 8_000: 16, 20_000: 8}
"""Entries of a company, and how many companies of that size."""

QUICK_SIZES = {2_000: 24, 8_000: 8, 20_000: 2}

PROCESSES = 2

STEP = 25
"""Books after which it says how far it got."""


@dataclass(frozen=True, slots=True)
class Job:
    """One book to make and measure."""

    entries: int
    seed: int
    rate: float
    twins: float = TWINS
    model: bool = True
    peers: bool = False

    def book(self) -> Book:
        """Return the book."""
        ledger = generate_ledger(
            entries=self.entries, seed=self.seed, anomaly_rate=self.rate, twin_rate=self.twins if self.rate else 0.0
        )
        return Book("generated", self.group, self.rate, self.seed, ledger.events, ledger.labels)

    @property
    def group(self) -> str:
        """What it is reported with."""
        return f"{self.entries}" if self.model else f"{self.entries} without a model"

    def __call__(self) -> MeasuredBook:
        """Make, score and measure the book."""
        book = self.book()
        peers = peer_scores(book.events, self.seed) if self.peers else {}
        return measure(book, score_book(book, with_model=self.model), peers)


def generated_jobs(seed: int, *, quick: bool) -> list[Job]:
    """Return the generated books; those of one size differ by their seeds, and clean ones have theirs in common."""
    sizes = QUICK_SIZES if quick else SIZES
    jobs = []
    for entries, count in sizes.items():
        for k in range(count):
            own = seed + 1_000 * k
            jobs.append(Job(entries, own, HIGH, peers=not quick))
            jobs.append(Job(entries, own + 500, LOW))
            if k < max(1, count // 2):
                jobs.append(Job(entries, own, 0.0))
        if not quick:
            jobs.append(Job(entries, seed, HIGH, model=False))
    return sorted(jobs, key=lambda job: -job.entries)  # the largest first, so that no process waits for another


def measured(jobs: Sequence["Runnable"], *, processes: int = PROCESSES) -> Iterator[MeasuredBook]:
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


def _run(job: "Runnable") -> MeasuredBook:
    return job()


Runnable = Job
