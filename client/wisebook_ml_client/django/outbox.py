"""Writing events in Django's transactions, and the outbox for a relay.

Settings come from ``WISEBOOK_ML`` in Django's settings, a dictionary:

======================  ==============================  ======================================================
key                     default                         meaning
======================  ==============================  ======================================================
``SOURCE``              none; needed                    who publishes, such as ``/wisebook/core``
``DATABASE``            ``default``                     alias of the database with the entries and the outbox
``BOOTSTRAP_SERVERS``   ``localhost:9092``              brokers, of the relay
``PREFIX``              ``wisebook.``                   what topic names begin with, of the relay
``OPTIONS``             ``{}``                          more settings of the client (librdkafka), of the relay
``BALANCED``            ``False``                       refuse entries whose debits and credits differ
``IN_COMMIT_ORDER``     ``False``                       see `wisebook_ml_client.outbox.Outbox`
======================  ==============================  ======================================================
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

from wisebook_ml_client.outbox.database import EVENTS, Execute
from wisebook_ml_client.outbox.relay import Relay
from wisebook_ml_client.outbox.store import Store
from wisebook_ml_client.outbox.writing import Outbox
from wisebook_ml_client.validation import Event

__all__ = ["add", "is_migrated", "relay", "store"]

DEFAULTS: dict[str, Any] = {
    "SOURCE": None,
    "DATABASE": "default",
    "BOOTSTRAP_SERVERS": "localhost:9092",
    "PREFIX": "wisebook.",
    "OPTIONS": {},
    "BALANCED": False,
    "IN_COMMIT_ORDER": False,
}

PARAMETER = re.compile(r":(\w+)")
"""Of the outbox's SQL; Django writes them as ``%(name)s``, for all databases."""


def add(
    event: Event, *, time: dt.datetime | None = None, id_: str | None = None, correlation: str | None = None
) -> None:
    """Put an event into the transaction that is open: it is published if, and only if, that is committed.

    Raises
    ------
    EventRefused
        Where wisebook_ml would refuse it. Let it end the transaction.
    django.db.transaction.TransactionManagementError
        Outside of ``transaction.atomic()``: the entry could be kept and the event lost.
    """
    asked = _asked()
    alias = asked["DATABASE"]
    connection = connections[alias]
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "call outbox.add within transaction.atomic(), together with what saves the entry"
        )
    outbox = Outbox(asked["SOURCE"], balanced=asked["BALANCED"], in_commit_order=asked["IN_COMMIT_ORDER"])
    outbox.write(_execute(alias), connection.vendor, event, time=time, id_=id_, correlation=correlation)


def store() -> Store:
    """Return the outbox."""
    return Store(_Database(_asked()["DATABASE"]))


def is_migrated() -> bool:
    """Tell whether the outbox has its tables."""
    return EVENTS in connections[_asked()["DATABASE"]].introspection.table_names()


def relay(**options: Any) -> Relay:
    """Return a relay of the outbox (`wisebook_ml_client.outbox.Relay`; `options` are its)."""
    asked = _asked()
    return Relay(store(), asked["BOOTSTRAP_SERVERS"], prefix=asked["PREFIX"], options=asked["OPTIONS"], **options)


def _asked() -> dict[str, Any]:
    given = getattr(settings, "WISEBOOK_ML", {})
    unknown = given.keys() - DEFAULTS.keys()
    if unknown:
        raise ImproperlyConfigured(f"WISEBOOK_ML has {', '.join(sorted(unknown))}; known are {', '.join(DEFAULTS)}")
    if not given.get("SOURCE"):
        raise ImproperlyConfigured('say who publishes: WISEBOOK_ML = {"SOURCE": "/wisebook/core", …}')
    return {**DEFAULTS, **given}


class _Database:
    """A database as Django's settings name it."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    @property
    def dialect(self) -> str:
        return str(connections[self._alias].vendor)

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        connections[self._alias].close_if_unusable_or_obsolete()
        with transaction.atomic(using=self._alias, durable=True):
            yield _execute(self._alias)


def _execute(alias: str) -> Execute:
    def execute(sql: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        with connections[alias].cursor() as cursor:
            cursor.execute(PARAMETER.sub(r"%(\1)s", sql), dict(values))
            return cursor.fetchall() if cursor.description else []

    return execute
