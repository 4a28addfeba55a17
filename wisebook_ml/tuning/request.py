"""Asking for a change of settings, and learning what became of it."""

import time
import uuid
from dataclasses import dataclass

from schemas import Parametres
from topics import DEAD_LETTER, SETTINGS
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.groups import group_lag, group_name
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.storage import SettingsStore
from wisebook_ml.training.events import record_event
from wisebook_ml.tuning.change import SOURCE as ANNOUNCER
from wisebook_ml.tuning.checks import faults
from wisebook_ml.tuning.exceptions import Refusal

__all__ = ["ROLE", "Requested", "await_settings", "is_waiting", "request_settings"]

SOURCE = "wisebook-ml/requests"
"""CloudEvents source of requests."""

ROLE = "tuning"
POLL_SECONDS = 0.1
"""Between two looks; a worker takes some tenths of a second."""


@dataclass(frozen=True, slots=True)
class Requested:
    """Settings that were published.

    Attributes
    ----------
    parametres : Parametres
        What is wanted, with the number of its version.
    ce_id : str
        The record's id, by which its dead letter is found.
    dead : dict of int to int
        Where the partitions of `dead-letter` ended before.
    """

    parametres: Parametres
    ce_id: str
    dead: dict[int, int]


def is_waiting(settings: Settings, bootstrap: str, societe_id: int) -> bool:
    """Tell whether a change of a company's settings is published that no worker has taken yet.

    Raises
    ------
    ReadError
        Where the brokers do not tell.
    """
    topic = SETTINGS.full_name(settings.topic_prefix)
    left = group_lag(bootstrap, group_name(settings.topic_prefix, ROLE), topic)
    if not left:
        return False
    records = [
        raw
        for partition, (start, end) in end_offsets(bootstrap, topic).items()
        for run in read_partition(bootstrap, topic, partition, start, end)
        for raw in run
    ]
    # What a worker has announced itself is in force, whether or not it has read it back.
    ours = ("ce_source", ANNOUNCER.encode())
    return any(raw.key == str(societe_id).encode() and ours not in raw.headers for raw in records[-left:])


def request_settings(settings: Settings, bootstrap: str, parametres: Parametres) -> Requested:
    """Publish a version of a company's settings.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    parametres : Parametres
        The whole version, with its number (the one after the last), or 0 for whichever is next.

    Raises
    ------
    Refusal
        Where it makes no sense: nothing is published.
    PublishError, ReadError
        Where the brokers do not take it, or the topic is missing.
    """
    found = faults(parametres)
    if found:
        raise Refusal("; ".join(found))
    prefix = settings.topic_prefix
    # They say at once, and what to do, if a topic is missing.
    end_offsets(bootstrap, SETTINGS.full_name(prefix))
    dead = {partition: end for partition, (_, end) in end_offsets(bootstrap, DEAD_LETTER.full_name(prefix)).items()}
    id_ = str(uuid.uuid4())
    with EventProducer(bootstrap, prefix) as producer:
        producer.send(record_event(SETTINGS, parametres.societe_id, parametres, id_, source=SOURCE))
    return Requested(parametres, id_, dead)


def await_settings(
    settings: Settings, bootstrap: str, store: SettingsStore, requested: Requested, timeout: float
) -> bool:
    """Wait until a published version is in force; return whether it is, within `timeout` seconds.

    Raises
    ------
    Refusal
        Where a worker has refused it, with the reason.
    ReadError, StorageError
        Where brokers or database do not tell.
    """
    wanted = requested.parametres
    deadline = time.monotonic() + timeout
    while True:
        there = store.get(wanted.societe_id, wanted.version)
        if there is not None and there.parametres == wanted and there.marquee_le is not None:
            return True
        _look_for_refusal(settings, bootstrap, requested)
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)


def _look_for_refusal(settings: Settings, bootstrap: str, requested: Requested) -> None:
    name, id_ = DEAD_LETTER.full_name(settings.topic_prefix), requested.ce_id.encode()
    for partition, (_, end) in end_offsets(bootstrap, name).items():
        start = requested.dead.get(partition, 0)
        for run in read_partition(bootstrap, name, partition, start, end):
            for raw in run:
                if ("ce_id", id_) in raw.headers:
                    raise Refusal(_header(raw, "wb_detail"))
        requested.dead[partition] = max(start, end)


def _header(raw: RawRecord, name: str) -> str:
    return next(((value or b"").decode() for key, value in raw.headers if key == name), "")
