"""`wisebook-ml alerts deliveries|secret|test` in words."""

import base64
import datetime as dt
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from schemas import Alerte, Canal, Destination, ReglageAlertes, Severite
from wisebook_ml.cli import main
from wisebook_ml.delivery.planning import plan
from wisebook_ml.delivery.schedule import Answer, Backoff, Kind
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import DeliveryStore, Issued, open_database

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
HOOK = "https://erp.example.fr/hook?key=secret"
ALERT = Alerte(
    alerte_id=uuid.UUID(int=1), societe_id=7, severite=Severite.ELEVEE, titre_fr="t", titre_en="t",
    detections=[uuid.UUID(int=9)],
)  # fmt: skip
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, **env: str) -> Result:
        for name, value in env.items():
            monkeypatch.setenv(f"WISEBOOK_ML_{name.upper()}", value)
        get_settings.cache_clear()
        return CliRunner().invoke(main, ["alerts", *arguments])

    yield call
    get_settings.cache_clear()


@pytest.fixture
def recorded(run: Run, tmp_path: Path) -> None:
    """One delivery that arrived, one that failed."""
    get_settings.cache_clear()
    store, waits = DeliveryStore(open_database(get_settings().sql_url)), Backoff(30.0, 1)
    rules = ReglageAlertes(
        destinations=[
            Destination(canal=Canal.WEBHOOK, adresse=HOOK),
            Destination(canal=Canal.EMAIL, adresse="anne@example.fr"),
        ]
    )
    store.plan([Issued(ALERT, NOON)], lambda alerte, told: plan(alerte, rules, told), NOON)
    for claim in store.claim({Canal.WEBHOOK: 1, Canal.EMAIL: 1}, waits, NOON, dt.timedelta(seconds=15)):
        failed = claim.canal is Canal.WEBHOOK
        answer = Answer(Kind.RETRY, "answered 500", 500) if failed else Answer(Kind.DELIVERED)
        ended = NOON + dt.timedelta(milliseconds=12)
        step = waits.step(answer, key="k", attempt=1, now=ended, issued=NOON)
        store.finish(
            claim, step, code=answer.code, ended=ended, pause=dt.timedelta(seconds=1) if failed else None
        )  # fmt: skip


def test_deliveries(run: Run, recorded: None) -> None:
    listed = run("deliveries", "7")
    assert listed.exit_code == 0, listed.output
    assert "2026-03-10 13:00:00  delivered: mail anne@example.fr\n" in listed.stdout
    assert "  to be tried: webhook https://erp.example.fr/hook?…\n" in listed.stdout
    assert f"    alert {ALERT.alerte_id}, revision 1; 1 attempt, next 2026-03-10 13:00:" in listed.stdout
    assert " ms" not in listed.stdout
    assert "secret" not in listed.stdout
    assert run("deliveries", "8").stdout == "No deliveries of company 8 are recorded here.\n"
    with_attempts = run("deliveries", "7", "--alert", str(ALERT.alerte_id)[:8])
    assert "    - 2026-03-10 13:00:00, no. 1, 12 ms, failed (500): answered 500\n" in with_attempts.stdout

    rows = [json.loads(line) for line in run("deliveries", "7", "--json").stdout.splitlines()]
    assert {(row["canal"], row["statut"]) for row in rows} == {("WEBHOOK", "A_REESSAYER"), ("EMAIL", "LIVREE")}
    (failed,) = [json.loads(line) for line in run("deliveries", "7", "--failed", "--json").stdout.splitlines()]
    assert failed["destination"] == "https://erp.example.fr/hook?…"
    assert [(one["tentative"], one["code"]) for one in failed["essais"]] == [(1, 500)]


def test_secret(run: Run) -> None:
    missing = run("secret", "7", HOOK)
    assert missing.exit_code == 1
    assert "WISEBOOK_ML_SIGNING_KEY" in missing.stderr
    told = run("secret", "7", HOOK, signing_key="key")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("whsec_")
    assert len(base64.b64decode(told.stdout.strip().removeprefix("whsec_"))) == 32
    assert run("secret", "8", HOOK).stdout != told.stdout
    assert run("secret", "7", "anne@example.fr").exit_code == 2


class Receiver(BaseHTTPRequestHandler):
    taken: list[dict[str, object]]

    def do_POST(self) -> None:
        self.taken.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_trial(run: Run) -> None:
    Receiver.taken = []
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/hook?key=1"
        refused = run("test", "7", url, signing_key="key")
        assert refused.exit_code == 1
        assert "http:// is not encrypted" in refused.stderr
        private = run("test", "7", url, webhook_http="true")
        assert "an address of this machine (loopback); where receivers are in your own network" in private.stderr
        told = run("test", "7", url, webhook_private="true")
        server.shutdown()
        thread.join()
    assert told.exit_code == 0, told.output
    assert told.stdout == f"delivered to {url.partition('?')[0]}?… (status 204)\n"
    (taken,) = Receiver.taken
    assert taken["essai"] is True

    mail = run("test", "7", "anne@example.fr")
    assert mail.exit_code == 1
    assert "WISEBOOK_ML_SMTP_HOST" in mail.stderr
    nobody = run("test", "7", "anne")
    assert nobody.exit_code == 2
    assert "is a mailbox" in nobody.stderr
    wrong = run("test", "7", "anne@example.fr", mail_from="nobody")
    assert wrong.exit_code == 1
    assert "WISEBOOK_ML_MAIL_FROM" in wrong.stderr
