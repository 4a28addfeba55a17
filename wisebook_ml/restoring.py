"""After a backup of SQL was restored: what it lacks is read again from the topics, which have lost nothing.

Versions of settings and models come from their markers and announcements, detections and statistics by putting the
storage role back to before the backup, verdicts once their detections are there. Nothing is published: what was put in
force, or refused, was so once.
"""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, TopicPartition
from sqlalchemy import Engine

import schemas
from schemas import Activation, AnnonceModele, Campagne, Parametres, Record, Reglage
from topics import DETECTIONS, DRIFT, ENTRIES, FEEDBACK, MODELS, STATISTICS, TIMER_RUNS, TRAINING_CAMPAIGNS, TREASURY
from topics.topic import Topic
from wisebook_ml.clock import utc_now
from wisebook_ml.feedback.desk import Desk
from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.groups import committed, group_is_at_work, group_lag, group_name
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import ReadError, read_stretches, stretches_since
from wisebook_ml.messaging.times import told_time
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DetectionStore, SettingsStore, VerdictStore
from wisebook_ml.storage.restored import restore_model, restore_settings
from wisebook_ml.tuning.change import Tuner

__all__ = ["BUSY", "MARGIN", "AtWork", "Registered", "put_back", "require_rest", "restore_registry", "restore_verdicts"]

BUSY = ("storage", "tuning", "training", "alerting", "delivery")
"""Roles that write to the database, and would do so from what it does not know."""

COPIED = (DETECTIONS, STATISTICS, TIMER_RUNS, DRIFT)
"""What the storage role copies."""

MARGIN = dt.timedelta(hours=1)
"""From so long before the backup on everything is looked at again: it does no harm, and the storage role may have been
behind, clocks may differ, and a dump begins before its file is there."""

POLL_SECONDS = 0.5

Versions = dict[int, dict[int, tuple[schemas.VersionModele, Mapping[str, object]]]]


class AtWork(Exception):
    """A role that has to rest is at work; the message names it."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What was missing: versions of settings, versions of models, and the models that were unknown as a whole."""

    settings: int
    versions: int
    models: tuple[int, ...]


def require_rest(bootstrap: str, prefix: str) -> None:
    """Refuse to go on while a role is at work that writes to the database.

    Raises
    ------
    AtWork
        With the roles.
    ReadError
        Where the brokers do not tell.
    """
    found = [role for role in BUSY if group_is_at_work(bootstrap, group_name(prefix, role))]
    if found:
        raise AtWork(
            f"At work: {', '.join(found)}. Stop every role that writes to the database (and the API) until this is "
            "done; scoring may go on."
        )


def restore_registry(bootstrap: str, prefix: str, engine: Engine, since: dt.datetime) -> Registered:
    """Record the versions of settings and models that were put in force since a moment.

    Raises
    ------
    ReadError, StorageError
        Where brokers or database are away.
    VersionConflict
        Where the database says otherwise than the topics.
    """
    settings: dict[tuple[int, int], tuple[Parametres, dt.datetime]] = {}
    found: Versions = defaultdict(dict)
    announced: dict[int, AnnonceModele] = {}

    def note(version: schemas.VersionModele, metrics: Mapping[str, object] | None = None) -> None:
        if metrics or version.version not in found[version.modele_id]:
            found[version.modele_id][version.version] = (version, metrics or {})

    for topic in (ENTRIES, TREASURY, TRAINING_CAMPAIGNS, MODELS):
        for raw, one in _records(bootstrap, prefix, topic, since):
            if isinstance(one, Reglage):
                key = (one.parametres.societe_id, one.parametres.version)
                settings.setdefault(key, (one.parametres, told_time(raw) or utc_now()))
            elif isinstance(one, Activation):
                note(one.version)
            elif isinstance(one, Campagne) and one.version is not None:
                note(one.version, one.metriques)
            elif isinstance(one, AnnonceModele):
                announced[one.modele_id] = one
                for version in (one.champion, one.challenger):
                    if version is not None:
                        note(version)
    missing, unknown = 0, []
    for modele_id, versions in sorted(found.items()):
        domaine = DOMAINES[next(iter(versions.values()))[0].type_modele]
        count, new = restore_model(engine, modele_id, versions.values(), announced.get(modele_id), domaine)
        missing += count
        unknown += [modele_id] if new else []
    return Registered(restore_settings(engine, [settings[key] for key in sorted(settings)]), missing, tuple(unknown))


MARKS = {one.ce_type.encode(): one for one in (Reglage, Activation, Campagne, AnnonceModele)}


def _records(bootstrap: str, prefix: str, topic: Topic, since: dt.datetime) -> Iterator[tuple[RawRecord, Record]]:
    """Yield the few records of a topic that put something in force; entries are passed over unread."""
    decoder, name = Decoder(topic), topic.full_name(prefix)
    for _, run in read_stretches(bootstrap, name, stretches_since(bootstrap, name, _ms(since))):
        for raw in run:
            if not any(name == "ce_type" and value in MARKS for name, value in raw.headers):
                continue
            try:
                yield raw, decoder.decode(raw)
            except Undecodable:
                continue  # it has put nothing in force, and is a dead letter


def put_back(bootstrap: str, prefix: str, since: dt.datetime) -> int:
    """Put the storage role back to a moment, where it is further; return how many offsets that is, over all.

    Raises
    ------
    ReadError
        Where the brokers do not tell, or do not accept it.
    """
    group, places, back = group_name(prefix, "storage"), [], 0
    for topic in COPIED:
        name = topic.full_name(prefix)
        starts = {partition: start for partition, (start, _) in stretches_since(bootstrap, name, _ms(since)).items()}
        done = committed(bootstrap, group, [TopicPartition(name, partition) for partition in starts])
        for partition, start in starts.items():
            if done.get(partition, 0) > start:
                places.append(TopicPartition(name, partition, start))
                back += done[partition] - start
    if places:
        with closing(
            Consumer({**client_config(bootstrap), "group.id": group, "enable.auto.commit": False})
        ) as consumer:
            try:
                consumer.commit(offsets=places, asynchronous=False)
            except KafkaException as error:
                raise ReadError(f"group {group} cannot be put back: {error.args[0].str()}") from error
    return back


def restore_verdicts(settings: Settings, bootstrap: str, engine: Engine, since: dt.datetime) -> int:
    """Store the verdicts again that were given since a moment, once the storage role has caught up; return how many.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    engine : Engine
        Of the database.
    since : datetime
        From when on.

    Raises
    ------
    ReadError, StorageError
        Where brokers or database are away.
    """
    prefix = settings.topic_prefix
    name = DETECTIONS.full_name(prefix)
    while group_lag(bootstrap, group_name(prefix, "storage"), name):
        time.sleep(POLL_SECONDS)
    store = SettingsStore(engine)
    with EventProducer(bootstrap, prefix) as producer:
        desk = Desk(
            prefix,
            producer,
            DetectionStore(engine),
            VerdictStore(engine),
            Tuner(settings, bootstrap, store),
            store.in_force,
        )
        stretches = stretches_since(bootstrap, FEEDBACK.full_name(prefix), _ms(since))
        return sum(
            desk.take_again(partition, run)
            for partition, run in read_stretches(bootstrap, FEEDBACK.full_name(prefix), stretches)
        )


def _ms(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
