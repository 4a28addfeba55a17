"""What waits in the outbox, handed to one relay at a time per company.

The order of a company is that of the events' ids. Among what is committed no id is passed over, since an event leaves
the table only when it is delivered, by its own id: one that is committed late is published late, and never forgotten,
although a higher id has gone already. (A relay that remembered how far it was would lose it.)
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from topics import ALL, Topic
from topics.events import Outgoing
from wisebook_ml_client.outbox.database import EVENTS, LANES, Database, Execute, supported
from wisebook_ml_client.outbox.writing import now_ms

__all__ = ["Outcome", "Refusal", "Row", "Store"]

MOST_LANES = 20
"""Companies that a relay takes at once: with a few events each, they share one wait for the brokers."""

MOST_EVENTS = 200
"""Events of one company that are taken at once: one with many keeps the others waiting no longer than that."""

LEASE_MS = 180_000
"""How long a company belongs to a relay on SQLite, which has no row locks: longer than its wait for the brokers."""

MOST_IDS = 500
"""Ids in one statement."""

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 1_000, 60_000
"""Wait after a failure of a company's events; it doubles with each one after."""

TOPICS: dict[str, Topic] = {topic.name: topic for topic in ALL}

# Names of tables are constants, and all values are parameters.

NEW_LANES = f"""
INSERT INTO {LANES} (societe_id, served_at, retry_at, failures, problem, relay, lease_until)
SELECT DISTINCT e.societe_id, 0, 0, 0, '', '', 0 FROM {EVENTS} e
WHERE e.refused = '' AND NOT EXISTS (SELECT 1 FROM {LANES} l WHERE l.societe_id = e.societe_id)
ON CONFLICT (societe_id) DO NOTHING
"""

DUE = f"""
SELECT l.societe_id FROM {LANES} l
WHERE l.retry_at <= :now AND l.lease_until <= :now
AND EXISTS (SELECT 1 FROM {EVENTS} e WHERE e.societe_id = l.societe_id AND e.refused = '')
ORDER BY l.served_at, l.societe_id LIMIT :most
"""
LOCKED = f"{DUE} FOR UPDATE OF l SKIP LOCKED"

LEASE = f"UPDATE {LANES} SET relay = :relay, lease_until = :until WHERE societe_id IN ({DUE})"
LEASED = f"SELECT societe_id FROM {LANES} WHERE relay = :relay AND lease_until = :until ORDER BY served_at, societe_id"

EVENTS_OF = f"""
SELECT id, topic, message_key, payload, headers FROM {EVENTS}
WHERE societe_id = :societe_id AND refused = '' ORDER BY id LIMIT :most
"""

REFUSE = f"UPDATE {EVENTS} SET refused = :why WHERE id = :id"
SERVED = f"""
UPDATE {LANES} SET served_at = :now, retry_at = 0, failures = 0, problem = '', relay = '', lease_until = 0
WHERE societe_id = :societe_id
"""
POSTPONE = f"""
UPDATE {LANES} SET served_at = :now, failures = failures + 1, problem = :why, relay = '', lease_until = 0,
retry_at = :now + CASE WHEN failures >= 6 THEN :longest ELSE :first * (1 << CAST(failures AS INTEGER)) END
WHERE societe_id = :societe_id
"""

ANY = f"SELECT 1 FROM {EVENTS} WHERE refused = '' LIMIT 1"
REFUSED = f"SELECT id, societe_id, topic, headers, refused FROM {EVENTS} WHERE refused <> '' ORDER BY id LIMIT :most"
RETRY = f"UPDATE {EVENTS} SET refused = '' WHERE refused <> '' AND id = :id RETURNING id"
DISCARD = f"DELETE FROM {EVENTS} WHERE refused <> '' AND id = :id RETURNING id"
WAITING = f"SELECT COUNT(*), MIN(created_at) FROM {EVENTS} WHERE refused = ''"


class Row(NamedTuple):
    """One event that waits; `record` is None where what is stored is no record, and `fault` says why."""

    id: int
    societe_id: int
    record: Outgoing | None
    fault: str = ""


@dataclass(slots=True)
class Outcome:
    """What became of events: ids that were delivered, ids that never will be, companies to come back to."""

    delivered: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    postponed: dict[int, str] = field(default_factory=dict)


class Refusal(NamedTuple):
    """An event that was set aside: the brokers, or the contract, will never take it as it is."""

    id: int
    societe_id: int
    event: str
    why: str


class Store:
    """The outbox of a database, for relays.

    On PostgreSQL a company belongs to a relay by a row lock, which goes with its connection; on SQLite by a lease,
    which ends by itself.

    Parameters
    ----------
    database : Database
        Where.
    clock : callable
        Milliseconds since 1970.

    Raises
    ------
    Unsupported
        For another database.
    """

    def __init__(self, database: Database, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._locks = supported(database.dialect) == "postgresql"
        self._clock = clock
        self._relay = uuid.uuid4().hex

    def work(self, publish: Callable[[Sequence[Row]], Outcome]) -> Outcome:
        """Have the events of some companies published, each company by nobody else meanwhile.

        Returns what became of them. An error of `publish` leaves all as it was.
        """
        with self._database.transaction() as execute:
            if not execute(ANY, {}):
                return Outcome()  # mostly so: nothing is written, and on SQLite nobody kept waiting
        with self._database.transaction() as execute:
            execute(NEW_LANES, {})
            lanes = [] if self._locks else self._lease(execute)
        if not self._locks:
            return self._publish_leased(lanes, publish)
        with self._database.transaction() as execute:
            lanes = _numbers(execute(LOCKED, {"now": self._clock(), "most": MOST_LANES}))
            outcome = publish(_rows(execute, lanes)) if lanes else Outcome()
            self._settle(execute, lanes, outcome)
        return outcome

    def refusals(self, most: int = 1_000) -> list[Refusal]:
        """Return the events that were set aside, oldest first."""
        with self._database.transaction() as execute:
            rows = execute(REFUSED, {"most": most})
        return [
            Refusal(id_, societe, f"{topic} {_event_id(headers)}", why) for id_, societe, topic, headers, why in rows
        ]

    def retry(self, id_: int) -> bool:
        """Let an event that was set aside take its turn again, after a repair; False: there is none."""
        with self._database.transaction() as execute:
            return bool(execute(RETRY, {"id": id_}))

    def discard(self, id_: int) -> bool:
        """Delete an event that was set aside; False: there is none."""
        with self._database.transaction() as execute:
            return bool(execute(DISCARD, {"id": id_}))

    def waiting(self) -> tuple[int, int]:
        """Return how many events wait, and for how many milliseconds the oldest has."""
        with self._database.transaction() as execute:
            ((count, oldest),) = execute(WAITING, {})
        return int(count), 0 if oldest is None else max(0, self._clock() - int(oldest))

    def _lease(self, execute: Execute) -> list[int]:
        now = self._clock()
        until = now + LEASE_MS
        execute(LEASE, {"relay": self._relay, "until": until, "now": now, "most": MOST_LANES})
        return _numbers(execute(LEASED, {"relay": self._relay, "until": until}))

    def _publish_leased(self, lanes: Sequence[int], publish: Callable[[Sequence[Row]], Outcome]) -> Outcome:
        """Publish between two transactions: one that stays open would keep all writers of SQLite waiting."""
        if not lanes:
            return Outcome()
        outcome = Outcome(postponed=dict.fromkeys(lanes, "the relay was interrupted"))
        try:
            with self._database.transaction() as execute:
                rows = _rows(execute, lanes)
            outcome = publish(rows)
        finally:
            with self._database.transaction() as execute:
                self._settle(execute, lanes, outcome)
        return outcome

    def _settle(self, execute: Execute, lanes: Sequence[int], outcome: Outcome) -> None:
        for start in range(0, len(outcome.delivered), MOST_IDS):
            # By their ids, never up to one: a lower id may have been committed since the events were read.
            ids = {f"id{place}": id_ for place, id_ in enumerate(outcome.delivered[start : start + MOST_IDS])}
            execute(f"DELETE FROM {EVENTS} WHERE id IN ({', '.join(f':{name}' for name in ids)})", ids)
        for id_, why in outcome.refused.items():
            execute(REFUSE, {"id": id_, "why": why})
        now = self._clock()
        for societe_id in lanes:
            problem = outcome.postponed.get(societe_id)
            if problem is None:
                execute(SERVED, {"societe_id": societe_id, "now": now})
            else:
                pauses = {"first": FIRST_PAUSE_MS, "longest": LONGEST_PAUSE_MS}
                execute(POSTPONE, {"societe_id": societe_id, "now": now, "why": problem, **pauses})


def _numbers(rows: Sequence[tuple[int, ...]]) -> list[int]:
    return [int(number) for (number,) in rows]


def _rows(execute: Execute, lanes: Sequence[int]) -> list[Row]:
    found: list[Row] = []
    for societe_id in lanes:
        for id_, *told in execute(EVENTS_OF, {"societe_id": societe_id, "most": MOST_EVENTS}):
            try:
                found.append(Row(id_, societe_id, _record(*told)))
            except (msgspec.MsgspecError, LookupError) as error:
                found.append(Row(id_, societe_id, None, f"what is stored is no record: {error}"))
    return found


def _record(topic: str, key: str, payload: str, headers: str) -> Outgoing:
    if topic not in TOPICS:
        raise LookupError(f"there is no topic {topic!r} in this version of the client")
    told = msgspec.json.decode(headers, type=list[tuple[str, str]])
    return Outgoing(TOPICS[topic], key.encode(), payload.encode(), [(name, value.encode()) for name, value in told])


def _event_id(headers: str) -> str:
    try:
        told = dict(msgspec.json.decode(headers, type=list[tuple[str, str]]))
    except msgspec.MsgspecError:
        return ""
    return told.get("ce_id", "")
