"""One mail to one mailbox, over SMTP: bounded in time, encrypted where the settings say so, never downgraded.

References
----------
RFC 5321 (SMTP; section 4.2.1 for what 4xx and 5xx mean), RFC 3207 (STARTTLS), RFC 3834 (Auto-Submitted).
"""

import datetime as dt
import email.policy
import email.utils
import smtplib
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Literal

import msgspec

from schemas.alerting import BOITE
from wisebook_ml.delivery.schedule import Answer, Kind
from wisebook_ml.delivery.texts import Mail
from wisebook_ml.delivery.webhook import tls_context
from wisebook_ml.settings import Settings

__all__ = ["MailServer", "message_of", "send"]

OPERATION_SECONDS = 10.0
SHOWN_CHARACTERS = 200

SERVICE_READY = 220

POLICY = email.policy.SMTP.clone(cte_type="7bit")
"""Not every server takes bodies of eight bits."""

NO_SERVER = "refused: no mail server is set; set WISEBOOK_ML_SMTP_HOST and WISEBOOK_ML_MAIL_FROM"


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """The server that takes mail, and whom that comes from."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    sender: str

    @classmethod
    def of(cls, settings: Settings) -> "MailServer | None":
        """Return that of a deployment; None where it sends no mail."""
        if not settings.smtp_host or not settings.mail_from:
            return None
        return cls(
            host=settings.smtp_host,
            port=settings.smtp_port,
            user=settings.smtp_user,
            password=settings.smtp_password.get_secret_value(),
            tls=settings.smtp_tls,
            sender=settings.mail_from,
        )


def message_of(
    mail: Mail, *, sender: str, to: str, livraison_id: uuid.UUID, alerte_id: uuid.UUID, now: dt.datetime
) -> EmailMessage:
    """Return a mail as it travels.

    The same delivery has the same Message-ID in all attempts, by which mailboxes know a mail that came twice; all mails
    on one alert refer to one id, by which they are shown as one conversation.
    """
    domain = sender.rpartition("@")[2].strip("> ")
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = mail.subject
    message["Date"] = email.utils.format_datetime(now)
    message["Message-ID"] = f"<{livraison_id}@{domain}>"
    message["References"] = f"<{alerte_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


class _Client(smtplib.SMTP):
    """One that can be cut off from another thread, whatever it waits for.

    `line` is a second descriptor of the connection: encryption replaces the first.
    """

    line: socket.socket | None = None

    def __init__(self, server: MailServer, seconds: float) -> None:
        self._server = server
        self._deadline = time.monotonic() + seconds
        super().__init__(timeout=min(OPERATION_SECONDS, seconds))
        self._host = server.host  # whose certificate STARTTLS asks for; else set by what connects at once

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._connected(host, port, timeout)
        self.line = plain.dup()
        if time.monotonic() >= self._deadline:  # the alarm may have found no line to cut
            plain.close()
            raise TimeoutError
        if self._server.tls == "tls":
            return tls_context().wrap_socket(plain, server_hostname=host)
        return plain

    def _connected(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return a connection with the first address of a name that answers, within what is left of the time."""
        failed: OSError = OSError("the name has no address")
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                return socket.create_connection((str(address[0]), port), min(timeout, left))
            except OSError as error:
                failed = error
        raise failed

    def cut(self) -> None:
        """End whatever is under way."""
        if self.line is not None:
            with suppress(OSError):
                self.line.shutdown(socket.SHUT_RDWR)


@contextmanager
def _connection(server: MailServer, seconds: float) -> Iterator[_Client]:
    client = _Client(server, seconds)
    alarm = threading.Timer(seconds, client.cut)
    alarm.daemon = True
    alarm.start()
    try:
        code, said = client.connect(server.host, server.port)
        if code != SERVICE_READY:
            raise smtplib.SMTPConnectError(code, said)
        client.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            client.starttls(context=tls_context())
            client.ehlo_or_helo_if_needed()
        if server.user:
            client.login(server.user, server.password)
        yield client
    finally:
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
        alarm.cancel()
        client.close()
        if client.line is not None:
            client.line.close()


def send(server: MailServer | None, to: str, message: EmailMessage, seconds: float) -> Answer:
    """Send a mail and return what came of it; nothing that a server does is an exception here.

    Parameters
    ----------
    server : MailServer or None
        Where to; None where no mail is sent.
    to : str
        One mailbox.
    message : EmailMessage
        What it gets.
    seconds : float
        Longest time that it may take, however many bytes come meanwhile.
    """
    if server is None:
        return Answer(Kind.NEVER, NO_SERVER)
    fault = _fault(to) or _fault(email.utils.parseaddr(server.sender)[1], "the sender ")
    if fault:
        return Answer(Kind.NEVER, fault)
    taken = False
    try:
        with _connection(server, seconds) as client:
            client.sendmail(email.utils.parseaddr(server.sender)[1], [to], message.as_bytes())
            taken = True
    except smtplib.SMTPRecipientsRefused as error:
        ((code, said), *_) = error.recipients.values()
        return _answered(code, said)
    except smtplib.SMTPAuthenticationError as error:
        # Ours to repair, not the receiver's: worth all attempts.
        told = f"the mail server takes no user and password ({_said(error.smtp_error)}); see WISEBOOK_ML_SMTP_USER"
        return Answer(Kind.RETRY, told, code=error.smtp_code)
    except smtplib.SMTPConnectError as error:
        return Answer(Kind.RETRY, f"the mail server takes no mail: {_said(error.smtp_error)}", code=error.smtp_code)
    except smtplib.SMTPResponseException as error:
        return _answered(error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError as error:
        return Answer(Kind.RETRY, f"the mail server offers no encryption or login as it is set: {error}")
    except UnicodeError:
        return Answer(Kind.RETRY, "WISEBOOK_ML_SMTP_USER or its password has letters that SMTP logins do not take")
    except ssl.SSLError as error:
        detail = getattr(error, "verify_message", "") or error
        return Answer(Kind.RETRY, f"no secure connection with the mail server {server.host}: {detail}")
    except TimeoutError:
        return Answer(Kind.RETRY, f"the mail server {server.host}:{server.port} does not answer")
    except (smtplib.SMTPException, OSError) as error:
        if not taken:
            return Answer(Kind.RETRY, f"the mail server {server.host}:{server.port}: {error or type(error).__name__}")
    return Answer(Kind.DELIVERED)


def _fault(address: str, whose: str = "") -> str:
    """Say what is wrong with an address; empty where nothing is."""
    if BOITE.fullmatch(address) is None:
        return f"refused: {whose}{address[:100]!r} is no address of a mailbox"
    if not address.isascii():
        return f"refused: {whose}{address[:100]!r} has letters that mail servers do not take; write its domain as xn--…"
    return ""


def _answered(code: int, said: bytes | str) -> Answer:
    kind = Kind.NEVER if 500 <= code < 600 else Kind.RETRY
    return Answer(kind, f"the mail server answered {code}: {_said(said)}", code=code)


def _said(said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    line = " ".join(text.split())
    return "".join(letter for letter in line if letter.isprintable())[:SHOWN_CHARACTERS]
