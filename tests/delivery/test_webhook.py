"""Webhooks against real servers that behave badly: bounded, and told in words."""

import ssl
import time
from collections.abc import Callable

import pytest

from schemas import Canal, Destination, Parametres, ReglageAlertes
from wisebook_ml.delivery.guard import fault_of
from wisebook_ml.delivery.schedule import Answer, Kind
from wisebook_ml.delivery.signing import secret_of
from wisebook_ml.delivery.webhook import Limits, post
from wisebook_ml.tuning.checks import faults

from .receivers import Receiver, answer, drip, flood, hang, no_http, receiver, slam

SECONDS = 0.6
"""For receivers that do not answer."""

PATIENCE = 30.0
"""For those that do, on a busy machine; and how much longer than its limit an attempt may seem to take on one."""

OPEN = Limits(PATIENCE, http=True, private=True)
SHORT = Limits(SECONDS, http=True, private=True)
DRIPPING = Limits(3.0, http=True, private=True)

Behaviour = Callable[..., None]


def sent(url: str, limits: Limits = OPEN) -> Answer:
    began = time.monotonic()
    told = post(url, b'{"a": 1}', {"webhook-id": "x", "content-type": "application/json"}, limits)
    assert time.monotonic() - began < limits.seconds + PATIENCE
    return told


def test_what_arrives() -> None:
    with receiver(answer(202)) as one:
        assert sent(one.url("/hook?token=1")) == Answer(Kind.DELIVERED, code=202)
    (request,) = one.requests
    assert request.line == "POST /hook?token=1 HTTP/1.1"
    assert request.body == b'{"a": 1}'
    assert request.headers["host"] == f"127.0.0.1:{one.port}"
    assert request.headers["webhook-id"] == "x"


@pytest.mark.parametrize(
    ("behave", "kind", "code", "said"),
    [
        (answer(500, b"out of\n\x1b[31m order"), Kind.RETRY, 500, "answered 500 Told: out of [31m order"),
        (answer(503, retry_after="7"), Kind.RETRY, 503, "answered 503"),
        (answer(429, retry_after="7"), Kind.RETRY, 429, "answered 429"),
        (answer(408), Kind.RETRY, 408, "answered 408"),
        (answer(404), Kind.FEW, 404, "answered 404"),
        (answer(401, b"who?"), Kind.FEW, 401, "answered 401 Told: who?"),
        (answer(410), Kind.NEVER, 410, "answered 410"),
        (answer(302, location="http://10.0.0.1/in?key=secret"), Kind.FEW, 302, "redirects to http://10.0.0.1/in?…;"),
        (answer(307), Kind.FEW, 307, "redirects to nowhere"),
        (hang, Kind.RETRY, None, "no "),
        (drip(), Kind.RETRY, None, "no whole answer within 0.6 s"),
        (drip(400), Kind.FEW, 400, "answered 400 Slow"),
        (drip(200), Kind.DELIVERED, 200, ""),
        (flood(500), Kind.RETRY, 500, "answered 500 Much: yyy"),
        (flood(200), Kind.DELIVERED, 200, ""),
        (flood(200, headers=True), Kind.RETRY, None, "no answer that is HTTP"),
        (no_http, Kind.RETRY, None, "no answer that is HTTP"),
        (slam, Kind.RETRY, None, "no answer that is HTTP"),
    ],
)  # fmt: skip
def test_what_receivers_do(behave: Behaviour, kind: Kind, code: int | None, said: str) -> None:
    slow = behave is hang or behave.__qualname__.startswith("drip")
    limits = (DRIPPING if code else SHORT) if slow else OPEN
    with receiver(behave, answer(200)) as one:
        told = sent(one.url(), limits)
    assert (told.kind, told.code) == (kind, code)
    assert told.detail.startswith(said)
    assert len(told.detail) < 400
    assert told.wait == (7.0 if code in (429, 503) else None)
    assert len(one.requests) == 1  # nothing is followed


def test_a_fragment_makes_another_secret_and_is_not_sent() -> None:
    with receiver(answer(200)) as one:
        assert sent(one.url("/hook?token=1#2")).kind is Kind.DELIVERED
    assert one.requests[0].line == "POST /hook?token=1 HTTP/1.1"
    renewed = "https://erp.example.fr/hook#2"
    assert secret_of("k", 7, renewed) != secret_of("k", 7, "https://erp.example.fr/hook")
    destinations = [Destination(canal=Canal.WEBHOOK, adresse=renewed)]
    assert faults(Parametres(societe_id=7, alertes=ReglageAlertes(destinations=destinations))) == []


def test_who_is_away() -> None:
    with receiver() as one:
        pass
    told = sent(one.url())
    assert told.kind is Kind.RETRY
    assert told.detail.startswith("no connection with 127.0.0.1")
    unknown = sent("https://nobody.invalid/hook")
    assert unknown.kind is Kind.RETRY
    assert "nobody.invalid is not known" in unknown.detail


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://93.184.215.14/hook", "http:// is not encrypted"),
        ("https://127.0.0.1/", "127.0.0.1, an address of this machine"),
        ("https://127.1/", "127.1 is 127.0.0.1, an address of this machine"),
        ("https://2130706433/", "is 127.0.0.1, an address of this machine"),
        ("https://localhost:8443/", "an address of this machine"),
        ("https://[::ffff:10.0.0.1]/", "an address of a private network"),
        ("https://169.254.169.254/latest/meta-data", "cloud host"),
        ("https://192.168.1.1/", "an address of a private network; where receivers are in your own network, set"),
        ("ftp://example.fr/", "ftp:// is none of"),
        ("https:///hook", "names no host"),
        ("https://exa\nmple.fr/", "no URL"),
    ],
)
def test_where_nothing_is_sent(url: str, said: str) -> None:
    told = sent(url, Limits(SECONDS))
    assert told.kind is Kind.NEVER
    assert said in told.detail


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "168.63.129.16",
        "100.100.100.200", "192.0.0.192", "[fd00:ec2::254]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("private", [False, True])
def test_metadata_of_a_cloud_host_is_never_reached(host: str, *, private: bool) -> None:
    told = post(f"https://{host}/latest/meta-data", b"{}", {}, Limits(SECONDS, private=private))
    assert told.kind is Kind.NEVER
    assert "metadata" in told.detail
    assert "WISEBOOK_ML_WEBHOOK_PRIVATE" not in told.detail


def test_addresses_that_networks_keep_for_themselves() -> None:
    assert fault_of("192.0.0.8", private=False) == "an address of a private network"
    assert [fault_of(one, private=True) for one in ("127.0.0.1", "10.1.2.3", "fd12::1")] == ["", "", ""]


class TestEncryption:
    def test_a_certificate_of_a_known_authority(self, server_tls: ssl.SSLContext, trusted: None) -> None:
        """And a name with several addresses, of which one has no server (::1, where the machine has it)."""
        with receiver(answer(200), tls=server_tls) as one:
            assert sent(self.url(one), Limits(PATIENCE, private=True)).kind is Kind.DELIVERED
        assert one.requests[0].headers["host"] == f"localhost:{one.port}"

    def test_a_certificate_of_nobody(self, server_tls: ssl.SSLContext) -> None:
        with receiver(answer(200), tls=server_tls) as one:
            told = sent(self.url(one), Limits(PATIENCE, private=True))
        assert told.kind is Kind.RETRY
        assert told.detail.startswith("no secure connection with")
        assert one.requests == []

    def test_a_certificate_of_another_name(self, server_tls: ssl.SSLContext, trusted: None) -> None:
        with receiver(answer(200), tls=server_tls) as one:
            told = sent(one.url(scheme="https"), Limits(PATIENCE, private=True))
        assert "127.0.0.1" in told.detail
        assert one.requests == []

    @staticmethod
    def url(one: Receiver) -> str:
        return one.url(host="localhost", scheme="https")
