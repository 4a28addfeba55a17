"""Real servers on this machine that do what receivers do at their worst."""

import contextlib
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

HANG = 60.0
"""Seconds: longer than any attempt may take."""

Behaviour = Callable[[socket.socket, threading.Event], None]


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes
    at: float


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


@dataclass
class Receiver:
    """A web server that answers its requests by a script; the last behaviour is for all further ones."""

    script: list[Behaviour]
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/hook", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextlib.contextmanager
def receiver(*script: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    one = Receiver(list(script) or [answer(204)])
    lock = threading.Lock()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                line = self.request if tls is None else tls.wrap_socket(self.request, server_side=True)
                request = _read(line)
                with lock:
                    behave = one.script[min(len(one.requests), len(one.script) - 1)]
                    one.requests.append(request)
                behave(line, one.closing)
                line.close()
            except OSError:
                pass  # the client went away, as it should

    with _serving(Handler, one.closing) as port:
        one.port = port
        yield one


@contextlib.contextmanager
def _serving(handler: Any, closing: threading.Event) -> Iterator[int]:
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            closing.set()
            server.shutdown()
            thread.join()


def _read(line: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = line.recv(65536)
        if not chunk:
            raise OSError("gone")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += line.recv(65536)
    return Request(first, headers, body, time.monotonic())


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    def behave(line: socket.socket, _: threading.Event) -> None:
        told = {"content-length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
        head = "".join(f"{name}: {text}\r\n" for name, text in told.items())
        line.sendall(f"HTTP/1.1 {status} Told\r\n{head}connection: close\r\n\r\n".encode() + body)

    return behave


def hang(_: socket.socket, closing: threading.Event) -> None:
    """Take the request and say nothing."""
    closing.wait(HANG)


def drip(status: int | None = None) -> Behaviour:
    """Send a letter from time to time: of the headers, or, with a status, of the body."""

    def behave(line: socket.socket, closing: threading.Event) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nx: " if status is None else f"HTTP/1.1 {status} Slow\r\n\r\n".encode())
        while not closing.wait(0.05):
            line.sendall(b"x")

    return behave


def flood(status: int = 500, *, headers: bool = False) -> Behaviour:
    """Send without end."""

    def behave(line: socket.socket, closing: threading.Event) -> None:
        line.sendall(f"HTTP/1.1 {status} Much\r\n".encode() + (b"x: " if headers else b"\r\n"))
        while not closing.is_set():
            line.sendall(b"y" * 65536)

    return behave


def no_http(line: socket.socket, _: threading.Event) -> None:
    line.sendall(b"220 mail.example.fr ESMTP\r\n")


def slam(line: socket.socket, _: threading.Event) -> None:
    """Hang up."""


@dataclass
class Letter:
    sender: str
    to: list[str]
    data: bytes
    encrypted: bool
    user: str


@dataclass
class MailBox:
    """A mail server that keeps what it takes. `replies` says what it answers to a command instead of taking it."""

    replies: dict[str, str | Behaviour] = field(default_factory=dict)
    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def mail_server(
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: str = "",
    **replies: str | Behaviour,
) -> Iterator[MailBox]:
    """Serve mail; `login` is the argument of AUTH PLAIN that it takes."""
    box = MailBox(replies)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                line = self.request if tls is None else tls.wrap_socket(self.request, server_side=True)
                _Session(box, line, starttls, login, tls is not None).run()
                line.close()

    with _serving(Handler, box.closing) as port:
        box.port = port
        yield box


class _Session:
    def __init__(
        self, box: MailBox, line: socket.socket, starttls: ssl.SSLContext | None, login: str, encrypted: bool
    ) -> None:
        self._box, self._line, self._starttls, self._login, self._encrypted = box, line, starttls, login, encrypted
        self._user, self._sender, self._to = "", "", list[str]()
        self._file = line.makefile("rb")

    def run(self) -> None:
        if not self._reply("GREETING", "220 mail.test ESMTP"):
            return
        while raw := self._file.readline():
            command = raw.decode().rstrip("\r\n")
            self._box.commands.append(command)
            verb = command.partition(" ")[0].upper()
            if verb == "DATA":
                if self._reply("DATA", "354 go on"):
                    self._take()
            elif self._reply(verb, self._usual(verb, command)):
                self._done(verb)
            if verb == "QUIT":
                return

    def _reply(self, verb: str, usual: str) -> bool:
        """Answer; return whether as usual."""
        told = self._box.replies.get(verb, usual)
        if callable(told):
            told(self._line, self._box.closing)
            return False
        self._say(told)
        return told == usual

    def _say(self, text: str) -> None:
        self._line.sendall(text.encode() + b"\r\n")

    def _usual(self, verb: str, command: str) -> str:
        if verb == "EHLO":
            offered = ["mail.test"]
            offered += ["STARTTLS"] if self._starttls and not self._encrypted else []
            offered += ["AUTH PLAIN"] if self._login else []
            return "\r\n".join(f"250{'-' if k < len(offered) - 1 else ' '}{one}" for k, one in enumerate(offered))
        if verb == "AUTH":
            right = command == f"AUTH PLAIN {self._login}"
            self._user = self._login if right else ""
            return "235 welcome" if right else "535 who are you?"
        if verb == "MAIL":
            self._sender, self._to = command.partition(":")[2].partition(" ")[0], []
        if verb == "RCPT":
            self._to.append(command.partition(":")[2])
        return {"STARTTLS": "220 go on", "QUIT": "221 bye"}.get(verb, "250 well")

    def _done(self, verb: str) -> None:
        if verb == "STARTTLS":
            assert self._starttls is not None
            self._file.close()
            self._line = self._starttls.wrap_socket(self._line, server_side=True)
            self._file = self._line.makefile("rb")
            self._encrypted = True

    def _take(self) -> None:
        data = b""
        while (raw := self._file.readline()) not in (b".\r\n", b""):
            data += raw[1:] if raw.startswith(b".") else raw
        if self._reply("END", "250 taken"):
            self._box.letters.append(Letter(self._sender, self._to, data, self._encrypted, self._user))


def headers_of(letter: Letter) -> Sequence[str]:
    return letter.data.split(b"\r\n\r\n")[0].decode().split("\r\n")
