"""Publishing what waits in an outbox."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from wisebook_ml_client.access import BrokersAway
from wisebook_ml_client.outbox.store import Outcome, Row, Store
from wisebook_ml_client.publisher import Delivery, NotDelivered, Publisher, is_fatal, is_permanent
from wisebook_ml_client.validation import EventRefused

__all__ = ["Pass", "Relay"]

LOG = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
"""Between two looks at an outbox in which nothing waits."""

FAILURE_SECONDS = 5.0
"""Between two attempts to reach the database."""

DELIVERY_SECONDS = 30.0
"""How long a pass waits for the brokers."""


class Pass(NamedTuple):
    """What one look at the outbox came to.

    Attributes
    ----------
    delivered : int
        Events that the brokers have.
    refused : mapping of int to str
        Events that were set aside for good, by id, and why; the others of their company go on.
    postponed : mapping of int to str
        Companies that are tried again later, and why: from the first event that failed on they wait, in order.
    """

    delivered: int
    refused: Mapping[int, str]
    postponed: Mapping[int, str]


class Relay:
    """Publishes committed events, company by company in their order.

    Several may run, in processes and on machines of their own: each takes companies that no other one has. One that is
    killed leaves its events to the others, which may publish some of them again, as the same events.

    Parameters
    ----------
    store : Store
        The outbox.
    bootstrap : str
        Brokers.
    prefix : str
        What topic names begin with.
    options : mapping, optional
        More settings of the client (librdkafka), such as ``security.protocol``.
    seconds : float
        How long a pass waits for the brokers; less than a minute.
    """

    def __init__(
        self,
        store: Store,
        bootstrap: str,
        *,
        prefix: str = "wisebook.",
        options: Mapping[str, Any] | None = None,
        seconds: float = DELIVERY_SECONDS,
    ) -> None:
        self._store = store
        # The records were made when they were written, and name their source.
        self._connect = partial(Publisher, bootstrap, source="", prefix=prefix, options=options, seconds=seconds)
        self._publisher = self._connect()

    def require_access(self) -> None:
        """Check that the brokers let the relay in and publish (see `Publisher.require_access`); no broker is no fault.

        Raises
        ------
        NoAccess
            Where they do not: the events would wait for ever.
        """
        try:
            self._publisher.require_access()
        except BrokersAway as error:
            LOG.warning("%s; the events wait", error)

    def step(self) -> Pass:
        """Publish what waits, as much as one pass takes, and log what was refused or has to wait."""
        outcome = self._store.work(self._publish)
        for id_, why in outcome.refused.items():
            LOG.error("event %d of the outbox is set aside, and the others go on: %s", id_, why)
        for societe_id, why in outcome.postponed.items():
            LOG.warning("events of company %d wait and are tried again: %s", societe_id, why)
        return Pass(len(outcome.delivered), outcome.refused, outcome.postponed)

    def drain(self) -> Pass:
        """Publish until nothing waits that could be published now; returns the sum."""
        delivered, refused, postponed = 0, dict[int, str](), dict[int, str]()
        while True:
            done = self.step()
            delivered += done.delivered
            refused |= done.refused
            postponed |= done.postponed
            if not done.delivered and not done.refused:
                return Pass(delivered, refused, postponed)

    def run(self, stop: threading.Event, told: Callable[[Pass], None] = lambda done: None) -> None:
        """Publish until told to stop; a database or broker that goes away is waited for.

        Parameters
        ----------
        stop : threading.Event
            Ends it after the pass that is under way.
        told : callable
            Told of each pass that did something.
        """
        LOG.info("publishing what waits in the outbox")
        while not stop.is_set():
            try:
                done = self.step()
            except Exception:  # whatever the database's library raises; nothing is lost, since nothing was deleted
                LOG.exception("the outbox cannot be read or written; trying again in %.0f s", FAILURE_SECONDS)
                stop.wait(FAILURE_SECONDS)
                continue
            if done.delivered or done.refused or done.postponed:
                told(done)
            if not done.delivered:
                stop.wait(PAUSE_SECONDS)

    def _publish(self, rows: Sequence[Row]) -> Outcome:
        outcome = Outcome()
        good: list[Row] = []
        for row in rows:
            if row.record is None:
                outcome.refused[row.id] = row.fault
            else:
                good.append(row)
        suspects = self._send(good, outcome)
        for row, _ in suspects:
            if row.societe_id not in outcome.postponed:  # else it waits with its company, in order
                for refused, problem in self._send([row], outcome):
                    outcome.refused[refused.id] = f"the brokers refuse it for good: {problem}"
        return outcome

    def _send(self, rows: Sequence[Row], outcome: Outcome) -> list[tuple[Row, str]]:
        """Send events together, and enter what became of them; returns those that were refused for good, and why.

        Brokers judge batches: what they say of one event may be the fault of another that travelled with it.
        """
        sent: list[tuple[Row, Delivery]] = []
        for row in rows:
            assert row.record is not None
            try:
                sent.append((row, self._publisher.publish_record(row.record)))
            except EventRefused as error:
                outcome.refused[row.id] = str(error)
        try:
            self._publisher.flush()
        except NotDelivered as error:
            LOG.debug("%s", error)  # each is looked at below
        if any(delivery.done() and is_fatal(delivery.exception()) for _, delivery in sent):
            self._publisher = self._connect()
        suspects: list[tuple[Row, str]] = []
        for row, delivery in sent:
            problem = delivery.problem()
            if not problem:
                outcome.delivered.append(row.id)
            elif delivery.done() and is_permanent(delivery.exception()):
                suspects.append((row, problem))
            else:
                outcome.postponed.setdefault(row.societe_id, problem)
        return suspects
