"""Putting an event into the outbox, within the transaction of what it tells."""

import datetime as dt
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from topics.events import Outgoing
from wisebook_ml_client.outbox.database import EVENTS, Execute, supported
from wisebook_ml_client.validation import Event, record_of

__all__ = ["Outbox", "now_ms", "stored"]

INSERT = f"""
INSERT INTO {EVENTS} (societe_id, topic, message_key, payload, headers, created_at, refused)
VALUES (:societe_id, :topic, :message_key, :payload, :headers, :created_at, '')
"""

LOCK_SPACE = 0x77_62_6D_6C
"""First half of the advisory locks' ids, so that they meet no other application's (``wbml``)."""

LOCK = "SELECT pg_advisory_xact_lock(:space, :societe_id)"


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def stored(societe_id: int, record: Outgoing) -> Mapping[str, Any]:
    """Return a record as a row: readable, since people look at what waits."""
    headers = [(name, (value or b"").decode()) for name, value in record.headers]
    return {
        "societe_id": societe_id,
        "topic": record.topic.name,
        "message_key": (record.key or b"").decode(),
        "payload": (record.value or b"").decode(),
        "headers": msgspec.json.encode(headers).decode(),
        "created_at": now_ms(),
    }


class Outbox:
    """Writes events into the outbox.

    Parameters
    ----------
    source : str
        Who publishes (CloudEvents source), such as ``/wisebook/core``.
    balanced : bool
        Refuse entries whose debits and credits differ.
    in_commit_order : bool
        Publish a company's events in exactly the order in which their transactions are committed. For that, `add` locks
        the company until the transaction ends: call it last, and not in transactions that take long. Without it, events
        whose transactions ran at the same time have no order among them; what follows from one another has: versions of
        an entry whose row is locked, numbers that a journal gives one after the other, and whatever was read first.
        SQLite has one transaction at a time anyway.
    """

    def __init__(self, source: str, *, balanced: bool = False, in_commit_order: bool = False) -> None:
        self._source = source
        self._balanced = balanced
        self._in_commit_order = in_commit_order

    def write(
        self,
        execute: Execute,
        dialect: str,
        event: Event,
        *,
        time: dt.datetime | None = None,
        id_: str | None = None,
        correlation: str | None = None,
    ) -> None:
        """Validate an event (`record_of`), and write it into the transaction that is open.

        Raises
        ------
        EventRefused
            Where wisebook_ml would refuse it. Let it end the transaction, so that nothing is kept that is not told.
        Unsupported
            For a database other than PostgreSQL and SQLite.
        """
        record = record_of(event, self._source, time=time, id_=id_, correlation=correlation, balanced=self._balanced)
        if supported(dialect) == "postgresql" and self._in_commit_order:
            execute(LOCK, {"space": LOCK_SPACE, "societe_id": event.societe_id})
        execute(INSERT, stored(event.societe_id, record))
