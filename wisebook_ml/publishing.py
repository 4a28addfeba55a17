"""Publishing entries, as WiseBook core does: keyed by company, with CloudEvents headers."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from schemas import Ecriture
from topics import ENTRIES
from wisebook_ml.messaging.events import Outgoing, event_headers
from wisebook_ml.messaging.producer import EventProducer, PublishError

__all__ = ["Published", "entry_event", "publish_entries"]

FLUSH_EVERY = 5_000
"""Entries between two waits for delivery: what was told as published is."""

NOON = dt.time(12, tzinfo=dt.UTC)
"""Time of day of entries whose time of entry is not known (a FEC): within their day all over Europe."""


@dataclass(slots=True)
class Published:
    """How many entries were delivered, and why others were not."""

    entries: int = 0
    lines: int = 0
    refused: list[str] = field(default_factory=list)


def entry_event(entry: Ecriture, source: str) -> Outgoing:
    """Return the record of an entry: the same entry gives the same record, however often it is published."""
    time = entry.saisie_le or dt.datetime.combine(entry.ecriture_date, NOON)
    id_ = f"{entry.societe_id}/{entry.ecriture_id}/{entry.revision}"
    headers = event_headers(entry, id_=id_, source=source, time=time)
    return Outgoing(ENTRIES, str(entry.societe_id).encode(), msgspec.json.encode(entry), headers)


def publish_entries(
    entries: Iterable[Ecriture],
    producer: EventProducer,
    source: str,
    progress: Callable[[int], None] = lambda count: None,
) -> Published:
    """Publish entries in order.

    Parameters
    ----------
    entries : iterable of Ecriture
        What to publish.
    producer : EventProducer
        Delivers them.
    source : str
        CloudEvents source: who says so.
    progress : callable
        Told the number of entries delivered so far.

    Raises
    ------
    PublishError
        Where the brokers stopped taking them. An entry that is too large is not an error but `refused`.
    """
    done, waiting = Published(), 0
    for entry in entries:
        try:
            producer.send(entry_event(entry, source))
        except PublishError as error:
            done.refused.append(f"entry {entry.ecriture_id}: {error}")
            continue
        done.entries += 1
        done.lines += len(entry.lignes)
        waiting += 1
        if waiting == FLUSH_EVERY:
            producer.flush()
            progress(done.entries)
            waiting = 0
    producer.flush()
    progress(done.entries)
    return done
