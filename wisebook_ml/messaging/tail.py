"""Following topics from their end on, outside any consumer group: what is committed from now on, as it comes."""

import logging
import threading
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, TopicPartition

from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import end_offsets, open_reader, raw_record

__all__ = ["Tail", "Take"]

LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""How long a stop may take; records are handed on at once."""

Take = Callable[[str, int, RawRecord], None]


class Tail:
    """Reads topics in a thread of its own.

    Parameters
    ----------
    bootstrap : str
        Brokers. While they are away nothing comes, and what came meanwhile comes when they are back.
    topics : sequence of str
        Full names.
    take : callable
        Given topic, partition and record, in that thread. It does not raise.

    Raises
    ------
    ReadError
        Where a topic does not exist, or no broker answers.
    """

    def __init__(self, bootstrap: str, topics: Sequence[str], take: Take) -> None:
        self._take = take
        self._ends = threading.Event()
        places = [
            TopicPartition(topic, partition, end)
            for topic in topics
            for partition, (_, end) in end_offsets(bootstrap, topic).items()
        ]
        consumer = open_reader(bootstrap)
        consumer.assign(places)
        self._thread = threading.Thread(target=self._run, args=(consumer,), name="tail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Have the thread end; it is not waited for."""
        self._ends.set()

    def _run(self, consumer: Consumer) -> None:
        try:
            while not self._ends.is_set():
                message = consumer.poll(POLL_SECONDS)
                if message is None:
                    continue
                error = message.error()
                if error is not None:
                    if error.code() != KafkaError._PARTITION_EOF:
                        LOGGER.warning("following %s: %s", message.topic(), error.str())
                    continue
                topic, partition = message.topic(), message.partition()
                assert topic is not None and partition is not None  # records have both
                self._take(topic, partition, raw_record(message))
        finally:
            consumer.close()
