"""How processes log: lines for people, or JSON objects for programs that collect them."""

import datetime as dt
import logging
import sys
from typing import Literal

import msgspec

from wisebook_ml.messaging.correlation import CORRELATION

__all__ = ["JsonFormatter", "configure_logging"]

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, role, message; correlation and exception, where there are any.

    Parameters
    ----------
    role : str
        What the process does.

    Examples
    --------
    >>> record = logging.LogRecord("shop", logging.INFO, "", 0, "%d sold", (3,), None)
    >>> record.created = 0.0
    >>> print(JsonFormatter("scoring").format(record))
    {"time":"1970-01-01T00:00:00Z","level":"INFO","logger":"shop","role":"scoring","message":"3 sold"}
    """

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        told: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC),
            "level": record.levelname,
            "logger": record.name,
            "role": self._role,
            "message": record.getMessage(),
        }
        correlation = getattr(record, "correlation", None) or CORRELATION.get()
        if correlation is not None:
            told["correlation"] = correlation
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(told, enc_hook=str).decode(errors="replace")


def configure_logging(role: str, log_format: Literal["text", "json"], level: str | int) -> None:
    """Have the process log to stderr.

    Parameters
    ----------
    role : str
        What it does.
    log_format : str
        ``text`` or ``json``.
    level : str or int
        Least level, such as ``INFO``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(role) if log_format == "json" else logging.Formatter(LOG_FORMAT))
    logging.basicConfig(level=level, handlers=[handler])
