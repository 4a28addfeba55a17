"""Putting settings in force: the next version in SQL, then announced to everybody, and marked among what is judged.

What is announced and marked is what SQL has as not yet marked, read by a producer that has shut out whoever did so for
that company before (one transactional id a company). So it is harmless to do it twice, a change that was held up cannot
bring older settings back, and what a crash left between SQL and Kafka is done at the next opportunity.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing

from msgspec.structs import replace

from schemas import Parametres, Reglage
from topics import ENTRIES, SETTINGS, TREASURY, Topic
from wisebook_ml.messaging.events import Outgoing, record_event
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer
from wisebook_ml.settings import Settings
from wisebook_ml.storage import SettingsStore, StoredSettings
from wisebook_ml.storage.parametres import ALL_COMPANIES
from wisebook_ml.tuning.checks import faults
from wisebook_ml.tuning.exceptions import Refusal

__all__ = ["SOURCE", "Refusal", "Tuner"]

LOGGER = logging.getLogger(__name__)

SOURCE = "wisebook-ml/tuning"
"""CloudEvents source of what is in force; settings of other sources are what somebody wants to be."""

MARKED = (ENTRIES, TREASURY)
"""Topics among whose records settings take effect."""

ATTEMPTS = 5
"""How often a version is marked that another process marks at the same time: one of the two has done it by then."""

PAUSE_SECONDS = 0.2


class Tuner:
    """Makes versions of settings and puts them in force. Any thread may call; one at a time is let in.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    store : SettingsStore
        Knows all versions.
    sleep : callable
        Waits between two attempts.
    """

    def __init__(
        self,
        settings: Settings,
        bootstrap: str,
        store: SettingsStore,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._prefix = settings.topic_prefix
        self._bootstrap = bootstrap
        self._store = store
        self._sleep = sleep
        self._lock = threading.Lock()

    def take(self, parametres: Parametres, *, origine: str) -> Parametres:
        """Put a whole version in force, as it came on the topic; when it returns, its marker is committed.

        Parameters
        ----------
        parametres : Parametres
            With the number that follows that of the company's last version, or 0 for whichever that is. A version that
            is there already, with the same content, changes nothing.
        origine : str
            The record's place, unique for ever: read again, it makes no second version.

        Returns
        -------
        Parametres
            The version, numbered.

        Raises
        ------
        Refusal
            Where it makes no sense, or its number does not follow.
        PublishError, ReadError, StorageError
            Where brokers or database are away.
        """

        def follow(base: Parametres) -> Parametres:
            if parametres.version not in (0, base.version + 1):
                raise Refusal(self._not_next(parametres, base.version))
            _check(parametres)
            return parametres

        with self._lock:
            there = self._store.get(parametres.societe_id, parametres.version)
            if there is None or there.parametres != parametres:
                there = self._store.append(parametres.societe_id, follow, origine)
                assert there is not None  # `follow` always wants one
            self._settle(parametres.societe_id)
        return there.parametres

    def change(
        self,
        societe_id: int,
        edit: Callable[[Parametres], Parametres],
        *,
        auteur: str,
        motif: str,
        origine: str,
    ) -> Parametres | None:
        """Change what is in force for a company; when it returns, the marker of the new version is committed.

        Parameters
        ----------
        societe_id : int
            The company; 0 for the default of all.
        edit : callable
            Given what is in force (of a company without settings of its own: those of all), it returns what is to be.
            Pure: it is called again where another process has been faster.
        auteur, motif : str
            Who wants it, and why, for the history.
        origine : str
            What caused it, unique for ever: the same again makes no second version.

        Returns
        -------
        Parametres or None
            The version; None where `edit` changes nothing.

        Raises
        ------
        Refusal
            Where the result makes no sense.
        PublishError, ReadError, StorageError
            Where brokers or database are away.
        """

        def edited(base: Parametres) -> Parametres | None:
            changed = replace(edit(base), auteur=auteur, motif=motif)
            if replace(changed, auteur=base.auteur, motif=base.motif) == base:
                return None
            _check(changed)
            return changed

        with self._lock:
            made = self._store.append(societe_id, edited, origine)
            self._settle(societe_id)
        return None if made is None else made.parametres

    def settle(self) -> int:
        """Place the markers that a crash has left out; return of how many companies."""
        with self._lock:
            companies = self._store.unmarked_companies()
            for societe_id in companies:
                self._settle(societe_id)
        return len(companies)

    def announce(self, societe_id: int) -> None:
        """Announce a company's last version again, where it has one: the topic keeps the last record of a key only."""
        last = self._store.last(societe_id)
        if last is None:
            return
        with self._lock, self._producer(societe_id) as producer:
            last = self._store.last(societe_id)
            assert last is not None  # versions never go
            producer.publish([_announced(last.parametres)])

    def _settle(self, societe_id: int) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            if not self._store.unmarked(societe_id):
                return
            try:
                self._mark(societe_id)
            except Fenced:
                if attempt == ATTEMPTS:
                    raise
                self._sleep(PAUSE_SECONDS)

    def _mark(self, societe_id: int) -> None:
        with self._producer(societe_id) as producer:
            # Read once all others are shut out: whoever records another version from here on shuts us out in turn.
            waiting = self._store.unmarked(societe_id)
            if not waiting:
                return
            places = [place for topic in MARKED for place in self._places(topic, societe_id)]
            markers = [_marker(one.parametres, topic, partition) for one in waiting for topic, partition in places]
            producer.publish([_announced(waiting[-1].parametres), *markers])
        self._store.mark(societe_id, waiting[-1].version)
        for one in waiting:
            LOGGER.info("settings %d of company %d are in force: %s", one.version, societe_id, one.parametres.motif)

    def _places(self, topic: Topic, societe_id: int) -> list[tuple[Topic, int | None]]:
        """Return where a company's markers belong; None is the partition that its key chooses."""
        # Asked of every company: it says at once, and what to do, if the topic is missing.
        partitions = end_offsets(self._bootstrap, topic.full_name(self._prefix))
        return [(topic, partition) for partition in partitions] if societe_id == ALL_COMPANIES else [(topic, None)]

    def _producer(self, societe_id: int) -> "closing[TransactionalProducer]":
        name = f"{self._prefix}settings-{societe_id}"
        return closing(TransactionalProducer(self._bootstrap, self._prefix, name))

    def _not_next(self, parametres: Parametres, last: int) -> str:
        societe_id, version = parametres.societe_id, parametres.version
        there = self._store.get(societe_id, version)
        if there is None:
            why = f"version {version} does not follow: the last of company {societe_id} is {last}"
        else:
            why = (
                f"version {version} of company {societe_id} is another already ({_told(there)}); versions never change"
            )
        return f"{why}. Publish it as version {last + 1}, or as 0 for whichever is next"


def _check(parametres: Parametres) -> None:
    found = faults(parametres)
    if found:
        raise Refusal("; ".join(found))


def _told(stored: StoredSettings) -> str:
    who = stored.parametres.auteur or "somebody"
    return f"by {who}, {stored.enregistree_le:%Y-%m-%d %H:%M} UTC"


def _announced(parametres: Parametres) -> Outgoing:
    """Return the announcement's event; it has the same id whenever the same version is announced."""
    id_ = f"{parametres.societe_id}/{parametres.version}"
    return record_event(SETTINGS, parametres.societe_id, parametres, id_, source=SOURCE)


def _marker(parametres: Parametres, topic: Topic, partition: int | None) -> Outgoing:
    """Return a marker's event; the key chooses the partition where none is given."""
    marker = Reglage(societe_id=parametres.societe_id, parametres=parametres)
    place = ("" if topic is ENTRIES else f"/{topic.name}") + ("" if partition is None else f"/{partition}")
    id_ = f"{parametres.societe_id}/{parametres.version}{place}"
    return record_event(topic, parametres.societe_id, marker, id_, source=SOURCE, partition=partition)
