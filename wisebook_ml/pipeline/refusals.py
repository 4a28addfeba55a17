"""The alert about a model version that was refused: what happened, and what a person should do."""

import datetime as dt
import uuid
from dataclasses import dataclass

import msgspec

from schemas import Activation, Alerte, Severite, VersionModele
from topics import ALERTS
from wisebook_ml.messaging.events import Outgoing, RawRecord, event_headers, provenance

__all__ = ["KINDS", "Kind", "alert_of", "kind_of", "refusal_alert"]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/alertes")
"""Namespace of alert ids: the same version refused for the same reason is the same alert, whoever finds it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of reason: how its message is recognised, and what to do about it, for people."""

    code: str
    phrase: str
    fr: str
    en: str


KINDS = (
    Kind(
        "ALTERE",
        "SHA-256 differs",
        "le fichier n'est pas celui qui a été annoncé (altéré ou corrompu) ; vérifiez qui l'a modifié, puis relancez "
        "l'entraînement",
        "the file is not the one that was announced (tampered with or damaged); find out who changed it, then train "
        "again",
    ),
    Kind(
        "NON_SIGNE",
        "is not signed",
        "le fichier n'est pas signé avec la clé de ce déploiement ; vérifiez WISEBOOK_ML_SIGNING_KEY et l'origine du "
        "modèle, puis relancez l'entraînement",
        "the file is not signed with this deployment's key; check WISEBOOK_ML_SIGNING_KEY and where the model is from, "
        "then train again",
    ),
    Kind(
        "HORS_DEPOT",
        "lies outside the store",
        "l'annonce désigne un fichier hors du dépôt de modèles ; vérifiez qui publie sur le topic",
        "the announcement names a file outside the artefact store; find out who publishes on the topic",
    ),
    Kind(
        "ABSENT",
        "cannot be read",
        "le fichier est introuvable ; restaurez-le dans le dépôt (WISEBOOK_ML_ARTEFACTS) et promouvez la version, ou "
        "relancez l'entraînement",
        "the file is missing; bring it back (WISEBOOK_ML_ARTEFACTS) and promote the version, or train again",
    ),
    Kind(
        "BIBLIOTHEQUE",
        "is not installed",
        "il manque une bibliothèque à ce déploiement ; installez l'extra « train » de wisebook-ml, puis promouvez la "
        "version",
        "this deployment lacks a library; install the extra `train` of wisebook-ml, then promote the version",
    ),
    Kind(
        "AUTRE_VERSION",
        "train the model again",
        "il a été entraîné avec d'autres versions de bibliothèques ; relancez l'entraînement",
        "it was trained with other library versions; train it again",
    ),
    Kind(
        "AUTRE_SOCIETE",
        "it belongs to company",
        "il appartient à une autre société ; vérifiez qui publie sur le topic",
        "it belongs to another company; find out who publishes on the topic",
    ),
)
"""Kinds of reasons, told apart by what their messages say."""

UNUSABLE = Kind(
    "INUTILISABLE",
    "",
    "le fichier ne peut pas être utilisé ; relancez l'entraînement",
    "the file cannot be used; train again",
)


def kind_of(reason: str) -> Kind:
    """Return the kind of a reason, by its message.

    Examples
    --------
    >>> kind_of("artefact x is not the one that was announced (its SHA-256 differs)").code
    'ALTERE'
    """
    return next((kind for kind in KINDS if kind.phrase in reason), UNUSABLE)


def refusal_alert(societe_id: int, version: VersionModele, reason: str) -> Alerte:
    """Return the alert about a version that does not take effect.

    Its id follows from the version and the kind of reason: a replay, another role and another worker make the same.

    Parameters
    ----------
    societe_id : int
        For whom it should have; 0 for all companies.
    version : VersionModele
        Which.
    reason : str
        Why not.
    """
    kind = kind_of(reason)
    name = f"{societe_id}/{version.modele_id}/{version.version}/{version.sha256}/{kind.code}"
    what = f"{version.type_modele.value} {version.modele_id}"
    return Alerte(
        alerte_id=uuid.uuid5(NAMESPACE, name),
        societe_id=societe_id,
        severite=Severite.ELEVEE,
        modele=version,
        titre_fr=f"Modèle {what}, version {version.version} refusée, la précédente reste en service : {kind.fr}.",
        titre_en=f"Model {what}, version {version.version} refused, the one before stays in force: {kind.en}.",
    )


def alert_of(
    activation: Activation, reason: str, raw: RawRecord, *, topic: str, partition: int, source: str, made: dt.datetime
) -> Outgoing:
    """Return the record that publishes the alert about a refused activation.

    Parameters
    ----------
    activation : Activation
        The marker.
    reason : str
        Why its version was refused.
    raw, topic, partition
        The marker's record, and where it stands.
    source : str
        CloudEvents source: the role.
    made : datetime
        The present moment.
    """
    alert = refusal_alert(activation.societe_id, activation.version, reason)
    id_ = f"{alert.alerte_id}/{topic}/{partition}/{raw.offset}"
    headers = event_headers(alert, id_=id_, source=source, time=made)
    headers += provenance(topic, partition, raw.offset, cause=raw.headers)
    key = str(activation.societe_id).encode()
    return Outgoing(ALERTS, key, msgspec.json.encode(alert), headers, partition)
