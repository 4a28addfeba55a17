"""Sending events, and knowing what became of each."""

import datetime as dt
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from topics.events import Outgoing
from topics.incoming import PRODUCER_OPTIONS
from topics.topic import Topic
from wisebook_ml_client.access import PUBLISHED, require_access
from wisebook_ml_client.validation import Event, EventRefused, check, record_of

__all__ = ["Delivery", "NotDelivered", "Placed", "Publisher", "is_fatal", "is_permanent"]

DELIVERY_SECONDS = 60.0
"""How long an event may wait for its broker: longer than a broker's restart."""

GRACE_SECONDS = 5.0
"""How much longer `flush` waits, until the client itself says of the last events that their time is over."""

LINGER_MS = 5
"""Events that come within that time travel together."""

POLL_SECONDS = 0.1
"""How long to wait for room when the client's queue is full."""

SHOWN_FAILURES = 3
"""Failures that an error spells out: the others are like the first."""

OURS = frozenset({*PRODUCER_OPTIONS, "acks", "transactional.id", "bootstrap.servers"}) - {"compression.type"}
"""Options that are decided here: other ones would lose events, repeat them, or tear a company apart."""

PERMANENT = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError.INVALID_RECORD})
"""What brokers answer about a record that they will never take."""


class Placed(NamedTuple):
    """Where an event stands."""

    topic: str
    partition: int
    offset: int


class NotDelivered(Exception):
    """Events that the brokers did not take.

    Attributes
    ----------
    failures : list of Delivery
        Those that failed, or are not answered; each knows its record (``ce_id``) and, where there is one, its error.
    """

    def __init__(self, failures: "list[Delivery]", advice: str) -> None:
        shown = "; ".join(f"{one.id}: {one.problem()}" for one in failures[:SHOWN_FAILURES])
        more = f"; and {len(failures) - SHOWN_FAILURES} more" if len(failures) > SHOWN_FAILURES else ""
        super().__init__(f"{len(failures)} events not delivered: {shown}{more}. {advice}")
        self.failures = failures


class Delivery(Future[Placed]):
    """The fate of one event: a future of where it stands.

    ``result(timeout)`` waits; it needs somebody to call `Publisher.flush` or `Publisher.poll` meanwhile, which is when
    answers of brokers are looked at.
    """

    def __init__(self, record: Outgoing) -> None:
        super().__init__()
        self.record = record

    @property
    def id(self) -> str:
        """The event's id (``ce_id``)."""
        return next(((value or b"").decode() for name, value in self.record.headers if name == "ce_id"), "")

    def problem(self) -> str:
        """Say why it is not delivered; empty where it is."""
        if not self.done():
            return "no broker has answered yet"
        error = self.exception()
        return "" if error is None else str(error)


def is_permanent(error: BaseException | None) -> bool:
    """Tell whether sending the same again is of no use."""
    if isinstance(error, EventRefused):
        return True
    return isinstance(error, KafkaException) and error.args[0].code() in PERMANENT


def is_fatal(error: BaseException | None) -> bool:
    """Tell whether the publisher itself is of no use any more: an idempotent client that lost its place gives up."""
    return isinstance(error, KafkaException) and bool(error.args[0].fatal())


class Publisher:
    """Publishes events: validated before, in order and once each per company, whatever is retried meanwhile.

    Any thread may call. What a process publishes and then does not `flush` may be lost with the process; what must not
    be lost goes through the outbox.

    Parameters
    ----------
    bootstrap : str
        Brokers, ``host:port,…``.
    source : str
        Who publishes (CloudEvents source), such as ``/wisebook/core``.
    prefix : str
        What topic names begin with in the deployment.
    balanced : bool
        Refuse entries whose debits and credits differ (see `record_of`).
    seconds : float
        How long an event may wait for its broker.
    options : mapping, optional
        More settings of the client (librdkafka), such as ``security.protocol`` and ``sasl.*``.

    Raises
    ------
    ValueError
        Where `options` would break the contract.

    Examples
    --------
    ::

        with Publisher("localhost:9092", source="/wisebook/core") as publisher:
            publisher.publish(entry)
            publisher.publish(correct(entry, lignes=lines))
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        source: str,
        prefix: str = "wisebook.",
        balanced: bool = False,
        seconds: float = DELIVERY_SECONDS,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        forbidden = OURS & (options or {}).keys()
        if forbidden:
            raise ValueError(
                f"leave out {', '.join(sorted(forbidden))}: the publisher decides it, as the topics need it"
            )
        self._bootstrap = bootstrap
        self._options = dict(options or {})
        self._source = source
        self._prefix = prefix
        self._balanced = balanced
        self._seconds = seconds
        self._waiting: dict[int, Delivery] = {}
        self._failed: list[Delivery] = []
        self._producer = Producer(
            {
                "linger.ms": LINGER_MS,
                "delivery.timeout.ms": int(seconds * 1000),
                **PRODUCER_OPTIONS,
                **(options or {}),
                "bootstrap.servers": bootstrap,
            }
        )

    def require_access(self, *topics: Topic) -> None:
        """Check that the brokers let this process in and write: to these topics, or to all that events go to.

        Raises
        ------
        NoAccess
            Where they do not; it says which password, certificate or right to look at.
        BrokersAway
            Where none answers.
        """
        require_access(self._bootstrap, self._prefix, topics or PUBLISHED, self._options)

    def publish(
        self,
        event: Event,
        *,
        time: dt.datetime | None = None,
        id_: str | None = None,
        correlation: str | None = None,
        on_delivery: Callable[[Delivery], None] | None = None,
    ) -> Delivery:
        """Send an event; it is on its way when this returns, and there when `flush` has returned.

        Parameters
        ----------
        event : Event
            An entry, a position or a verdict.
        time, id_, correlation
            See `record_of`.
        on_delivery : callable, optional
            Told the delivery once it is known, from within `publish`, `poll` or `flush`.

        Raises
        ------
        EventRefused
            Where wisebook_ml would refuse it; nothing was sent.
        """
        record = record_of(event, self._source, time=time, id_=id_, correlation=correlation, balanced=self._balanced)
        return self._send(record, on_delivery)

    def publish_record(self, record: Outgoing, on_delivery: Callable[[Delivery], None] | None = None) -> Delivery:
        """Send a record that was made before (`record_of`), such as one from an outbox.

        Raises
        ------
        EventRefused
            Where wisebook_ml would refuse it; nothing was sent.
        """
        check(record)
        return self._send(record, on_delivery)

    def poll(self, seconds: float = 0.0) -> None:
        """Look at what brokers have answered, for up to so many seconds."""
        self._producer.poll(seconds)

    def flush(self) -> None:
        """Wait until the fate of all that was published is known.

        Raises
        ------
        NotDelivered
            Where the brokers did not take some of it since the last call; it says which and why.
        """
        self._producer.flush(self._seconds + GRACE_SECONDS)
        failures = [*self._failed, *self._waiting.values()]
        self._failed = []
        if failures:
            raise NotDelivered(
                failures, "See that the brokers are up and the topics exist, then publish these again: it does no harm."
            )

    def _send(self, record: Outgoing, on_delivery: Callable[[Delivery], None] | None) -> Delivery:
        delivery = Delivery(record)
        delivery.set_running_or_notify_cancel()  # what the client has is not taken back
        self._waiting[id(delivery)] = delivery
        if on_delivery is not None:
            delivery.add_done_callback(lambda _: on_delivery(delivery))

        def answered(error: KafkaError | None, message: Message) -> None:
            self._answered(delivery, error, message)

        while True:
            try:
                self._producer.produce(
                    record.topic.full_name(self._prefix),
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    on_delivery=answered,
                )
            except BufferError:
                self._producer.poll(POLL_SECONDS)
            except KafkaException as error:
                del self._waiting[id(delivery)]
                self._failed.append(delivery)
                delivery.set_exception(error)
                return delivery
            else:
                self._producer.poll(0)
                return delivery

    def _answered(self, delivery: Delivery, error: KafkaError | None, message: Message) -> None:
        self._waiting.pop(id(delivery), None)
        if error is not None:
            self._failed.append(delivery)
            delivery.set_exception(KafkaException(error))
            return
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        assert topic is not None and partition is not None and offset is not None  # a delivered one has all
        delivery.set_result(Placed(topic, partition, offset))

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
