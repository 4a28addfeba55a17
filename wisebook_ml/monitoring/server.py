"""The small HTTP server of a process: its metrics, and whether it lives and can work. GET only, and nothing else."""

import logging
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from wisebook_ml import __version__

__all__ = ["MetricsServer", "health_answer", "ready_answer"]

LOGGER = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
"""How long a client may take to send its request: a thread waits for it."""

JSON = "application/json"


def health_answer() -> tuple[int, bytes]:
    """Return status and body of ``/healthz``: whoever can answer lives."""
    return 200, msgspec.json.encode({"status": "ok", "version": __version__})


def ready_answer(reasons: Sequence[str]) -> tuple[int, bytes]:
    """Return status and body of ``/readyz``.

    Examples
    --------
    >>> ready_answer(["The database does not answer."])
    (503, b'{"status":"not ready","reasons":["The database does not answer."]}')
    """
    if reasons:
        return 503, msgspec.json.encode({"status": "not ready", "reasons": reasons})
    return 200, msgspec.json.encode({"status": "ready", "reasons": []})


class MetricsServer:
    """Serves ``/metrics``, ``/healthz`` and ``/readyz`` from a thread, until it is closed.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        0: any free one. One that is taken is no reason for a worker not to work: it says so, and takes any free one.
    reasons : callable
        Tells why the process is not ready.
    """

    def __init__(self, host: str, port: int, reasons: Callable[[], Sequence[str]]) -> None:
        handler = _handler(reasons)
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            LOGGER.warning("metrics cannot be served on port %d (%s): on any free one instead", port, error.strerror)
            self._server = ThreadingHTTPServer((host, 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()
        LOGGER.info("metrics are served on %s port %d", host, self.port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Listen no longer."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(reasons: Callable[[], Sequence[str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = TIMEOUT_SECONDS
        server_version, sys_version = "wisebook-ml", ""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(200, generate_latest(), CONTENT_TYPE_LATEST)
            elif path == "/healthz":
                self._answer(*health_answer(), JSON)
            elif path == "/readyz":
                self._answer(*ready_answer(reasons()), JSON)
            else:
                self._answer(404, b"There are /metrics, /healthz and /readyz.\n", "text/plain")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: a line each few seconds would be all that a log has."""

    return Handler
