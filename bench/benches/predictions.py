"""(o) `predict` over HTTP: how long one row takes with each kind of trees, and how many rows a process does a second.

The API is the real one, in a process of its own, on SQLite; whoever asks is another process on the same machine and
keeps its connection. Rows are those that the models learn from, of a generated ledger.
"""

import datetime as dt
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from bench.benches.latency import percentile
from bench.context import Context, Deployment, Failed
from bench.results import line_of
from schemas import TypeModele
from wisebook_ml.access import Right
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.catalogue import DATASETS
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.generator import generate_ledger, judge_ledger
from wisebook_ml.inference import FIELDS
from wisebook_ml.inference.desk import records
from wisebook_ml.services.catalogue import DOMAINES, MissingLibrary, service_class
from wisebook_ml.storage import ModelRegistry, TokenStore, open_database

__all__ = ["run"]

TREES = (
    TypeModele.RANDOM_FOREST,
    TypeModele.GRADIENT_BOOSTING,
    TypeModele.ISOLATION_FOREST,
    TypeModele.XGBOOST,
)

SOCIETE, SEED = 1_000_001, 7
"""A company beside those of the ledger, whose models lie in the same store."""
ENTRIES = 1_000
BATCH = 200
"""Rows of a request: of most columns, half of what a body may have."""

SINGLES = {True: 500, False: 2_000}
BATCHES = {True: 10, False: 30}
"""Requests that are measured, in a quick run and in a full one; a first tenth besides is not."""

P99_MS = 20.0
ROWS_PER_SECOND = 1_000.0
START_SECONDS = 60.0
PAUSE_SECONDS = 0.1


def run(context: Context) -> None:
    """Measure each kind of trees."""
    deployment = context.deployment("predictions")
    models = _train(context, deployment)
    engine = open_database(deployment.settings.sql_url)
    token = TokenStore(engine).create("bench", [SOCIETE], [Right.READ], now=dt.datetime.now(dt.UTC))[1]
    engine.dispose()
    with _serving(deployment) as address, httpx.Client(headers={"Authorization": f"Token {token}"}) as client:
        for kind, (modele_id, rows) in models.items():
            context.say(f"asking {kind.value}")
            _measure(context, client, f"{address}/api/ml/modeles/{modele_id}/predict/", kind, rows)


def _train(context: Context, deployment: Deployment) -> dict[TypeModele, tuple[int, Sequence[Mapping[str, Any]]]]:
    """Put a model of each kind in charge; return them, and rows that they can be asked about."""
    ledger = generate_ledger(entries=ENTRIES, seed=SEED, societe_id=SOCIETE)
    judged = judge_ledger(ledger.publications, ledger.labels, seed=SEED)
    collected = Collected(entries=ledger.events, avis=[given.avis for given in judged.avis])
    engine = open_database(deployment.settings.sql_url)
    registry, store = ModelRegistry(engine), ArtefactStore.of(deployment.settings)
    found: dict[TypeModele, tuple[int, Sequence[Mapping[str, Any]]]] = {}
    for kind in TREES:
        try:
            service = service_class(kind)()
        except MissingLibrary:
            continue
        context.say(f"training {kind.value} on {ENTRIES:,} entries")
        frame = DATASETS[kind].build(collected)
        data = service.fit(frame).dump()
        modele_id = registry.create(SOCIETE, kind.value, kind, DOMAINES[kind]).id
        saved = store.save(data, societe_id=SOCIETE, modele_id=modele_id, version=1, type_modele=kind)
        registry.record_version(saved)
        registry.promote(modele_id, 1)
        names = [field.nom for field in FIELDS[kind] if field.requis or kind is TypeModele.RANDOM_FOREST]
        found[kind] = modele_id, records(frame[names].tail(BATCH))
    engine.dispose()
    return found


@contextmanager
def _serving(deployment: Deployment) -> Iterator[str]:
    """Serve the API from a process of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**deployment.env, "WISEBOOK_ML_API_RATE": "1000000/minute"}
    with deployment.log_of("api").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "wisebook_ml", "api", "--port", str(port)],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: httpx.get(f"{address}/healthz").status_code == 200, process, deployment)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(answers: Callable[[], bool], process: "subprocess.Popen[bytes]", deployment: Deployment) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if answers():
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"the API did not start: {deployment.log_tail('api')}")
        time.sleep(PAUSE_SECONDS)


def _measure(
    context: Context, client: httpx.Client, place: str, kind: TypeModele, rows: Sequence[Mapping[str, Any]]
) -> None:
    quick, name = context.sizes.quick, f"predictions.{kind.value.lower()}"
    bodies = [msgspec.json.encode({"data": [row]}) for row in rows]
    delays = sorted(1_000 * seconds for seconds in _asked(client, place, bodies, SINGLES[quick]))
    context.results.add(
        line_of(
            f"{name}.p99",
            percentile(delays, 0.99),
            "ms",
            at_most=P99_MS,
            p50_ms=percentile(delays, 0.5),
            largest_ms=delays[-1],
            requests=len(delays),
        )
    )
    seconds = list(_asked(client, place, [msgspec.json.encode({"data": rows})], BATCHES[quick]))
    context.results.add(
        line_of(
            f"{name}.rows",
            len(rows) * len(seconds) / sum(seconds),
            "rows/s",
            at_least=ROWS_PER_SECOND,
            rows_per_request=len(rows),
            requests=len(seconds),
        )
    )


def _asked(client: httpx.Client, place: str, bodies: Sequence[bytes], requests: int) -> Iterator[float]:
    """Yield the seconds of each request, one after the other; those of the first tenth are not told."""
    for number in range(-requests // 10, requests):
        begun = time.perf_counter()
        answer = client.post(place, content=bodies[number % len(bodies)], headers={"Content-Type": "application/json"})
        taken = time.perf_counter() - begun
        if answer.status_code != 200:
            raise Failed(f"{place}: {answer.status_code} {answer.text}")
        if number >= 0:
            yield taken
