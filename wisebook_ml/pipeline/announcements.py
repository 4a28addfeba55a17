"""Following the topic `models`: what is announced is loaded before its marker comes."""

import logging
import threading
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas import AnnonceModele
from topics import MODELS
from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.events import Decoder, Undecodable
from wisebook_ml.messaging.reader import raw_record

__all__ = ["Announcements"]

LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""How soon the thread notices that it is to end."""

ANSWER_SECONDS = 10.0
RETRY_SECONDS = 2.0

Follow = Callable[[AnnonceModele], None]


class Announcements:
    """A thread that hands on the announcements of models: of each the last one there is, then every one that comes.

    It has a connection of its own and no group, since every worker has to hear all of them. Whatever goes wrong with
    it is logged and tried again: without it models are loaded at their marker, and the batch there waits for them.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and the deployment's topic prefix.
    follow : callable
        Told of announcements, in the thread; it must return soon.
    """

    def __init__(self, bootstrap: str, prefix: str, follow: Follow) -> None:
        self._bootstrap = bootstrap
        self._topic = MODELS.full_name(prefix)
        self._follow = follow
        self._decoder = Decoder(MODELS)
        self._lock = threading.Lock()
        self._latest: dict[int, AnnonceModele] = {}
        self._caught_up = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="announcements", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(2 * POLL_SECONDS + 1.0)

    def repeat(self) -> None:
        """Hand on the last announcement of each model again: the partitions of this worker have changed."""
        with self._lock:
            latest = list(self._latest.values()) if self._caught_up else []
        for announcement in latest:
            self._follow(announcement)

    def _run(self) -> None:
        while not self._closed.is_set():
            consumer: Consumer | None = None
            try:
                consumer = _consumer(self._bootstrap)
                self._read(consumer)
            except Exception as error:  # following is a convenience; whatever stops it must not stop the worker
                LOGGER.warning(
                    "%s cannot be followed, so models are loaded at their marker: %s; tried again", self._topic, error
                )
                self._closed.wait(RETRY_SECONDS)
            finally:
                if consumer is not None:
                    consumer.close()

    def _read(self, consumer: Consumer) -> None:
        """Read from the start, and go on until closed."""
        metadata = consumer.list_topics(self._topic, timeout=ANSWER_SECONDS).topics[self._topic]
        if metadata.error is not None:
            raise KafkaException(metadata.error)
        behind = set(metadata.partitions)
        consumer.assign([TopicPartition(self._topic, partition, 0) for partition in sorted(behind)])
        while not self._closed.is_set():
            message = consumer.poll(POLL_SECONDS)
            if message is None:
                continue
            error = message.error()
            if error is None:
                self._take(message, tell=not behind)
            elif error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            elif behind:
                behind.discard(message.partition())
                if not behind:
                    self._caught_up = True
                    self.repeat()

    def _take(self, message: Message, *, tell: bool) -> None:
        raw = raw_record(message)
        if raw.value is None:
            return
        try:
            announcement = self._decoder.decode(raw)
        except Undecodable as error:
            LOGGER.warning("an announcement on %s at offset %d is passed over: %s", self._topic, raw.offset, error)
            return
        assert isinstance(announcement, AnnonceModele)  # what MODELS declares
        with self._lock:
            self._latest[announcement.modele_id] = announcement
        if tell:
            self._follow(announcement)


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            **client_config(bootstrap),
            "group.id": "wisebook-ml-announcements",  # required by the client; nothing is joined and nothing committed
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
