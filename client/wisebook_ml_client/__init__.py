"""Publishes what happens in WiseBook to wisebook_ml, and reads what it finds there.

Three ways lead to a topic, from the simplest on:

* `Publisher` sends an event now, and tells whether the brokers have it;
* `outbox` keeps it in the application's database, in the transaction of what it tells, and a relay sends it later
  (`wisebook_ml_client.outbox.sqlalchemy`, `wisebook_ml_client.django`);
* `record_of` gives key, value and headers, for a client of one's own.

Each of them refuses an event (`EventRefused`) that wisebook_ml would refuse, before it is sent.
"""

from topics.events import Decoder, Headers, Outgoing, RawRecord, Undecodable
from wisebook_ml_client.access import BrokersAway, NoAccess
from wisebook_ml_client.amounts import montant
from wisebook_ml_client.consuming import Incoming, consumer_options, incoming
from wisebook_ml_client.publisher import Delivery, NotDelivered, Placed, Publisher
from wisebook_ml_client.validation import Event, EventRefused, check, record_of
from wisebook_ml_client.versions import close, correct, delete

__all__ = [
    "BrokersAway",
    "Decoder",
    "Delivery",
    "Event",
    "EventRefused",
    "Headers",
    "Incoming",
    "NoAccess",
    "NotDelivered",
    "Outgoing",
    "Placed",
    "Publisher",
    "RawRecord",
    "Undecodable",
    "check",
    "close",
    "consumer_options",
    "correct",
    "delete",
    "incoming",
    "montant",
    "record_of",
]
