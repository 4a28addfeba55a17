"""What timers do: each returns the records that a due time publishes, and publishes nothing itself.

The same due time gives records with the same ids (UUIDv5 of timer, due time and what the record is about).
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
from sqlalchemy import Engine

from schemas import DemandeEntrainement, Motif, Record, Tick
from topics import ENTRIES, TRAINING_REQUESTS, Topic
from wisebook_ml.messaging.events import Outgoing, event_headers
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.settings import Settings
from wisebook_ml.storage import Entrainement, last_trainings, open_database
from wisebook_ml.timers.plan import Due
from wisebook_ml.timers.retraining import Wanted, as_backup, by_frequency

__all__ = ["SOURCE", "Surroundings", "Work", "record_id", "retrain_backup", "retrain_due", "tick_entries"]

SOURCE = "wisebook-ml/timers"
"""CloudEvents source of what timers publish."""

ALL_COMPANIES = 0

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/minuteries")


@dataclass
class Surroundings:
    """What a timer can reach: the brokers, and the database, which is opened by the first timer that asks for it."""

    settings: Settings
    bootstrap: str

    @cached_property
    def database(self) -> Engine:
        """The engine; its tables are up to date."""
        return open_database(self.settings.sql_url)

    @cached_property
    def entry_partitions(self) -> Sequence[int]:
        """The partitions of `entries`; their number never changes, since the key of a company chooses one of them."""
        return list(end_offsets(self.bootstrap, ENTRIES.full_name(self.settings.topic_prefix)))


Work = Callable[[str, Due, Surroundings], Sequence[Outgoing]]
"""Given a timer's name and what is due, returns what is to be published; may raise anything."""


def tick_entries(name: str, due: Due, around: Surroundings) -> list[Outgoing]:
    """Return a tick of all companies for every partition of `entries`.

    Raises
    ------
    ReadError
        Where the brokers do not tell how many there are.
    """
    tick = Tick(societe_id=ALL_COMPANIES, minuterie=name, echeance=due.echeance)
    return [
        _event(ENTRIES, ALL_COMPANIES, tick, f"{name}/{partition}", due, partition)
        for partition in around.entry_partitions
    ]


def retrain_due(name: str, due: Due, around: Surroundings) -> list[Outgoing]:
    """Return a request for every model that is obsolete or whose time has run out.

    Raises
    ------
    StorageError
        Where the registry does not answer.
    """
    return _requests(name, due, around, by_frequency)


def retrain_backup(name: str, due: Due, around: Surroundings) -> list[Outgoing]:
    """Return a request for every model that was not trained for a week.

    Raises
    ------
    StorageError
        Where the registry does not answer.
    """
    return _requests(name, due, around, as_backup)


def record_id(about: str, echeance: dt.datetime) -> str:
    """Return the id of what a due time publishes about something: always the same."""
    return str(uuid.uuid5(NAMESPACE, f"{about}/{echeance.astimezone(dt.UTC).isoformat()}"))


Choose = Callable[[Iterable[Entrainement], dt.datetime], Iterator[Wanted]]


def _requests(name: str, due: Due, around: Surroundings, choose: Choose) -> list[Outgoing]:
    wanted = choose(last_trainings(around.database), due.echeance)
    return [_request(name, due, *one) for one in wanted]


def _request(name: str, due: Due, modele_id: int, societe_id: int, motif: Motif) -> Outgoing:
    about = f"{name}/{modele_id}"
    request = DemandeEntrainement(
        demande_id=record_id(about, due.echeance),
        modele_id=modele_id,
        societe_id=societe_id,
        motif=motif,
        demandeur=due.demandeur or name,
    )
    return _event(TRAINING_REQUESTS, modele_id, request, about, due)


def _event(topic: Topic, key: int, record: Record, about: str, due: Due, partition: int | None = None) -> Outgoing:
    headers = event_headers(record, id_=record_id(about, due.echeance), source=SOURCE, time=due.echeance)
    return Outgoing(topic, str(key).encode(), msgspec.json.encode(record), headers, partition)
