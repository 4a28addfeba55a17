"""The outbox on real databases: committed is published, in order, by one relay at a time."""

import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from confluent_kafka import KafkaError, KafkaException
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from wisebook_ml_client import Delivery, EventRefused, correct
from wisebook_ml_client.outbox import Relay, Store
from wisebook_ml_client.outbox.database import EVENTS, LANES, Unsupported, supported
from wisebook_ml_client.outbox.sqlalchemy import Outbox, SqlAlchemyDatabase, store
from wisebook_ml_client.outbox.store import LEASE_MS, Outcome, Row
from wisebook_ml_client.outbox.writing import now_ms

from schemas import Ligne
from topics import ENTRIES
from topics.events import Outgoing
from wisebook_ml.broker.ports import free_port
from wisebook_ml.messaging.admin import apply_topics

from .conftest import Read, outbox_of, told
from .entries import entry

OUTBOX = Outbox("/wisebook/core", balanced=True)


def random_line(number: int) -> Ligne:
    """Return a line that does not compress."""
    return Ligne(compte_num="606100", ecriture_lib=random.Random(number).randbytes(900).hex())


WAIT_SECONDS = 60.0


def put(engine: Engine, *events: tuple[str, int]) -> None:
    for ecriture_id, societe_id in events:
        with Session(engine) as session, session.begin():
            OUTBOX.add(session, entry(ecriture_id, societe_id))


def left(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(text(f"SELECT COUNT(*) FROM {EVENTS}")).scalar_one())


def ids(rows: Sequence[Row]) -> list[str]:
    """Return the entries of rows, as company and id."""
    found = []
    for row in rows:
        assert row.record is not None
        headers = dict(row.record.headers)
        found.append((headers["ce_id"] or b"").decode().rpartition("/")[0])
    return found


def all_delivered(rows: Sequence[Row]) -> Outcome:
    return Outcome(delivered=[row.id for row in rows])


def test_what_is_committed_is_published_and_what_is_rolled_back_is_not(
    engine: Engine, kafka: str, topic_prefix: str, topic: Read
) -> None:
    with Session(engine) as session, session.begin():
        OUTBOX.add(session, entry("E-1"))
        OUTBOX.add(session, correct(entry("E-1")))
    with Session(engine) as session:
        OUTBOX.add(session, entry("E-2"))
        session.rollback()
    with engine.begin() as connection:
        OUTBOX.add(connection, entry("E-3"))
    relay = Relay(store(engine), kafka, prefix=topic_prefix)
    assert relay.drain().delivered == 3
    assert told(topic()) == [(7, "E-1", 1), (7, "E-1", 2), (7, "E-3", 1)]
    assert left(engine) == 0
    assert relay.step().delivered == 0


def test_an_event_that_would_be_refused_takes_its_transaction_back(engine: Engine) -> None:
    with pytest.raises(EventRefused, match="decimal strings"), Session(engine) as session, session.begin():
        OUTBOX.add(session, entry("E-1"))
        OUTBOX.add(session, entry("E-2", amount="1,5"))
    assert left(engine) == 0


def test_a_relay_killed_before_it_deletes_publishes_the_same_events_again(
    engine: Engine, kafka: str, topic_prefix: str, topic: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(engine, ("E-1", 7), ("E-2", 7))
    killed = store(engine)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    # It dies when the brokers have the events and the database does not know it yet.
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_settle", die)
        with pytest.raises(KeyboardInterrupt):
            Relay(killed, kafka, prefix=topic_prefix).step()
    assert left(engine) == 2
    later = Store(SqlAlchemyDatabase(engine), clock=lambda: now_ms() + LEASE_MS)  # SQLite's lease has ended by then
    assert Relay(later, kafka, prefix=topic_prefix).drain().delivered == 2
    records = topic()
    assert told(records) == [(7, "E-1", 1), (7, "E-2", 1)] * 2
    assert [(one.value, one.headers) for one in records[:2]] == [(one.value, one.headers) for one in records[2:]]


def test_a_company_belongs_to_one_relay_at_a_time(engine: Engine) -> None:
    put(engine, ("E-1", 7), ("E-2", 7), ("E-1", 8))
    first, second = store(engine), store(engine)
    seen: list[list[str]] = []

    def publish_slowly(rows: Sequence[Row]) -> Outcome:
        # While the first one is at it, events come, and a second relay looks.
        put(engine, ("E-3", 7), ("E-1", 9))
        second.work(lambda others: (seen.append(ids(others)), all_delivered(others))[1])
        seen.append(ids(rows))
        return all_delivered(rows)

    first.work(publish_slowly)
    assert seen == [["9/E-1"], ["7/E-1", "7/E-2", "8/E-1"]]
    first.work(lambda rows: (seen.append(ids(rows)), all_delivered(rows))[1])
    assert seen[-1] == ["7/E-3"]
    assert left(engine) == 0


def test_many_relays_and_writers_keep_the_order_of_each_company(
    engine: Engine, kafka: str, topic_prefix: str, topic: Read
) -> None:
    companies, each = range(1, 9), 15
    stop = threading.Event()
    relays = [
        threading.Thread(target=Relay(store(engine), kafka, prefix=topic_prefix).run, args=(stop,)) for _ in range(3)
    ]
    writers = [
        threading.Thread(target=put, args=(engine, *((f"E-{number}", societe) for number in range(each))))
        for societe in companies
    ]
    for thread in (*relays, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    ended = threading.Event()
    for _ in range(int(WAIT_SECONDS * 10)):
        if not left(engine):
            break
        ended.wait(0.1)
    stop.set()
    for thread in relays:
        thread.join()
    found = told(topic())
    for societe in companies:
        assert [one for one in found if one[0] == societe] == [(societe, f"E-{number}", 1) for number in range(each)]


class TestPoison:
    def test_a_row_that_no_reader_takes_is_set_aside_and_the_others_go_on(
        self, engine: Engine, kafka: str, topic_prefix: str, topic: Read
    ) -> None:
        put(engine, ("E-1", 7), ("E-2", 7), ("E-3", 7), ("E-1", 8))
        with engine.begin() as connection:
            broken = "UPDATE {} SET payload = '{{\"societe_id\": 7}}' WHERE headers LIKE '%7/E-1/1%'"
            connection.execute(text(broken.format(EVENTS)))
            connection.execute(text(f"UPDATE {EVENTS} SET topic = 'gone' WHERE headers LIKE '%7/E-2/1%'"))
        outbox = store(engine)
        done = Relay(outbox, kafka, prefix=topic_prefix).drain()
        assert (done.delivered, len(done.refused)) == (2, 2)
        assert sorted(told(topic())) == [(7, "E-3", 1), (8, "E-1", 1)]
        first, second = outbox.refusals()
        assert (first.societe_id, first.event) == (7, "entries 7/E-1/1")
        assert "missing required field" in first.why
        assert "no topic 'gone'" in second.why
        assert outbox.waiting()[0] == 0

        with engine.begin() as connection:
            connection.execute(text(f"UPDATE {EVENTS} SET topic = 'entries' WHERE id = :id"), {"id": second.id})
        assert outbox.retry(second.id)
        assert outbox.discard(first.id)
        assert not outbox.retry(first.id)
        assert not outbox.discard(second.id), "it waits, and is not set aside any more"
        assert Relay(outbox, kafka, prefix=topic_prefix).drain().delivered == 1
        assert outbox.refusals() == []
        assert left(engine) == 0

    def test_what_the_brokers_refuse_for_good_is_set_aside_and_the_others_go_on(
        self, engine: Engine, kafka: str, topic_prefix: str
    ) -> None:
        """A topic that takes less than it is declared to: only the brokers know."""
        small = replace(ENTRIES, max_message_bytes=4_000)
        apply_topics(kafka, topic_prefix, 1, [small])
        with Session(engine) as session, session.begin():
            OUTBOX.add(session, entry("E-1"))
            OUTBOX.add(session, entry("E-2", journal_lib=random.Random(1).randbytes(900).hex()))
            OUTBOX.add(session, entry("E-3", lignes=[random_line(number) for number in range(20)], saisie_par="x"))
            OUTBOX.add(session, entry("E-4"))
        outbox = store(engine)
        relay = Relay(outbox, kafka, prefix=topic_prefix)
        done = relay.drain()
        assert (done.delivered, len(done.refused), done.postponed) == (3, 1, {})
        (refusal,) = outbox.refusals()
        assert refusal.event == "entries 7/E-3/1"
        assert "the brokers refuse it for good" in refusal.why
        put(engine, ("E-5", 7))
        assert relay.drain().delivered == 1

    def test_a_client_that_gives_up_is_replaced(
        self, engine: Engine, kafka: str, topic_prefix: str, topic: Read, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(engine, ("E-1", 7))
        moment = now_ms()
        relay = Relay(Store(SqlAlchemyDatabase(engine), clock=lambda: moment), kafka, prefix=topic_prefix)

        def give_up(record: Outgoing) -> Delivery:
            delivery = Delivery(record)
            delivery.set_exception(KafkaException(KafkaError(KafkaError._FATAL, "out of sequence", fatal=True)))
            return delivery

        monkeypatch.setattr(relay._publisher, "publish_record", give_up)
        assert list(relay.step().postponed) == [7]
        moment += 1_000
        assert relay.step().delivered == 1
        assert told(topic()) == [(7, "E-1", 1)]

    def test_what_cannot_be_delivered_now_waits_longer_each_time_and_keeps_its_order(self, engine: Engine) -> None:
        put(engine, ("E-1", 7), ("E-2", 7))
        moment = now_ms()
        outbox = Store(SqlAlchemyDatabase(engine), clock=lambda: moment)
        relay = Relay(outbox, f"127.0.0.1:{free_port()}", seconds=0.5, options={"log_level": 0})
        pauses = []
        for _ in range(3):
            done = relay.step()
            assert done.delivered == 0
            assert list(done.postponed) == [7]
            assert not relay.step().postponed, "it is not its turn yet"
            with engine.begin() as connection:
                due = int(connection.execute(text(f"SELECT retry_at FROM {LANES}")).scalar_one())
            pauses.append(due - moment)
            moment = due
        assert pauses == [1000, 2000, 4000]
        seen: list[str] = []
        outbox.work(lambda rows: (seen.extend(ids(rows)), all_delivered(rows))[1])
        assert seen == ["7/E-1", "7/E-2"]

    def test_a_company_that_waits_keeps_no_other_waiting(self, engine: Engine) -> None:
        put(engine, ("E-1", 7), ("E-1", 8))
        outbox = store(engine)
        outbox.work(lambda rows: Outcome(delivered=[rows[1].id], postponed={7: "away"}))
        put(engine, ("E-2", 8))
        seen: list[str] = []
        outbox.work(lambda rows: (seen.extend(ids(rows)), all_delivered(rows))[1])
        assert seen == ["8/E-2"]


def test_a_company_with_a_backlog_keeps_no_other_waiting(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        for number in range(450):
            OUTBOX.add(session, entry(f"E-{number}", 7))
    put(engine, ("E-1", 8))
    outbox = store(engine)
    rounds: list[list[str]] = []
    while left(engine):
        outbox.work(lambda rows: (rounds.append(ids(rows)), all_delivered(rows))[1])
    assert "8/E-1" in rounds[0]
    assert [one for found in rounds for one in found if one.startswith("7/")] == [
        f"7/E-{number}" for number in range(450)
    ]


class TestCommitsOnPostgreSQL:
    """Ids are given before transactions are committed, so a lower one may show later. (SQLite writes one by one.)"""

    @pytest.fixture
    def engine(self, postgres: str) -> Iterator[Engine]:
        yield from outbox_of(postgres)

    def test_a_lower_id_that_is_committed_later_is_not_lost(self, engine: Engine) -> None:
        seen: list[list[str]] = []
        outbox = store(engine)

        def publish(rows: Sequence[Row]) -> Outcome:
            seen.append(ids(rows))
            return all_delivered(rows)

        with Session(engine) as slow:
            slow.begin()
            OUTBOX.add(slow, entry("SLOW"))  # takes the lower id
            put(engine, ("QUICK", 7))
            outbox.work(publish)
            slow.commit()
        outbox.work(publish)
        assert seen == [["7/QUICK"], ["7/SLOW"]]
        assert left(engine) == 0

    def test_a_lower_id_that_shows_while_others_are_published_is_not_deleted_with_them(self, engine: Engine) -> None:
        outbox = store(engine)
        slow = Session(engine)
        slow.begin()
        OUTBOX.add(slow, entry("SLOW"))
        put(engine, ("QUICK", 7))

        def publish(rows: Sequence[Row]) -> Outcome:
            slow.commit()
            return all_delivered(rows)

        outbox.work(publish)
        slow.close()
        assert left(engine) == 1

    def test_versions_of_an_entry_whose_row_is_locked_are_published_in_order(self, engine: Engine) -> None:
        """As WiseBook does it: the row tells the last revision, and is locked while the next one is made."""
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE ecriture (id text PRIMARY KEY, revision integer)"))
            connection.execute(text("INSERT INTO ecriture VALUES ('E-1', 0)"))

        def write() -> None:
            for _ in range(10):
                with Session(engine) as session, session.begin():
                    sql = text("UPDATE ecriture SET revision = revision + 1 WHERE id = 'E-1' RETURNING revision")
                    OUTBOX.add(session, entry("E-1", revision=session.execute(sql).scalar_one()))

        revisions: list[int] = []

        def publish(rows: Sequence[Row]) -> Outcome:
            revisions.extend(int(dict(row.record.headers)["ce_id"].rpartition(b"/")[2]) for row in rows)  # type: ignore[union-attr]
            return all_delivered(rows)

        outbox = store(engine)
        writers = [threading.Thread(target=write) for _ in range(4)]
        for thread in writers:
            thread.start()
        while any(thread.is_alive() for thread in writers) or left(engine):
            outbox.work(publish)
        assert revisions == list(range(1, 41))

    def test_in_commit_order_a_second_transaction_of_the_company_waits_for_the_first(self, engine: Engine) -> None:
        ordered = Outbox("/wisebook/core", in_commit_order=True)
        order: list[str] = []

        def add(ecriture_id: str, societe_id: int) -> None:
            with Session(engine) as session, session.begin():
                ordered.add(session, entry(ecriture_id, societe_id))
            order.append(ecriture_id)

        with Session(engine) as first:
            first.begin()
            ordered.add(first, entry("FIRST"))
            waiting = threading.Thread(target=add, args=("SECOND", 7))
            waiting.start()
            add("OTHER", 8)  # another company waits for nobody
            waiting.join(0.5)
            assert waiting.is_alive()
            order.append("FIRST")
            first.commit()
        waiting.join(WAIT_SECONDS)
        assert order == ["OTHER", "FIRST", "SECOND"]


def test_other_databases_are_refused() -> None:
    with pytest.raises(Unsupported, match="postgresql and sqlite, not mysql"):
        supported("mysql")
    assert SqlAlchemyDatabase(create_engine("sqlite://")).dialect == "sqlite"
