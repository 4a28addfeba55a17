"""The role `delivery`: a receiver that hangs and fails, another that works, and a worker that is killed in between."""

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
from msgspec.structs import replace

from schemas import Alerte, Canal, Destination, Livraison, ReglageAlertes, Severite, StatutLivraison
from topics import ALERTS, DELIVERIES
from wisebook_ml.storage import DeliveryLog, SettingsStore, open_database

from .deployment import Deployment, Raw

HANG = 0
KEY = "key of the test"
SETTINGS = {
    "WISEBOOK_ML_WEBHOOK_HTTP": "true",
    "WISEBOOK_ML_WEBHOOK_PRIVATE": "true",
    "WISEBOOK_ML_SIGNING_KEY": KEY,
    "WISEBOOK_ML_DELIVERY_BACKOFF_SECONDS": "0.3",
}
PATIENT, QUICK = {**SETTINGS, "WISEBOOK_ML_DELIVERY_SECONDS": "60"}, {**SETTINGS, "WISEBOOK_ML_DELIVERY_SECONDS": "1.5"}


class Receiver:
    """Answers with these statuses, one after the other, and with the last one from then on."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = statuses
        self.taken: list[tuple[int, dict[str, str], bytes, float]] = []
        self.closing = threading.Event()
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator["Receiver"]:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = told.statuses[min(len(told.taken), len(told.statuses) - 1)]
                headers = {name.lower(): value for name, value in self.headers.items()}
                told.taken.append((status, headers, body, time.monotonic()))
                if status == HANG:
                    told.closing.wait()
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads, server.block_on_close = True, False
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            self.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
            yield self
            self.closing.set()
            server.shutdown()
            thread.join()


def alert(number: int) -> Alerte:
    return Alerte(
        alerte_id=uuid.UUID(int=number), societe_id=7, severite=Severite.ELEVEE, titre_fr="Écart", titre_en="Gap",
        detections=[uuid.UUID(int=9)], montant="12.00",
    )  # fmt: skip


def on_topic(alerte: Alerte) -> Raw:
    return b"7", msgspec.json.encode(alerte), [("ce_type", Alerte.ce_type.encode()), ("wb_correlation", b"entry-7")]


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Verify a webhook by the words of its specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    recent = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return recent and expected in headers["webhook-signature"].split()


def test_a_webhook_that_hangs_and_fails_gets_one_delivery_and_delays_nobody(deployment: Deployment) -> None:
    engine = open_database(deployment.settings.sql_url)
    log = DeliveryLog(engine)
    with Receiver(HANG, HANG, 500, 200).serving() as bad, Receiver(200).serving() as good:
        destinations = [Destination(canal=Canal.WEBHOOK, adresse=one.url) for one in (bad, good)]
        SettingsStore(engine).append(
            7, lambda base: replace(base, alertes=ReglageAlertes(destinations=destinations)), "test"
        )  # fmt: skip
        worker = deployment.start("delivery", **PATIENT)
        deployment.send(ALERTS, [(b"7", b'{"societe_id": 7}', []), on_topic(alert(1))])
        deployment.until(lambda: len(bad.taken) == 1 and len(good.taken) == 1, "first attempts", worker)
        deployment.send(ALERTS, [on_topic(alert(2)), on_topic(alert(1))])  # one alert comes again
        sent = time.monotonic()
        deployment.until(lambda: len(good.taken) == 2, "the second alert", worker)
        assert good.taken[1][3] - sent < 30.0  # half an attempt, though the other has hung all the time
        deployment.wait("delivery", ALERTS, worker)
        worker.kill()

        worker = deployment.start("delivery", **QUICK)
        deployment.until(
            lambda: [row.statut for row in log.list(7)] == [StatutLivraison.LIVREE] * 4, "all deliveries", worker
        )
        time.sleep(1.0)  # nothing more comes
        secret = deployment.run("alerts", "secret", "7", bad.url, **SETTINGS)
        assert worker.stop() == 0

    assert [status for status, *_ in bad.taken] == [HANG, HANG, 500, 200, 200]
    assert [status for status, *_ in good.taken] == [200, 200]
    assert {row.correlation for row in log.list(7)} == {"entry-7"}
    assert all(is_genuine(secret.stdout.decode().strip(), headers, body) for _, headers, body, _ in bad.taken)
    assert not any(is_genuine(secret.stdout.decode().strip(), headers, body) for _, headers, body, _ in good.taken)
    delivered = [headers["webhook-id"] for status, headers, *_ in [*bad.taken, *good.taken] if status == 200]
    rows = {str(row.livraison_id): row for row in log.list(7)}
    assert sorted(delivered) == sorted(rows)  # each once
    bodies = {json.loads(body)["data"]["alerte_id"] for _, _, body, _ in bad.taken}
    assert bodies == {str(alert(1).alerte_id), str(alert(2).alerte_id)}

    recorded = log.attempts([row.livraison_id for row in rows.values()])
    published = [msgspec.json.decode(one.value or b"", type=Livraison) for one in deployment.read(DELIVERIES)]
    assert sorted({one.header("ce_id") for one in deployment.read(DELIVERIES)}) == sorted(
        f"{one.livraison_id}/{one.tentative}/{one.statut}" for one in recorded
    )
    assert {msgspec.json.encode(one) for one in published} == {msgspec.json.encode(one) for one in recorded}
    at_bad = [one for one in recorded if rows[str(one.livraison_id)].destination == bad.url]
    assert len(at_bad) == len(bad.taken)
    interrupted = [one for one in at_bad if "the worker ended during this attempt" in one.detail]
    assert [one.tentative for one in interrupted] == [1]
    assert sum(one.code == 500 for one in at_bad) == 1
    told = deployment.run("alerts", "deliveries", "7", "--alert", str(alert(1).alerte_id))
    assert b"the worker ended during this attempt" in told.stdout
    (letter,) = deployment.dead_letters()
    assert letter.header("wb_reason") == "SCHEMA"
