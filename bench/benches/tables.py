"""(l) What statistics and drift cost the scorer: the same entries scored with and without counts and sketches."""

import resource
import statistics
from collections.abc import Sequence

import msgspec

from bench.benches.opinions import _activation, _mixed
from bench.context import Context
from bench.results import line_of
from schemas import Comptage, Ecriture, Esquisse, Parametres, Tick, TypeModele
from topics import COUNTS, SKETCHES
from wisebook_ml.clock import utc_now
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.pipeline.tallied import PartitionState, Run
from wisebook_ml.pipeline.warm import warm_up
from wisebook_ml.publishing import entry_event, tick_event
from wisebook_ml.scoring.stream import LedgerScorer, Outcome
from wisebook_ml.services.catalogue import service_class

__all__ = ["run"]

TARGET = 0.10
COMPANIES, ENTRIES = 20, 3_000
"""Companies of a partition, and entries of each."""

BATCHES = (4_000, 500)
"""Records in a batch: what a busy worker is given at once, and one that keeps up."""

A_DAY = 12_000
"""Records between two ticks of `drift`; those of `statistics` come 24 times as often."""

PAIRS = 7
"""Runs at least."""

SEED = 20_221_231


class _NotCounting(PartitionState):
    """A state that scores and counts nothing."""

    def tally(self, run: Run, outcome: Outcome) -> list[tuple[int, Comptage]]:
        return []

    def sketch(self, run: Run, outcome: Outcome, partition: int) -> list[tuple[int, Esquisse]]:
        return []


def run(context: Context) -> None:
    """Score the same records with and without, by turns, and tell the share that counting adds."""
    ledger = generate_ledger(entries=ENTRIES, seed=SEED, anomaly_rate=0.03)
    fitted = service_class(TypeModele.ISOLATION_FOREST)({}, seed=1).fit(entry_frame(Collected(ledger.events)))
    watched = IsolationForest.load(fitted.dump(), FEATURE_NAMES)
    if not watched.reference:
        raise RuntimeError("the forest has no reference, so that nothing would be sketched")
    entries = _mixed(generate_ledger(entries=ENTRIES, seed=SEED + 1).events)
    records = _records(entries)
    warm_up()
    for batch in BATCHES:
        shares, with_, without, told = [], 0.0, 0.0, list[Outgoing]()
        for _ in range(max(PAIRS, context.sizes.repetitions)):
            seconds, told = _scored(records, watched, batch)
            shares.append(seconds[0] / seconds[1] - 1.0)
            with_, without = with_ + seconds[0], without + seconds[1]
        counts = [out for out in told if out.topic is COUNTS]
        context.results.add(
            line_of(
                f"tables.cost.{batch}",
                statistics.median(shares),
                "of scoring",
                at_most=TARGET,
                compared_with="the same records scored and not counted",
                batch=batch,
                entries=len(entries),
                companies=COMPANIES,
                runs=len(shares),
                least=min(shares),
                most=max(shares),
                scoring_microseconds_an_entry=without / len(shares) / len(entries) * 1e6,
                counting_microseconds_an_entry=(with_ - without) / len(shares) / len(entries) * 1e6,
                counts=len(counts),
                counts_bytes=sum(len(out.value or b"") for out in counts),
                sketches=sum(out.topic is SKETCHES for out in told),
                processes=1,
            )
        )


def _records(entries: Sequence[Ecriture]) -> list[RawRecord]:
    """Return activations, and entries with the ticks of timers between them, with the headers that they travel with."""
    made: list[RawRecord] = []
    for number in range(COMPANIES):
        marker = _activation(1 + number, TypeModele.ISOLATION_FOREST)
        value, key = msgspec.json.encode(marker), str(marker.societe_id).encode()
        made.append(RawRecord(len(made), key, value, [("ce_type", marker.ce_type.encode())]))
    for number, entry in enumerate(entries):
        sent = [entry_event(entry, "bench")]
        for name, often in (("statistics", A_DAY // 24), ("drift", A_DAY)):
            if number % often == often - 1:
                sent.append(tick_event(Tick(societe_id=0, minuterie=name, echeance=utc_now()), "bench"))
        for one in sent:
            made.append(RawRecord(len(made), one.key, one.value, list(one.headers)))
    return made


def _scored(
    records: Sequence[RawRecord], model: IsolationForest, batch: int
) -> tuple[tuple[float, float], list[Outgoing]]:
    """Return the seconds of a processor that it takes with and without counting, and what follows with it.

    Two pipelines take each batch one after the other, in turns the one and the other first: what slows the machine, or
    warms its caches, does so for both.
    """
    pipelines = []
    for counting in (True, False):
        scorer = LedgerScorer(load_model=lambda version: model, parametres=Parametres(societe_id=0), seed=SEED)
        pipeline = PartitionPipeline("bench", 0, scorer, utc_now)
        if not counting:
            pipeline._state = _NotCounting(scorer)
        pipeline.process(records[:COMPANIES])
        pipelines.append(pipeline)
    seconds, published = [0.0, 0.0], list[Outgoing]()
    for number, start in enumerate(range(COMPANIES, len(records), batch)):
        some = records[start : start + batch]
        for k in ((0, 1), (1, 0))[number % 2]:
            began = _cpu()
            made = pipelines[k].process(some)
            seconds[k] += _cpu() - began
            if k == 0:
                published += made
    return (seconds[0], seconds[1]), published


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
