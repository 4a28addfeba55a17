"""The courier with a real broker, a real database and receivers at their worst: nobody holds anybody up."""

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from schemas import Alerte, Canal, Destination, Livraison, ReglageAlertes, StatutLivraison
from topics import DELIVERIES
from wisebook_ml.clock import utc_now
from wisebook_ml.delivery.courier import Courier
from wisebook_ml.delivery.planning import Planned, Told, plan
from wisebook_ml.delivery.schedule import Backoff
from wisebook_ml.delivery.sender import Sender
from wisebook_ml.delivery.signing import secret_of, spelled
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.monitoring.logs import JsonFormatter
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DeliveryLog, DeliveryStore, Issued, open_database

from .receivers import answer, drip, flood, hang, mail_server, receiver
from .test_signing import is_genuine

WAIT = 60.0


class Post:
    """A courier, and what it works on."""

    def __init__(self, kafka: str, prefix: str, home: Path, **settings: object) -> None:
        apply_topics(kafka, prefix, declared=[DELIVERIES])
        self.settings = Settings(
            _env_file=None, bootstrap_servers=kafka, topic_prefix=prefix, home=home, signing_key="k", webhook_http=True,
            webhook_private=True, **{"delivery_seconds": 1.5, **settings},
        )  # fmt: skip
        self.engine = open_database(self.settings.sql_url)
        self.store, self.log = DeliveryStore(self.engine), DeliveryLog(self.engine)
        self.failures: list[BaseException] = []
        self.rules = ReglageAlertes()

    @contextmanager
    def working(self) -> Iterator[Courier]:
        courier = Courier(
            self.store,
            self.log,
            Sender(self.settings).send,
            EventProducer(self.settings.bootstrap_servers, self.settings.topic_prefix),
            Backoff(0.3, 1),
            self.failures.append,
        )
        courier.start()
        yield courier
        courier.leave()
        assert self.failures == []

    def issue(self, *alerts: Alerte) -> int:
        def choose(alerte: Alerte, told: Mapping[str, Sequence[Told]]) -> Sequence[Planned]:
            return plan(alerte, self.rules, told)

        return self.store.plan([Issued(one, utc_now(), "entry-7") for one in alerts], choose, utc_now())

    def published(self) -> list[Livraison]:
        return [msgspec.json.decode(raw.value or b"", type=Livraison) for raw in self.records()]

    def records(self) -> list[RawRecord]:
        name = DELIVERIES.full_name(self.settings.topic_prefix)
        read: list[RawRecord] = []
        for partition, (first, end) in end_offsets(self.settings.bootstrap_servers, name).items():
            for run in read_partition(self.settings.bootstrap_servers, name, partition, first, end):
                read += run
        return read


def until(holds: Callable[[], object]) -> float:
    """Wait until something holds; return how long it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < WAIT
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def post(kafka: str, topic_prefix: str, tmp_path: Path) -> Post:
    return Post(kafka, topic_prefix, tmp_path)


def webhook(url: str) -> Destination:
    return Destination(canal=Canal.WEBHOOK, adresse=url)


def test_one_signed_delivery_after_failures(post: Post, alerte: Alerte) -> None:
    with receiver(answer(500), hang, answer(200)) as one, post.working() as courier:
        post.rules = ReglageAlertes(destinations=[webhook(one.url())])
        assert post.issue(alerte) == 1
        courier.wake()
        until(lambda: [row.statut for row in post.log.list(7)] == [StatutLivraison.LIVREE])
    assert len(one.requests) == 3
    (row,) = post.log.list(7)
    assert row.tentatives == 3
    assert {request.headers["webhook-id"] for request in one.requests} == {str(row.livraison_id)}
    assert len({request.body for request in one.requests}) == 1
    secret = spelled(secret_of("k", 7, one.url()))
    assert all(is_genuine(secret, request.headers, request.body) for request in one.requests)
    assert msgspec.convert(json.loads(one.requests[0].body)["data"], Alerte) == alerte
    assert [(told.tentative, told.statut, told.code) for told in post.published()] == [
        (1, StatutLivraison.A_REESSAYER, 500),
        (2, StatutLivraison.A_REESSAYER, None),
        (3, StatutLivraison.LIVREE, 200),
    ]
    assert post.published() == post.log.attempts([row.livraison_id])


def test_the_id_of_the_alert_is_in_logs_and_records(
    post: Post, alerte: Alerte, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.handler.setFormatter(JsonFormatter("delivery"))  # at the end of an attempt, its thread has another one's id
    with receiver(answer(500), answer(200)) as one, post.working() as courier:
        post.rules = ReglageAlertes(destinations=[webhook(one.url())])
        post.issue(alerte)
        courier.wake()
        until(lambda: [row.statut for row in post.log.list(7)] == [StatutLivraison.LIVREE])
    assert [row.correlation for row in post.log.list(7)] == ["entry-7"]
    assert {dict(raw.headers)["wb_correlation"] for raw in post.records()} == {b"entry-7"}
    lines = [json.loads(line) for line in caplog.text.splitlines() if str(alerte.alerte_id) in line]
    assert [("did not reach" in line["message"], line["correlation"]) for line in lines] == [
        (True, "entry-7"),
        (False, "entry-7"),
    ]


def test_nobody_holds_anybody_up(kafka: str, topic_prefix: str, tmp_path: Path, alerte: Alerte) -> None:
    """Eighteen receivers that hang, drip and flood, and a mail server that hangs, beside one that works."""
    with ExitStack() as stack:
        bad = [stack.enter_context(receiver(one)) for one in (hang, drip(), flood(headers=True)) for _ in range(6)]
        good = stack.enter_context(receiver(answer(200)))
        box = stack.enter_context(mail_server(GREETING=hang))
        post = Post(
            kafka, topic_prefix, tmp_path, smtp_host="127.0.0.1", smtp_port=box.port, smtp_tls="none",
            mail_from="wisebook@example.fr", delivery_seconds=8.0,
        )  # fmt: skip
        mails = ",".join(f"p{k}@example.fr" for k in range(20))
        post.rules = ReglageAlertes(
            destinations=[
                *(webhook(one.url()) for one in bad),
                Destination(canal=Canal.EMAIL, adresse=mails),
                webhook(good.url()),
            ]
        )
        with post.working() as courier:
            for k in range(10):
                post.issue(replace(alerte, alerte_id=uuid.UUID(int=k)))
            courier.wake()
            took = until(lambda: len(good.requests) == 10)
        assert took < post.settings.delivery_seconds  # that no attempt elsewhere has to end for it
        assert max(len(one.requests) for one in bad) <= 10
        told = post.published()
        assert {one.statut for one in told if one.canal is Canal.EMAIL} == {StatutLivraison.A_REESSAYER}
        assert sum(one.statut is StatutLivraison.LIVREE for one in told) == 10
    assert sorted(told, key=str) == sorted(post.log.attempts([row.livraison_id for row in post.log.list(7)]), key=str)


def test_who_leaves_ends_what_he_has_begun(post: Post, alerte: Alerte) -> None:
    def slow(line: object, closing: object) -> None:
        time.sleep(0.5)
        answer(200)(line, closing)  # type: ignore[arg-type]

    with receiver(slow) as one:
        post.rules = ReglageAlertes(destinations=[webhook(one.url())])
        post.issue(alerte)
        with post.working():
            until(lambda: one.requests)
    assert [told.statut for told in post.published()] == [StatutLivraison.LIVREE]


@pytest.mark.parametrize("canal", list(Canal))
def test_a_deployment_that_cannot_send_says_why(post: Post, canal: Canal, alerte: Alerte) -> None:
    post.settings = post.settings.model_copy(update={"signing_key": SecretStr("")})
    adresse = "https://example.fr/hook" if canal is Canal.WEBHOOK else "anne@example.fr"
    post.rules = ReglageAlertes(destinations=[Destination(canal=canal, adresse=adresse)])
    post.issue(alerte)
    with post.working():
        until(lambda: post.published())
    (told,) = post.published()
    assert (told.statut, told.tentative) == (StatutLivraison.ABANDONNEE, 1)
    assert "WISEBOOK_ML_" in told.detail
