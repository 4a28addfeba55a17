"""(l) What statistics and drift cost beside scoring: the scorer that counts and publishes, and the role that folds.

Processor time of all of it an entry, in one run, against that of scoring without any of it. What it is compared with is
the core alone (decoding, scoring, encoding), without the transport of the scoring role; the role `statistics` is
measured with its own.
"""

import datetime as dt
import resource
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import NamedTuple

import msgspec

from bench.benches.opinions import _activation
from bench.context import Context, Deployment, Failed
from bench.live import Group, process_cpu, stop
from bench.preload import partition
from bench.results import line_of
from schemas import Avis, Comptage, Ecriture, Esquisse, Parametres, Tick, TypeModele, Verdict
from topics import COUNTS, DETECTIONS, FEEDBACK, SKETCHES, STATISTICS, WINDOWS
from topics.incoming import entry_event, tick_event
from wisebook_ml.clock import utc_now
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.events import Outgoing, RawRecord, event_headers
from wisebook_ml.messaging.groups import group_name
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.pipeline.tallied import PartitionState, Run
from wisebook_ml.pipeline.warm import warm_up
from wisebook_ml.scoring.events import Outcome
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.services.catalogue import service_class

__all__ = ["run"]

TARGET = 0.10
COMPANIES, ENTRIES = 20, 3_000
"""Companies of a partition, and entries of each."""

PLACE = 0
"""The partition."""

BATCHES = (4_000, 500)
"""Records in a batch: what a busy worker is given at once, and one that keeps up."""


class _Load(NamedTuple):
    """Entries of the partition in an hour, and whether they are dated when they come."""

    an_hour: int
    live: bool


LOADS = {
    "busy": _Load(1_800_000, live=True),  # its share of 10,000 lines a second, as where latency is measured
    "quiet": _Load(500, live=True),  # so each company has a row of 25 entries every hour
    "import": _Load(500, live=False),
}
"""The last is a year of ledgers, each entry dated as it was typed, so that most are alone in their hour: as many
windows, rows and tombstones as there can be."""

HOURS_A_DAY = 24

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)

PAIRS = 5
"""Runs at least."""

EARLY = 2_000
"""Entries before the first tick at the latest."""

WARM_SHARE = 0.1
"""Of what the role is given: it is folded before the clock starts."""

ROLE_SECONDS = 150.0
"""What the role may take for all."""

SEED = 20_221_231


class _NotCounting(PartitionState):
    """A state that scores and counts nothing."""

    def tally(self, run: Run, outcome: Outcome) -> list[tuple[int, Comptage]]:
        return []

    def sketch(self, run: Run, outcome: Outcome) -> list[tuple[int, Esquisse]]:
        return []


class _Share(NamedTuple):
    """Microseconds of a processor that an entry takes: to be scored, and counted along the way."""

    scoring: float
    counting: float
    told: list[Outgoing]


class _Folded(NamedTuple):
    """Microseconds of a processor that an entry takes: to publish its counts, and in the role; and what came of it."""

    publishing: float
    role: float
    values: int
    rows: int


def run(context: Context) -> None:
    """Score the same records with and without, by turns; then have the role fold what was told."""
    ledger = generate_ledger(entries=ENTRIES, seed=SEED, anomaly_rate=0.03)
    fitted = service_class(TypeModele.ISOLATION_FOREST)({}, seed=1).fit(entry_frame(Collected(ledger.events)))
    watched = IsolationForest.load(fitted.dump(), FEATURE_NAMES)
    if not watched.reference:
        raise RuntimeError("the forest has no reference, so that nothing would be sketched")
    companies = list(islice((one for one in count(1) if partition(b"%d" % one) == PLACE), COMPANIES))
    events = generate_ledger(entries=ENTRIES, seed=SEED + 1).events
    entries = [msgspec.structs.replace(entry, societe_id=one) for entry in events for one in companies]
    warm_up()
    for load in LOADS:
        records = _records(entries, companies, LOADS[load])
        shares = [_cost(context, load, records, watched, batch, len(entries)) for batch in BATCHES]
        _total(context, load, shares[0], len(entries))


def _cost(
    context: Context, load: str, records: Sequence[RawRecord], watched: IsolationForest, batch: int, entries: int
) -> _Share:
    """Add the line of what counting adds to scoring."""
    shares, with_, without, told = [], 0.0, 0.0, list[Outgoing]()
    for _ in range(max(1 if context.sizes.quick else PAIRS, context.sizes.repetitions)):
        seconds, told = _scored(records, watched, batch)
        shares.append(seconds[0] / seconds[1] - 1.0)
        with_, without = with_ + seconds[0], without + seconds[1]
    counts = [out for out in told if out.topic is COUNTS]
    micros = 1e6 / len(shares) / entries
    context.results.add(
        line_of(
            f"tables.cost.{load}.{batch}",
            statistics.median(shares),
            "of scoring",
            at_most=TARGET,
            compared_with="the same records scored and not counted",
            batch=batch,
            entries=entries,
            companies=COMPANIES,
            runs=len(shares),
            least=min(shares),
            most=max(shares),
            scoring_microseconds_an_entry=without * micros,
            counting_microseconds_an_entry=(with_ - without) * micros,
            counts=len(counts),
            counts_bytes=sum(len(out.value or b"") for out in counts),
            sketches=sum(out.topic is SKETCHES for out in told),
            processes=1,
        )
    )
    # Scoring as it was, and the share by the median: one pair that was disturbed does not count.
    return _Share(without * micros, statistics.median(shares) * without * micros, told)


def _total(context: Context, load: str, share: _Share, entries: int) -> None:
    """Add the line of what all tables cost."""
    runs = [_folded(context, load, share.told, entries) for _ in range(min(2, context.sizes.repetitions))]
    role = statistics.median(one.role for one in runs)
    publishing = statistics.median(one.publishing for one in runs)
    context.results.add(
        line_of(
            f"tables.total.{load}",
            (share.counting + publishing + role) / share.scoring,
            "of scoring",
            at_most=TARGET,
            compared_with="the core that scores the same records, without transport",
            entries=entries,
            entries_an_hour=LOADS[load].an_hour,
            companies=COMPANIES,
            scoring_microseconds_an_entry=share.scoring,
            counting_microseconds_an_entry=share.counting,
            publishing_microseconds_an_entry=publishing,
            role_microseconds_an_entry=role,
            role_runs=[one.role for one in runs],
            values_an_entry=runs[-1].values / entries,
            rows_an_entry=runs[-1].rows / entries,
            processes=2,
        )
    )


def _records(entries: Sequence[Ecriture], companies: Sequence[int], load: _Load) -> list[RawRecord]:
    """Return activations, and entries with the ticks of timers between them, with the headers that they travel with.

    The ticks of an hour and of a day come last in any case, and once early, so that what a role does at first use of a
    database lies before the clock starts.
    """
    made: list[RawRecord] = []
    for one in companies:
        marker = _activation(one, TypeModele.ISOLATION_FOREST)
        value, key = msgspec.json.encode(marker), str(marker.societe_id).encode()
        made.append(RawRecord(len(made), key, value, [("ce_type", marker.ce_type.encode())]))
    ends = (("statistics", load.an_hour), ("drift", HOURS_A_DAY * load.an_hour))
    for number, entry in enumerate(entries):
        now = START + dt.timedelta(hours=number / load.an_hour)
        event = entry_event(entry, "bench")
        headers = list(event.headers)
        if load.live:
            headers = [(name, now.isoformat().encode() if name == "ce_time" else value) for name, value in headers]
        made.append(RawRecord(len(made), event.key, event.value, headers))
        for name, often in ends:
            if number % often == often - 1 or number in (EARLY, len(entries) - 1):
                due = now + dt.timedelta(hours=1) if load.live else utc_now()
                tick = tick_event(Tick(societe_id=0, minuterie=name, echeance=due), "bench")
                made.append(RawRecord(len(made), tick.key, tick.value, list(tick.headers)))
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
        pipeline = PartitionPipeline("bench", PLACE, scorer, utc_now)
        if not counting:
            pipeline._state = _NotCounting(scorer, PLACE)
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


def _folded(context: Context, load: str, told: Sequence[Outgoing], entries: int) -> _Folded:
    """Have a worker of the role fold what the scorer told, and verdicts on some of it.

    It is given the first of it, to be compiled, connected and recovered, and the rest at once.
    """
    deployment = context.deployment(f"tables-{load}")
    first = int(WARM_SHARE * len(told))
    context.say(f"statistics role: {deployment.settings.topic_prefix}")
    worker = deployment.start_worker("statistics")
    try:
        _publish(deployment, told[:first])
        _until_folded(context, deployment, worker)
        began = process_cpu(worker.pid)
        publishing = _publish(deployment, told[first:])
        _until_folded(context, deployment, worker)
        used = process_cpu(worker.pid) - began
    finally:
        stop(worker)
    counted = entries - _entries_of(told[:first])
    ends = [
        sum(
            end for _, end in end_offsets(context.bootstrap, topic.full_name(deployment.settings.topic_prefix)).values()
        )
        for topic in (WINDOWS, STATISTICS)
    ]
    return _Folded(publishing / counted * 1e6, used / counted * 1e6, *ends)


def _entries_of(told: Sequence[Outgoing]) -> int:
    decode = msgspec.json.Decoder(Comptage).decode
    return sum(sum(decode(out.value or b"").ecritures) for out in told if out.topic is COUNTS)


def _publish(deployment: Deployment, told: Sequence[Outgoing]) -> float:
    """Publish what the scorer told; return the seconds of a processor that its counts and sketches took.

    Detections are published by scoring whether anything is counted or not.
    """
    prefix = deployment.settings.topic_prefix
    ours = [out for out in told if out.topic in (COUNTS, SKETCHES)]
    with EventProducer(deployment.settings.bootstrap_servers or "", prefix) as producer:
        began = _cpu()
        for out in ours:
            producer.send(out)
        producer.flush()
        used = _cpu() - began
        for out in (*(one for one in told if one.topic is DETECTIONS), *_verdicts(told)):
            producer.send(out)
    return used


def _verdicts(told: Sequence[Outgoing]) -> Iterator[Outgoing]:
    """Yield a verdict on every tenth detection."""
    for out in [one for one in told if one.topic is DETECTIONS][::10]:
        found = msgspec.json.decode(out.value or b"")
        said = Avis(
            societe_id=found["societe_id"],
            detection_id=found["detection_id"],
            verdict=Verdict.CONFIRMEE,
            auteur="bench",
        )
        time_ = dt.datetime.fromisoformat(dict(out.headers)["wb_time"].decode())  # type: ignore[union-attr]
        headers = event_headers(said, id_=str(said.detection_id), source="bench", time=time_)
        yield Outgoing(FEEDBACK, b"%d" % said.societe_id, msgspec.json.encode(said), headers, PLACE)


def _until_folded(context: Context, deployment: Deployment, worker: "subprocess.Popen[bytes]") -> None:
    """Wait until the role has committed all that is there."""
    prefix = deployment.settings.topic_prefix
    deadline = time.monotonic() + ROLE_SECONDS
    for topic in (COUNTS, DETECTIONS, FEEDBACK):
        name = topic.full_name(prefix)
        group = Group(context.bootstrap, group_name(prefix, "statistics"), name)
        try:
            (_, end) = end_offsets(context.bootstrap, name)[PLACE]
            while group.committed()[PLACE] < end:
                if worker.poll() is not None:
                    raise Failed(f"the worker ended: {deployment.log_tail('statistics')}")
                if time.monotonic() > deadline:
                    raise Failed(f"{name} was not folded: {deployment.log_tail('statistics')}")
                time.sleep(0.1)
        finally:
            group.close()
