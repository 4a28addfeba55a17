"""Live detections and alerts of a process: one consumer, however many listen, and what each of them may see."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from schemas import Alerte, Detection
from topics import ALERTS, DETECTIONS
from wisebook_ml.api.routes.detections import DetectionRead
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import ConnectError, resolve_bootstrap
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.reader import ReadError, read_stretches, stretches_since
from wisebook_ml.messaging.tail import Tail
from wisebook_ml.messaging.times import told_time
from wisebook_ml.settings import Settings

__all__ = ["Event", "Feed", "Listener"]

LOGGER = logging.getLogger(__name__)

WAITING = 1_000
"""Events that wait for a listener that is slow; then its stream ends, and it may resume."""

MOST_READ = 50_000
"""Records that are looked at for one that comes back, of all companies: about a second's work."""

Companies = frozenset[int] | None
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a company.

    Attributes
    ----------
    kind, societe_id, data : str, int, str
        What is told, and of whom.
    place : (str, int, int)
        Where its record stands.
    at : int
        When it was heard of, in milliseconds since 1970: who was told this one was told all that was heard of before.
    """

    kind: str
    societe_id: int
    data: str
    place: Place
    at: int = 0


@dataclass(eq=False)
class Listener:
    """Somebody who listens, from one event loop."""

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
        self._lock = threading.Lock()  # never held for longer than a list is changed: an event loop waits for it
        self._starting = threading.Lock()
        self._listeners: list[Listener] = []
        self._tail: Tail | None = None
        self._failed: tuple[float, ConnectError | ReadError | None] = (0.0, None)

    def join(self, listener: Listener) -> None:
        """Let somebody listen from now on.

        Raises
        ------
        ConnectError, ReadError
            Where there is no broker, or no such topic.
        """
        asked = time.monotonic()
        with self._starting:
            with self._lock:
                if self._tail is not None:
                    self._listeners.append(listener)
                    return
            failed, error = self._failed
            if error is not None and failed > asked:  # who waited for an attempt is told what came of it
                raise type(error)(str(error))
            try:
                tail = Tail(resolve_bootstrap(self._settings), list(self._topics), self._take)
            except (ConnectError, ReadError) as error:
                self._failed = time.monotonic(), error
                raise
            with self._lock:
                self._tail = tail
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
        """Return what happened to some companies since a moment.

        None where that is more than `most`, or more than `MOST_READ` records would have to be read for it.

        Raises
        ------
        ConnectError, ReadError
            Where brokers or topics are away.
        """
        found: list[Event] = []
        bootstrap = resolve_bootstrap(self._settings)
        stretches = {name: stretches_since(bootstrap, name, since_ms) for name in self._topics}
        if sum(end - start for of_topic in stretches.values() for start, end in of_topic.values()) > MOST_READ:
            return None
        for name, of_topic in stretches.items():
            for partition, run in read_stretches(bootstrap, name, of_topic):
                found += self._events(name, partition, run, companies)
                if len(found) > most:
                    return None
        return found

    def _take(self, topic: str, partition: int, raw: RawRecord) -> None:
        for event in self._events(topic, partition, [raw], None, int(time.time() * 1000)):
            with self._lock:
                listeners = [one for one in self._listeners if one.sees(event)]
            for one in listeners:
                try:
                    one.loop.call_soon_threadsafe(one.offer, event)
                except RuntimeError:  # its loop has ended, and it with it
                    self.leave(one)

    def _events(
        self, topic: str, partition: int, records: Iterable[RawRecord], companies: Companies, at: int = 0
    ) -> Iterable[Event]:
        for raw in records:
            try:
                record = self._decoders[topic].decode(raw)
            except Undecodable as error:
                # The roles that take these topics make a dead letter of it.
                LOGGER.warning("%s partition %d offset %d: %s", topic, partition, raw.offset, error)
                continue
            if isinstance(record, Detection | Alerte) and (companies is None or record.societe_id in companies):
                kind, data = _told(record, raw)
                yield Event(kind, record.societe_id, data, (topic, partition, raw.offset), at)


def _told(record: Detection | Alerte, raw: RawRecord) -> tuple[str, str]:
    if isinstance(record, Alerte):
        return "alerte", msgspec.json.encode(record).decode()
    shown = DetectionRead(**msgspec.structs.asdict(record), ce_time=told_time(raw) or utc_now())
    return "detection", msgspec.json.encode(shown).decode()
