"""Publishing: idempotent, and a failed delivery is an error, not a log line."""

from types import TracebackType
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from topics import DEAD_LETTER
from wisebook_ml.messaging.client_log import CLIENT_LOGGER
from wisebook_ml.messaging.events import Outgoing

__all__ = ["EventProducer", "PublishError"]

DELIVERY_SECONDS = 60.0
"""How long a record may wait for its broker: longer than a broker's restart."""

POLL_SECONDS = 0.1
"""How long to wait for room when the client's queue is full."""


class PublishError(Exception):
    """Records that the brokers did not take."""


class EventProducer:
    """Publishes records; what was sent counts only once `flush` has returned.

    Records of one partition arrive in the order of `send` and once each, whatever is retried (idempotent producer).

    Parameters
    ----------
    bootstrap : str
        Brokers.
    prefix : str
        Put before topic names.
    """

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._prefix = prefix
        self._failures: list[str] = []
        self._failed = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                # Java's and aiokafka's choice of partition: the same key must meet the same partition everywhere.
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "linger.ms": 5,
                "message.max.bytes": DEAD_LETTER.max_message_bytes,
                "logger": CLIENT_LOGGER,
                "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
            }
        )

    def send(self, record: Outgoing) -> None:
        """Hand a record over; it is on its way, not yet delivered.

        Raises
        ------
        PublishError
            Where the record is larger than its topic takes.
        """
        size = len(record.value or b"")
        name = record.topic.full_name(self._prefix)
        if size > record.topic.max_message_bytes:
            raise PublishError(f"a record of {size:,} bytes; topic {name} takes {record.topic.max_message_bytes:,}")
        options: dict[str, Any] = {} if record.partition is None else {"partition": record.partition}
        while True:
            try:
                self._producer.produce(
                    name,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    on_delivery=self._delivered,
                    **options,
                )
            except BufferError:
                self._producer.poll(POLL_SECONDS)
            except KafkaException as error:
                raise PublishError(f"topic {name} refused a record of {size:,} bytes: {error}") from error
            else:
                self._producer.poll(0)
                return

    def flush(self) -> None:
        """Wait until all that was sent is delivered.

        Raises
        ------
        PublishError
            Where some was not; it says how many, and the first reasons.
        """
        left = self._producer.flush(DELIVERY_SECONDS)
        if left:
            raise PublishError(f"{left} records not delivered within {DELIVERY_SECONDS:.0f} s; is the broker up?")
        if self._failed:
            failed, reasons = self._failed, "; ".join(self._failures)
            self._failed, self._failures = 0, []
            raise PublishError(f"{failed} records not delivered: {reasons}")

    def __enter__(self) -> "EventProducer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            return
        self._failed += 1
        if len(self._failures) < 3:
            self._failures.append(f"{message.topic()}: {error.str()}")
