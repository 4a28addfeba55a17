"""Asking for a change of settings, and learning what became of it."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from schemas import Parametres
from topics import DEAD_LETTER, SETTINGS, TREASURY
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable, record_event
from wisebook_ml.messaging.groups import group_lag, group_name
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.storage import SettingsStore
from wisebook_ml.tuning.checks import faults
from wisebook_ml.tuning.differences import differences
from wisebook_ml.tuning.exceptions import Refusal

__all__ = ["ROLE", "Changed", "Requested", "await_settings", "change_settings", "is_waiting", "request_settings"]

SOURCE = "wisebook-ml/requests"
"""CloudEvents source of requests."""

ROLE = "tuning"
POLL_SECONDS = 0.1
"""Between two looks; a worker takes some tenths of a second."""

TAKEN_SECONDS = 3.0
"""Longest wait for what was published before: a worker takes it at once, and commits within a second."""


ATTEMPTS = 3
"""How often a change is made anew because somebody else has changed the settings meanwhile."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a change: the version, whether it is in force by now, and whether it is a new one."""

    parametres: Parametres
    in_force: bool
    is_new: bool


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


def change_settings(
    settings: Settings,
    bootstrap: str,
    store: SettingsStore,
    societe_id: int,
    edit: Callable[[Parametres], Parametres],
    *,
    timeout: float,
) -> Changed:
    """Change what is in force for a company through the topic, and wait for the role that puts it in force.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    store : SettingsStore
        Knows what is in force.
    societe_id : int
        The company; 0 for the default of all.
    edit : callable
        Given what is in force, returns what is to be; called again where somebody else has been faster.
    timeout : float
        Longest wait, in seconds.

    Raises
    ------
    Refusal
        Where the result makes no sense, or another change waits for a worker: nothing is changed.
    PublishError, ReadError, StorageError
        Where brokers or database are away.
    """
    if is_waiting(settings, bootstrap, store, societe_id):
        raise Refusal(
            f"a change of company {societe_id} waits for a worker, and this one would not follow it; start "
            f"`wisebook-ml worker {ROLE}`, then set it again"
        )
    attempt = 1
    while True:
        base = store.in_force(societe_id)
        wanted = replace(edit(base), societe_id=societe_id, version=base.version + 1)
        if not differences(base, wanted):
            return Changed(base, in_force=not store.unmarked(societe_id), is_new=False)
        requested = request_settings(settings, bootstrap, wanted)
        try:
            in_force = await_settings(settings, bootstrap, store, requested, timeout)
        except Refusal:
            if attempt == ATTEMPTS or store.in_force(societe_id).version < wanted.version:
                raise
            attempt += 1
        else:
            return Changed(wanted, in_force=in_force, is_new=True)


def is_waiting(settings: Settings, bootstrap: str, store: SettingsStore, societe_id: int) -> bool:
    """Tell whether a change of a company's settings is published that no worker takes.

    It is waited for as long as a worker may take that runs, and to commit what it has taken.

    Raises
    ------
    ReadError, StorageError
        Where brokers or database do not tell.
    """
    deadline = time.monotonic() + TAKEN_SECONDS
    while _not_taken(settings, bootstrap, store, societe_id):
        if time.monotonic() > deadline:
            return True
        time.sleep(POLL_SECONDS)
    return False


def _not_taken(settings: Settings, bootstrap: str, store: SettingsStore, societe_id: int) -> bool:
    topic = SETTINGS.full_name(settings.topic_prefix)
    left = group_lag(bootstrap, group_name(settings.topic_prefix, ROLE), topic)
    if not left:
        return False
    last = store.last(societe_id)
    records = [
        raw
        for partition, (start, end) in end_offsets(bootstrap, topic).items()
        for run in read_partition(bootstrap, topic, partition, start, end)
        for raw in run
    ]
    key, decoder = str(societe_id).encode(), Decoder(SETTINGS)
    for raw in records[-left:]:
        if raw.key != key:
            continue
        try:
            asked = decoder.decode(raw)
        except Undecodable:
            continue  # it will be refused
        assert isinstance(asked, Parametres)  # what SETTINGS declares
        if asked.version == 0 or last is None or asked.version > last.version:
            return True
    return False


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
    for topic in (SETTINGS, TREASURY):  # those of before the treasury was watched have all but this one
        end_offsets(bootstrap, topic.full_name(prefix))
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
