"""Publishing entries, verdicts and treasury, as WiseBook core does: keyed by company, with CloudEvents headers."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from schemas import Avis, Ecriture, PositionTresorerie, Tick
from schemas.marker import IMPORT
from topics.events import Outgoing
from topics.incoming import NOON, avis_event, entry_event, position_event, tick_event
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.pseudonyms import PseudonymError, Pseudonymiser, pseudonymised

__all__ = [
    "Published",
    "Sent",
    "closing_tick",
    "publish_avis",
    "publish_entries",
    "publish_positions",
]

FLUSH_EVERY = 5_000
"""Entries between two waits for delivery: what was told as published is."""

CLOSED_AFTER = dt.timedelta(days=100)
"""From the last entry of a closed year: by then everything of it has come, and whatever is missing does not."""


@dataclass(slots=True)
class Published:
    """How many entries were delivered, and why others were not."""

    entries: int = 0
    lines: int = 0
    refused: list[str] = field(default_factory=list)


def closing_tick(entries: Sequence[Ecriture]) -> Tick | None:
    """Return the tick that follows a file which has all entries of a year; None where it has none.

    A stream tells by what comes later that something did not come. After a closed year nothing comes.
    """
    if not entries:
        return None
    due = dt.datetime.combine(max(entry.ecriture_date for entry in entries) + CLOSED_AFTER, NOON)
    return Tick(societe_id=entries[0].societe_id, minuterie=IMPORT, echeance=due)


@dataclass(slots=True)
class Sent:
    """How many records were delivered, and why others were not."""

    records: int = 0
    refused: list[str] = field(default_factory=list)


def publish_avis(
    avis: Iterable[Avis | tuple[dt.datetime | None, Avis]],
    producer: EventProducer,
    source: str,
    progress: Callable[[int], None] = lambda count: None,
) -> Sent:
    """Publish verdicts in order, each with the moment at which it was given, as far as that is known; else now.

    Raises
    ------
    PublishError
        Where the brokers stopped taking them.
    """
    dated = (one if isinstance(one, tuple) else (None, one) for one in avis)
    return _publish((avis_event(one, source, time) for time, one in dated), producer, "verdict", progress)


def publish_positions(
    positions: Iterable[PositionTresorerie],
    producer: EventProducer,
    source: str,
    progress: Callable[[int], None] = lambda count: None,
) -> Sent:
    """Publish treasury positions in order.

    Raises
    ------
    PublishError
        Where the brokers stopped taking them.
    """
    return _publish((position_event(one, source) for one in positions), producer, "position", progress)


def _publish(records: Iterable[Outgoing], producer: EventProducer, what: str, progress: Callable[[int], None]) -> Sent:
    done = Sent()
    for number, record in enumerate(records, 1):
        try:
            producer.send(record)
        except PublishError as error:
            done.refused.append(f"{what} {number}: {error}")
            continue
        done.records += 1
        if done.records % FLUSH_EVERY == 0:
            producer.flush()
            progress(done.records)
    producer.flush()
    progress(done.records)
    return done


def publish_entries(
    entries: Iterable[Ecriture],
    producer: EventProducer,
    source: str,
    progress: Callable[[int], None] = lambda count: None,
    closing: Tick | None = None,
    pseudonymisers: Mapping[int, Pseudonymiser] = MappingProxyType({}),
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
    closing : Tick, optional
        Published after them, where these are all of a year (`closing_tick`).
    pseudonymisers : mapping of int to Pseudonymiser
        Of the companies whose names do not go out in clear.

    Raises
    ------
    PublishError
        Where the brokers stopped taking them. An entry that is too large, as it is sent, is not an error but `refused`.
    """
    done, waiting = Published(), 0
    for entry in entries:
        try:
            company = pseudonymisers.get(entry.societe_id)
            sent = entry if company is None else pseudonymised(entry, company)
            producer.send(entry_event(sent, source))
        except (PublishError, PseudonymError) as error:
            done.refused.append(f"entry {entry.ecriture_id}: {error}")
            continue
        done.entries += 1
        done.lines += len(entry.lignes)
        waiting += 1
        if waiting == FLUSH_EVERY:
            producer.flush()
            progress(done.entries)
            waiting = 0
    if closing is not None:
        producer.send(tick_event(closing, source))
    producer.flush()
    progress(done.entries)
    return done
