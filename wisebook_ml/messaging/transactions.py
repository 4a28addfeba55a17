"""Publishing in transactions: all records of a batch or none, and never again by a process that was replaced."""

import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress

from confluent_kafka import KafkaError, KafkaException, Producer

from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import Deliveries, PublishError, hand_over, producer_config

__all__ = ["Fenced", "TransactionalProducer"]

TRANSACTION_SECONDS = 60.0
"""How long a transaction may stay open before the brokers abort it: longer than a broker's restart."""

ANSWER_SECONDS = 60.0
"""How long starting, committing or aborting may take in all, retries included; the same restart fits."""

ATTEMPT_SECONDS = 10.0
"""How long one call to the client may take before it is asked again."""

FENCED = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})
"""What a producer is told once a newer one has started with its transactional id."""


class Fenced(PublishError):
    """A newer producer has the transactional id: whatever this one still wants to publish is not its to publish."""


class TransactionalProducer:
    """Publishes batches of records, each in a transaction of its own.

    Starting one fences every other that has the same transactional id: what those have open is aborted, and what they
    send later is refused. So a process that was frozen, or cut off, and replaced cannot publish behind its successor.
    Readers that want this guarantee read committed records only (``isolation.level=read_committed``).

    Parameters
    ----------
    bootstrap : str
        Brokers.
    prefix : str
        Put before topic names.
    transactional_id : str
        The same for whoever may do this work, and for nobody else.

    Raises
    ------
    PublishError
        Where the brokers do not let it start within `ANSWER_SECONDS`.
    """

    def __init__(self, bootstrap: str, prefix: str, transactional_id: str) -> None:
        self._prefix = prefix
        self._id = transactional_id
        self._deliveries = Deliveries()
        self._producer = Producer(
            {
                **producer_config(bootstrap),
                "transactional.id": transactional_id,
                "transaction.timeout.ms": int(TRANSACTION_SECONDS * 1000),
                # A commit sends what is waiting; nothing is gained by waiting before.
                "linger.ms": 0,
            }
        )
        try:
            self._insist(self._producer.init_transactions)
        except KafkaException as error:
            raise self._failed("start", error) from error

    def publish(self, records: Sequence[Outgoing]) -> None:
        """Publish records together; when it returns they are committed. Without records nothing is done.

        What can be repaired by doing it again (a broker that went away) is done again, once, from the start.

        A record that is larger than its topic takes is an error, and stays one however often its batch is delivered:
        leaving it out would break the promise that every entry has what follows from it. The bounds of what a detection
        quotes keep it far below its topic's limit, so this is a fault of the program or of a topic's settings; the
        message names the record that it follows from, and the limit.

        Raises
        ------
        Fenced
            Where another producer has started with this id since.
        PublishError
            Where the brokers did not take them; none of them is visible then, or, if the answer to the commit itself
            got lost, all of them are.
        """
        if not records:
            return
        try:
            self._transact(records)
        except KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise self._failed("publish", error) from error
            self._try_again(records)
        except PublishError as error:
            try:
                self._producer.abort_transaction(ATTEMPT_SECONDS)
            except KafkaException as told:
                # What went wrong first is what is to be mended.
                raise PublishError(f"{error}; nor can {self._id!r} abort: {told.args[0].str()}") from error
            raise

    def close(self) -> None:
        """Give up the connections. Between two batches nothing is open, and older producers stay fenced."""
        # One that was fenced would say so once more.
        with warnings.catch_warnings(), suppress(KafkaException):
            warnings.simplefilter("ignore", RuntimeWarning)
            self._producer.close()

    def _transact(self, records: Sequence[Outgoing]) -> None:
        self._producer.begin_transaction()
        for record in records:
            try:
                hand_over(self._producer, self._prefix, record, self._deliveries)
            except PublishError as error:
                raise PublishError(f"{error}{_cause(record)}") from error
        self._insist(self._producer.commit_transaction)

    def _try_again(self, records: Sequence[Outgoing]) -> None:
        try:
            self._insist(self._producer.abort_transaction)
            self._deliveries.take()
            self._transact(records)
        except KafkaException as error:
            raise self._failed("publish", error) from error

    def _insist(self, call: Callable[[float], None]) -> None:
        """Call until it is done, or fails for good, or has taken too long."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                call(ATTEMPT_SECONDS)
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise
            else:
                return

    def _failed(self, what: str, error: KafkaException) -> PublishError:
        reason = error.args[0]
        if reason.code() == KafkaError._FATAL:
            # The client names the reason of a fatal error only to those that ask about the transaction; at once, as
            # soon as its own thread comes round to it.
            try:
                self._producer.abort_transaction(ATTEMPT_SECONDS)
            except KafkaException as told:
                reason = told.args[0]
        if reason.code() in FENCED:
            return Fenced(
                f"another process has taken over {self._id!r}: this one was away too long, and what it still wanted "
                "to publish is dropped; its successor publishes it"
            )
        lost = self._deliveries.take()
        return PublishError(f"{self._id!r} cannot {what}: {reason.str()}{f' ({lost})' if lost else ''}")


def _cause(record: Outgoing) -> str:
    """Say which record this one follows from, where its headers tell."""
    told = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    if "wb_offset" not in told:
        return ""
    return f" (it follows from {told.get('wb_topic')} partition {told.get('wb_partition')} offset {told['wb_offset']})"
