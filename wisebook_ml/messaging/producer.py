"""Publishing: idempotent, and a failed delivery is an error, not a log line."""

from types import TracebackType
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from topics import DEAD_LETTER
from topics.incoming import PRODUCER_OPTIONS
from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.correlation import correlated
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.metrics import DEAD_LETTERS, count_published

__all__ = ["Deliveries", "EventProducer", "PublishError", "hand_over", "producer_config"]

DELIVERY_SECONDS = 60.0
"""How long a record may wait for its broker: longer than a broker's restart."""

LINGER_MS = 5
"""Bulk publishing fills its batches within that time."""

POLL_SECONDS = 0.1
"""How long to wait for room when the client's queue is full."""

SHOWN_FAILURES = 3
"""Reasons that an error names: the others are like the first."""


class PublishError(Exception):
    """Records that the brokers did not take."""


class Deliveries:
    """Counts what was not delivered, and keeps the first reasons."""

    def __init__(self) -> None:
        self._failed = 0
        self._reasons: list[str] = []

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """Take the client's report about one record."""
        if error is None:
            return
        self._failed += 1
        if len(self._reasons) < SHOWN_FAILURES:
            self._reasons.append(f"{message.topic()}: {error.str()}")

    def take(self) -> str:
        """Say what failed since the last call; empty where nothing did."""
        failed, reasons = self._failed, "; ".join(self._reasons)
        self._failed, self._reasons = 0, []
        return f"{failed} records not delivered: {reasons}" if failed else ""


def producer_config(bootstrap: str) -> dict[str, Any]:
    """Return what all of our producers have in common."""
    return {
        **client_config(bootstrap),
        **PRODUCER_OPTIONS,
        "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
    }


def hand_over(producer: Producer, prefix: str, record: Outgoing, deliveries: Deliveries) -> None:
    """Give a record to the client; wait where its queue is full.

    Raises
    ------
    PublishError
        Where the record is larger than its topic takes.
    KafkaException
        Where the client refuses it.
    """
    size = len(record.value or b"")
    name = record.topic.full_name(prefix)
    if size > record.topic.max_message_bytes:
        raise PublishError(f"a record of {size:,} bytes; topic {name} takes {record.topic.max_message_bytes:,}")
    options: dict[str, Any] = {} if record.partition is None else {"partition": record.partition}
    while True:
        try:
            producer.produce(
                name,
                key=record.key,
                value=record.value,
                headers=[*correlated(record.headers)],
                on_delivery=deliveries,
                **options,
            )
        except BufferError:
            producer.poll(POLL_SECONDS)
        else:
            producer.poll(0)
            _count(record)
            return


def _count(record: Outgoing) -> None:
    count_published(record.topic.name)
    if record.topic is DEAD_LETTER:
        told = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
        DEAD_LETTERS.labels(told.get("wb_topic", ""), told.get("wb_reason", "")).inc()


class EventProducer:
    """Publishes records; what was sent counts only once `flush` has returned.

    Records of one partition arrive in the order of `send` and once each, whatever is retried (idempotent producer).

    Parameters
    ----------
    bootstrap : str
        Brokers.
    prefix : str
        Put before topic names.
    seconds : float
        How long a record may wait for its broker.
    """

    def __init__(self, bootstrap: str, prefix: str, *, seconds: float = DELIVERY_SECONDS) -> None:
        self._prefix = prefix
        self._seconds = seconds
        self._deliveries = Deliveries()
        patience = {"linger.ms": LINGER_MS, "delivery.timeout.ms": int(seconds * 1000)}
        self._producer = Producer(producer_config(bootstrap) | patience)

    def send(self, record: Outgoing) -> None:
        """Hand a record over; it is on its way, not yet delivered.

        Raises
        ------
        PublishError
            Where the record is larger than its topic takes.
        """
        try:
            hand_over(self._producer, self._prefix, record, self._deliveries)
        except KafkaException as error:
            name, size = record.topic.full_name(self._prefix), len(record.value or b"")
            raise PublishError(f"topic {name} refused a record of {size:,} bytes: {error}") from error

    def flush(self) -> None:
        """Wait until all that was sent is delivered.

        Raises
        ------
        PublishError
            Where some was not; it says how many, and the first reasons.
        """
        left = self._producer.flush(self._seconds)
        if left:
            raise PublishError(f"{left} records not delivered within {self._seconds:.0f} s; is the broker up?")
        failed = self._deliveries.take()
        if failed:
            raise PublishError(failed)

    def __enter__(self) -> "EventProducer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
