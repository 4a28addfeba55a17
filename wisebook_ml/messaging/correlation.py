"""One id from what came in to all that followed: the header `wb_correlation` of records, `X-Request-ID` of requests.

An event that brings none has its own ``ce_id`` for one: so the id of an entry's event is in the headers of its
detections, and of their alerts; that of a request to the API in whatever the request published, and so on.
"""

from collections.abc import Sequence
from contextvars import ContextVar

__all__ = ["CORRELATION", "HEADER", "correlated", "correlation_of", "told_correlation"]

HEADER = "wb_correlation"

LONGEST = 200
"""Bytes of an id that are handed on."""

CORRELATION: ContextVar[str | None] = ContextVar("correlation", default=None)
"""Of the request, or of the alert, that is being worked on: it is in log lines, and in what is published meanwhile."""

Header = tuple[str, bytes | None]


def correlation_of(headers: Sequence[Header]) -> bytes | None:
    """Return the correlation id of a record: what it was given, or else its own id.

    Examples
    --------
    >>> correlation_of([("ce_id", b"E-7/1")])
    b'E-7/1'
    >>> correlation_of([("ce_id", b"E-7/1"), ("wb_correlation", b"import-3")])
    b'import-3'
    """
    found = None
    for name, value in headers:
        if name == HEADER and value:
            return value[:LONGEST]
        if name == "ce_id" and value:
            found = value[:LONGEST]
    return found


def told_correlation(headers: Sequence[Header]) -> str | None:
    """Return the correlation id of a record as a database keeps it.

    Examples
    --------
    >>> told_correlation([("wb_correlation", b"import-3")]), told_correlation([])
    ('import-3', None)
    """
    found = correlation_of(headers)
    return None if found is None else found.decode(errors="replace").replace("\0", "\ufffd")


def correlated(headers: Sequence[Header]) -> list[Header]:
    """Return headers with the id of what is being worked on, where there is one and they have none."""
    current = CORRELATION.get()
    if current is None or any(name == HEADER for name, _ in headers):
        return list(headers)
    return [*headers, (HEADER, current.encode())]
