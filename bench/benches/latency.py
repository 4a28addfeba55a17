"""(d) Latency from publish to detection readable, at steady rates, through the real scoring role.

Publisher, worker and subscriber are processes of their own. Three entries in a hundred are put out of balance, which is
surely detected; each is followed from the moment it is handed to the publisher's client to the moment the subscriber
has read its detection, and every one of them counts.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.context import ROOT, Context, Deployment, Failed, tail_of
from bench.engines.publisher import Published, PublishJob
from bench.engines.subscriber import Seen, SubscribeJob
from bench.live import Readable, stop
from bench.preload import PARTITIONS, Record, partition, preload
from bench.results import line_of
from bench.synthetic import unbalanced

__all__ = ["out_of_balance", "percentile", "planted", "publish_and_follow", "run", "warm_up"]

RATES = (1_000, 10_000)
"""Entry lines a second."""

P99_MS = 50.0
"""Target at the last of them."""

PLANTED_SHARE = 0.03
WARM_SECONDS = 3.0
"""The first seconds at each rate are not counted: what the worker compiles or opens at first use is start-up."""

SETTLE_SECONDS = 2.0
"""For the last detections to arrive; what is missing then is reported as missing."""

START_SECONDS = 90.0
GAP = b'"lignes":[{"compte_num":"47100000","ecriture_lib":"Ecart","debit":"777.77","credit":"0.00"},'


def run(context: Context) -> None:
    """Measure each rate on topics and with a worker of its own."""
    for rate in RATES:
        _measure(context, rate)


def _measure(context: Context, rate: int) -> None:
    ledgers, deployment = context.ledgers, context.deployment("latency")
    markers, entries = ledgers.records[: ledgers.markers], ledgers.records[ledgers.markers :]
    preload(context.bootstrap, deployment.entries, [*markers, *warm_up("warm")])
    per_second = rate / ledgers.lines
    wanted = round(per_second * (context.sizes.latency_seconds + WARM_SECONDS))
    records = planted(entries[:wanted])
    worker = deployment.start_worker("scoring")
    try:
        published, seen = publish_and_follow(context, deployment, worker, records, per_second)
    finally:
        stop(worker)
    begin = min(published.at.values()) + WARM_SECONDS
    counted = {id_: at for id_, at in published.at.items() if at >= begin}
    delays = sorted(1_000 * (seen.at[id_] - at) for id_, at in counted.items() if id_ in seen.at)
    missing = len(counted) - len(delays)
    late = "the rate was not kept" if published.seconds > 1.1 * len(records) / per_second else ""
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        judged = name == "p99" and rate == RATES[-1]
        context.results.add(
            line_of(
                f"latency.{name}.{rate}",
                percentile(delays, share) if delays and not missing else None,
                "ms",
                at_most=P99_MS if judged else None,
                lines_per_second=rate,
                seconds=context.sizes.latency_seconds,
                followed=len(delays),
                missing=missing,
                largest_ms=delays[-1] if delays else None,
                publisher_latest_ms=1_000 * published.late,
                detections=seen.records,
                error=f"{missing} detections were not readable" if missing else late,
            )
        )


def publish_and_follow(
    context: Context,
    deployment: Deployment,
    worker: "subprocess.Popen[bytes]",
    records: list[tuple[int, bytes, bytes, list[tuple[str, bytes]], str]],
    rate: float,
) -> tuple[Published, Seen]:
    """Publish records at a rate; return when planted ones were handed over, and when their detections were read.

    Raises
    ------
    Failed
        Where one of the processes gives no result.
    """
    home = deployment.settings.home
    readable = Readable(context.bootstrap, deployment.detections)
    ready = readable.wait_for({f"warm-{societe}" for societe in company_of_each()}, START_SECONDS, worker)
    readable.close()
    if ready is None:
        raise Failed(f"the scoring worker did not start: {deployment.log_tail('scoring')}")
    end, open_ = home / "stop", home / "ready"
    seen, published = home / "seen.msgpack", home / "published.msgpack"
    told = SubscribeJob(context.bootstrap, deployment.detections, str(end), str(open_), str(seen))
    subscriber = _process("subscriber", home, msgspec.msgpack.encode(told))
    try:
        while not open_.exists():
            time.sleep(0.05)
        publisher = _process(
            "publisher",
            home,
            msgspec.msgpack.encode(PublishJob(context.bootstrap, deployment.entries, rate, records, str(published))),
        )
        context.say(f"publishing {rate:,.0f} entries a second")
        try:
            publisher.wait(START_SECONDS + 2 * len(records) / rate)
        finally:
            stop(publisher)
        time.sleep(SETTLE_SECONDS)
        end.touch()
        subscriber.wait(START_SECONDS)
    finally:
        stop(subscriber)
    if not (published.exists() and seen.exists()):
        raise Failed(f"no result: {tail_of(home / 'publisher.log')} {tail_of(home / 'subscriber.log')}")
    return (
        msgspec.msgpack.decode(published.read_bytes(), type=Published),
        msgspec.msgpack.decode(seen.read_bytes(), type=Seen),
    )


def _process(name: str, home: Path, job: bytes) -> "subprocess.Popen[bytes]":
    path = home / f"{name}.msgpack"
    path.write_bytes(job)
    with (home / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"bench.engines.{name}", path],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def warm_up(name: str) -> list[Record]:
    """Return one entry for each partition that is surely detected."""
    return [unbalanced(societe, name) for societe in company_of_each()]


def company_of_each() -> list[int]:
    """Return a company without any other entries for each partition, in the order of partitions."""
    found: dict[int, int] = {}
    societe = 500_000
    while len(found) < PARTITIONS:
        found.setdefault(partition(str(societe).encode()), societe)
        societe += 1
    return [found[number] for number in range(PARTITIONS)]


def planted(entries: Sequence[Record]) -> list[tuple[int, bytes, bytes, list[tuple[str, bytes]], str]]:
    """Return entries to publish; every so many of the first revisions is put out of balance."""
    every, changes, records = round(1 / PLANTED_SHARE), 0, []
    for number, record in enumerate(entries):
        id_ = ""
        value = record.value
        if number // every >= changes:
            changed = out_of_balance(value)
            if changed is not None:
                value, id_ = changed
                changes += 1
        records.append((partition(record.key), record.key, value, list(record.headers), id_))
    return records


def out_of_balance(value: bytes) -> tuple[bytes, str] | None:
    """Return a new entry with a line too much, and its id; None for a revision, whose detection came before.

    Examples
    --------
    >>> out_of_balance(b'{"societe_id":1,"ecriture_id":"E1-2","lignes":[{}]}')[1]
    'E1-2'
    >>> out_of_balance(b'{"societe_id":1,"ecriture_id":"E1-2","revision":2,"lignes":[{}]}') is None
    True
    """
    head, mark, rest = value.partition(b'"lignes":[')
    if not mark or b'"revision":' in head or b'"operation":' in head:
        return None
    return head + GAP + rest, head.split(b'"ecriture_id":"', 1)[1].split(b'"', 1)[0].decode()


def percentile(values: list[float], share: float) -> float:
    """Return the smallest of ascending values that so many of them do not exceed.

    Examples
    --------
    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5), percentile([1.0, 2.0, 3.0, 4.0], 0.99)
    (2.0, 4.0)
    """
    return values[min(len(values) - 1, max(0, -int(-share * len(values) // 1) - 1))]
