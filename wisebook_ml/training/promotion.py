"""Which version of a model is in force: announced to everybody, and marked in the log of what it is asked about.

What is announced is always what the registry says at that moment, by a producer that shuts out whoever announced the
same model before (one transactional id a model). So it is harmless to announce twice, and an announcement that was
held up cannot bring an older version back.
"""

import logging
import time
from collections.abc import Callable
from contextlib import closing

from schemas import Activation, AnnonceModele, DomaineApplication, RoleModele, TypeModele, VersionModele
from topics import ENTRIES, MODELS, TREASURY, Topic
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Outgoing, record_event
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.messaging.transactions import TransactionalProducer
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.storage.champions import earlier_champion
from wisebook_ml.training.collect import ALL_COMPANIES
from wisebook_ml.training.events import SOURCE

__all__ = ["LEAD_SECONDS", "Announcer", "marked_on", "promote", "rollback"]

LOGGER = logging.getLogger(__name__)

LEAD_SECONDS = 1.0
"""Between the announcement and the marker: workers load the version in a thread meanwhile, so that no batch waits."""


class Announcer:
    """Announces versions, and puts them in force.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    registry : ModelRegistry
        Knows which versions are in charge.
    sleep : callable
        Waits for `LEAD_SECONDS`.
    """

    def __init__(
        self,
        settings: Settings,
        bootstrap: str,
        registry: ModelRegistry,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._prefix = settings.topic_prefix
        self._bootstrap = bootstrap
        self._registry = registry
        self._store = ArtefactStore.of(settings)
        self._sleep = sleep

    def announce(self, modele_id: int) -> AnnonceModele:
        """Announce the champion and the challenger of a model, then place their markers; return the announcement.

        Raises
        ------
        Fenced
            Where another process announces this model since.
        PublishError, ReadError, StorageError
            Where the brokers or the registry are away.
        """
        name = f"{self._prefix}models-{modele_id}"
        with closing(TransactionalProducer(self._bootstrap, self._prefix, name)) as producer:
            # Read once all others are shut out: whoever changes it from here on shuts us out in turn.
            announcement = self._announcement(modele_id)
            producer.publish([_announced(announcement)])
            self._sleep(LEAD_SECONDS)
            producer.publish(self._markers(announcement))
        if announcement.champion is not None:
            self._keep_latest(announcement.champion)
        return announcement

    def _announcement(self, modele_id: int) -> AnnonceModele:
        model = self._registry.get(modele_id)

        def version(number: int | None) -> VersionModele | None:
            return None if number is None else self._registry.version(modele_id, number).version

        return AnnonceModele(
            modele_id=modele_id,
            societe_id=model.societe_id,
            domaine_application=model.domaine_application,
            champion=version(model.version_courante),
            challenger=version(model.version_challenger),
            promu_le=utc_now(),
        )

    def _markers(self, announcement: AnnonceModele) -> list[Outgoing]:
        """Return the markers of both; the champion's first, since it ends what a challenger did before."""
        roles = ((announcement.champion, RoleModele.CHAMPION), (announcement.challenger, RoleModele.CHALLENGER))
        partitions: list[int | None] = [None]
        if announcement.societe_id == ALL_COMPANIES:
            versions = (announcement.champion, announcement.challenger)
            topics = {marked_on(one.type_modele) for one in versions if one is not None}
            assert len(topics) <= 1  # versions of one model
            for topic in topics:
                partitions = list(end_offsets(self._bootstrap, topic.full_name(self._prefix)))
        return [
            _marker(version, role, partition)
            for version, role in roles
            if version is not None
            for partition in partitions
        ]

    def _keep_latest(self, champion: VersionModele) -> None:
        try:
            self._store.set_latest(champion)
        except (OSError, ValueError) as error:
            # It is a copy for people; scorers follow the announcement.
            LOGGER.warning("model_latest of model %d stays as it is: %s", champion.modele_id, error)


def marked_on(type_modele: TypeModele) -> Topic:
    """Return the topic among whose records the markers of an algorithm stand: what its models go on from.

    Examples
    --------
    >>> marked_on(TypeModele.PROPHET).name, marked_on(TypeModele.SVM).name
    ('treasury', 'entries')
    """
    return TREASURY if DOMAINES[type_modele] is DomaineApplication.FLUX_TRESORERIE else ENTRIES


def promote(
    settings: Settings,
    bootstrap: str,
    modele_id: int,
    version: int,
    *,
    par: str = "",
    motif: str = "",
    registry: ModelRegistry | None = None,
) -> VersionModele:
    """Make a version the champion by hand; when it returns, new entries are scored with it.

    To do it again, after an error, is harmless.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    modele_id, version : int
        Which.
    par, motif : str
        Who wants it, and why, for the history.
    registry : ModelRegistry, optional
        Where the model is; by default that of the settings, opened for this.

    Returns
    -------
    VersionModele
        The champion.

    Raises
    ------
    ModelNotFound
        Where there is no such version.
    ValueError
        Where its artefact is missing or was altered: nothing is changed.
    PublishError, ReadError, StorageError, OSError
        Where the brokers, the registry or the store are away.
    """
    registry = registry or ModelRegistry(open_database(settings.sql_url))
    ArtefactStore.of(settings).read(registry.version(modele_id, version).version)
    champion = registry.promote(modele_id, version, par=par, motif=motif)
    Announcer(settings, bootstrap, registry).announce(modele_id)
    return champion


def rollback(
    settings: Settings,
    bootstrap: str,
    modele_id: int,
    *,
    par: str = "",
    motif: str = "",
    registry: ModelRegistry | None = None,
) -> VersionModele:
    """Make the champion before the present one the champion again; when it returns, new entries are scored with it.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    modele_id : int
        Which model.
    par, motif : str
        Who wants it, and why, for the history.
    registry : ModelRegistry, optional
        Where the model is; by default that of the settings, opened for this.

    Returns
    -------
    VersionModele
        The champion.

    Raises
    ------
    NoEarlierChampion
        Where there was none before.
    ValueError
        Where its artefact is missing or was altered: nothing is changed.
    PublishError, ReadError, StorageError, OSError
        Where the brokers, the registry or the store are away. Promote the version by number then: to roll back twice
        is to go back twice as far.
    """
    registry = registry or ModelRegistry(open_database(settings.sql_url))
    earlier = earlier_champion(registry.get(modele_id), registry.history(modele_id))
    ArtefactStore.of(settings).read(registry.version(modele_id, earlier).version)
    champion = registry.rollback(modele_id, par=par, motif=motif)
    Announcer(settings, bootstrap, registry).announce(modele_id)
    return champion


def _announced(announcement: AnnonceModele) -> Outgoing:
    """Return the announcement's event; it has the same id whenever the same versions are announced."""
    versions = [one.version if one else 0 for one in (announcement.champion, announcement.challenger)]
    id_ = f"{announcement.modele_id}/{versions[0]}/{versions[1]}"
    return record_event(MODELS, announcement.modele_id, announcement, id_, source=SOURCE)


def _marker(version: VersionModele, role: RoleModele, partition: int | None) -> Outgoing:
    """Return a marker's event; the key chooses the partition where none is given."""
    marker = Activation(societe_id=version.societe_id, version=version, role=role)
    place = "" if partition is None else f"/{partition}"
    id_ = f"{version.modele_id}/{version.version}/{role.value}{place}"
    return record_event(
        marked_on(version.type_modele), version.societe_id, marker, id_, source=SOURCE, partition=partition
    )
