"""Live detections and alerts of a process: one consumer, however many listen, and what each of them may see."""

import asyncio
import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from schemas import Alerte, Detection, Record
from topics import ALERTS, DETECTIONS
from wisebook_ml.api.detections import DetectionRead
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.reader import read_since
from wisebook_ml.messaging.tail import Tail
from wisebook_ml.messaging.times import told_time
from wisebook_ml.settings import Settings

__all__ = ["Event", "Feed", "Full", "Listener"]

LOGGER = logging.getLogger(__name__)

WAITING = 1_000
"""Events that wait for a listener that is slow; then its stream ends, and it may resume."""

MOST_LISTENERS = 100
"""Of a process: each has a connection, and a queue."""

MOST_OF_TOKEN = 8
"""Of one token: the pages that a person has open."""

Companies = frozenset[int] | None
Place = tuple[str, int, int]


class Full(Exception):
    """There are as many listeners as there may be."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a company; `place` is where its record stands."""

    kind: str
    societe_id: int
    data: str
    place: Place


@dataclass(eq=False)
class Listener:
    """Somebody who listens, from one event loop."""

    token_id: int
    companies: Companies
    loop: asyncio.AbstractEventLoop
    queue: "asyncio.Queue[Event]" = field(default_factory=lambda: asyncio.Queue(WAITING))
    lost: bool = False
    """Whether more came than it took: from then on it would miss something."""

    def sees(self, event: Event) -> bool:
        """Tell whether an event is for it."""
        return self.companies is None or event.societe_id in self.companies

    def offer(self, event: Event) -> None:
        """Put an event into its queue; in its own loop."""
        if self.lost:
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.lost = True


class Feed:
    """Hands on what comes on the topics. The consumer is there while anybody listens.

    Parameters
    ----------
    settings : Settings
        Which brokers, and what topic names begin with.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topics = {topic.full_name(settings.topic_prefix): topic for topic in (DETECTIONS, ALERTS)}
        self._decoders = {name: Decoder(topic) for name, topic in self._topics.items()}
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._tail: Tail | None = None

    def join(self, listener: Listener) -> None:
        """Let somebody listen from now on.

        Raises
        ------
        Full
            Where there are too many already.
        ConnectError, ReadError
            Where there is no broker, or no such topic.
        """
        with self._lock:
            own = sum(one.token_id == listener.token_id for one in self._listeners)
            if own >= MOST_OF_TOKEN:
                raise Full(f"this token has {own} streams open already")
            if len(self._listeners) >= MOST_LISTENERS:
                raise Full("this service has as many streams open as it can keep")
            if self._tail is None:
                self._tail = Tail(resolve_bootstrap(self._settings), list(self._topics), self._take)
            self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Let somebody go."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
            if not self._listeners and self._tail is not None:
                self._tail.stop()
                self._tail = None

    def since(self, companies: Companies, since_ms: int, most: int) -> Sequence[Event] | None:
        """Return what happened to some companies since a moment; None where that is more than `most`.

        Raises
        ------
        ConnectError, ReadError
            Where brokers or topics are away.
        """
        found: list[Event] = []
        bootstrap = resolve_bootstrap(self._settings)
        for name in self._topics:
            for partition, run in read_since(bootstrap, name, since_ms):
                events = self._events(name, partition, run)
                found += [one for one in events if companies is None or one.societe_id in companies]
                if len(found) > most:
                    return None
        return found

    def _take(self, topic: str, partition: int, raw: RawRecord) -> None:
        for event in self._events(topic, partition, [raw]):
            with self._lock:
                listeners = [one for one in self._listeners if one.sees(event)]
            for one in listeners:
                try:
                    one.loop.call_soon_threadsafe(one.offer, event)
                except RuntimeError:  # its loop has ended, and it with it
                    self.leave(one)

    def _events(self, topic: str, partition: int, records: Iterable[RawRecord]) -> Iterable[Event]:
        for raw in records:
            try:
                record = self._decoders[topic].decode(raw)
            except Undecodable as error:
                # The roles that take these topics make a dead letter of it.
                LOGGER.warning("%s partition %d offset %d: %s", topic, partition, raw.offset, error)
                continue
            told = _told(record, raw)
            if told is not None:
                kind, societe_id, data = told
                yield Event(kind, societe_id, data, (topic, partition, raw.offset))


def _told(record: Record, raw: RawRecord) -> tuple[str, int, str] | None:
    if isinstance(record, Detection):
        shown = DetectionRead(**msgspec.structs.asdict(record), ce_time=told_time(raw) or utc_now())
        return "detection", record.societe_id, msgspec.json.encode(shown).decode()
    if isinstance(record, Alerte):
        return "alerte", record.societe_id, msgspec.json.encode(record).decode()
    return None
