"""The dashboard beside the demo, served from its process, and a token to sign in with."""

import datetime as dt
import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType

import uvicorn

from wisebook_ml.access import Right
from wisebook_ml.api import create_api
from wisebook_ml.clock import utc_now
from wisebook_ml.settings import Settings
from wisebook_ml.storage import TokenStore, open_database

__all__ = ["Board", "BoardFailed", "Invitation"]

STARTS_WITHIN = 60.0
"""Seconds until the pages must be there; it takes a tenth of one."""

POLL_SECONDS = 0.02

A_DAY = dt.timedelta(days=1)
"""How long the token lets in: who keeps a demo longer makes another."""


class BoardFailed(Exception):
    """The dashboard cannot be served."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where the dashboard is, and what lets in."""

    url: str
    token: str


class Board:
    """Serves the API and the dashboard while it is entered; a context manager.

    Parameters
    ----------
    settings : Settings
        What is shown; on `api_port` where that is free, or else on any free port. The token may do everything, of all
        companies: those of a demo's own database.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> Invitation:
        settings = self._settings
        self._socket = _listening(settings.api_host, settings.api_port)
        config = uvicorn.Config(
            create_api(settings),
            log_level="critical",
            server_header=False,
            # Requests that are under way when the demo ends are not waited for: a live stream never ends by itself.
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="dashboard", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise BoardFailed("the dashboard could not be served")
            time.sleep(POLL_SECONDS)
        host, port = self._socket.getsockname()[:2]
        return Invitation(f"http://{host}:{port}/", self._token())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _token(self) -> str:
        engine = open_database(self._settings.sql_url)
        try:
            now = utc_now()
            _, token = TokenStore(engine).create("Démo", None, list(Right), now=now, expires=now + A_DAY)
        finally:
            engine.dispose()
        return token


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port, or on another one where that is taken."""
    for wanted in (port, 0):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, wanted))
        except OSError:
            made.close()
            continue
        return made
    raise BoardFailed(f"no port of {host} can be listened on")
