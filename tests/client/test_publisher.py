"""Publishing to a real broker: where events go, and what is told of those that do not get there."""

import concurrent.futures

import pytest
from aiokafka.partitioner import murmur2
from wisebook_ml_client import Delivery, EventRefused, NotDelivered, Publisher, correct

from topics import ENTRIES
from topics.events import RawRecord
from wisebook_ml.broker.ports import free_port

from .conftest import Read, told
from .entries import entry

SOURCE = "/wisebook/core"


def header(record: RawRecord, name: str) -> str:
    (found,) = [value or b"" for key, value in record.headers if key == name]
    return found.decode()


def test_events_arrive_in_order_on_the_company_s_partition(kafka: str, topic_prefix: str, topic: Read) -> None:
    with Publisher(kafka, source=SOURCE, prefix=topic_prefix) as publisher:
        for societe_id in (7, 8, 9):
            first = entry("E-1", societe_id)
            deliveries = [publisher.publish(one) for one in (first, correct(first), entry("E-2", societe_id))]
            publisher.flush()
            placed = [delivery.result(0) for delivery in deliveries]
            # As Java's clients choose it, and aiokafka; not as librdkafka does by itself.
            expected = (murmur2(str(societe_id).encode()) & 0x7FFFFFFF) % ENTRIES.partitions
            assert {one.partition for one in placed} == {expected}
            assert sorted(one.offset for one in placed) == [one.offset for one in placed]
    records = topic()
    for societe_id in (7, 8, 9):
        own = [one for one in told(records) if one[0] == societe_id]
        assert own == [(societe_id, "E-1", 1), (societe_id, "E-1", 2), (societe_id, "E-2", 1)]
    assert header(records[0], "ce_type") == "fr.wisebook.ecriture.v1"
    assert header(records[0], "ce_source") == SOURCE
    assert all(
        header(record, "ce_id") == "/".join(map(str, one)) for record, one in zip(records, told(records), strict=True)
    )


def test_the_caller_is_told_of_each_event(kafka: str, topic_prefix: str, topic: Read) -> None:
    seen: list[Delivery] = []
    with Publisher(kafka, source=SOURCE, prefix=topic_prefix) as publisher:
        delivery = publisher.publish(entry(), on_delivery=seen.append)
    assert seen == [delivery]
    assert delivery.id == "7/E-1/1"
    assert delivery.result(0).topic == ENTRIES.full_name(topic_prefix)
    assert delivery.problem() == ""


def test_an_event_that_would_be_refused_is_not_sent(kafka: str, topic_prefix: str, topic: Read) -> None:
    with Publisher(kafka, source=SOURCE, prefix=topic_prefix, balanced=True) as publisher:
        with pytest.raises(EventRefused, match="decimal strings"):
            publisher.publish(entry(amount="1,50"))
        publisher.publish(entry())
    assert told(topic()) == [(7, "E-1", 1)]


def test_flush_says_what_was_not_delivered_and_why() -> None:
    """A broker that is not there."""
    publisher = Publisher(f"127.0.0.1:{free_port()}", source=SOURCE, seconds=1, options={"log_level": 0})
    deliveries = [publisher.publish(entry(f"E-{number}")) for number in range(5)]
    with pytest.raises(NotDelivered, match=r"5 events not delivered: 7/E-0/1: .*; and 2 more\. See that") as error:
        publisher.flush()
    assert {one.id for one in error.value.failures} == {one.id for one in deliveries}
    publisher.flush()  # what has been told is told once


def test_a_topic_that_is_missing_is_told(kafka: str, topic_prefix: str) -> None:
    publisher = Publisher(kafka, source=SOURCE, prefix=f"{topic_prefix}none.", seconds=5, options={"log_level": 0})
    delivery = publisher.publish(entry())
    with pytest.raises(NotDelivered, match="7/E-1/1"):
        publisher.flush()
    assert isinstance(delivery, concurrent.futures.Future)
    assert delivery.problem()


@pytest.mark.parametrize("option", ["partitioner", "enable.idempotence", "acks", "transactional.id"])
def test_options_that_the_contract_decides_are_refused(option: str) -> None:
    with pytest.raises(ValueError, match=option):
        Publisher("localhost:1", source=SOURCE, options={option: "other"})
