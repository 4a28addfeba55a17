"""Mail against a real server that refuses, hangs, drips, and does not encrypt."""

import base64
import email
import email.policy
import socket
import ssl
import time
import uuid

import pytest
from msgspec.structs import replace

from schemas import Alerte
from wisebook_ml.delivery.mail import MailServer, message_of, send
from wisebook_ml.delivery.schedule import Answer, Kind
from wisebook_ml.delivery.texts import mail_of

from .conftest import NOON
from .receivers import Behaviour, MailBox, drip, hang, mail_server, slam

SECONDS = 0.8
"""For servers that do not answer."""

PATIENCE = 30.0
"""For those that do, on a busy machine; and how much longer than its limit an attempt may seem to take on one."""

TO = "anne@example.fr"
LOGIN = base64.b64encode(b"\0me\0pass").decode()


def server_of(box: MailBox, **changes: object) -> MailServer:
    plain = MailServer(host="localhost", port=box.port, tls="none", sender="WiseBook <wisebook@example.fr>")
    return replace(plain, **changes)


def sent(server: MailServer | None, alerte: Alerte, to: str = TO, seconds: float = PATIENCE) -> Answer:
    message = message_of(
        mail_of(alerte, "fr"), sender="wisebook@example.fr", to=TO, livraison_id=uuid.UUID(int=1),
        alerte_id=alerte.alerte_id, now=NOON,
    )  # fmt: skip
    began = time.monotonic()
    told = send(server, to, message, seconds)
    assert time.monotonic() - began < seconds + PATIENCE
    return told


def test_what_arrives(alerte: Alerte) -> None:
    with mail_server() as box:
        assert sent(server_of(box), alerte) == Answer(Kind.DELIVERED)
    (letter,) = box.letters
    assert (letter.sender, letter.to, letter.encrypted) == ("<wisebook@example.fr>", [f"<{TO}>"], False)
    parsed = email.message_from_bytes(letter.data, policy=email.policy.default)
    assert parsed["Subject"] == "[WiseBook 7] élevée : 12 doublons dans le journal HA"
    assert box.commands[-1].upper() == "QUIT"


@pytest.mark.parametrize(
    ("replies", "kind", "code", "said"),
    [
        ({"RCPT": "451 later"}, Kind.RETRY, 451, "the mail server answered 451: later"),
        ({"RCPT": "550 nobody\x1b here"}, Kind.NEVER, 550, "the mail server answered 550: nobody here"),
        ({"MAIL": "552 too much"}, Kind.NEVER, 552, "the mail server answered 552"),
        ({"DATA": "421 going down"}, Kind.RETRY, 421, "the mail server answered 421"),
        ({"END": "554 spam"}, Kind.NEVER, 554, "the mail server answered 554: spam"),
        ({"GREETING": "554 no service"}, Kind.RETRY, 554, "the mail server takes no mail: no service"),
        ({"GREETING": hang}, Kind.RETRY, None, "the mail server"),
        ({"GREETING": drip()}, Kind.RETRY, None, "the mail server"),
        ({"RCPT": hang}, Kind.RETRY, None, "the mail server"),
        ({"END": drip()}, Kind.RETRY, None, "the mail server"),
        ({"EHLO": slam, "HELO": slam}, Kind.RETRY, None, "the mail server"),
        ({"GREETING": "hello"}, Kind.RETRY, None, "the mail server"),
        ({"QUIT": hang}, Kind.DELIVERED, None, ""),
        ({"QUIT": slam}, Kind.DELIVERED, None, ""),
    ],
)
def test_what_servers_do(
    replies: dict[str, str | Behaviour], kind: Kind, code: int | None, said: str, alerte: Alerte
) -> None:
    silent = any(reply is hang or getattr(reply, "__qualname__", "").startswith("drip") for reply in replies.values())
    with mail_server(**replies) as box:
        told = sent(server_of(box), alerte, seconds=SECONDS if silent else PATIENCE)
    assert told.kind is kind
    assert told.code == code or code is None
    assert told.detail.startswith(said)


def test_a_connection_that_comes_about_too_late_is_not_used(alerte: Alerte, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time is over before there is a connection, nothing is there yet that could be cut off."""
    connect = socket.create_connection

    def slow(address: tuple[str, int], timeout: float) -> socket.socket:
        time.sleep(SECONDS + 0.2)
        return connect(address, timeout)

    with mail_server(GREETING=drip()) as box:
        monkeypatch.setattr("wisebook_ml.delivery.mail.socket.create_connection", slow)
        told = sent(server_of(box, host="127.0.0.1"), alerte, seconds=SECONDS)
    assert told == Answer(Kind.RETRY, f"the mail server 127.0.0.1:{box.port} does not answer")


def test_a_server_that_is_away_or_not_set(alerte: Alerte) -> None:
    with mail_server() as box:
        pass
    assert sent(server_of(box), alerte).kind is Kind.RETRY
    nowhere = sent(None, alerte)
    assert (nowhere.kind, "WISEBOOK_ML_SMTP_HOST" in nowhere.detail) == (Kind.NEVER, True)


@pytest.mark.parametrize("to", ["anne", "a@b\r\nRCPT TO:<c@d>", "é@example.fr", "a@exämple.fr"])
def test_an_address_that_is_none(to: str, alerte: Alerte) -> None:
    with mail_server() as box:
        told = sent(server_of(box), alerte, to)
    assert told.kind is Kind.NEVER
    assert "refused" in told.detail
    assert box.commands == []


class TestEncryption:
    def test_starttls_and_a_login(self, alerte: Alerte, server_tls: ssl.SSLContext, trusted: None) -> None:
        with mail_server(starttls=server_tls, login=LOGIN) as box:
            server = server_of(box, tls="starttls", user="me", password="pass")
            told = sent(server, alerte)
        assert told == Answer(Kind.DELIVERED)
        assert (box.letters[0].encrypted, box.letters[0].user) == (True, LOGIN)

    def test_tls_from_the_start(self, alerte: Alerte, server_tls: ssl.SSLContext, trusted: None) -> None:
        with mail_server(tls=server_tls) as box:
            assert sent(server_of(box, tls="tls"), alerte) == Answer(Kind.DELIVERED)
        assert box.letters[0].encrypted

    def test_who_does_not_encrypt_gets_nothing(self, alerte: Alerte) -> None:
        with mail_server() as box:
            told = sent(server_of(box, tls="starttls"), alerte)
        assert told.kind is Kind.RETRY
        assert "no encryption" in told.detail
        assert not any(command.startswith(("MAIL", "AUTH", "DATA")) for command in box.commands)

    def test_a_certificate_of_nobody(self, alerte: Alerte, server_tls: ssl.SSLContext) -> None:
        with mail_server(starttls=server_tls) as box:
            told = sent(server_of(box, tls="starttls"), alerte)
        assert told.kind is Kind.RETRY
        assert "no secure connection with the mail server localhost" in told.detail
        assert box.letters == []

    def test_a_wrong_password_can_be_repaired(self, alerte: Alerte, server_tls: ssl.SSLContext, trusted: None) -> None:
        with mail_server(starttls=server_tls, login=LOGIN) as box:
            told = sent(server_of(box, tls="starttls", user="me", password="wrong"), alerte)
            unspeakable = sent(server_of(box, tls="starttls", user="me", password="päss"), alerte)
        assert (told.kind, told.code) == (Kind.RETRY, 535)
        assert unspeakable.kind is Kind.RETRY
        assert "letters" in unspeakable.detail
        assert "WISEBOOK_ML_SMTP_USER" in told.detail
