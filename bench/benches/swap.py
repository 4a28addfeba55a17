"""(j) Hot swap: what entries wait when new versions of models take effect, while 10,000 lines a second are scored.

Every two seconds one company of each partition gets a new version, as a trainer puts one in force: announced on
`models`, and a second later marked on `entries`. Entries that were published around a marker are compared with the rest
of the same run, as `latency` follows them.
"""

import datetime as dt
import threading
import time

import msgspec

from bench.benches.latency import percentile, planted, publish_and_follow, warm_up
from bench.context import Context, Deployment
from bench.live import stop
from bench.preload import PARTITIONS, Record, preload, preload_at
from bench.results import line_of
from schemas import Activation, AnnonceModele, DomaineApplication, VersionModele
from topics import MODELS
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.messaging.events import event_headers
from wisebook_ml.training.promotion import LEAD_SECONDS

__all__ = ["run"]

RATE = 10_000
"""Entry lines a second."""

WARM_SECONDS = 3.0
SWAP_SECONDS = 2.0
AROUND_SECONDS = 0.5
"""An entry that is published within this time of a marker may have waited for its version."""

LEAST = 20
"""Entries followed around markers below which the figure tells nothing."""

MOST_MS = 100.0
NOW = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def run(context: Context) -> None:
    """Score at a steady rate, with swaps."""
    ledgers, deployment = context.ledgers, context.deployment("swap")
    markers, entries = list(ledgers.records[: ledgers.markers]), ledgers.records[ledgers.markers :]
    preload(context.bootstrap, deployment.entries, [*markers, *warm_up("warm")])
    per_second = RATE / ledgers.lines
    records = planted(entries[: round(per_second * (context.sizes.latency_seconds + WARM_SECONDS))])
    marked: list[float] = []
    ended = threading.Event()
    swapping = threading.Thread(target=_swap, args=(context, deployment, markers, marked, ended))
    worker = deployment.start_worker("scoring")
    try:
        swapping.start()
        published, seen = publish_and_follow(context, deployment, worker, records, per_second)
    finally:
        ended.set()
        swapping.join()
        stop(worker)
    begin = min(published.at.values()) + WARM_SECONDS
    counted = {id_: at for id_, at in published.at.items() if at >= begin}
    near: list[float] = []
    rest: list[float] = []
    for id_, at in counted.items():
        if id_ in seen.at:
            close = any(abs(at - marker) <= AROUND_SECONDS for marker in marked)
            (near if close else rest).append(1_000 * (seen.at[id_] - at))
    near.sort()
    rest.sort()
    lost = len(counted) - len(near) - len(rest)
    enough = len(near) >= LEAST and len(rest) >= LEAST
    context.results.add(line_of("swap.lost", lost, "detections", at_most=0, followed=len(counted)))
    context.results.add(
        line_of(
            "swap.delay",
            near[-1] - rest[-1] if enough else None,
            "ms",
            at_most=MOST_MS,
            compared_with="the slowest entry of the same run that is not around a swap",
            swaps=sum(begin <= marker for marker in marked),
            around=len(near),
            p50_around=percentile(near, 0.5) if enough else None,
            p99_around=percentile(near, 0.99) if enough else None,
            largest_around=near[-1] if near else None,
            p50_rest=percentile(rest, 0.5) if enough else None,
            p99_rest=percentile(rest, 0.99) if enough else None,
            largest_rest=rest[-1] if rest else None,
        )
    )


def _swap(
    context: Context, deployment: Deployment, markers: list[Record], marked: list[float], ended: threading.Event
) -> None:
    """Put new versions in force until the end; note when each was marked."""
    store = ArtefactStore(context.artefacts)
    versions = [msgspec.json.decode(marker.value, type=Activation).version for marker in markers]
    announcements = MODELS.full_name(deployment.settings.topic_prefix)
    number = 2
    while not ended.wait(SWAP_SECONDS - LEAD_SECONDS):
        first = (number * PARTITIONS) % max(1, len(versions) - PARTITIONS)
        made = [_next(store, version, number) for version in versions[first : first + PARTITIONS]]
        preload_at(context.bootstrap, announcements, {0: map(_announcement, made)})
        if ended.wait(LEAD_SECONDS):
            return
        preload(context.bootstrap, deployment.entries, map(_marker, made))
        marked.append(time.monotonic())
        number += 1


def _next(store: ArtefactStore, version: VersionModele, number: int) -> VersionModele:
    """Store a model as a further version of itself."""
    return store.save(
        store.read(version),
        societe_id=version.societe_id,
        modele_id=version.modele_id,
        version=number,
        type_modele=version.type_modele,
    )


def _announcement(version: VersionModele) -> Record:
    record = AnnonceModele(
        modele_id=version.modele_id,
        societe_id=version.societe_id,
        domaine_application=DomaineApplication.ANOMALIES,
        champion=version,
    )
    return _record(record, str(version.modele_id), version)


def _marker(version: VersionModele) -> Record:
    return _record(Activation(societe_id=version.societe_id, version=version), str(version.societe_id), version)


def _record(record: AnnonceModele | Activation, key: str, version: VersionModele) -> Record:
    headers = event_headers(record, id_=f"{version.modele_id}/{version.version}", source="bench", time=NOW)
    return Record(key.encode(), msgspec.json.encode(record), tuple((name, value or b"") for name, value in headers))
