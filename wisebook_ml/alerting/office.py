"""Where alerts are made: records in, the desks of their companies, SQL, and the topic.

What follows from a batch is kept in one transaction: the state of the companies, the records to be published, and up to
which offset they include. So after a crash a batch is done again as a whole, or passed over; and records that were not
published, or may not have been, are published (again) with the same ids and values.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from schemas import Acquittement, Detection, Etat
from topics import ALERTS
from wisebook_ml.alerting.desk import CompanyDesk
from wisebook_ml.alerting.exceptions import UnknownAlert
from wisebook_ml.alerting.policies import Policies
from wisebook_ml.alerting.policy import passes
from wisebook_ml.alerting.records import Source, Told
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Headers, Outgoing, RawRecord, event_headers, provenance
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.times import told_time
from wisebook_ml.storage.alerts import AlertSession, AlertStore, Envelope
from wisebook_ml.storage.detections import not_its_own

__all__ = ["SOURCE", "Acknowledged", "Office", "Taken"]

LOGGER = logging.getLogger(__name__)

SOURCE = "wisebook-ml/alerting"
"""CloudEvents source of the alerts made here."""

Taken = tuple[RawRecord, Detection]
Acknowledged = tuple[RawRecord, Acquittement]


class Office:
    """Makes alerts of detections. Any thread may call; one at a time is let in.

    Parameters
    ----------
    store : AlertStore
        Keeps what is remembered.
    policies : Policies
        Tells what companies want.
    producer : EventProducer
        Publishes alerts.
    topic, topic_id : str
        Full name of `detections`, and Kafka's id of it.
    clock : callable
        Tells the present moment.
    """

    def __init__(
        self,
        store: AlertStore,
        policies: Policies,
        producer: EventProducer,
        *,
        topic: str,
        topic_id: str,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._store = store
        self._policies = policies
        self._producer = producer
        self._topic = topic
        self._topic_id = topic_id
        self._clock = clock
        self._lock = threading.Lock()

    def take(self, partition: int, records: Sequence[Taken]) -> list[tuple[RawRecord, str]]:
        """Take detections of a partition; when it returns, the alerts that follow are delivered.

        Those are returned, with the reason, that are refused: their id is that of another company's detection.

        Raises
        ------
        PublishError, StorageError
            Where brokers or database are away; the batch is to be taken again.
        """
        with self._lock:
            if not records or not self._concerns(records):
                return []
            now = self._clock()
            with self._store.session(partition, self._topic_id) as session:
                refused = self._decide(session, partition, records, now)
            self._publish([partition])
        return refused

    def acknowledge(self, partition: int, topic: str, records: Sequence[Acknowledged]) -> list[tuple[RawRecord, str]]:
        """Take acknowledgements; return those that are refused, with the reason.

        Raises
        ------
        PublishError, StorageError
            Where brokers or database are away; the batch is to be taken again.
        """
        refused = []
        with self._lock:
            now = self._clock()
            companies = {one.societe_id for _, one in records}
            policies = self._policies.of(companies)
            with self._store.session(partition, self._topic_id) as session:
                known = session.recall(companies, (), [one.alerte_id for _, one in records])
                desks = {
                    one: CompanyDesk(found.state, policies[one], found.alerts, found.members)
                    for one, found in known.items()
                }
                for raw, one in records:
                    made = told_time(raw) or now
                    try:
                        source = Source(topic, partition, raw.offset, raw.headers)
                        desks[one.societe_id].acknowledge(one, made, now, source)
                    except UnknownAlert as error:
                        refused.append((raw, str(error)))
                self._keep(session, desks.values())
            self._publish([partition])
        return refused

    def look_at_clock(self, partitions: Collection[int]) -> None:
        """Do what is due, and publish what a crash left unpublished.

        Raises
        ------
        PublishError, StorageError
            Where brokers or database are away; it is to be called again.
        """
        if not partitions:
            return
        with self._lock:
            now = self._clock()
            for partition, companies in self._store.companies_due(partitions, now).items():
                policies = self._policies.of(companies)
                with self._store.session(partition, self._topic_id) as session:
                    desks = []
                    for one, found in session.recall(companies).items():
                        desk = CompanyDesk(found.state, policies[one], found.alerts)
                        desk.advance(now)
                        desks.append(desk)
                    self._keep(session, desks, anyway=True)
            self._publish(partitions)

    def _concerns(self, records: Sequence[Taken]) -> bool:
        """Tell whether anything may follow: most batches have nothing that a company wants to be alerted to.

        What does not concern us leaves no trace, so its position need not be kept either.
        """
        policies = self._policies.of({one.societe_id for _, one in records})
        if any(one.etat is Etat.OUVERTE and passes(one, policies[one.societe_id].reglage) for _, one in records):
            return True
        return self._store.knows({one.detection_id for _, one in records})

    def _decide(
        self, session: AlertSession, partition: int, records: Sequence[Taken], now: dt.datetime
    ) -> list[tuple[RawRecord, str]]:
        owners = session.owners({one.detection_id for _, one in records})
        new = [(raw, one) for raw, one in records if raw.offset >= session.position]
        # Of those that were taken before, too: whoever took them may have ended before a dead letter was made.
        refused = [
            (raw, not_its_own(one))
            for raw, one in records
            if raw.offset < session.position and owners.get(one.detection_id, one.societe_id) != one.societe_id
        ]
        if not new:
            return refused
        companies = {one.societe_id for _, one in new}
        policies = self._policies.of(companies)
        known = session.recall(companies, {one.detection_id for _, one in new})
        desks = {
            one: CompanyDesk(found.state, policies[one], found.alerts, found.members) for one, found in known.items()
        }
        for raw, one in new:
            if owners.get(one.detection_id, one.societe_id) != one.societe_id:
                refused.append((raw, not_its_own(one)))
                continue
            desk = desks[one.societe_id]
            desk.take(one, told_time(raw) or now, now, Source(self._topic, partition, raw.offset, raw.headers))
            if one.detection_id in desk.members:
                owners[one.detection_id] = one.societe_id
        self._keep(session, desks.values())
        session.reach(new[-1][0].offset + 1)
        return refused

    def _keep(self, session: AlertSession, desks: Iterable[CompanyDesk], *, anyway: bool = False) -> None:
        for desk in desks:
            if anyway or desk.changed_alerts or desk.changed_members:
                session.keep(
                    desk.state,
                    desk.due,
                    desk.changed_alerts.values(),
                    desk.changed_members.values(),
                    [_envelope(one) for one in desk.told],
                )

    def _publish(self, partitions: Collection[int]) -> None:
        pending = self._store.pending(partitions)
        if not pending:
            return
        for one in pending:
            headers: Headers = [(name, text.encode()) for name, text in one.headers]
            self._producer.send(Outgoing(ALERTS, str(one.societe_id).encode(), one.value, headers))
        self._producer.flush()
        self._store.published(pending)


def _envelope(told: Told) -> Envelope:
    record = told.record
    headers = event_headers(record, id_=f"{record.alerte_id}/{record.revision}", source=SOURCE, time=told.at)
    if told.source is not None:
        where = told.source
        headers += provenance(where.topic, where.partition, where.offset, cause=where.headers)
    texts = [[name, (value or b"").decode()] for name, value in headers]
    return Envelope(record.societe_id, msgspec.json.encode(record), texts)
