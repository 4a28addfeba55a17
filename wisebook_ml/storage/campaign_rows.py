"""Rows of campaigns, within a transaction of the caller's."""

import datetime as dt
import math
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, String, and_, select, type_coerce, update

from schemas import Campagne, DemandeEntrainement, Statut, StatutCampagne, VersionModele, campagne_id
from wisebook_ml.storage.champions import MODELS, is_model, lock_model, promotions, put_in_charge, record, versions
from wisebook_ml.storage.column_types import text
from wisebook_ml.storage.exceptions import ModelNotFound, VersionConflict
from wisebook_ml.storage.model_tables import CampagneEntrainement, ModeleML
from wisebook_ml.storage.tables import Base

__all__ = [
    "ENDS",
    "OPEN",
    "TABLE",
    "Claim",
    "LeaseLost",
    "change",
    "end",
    "find_row",
    "held",
    "new_row",
    "place_version",
    "reason_against",
    "to_campaign",
    "to_request",
    "told",
    "waiting",
]

TABLE = Base.metadata.tables[CampagneEntrainement.__tablename__]

OPEN = (StatutCampagne.DEMANDEE, StatutCampagne.EN_COURS)
ENDS = (StatutCampagne.REUSSIE, StatutCampagne.ECHEC, StatutCampagne.ANNULEE)

AS_IT_IS = ("etape", "avancement", "lignes", "lignes_test", "donnees_du", "donnees_au", "duree_minutes", "promue")
"""Columns that take what a trainer says of a campaign unchanged."""

CONVERTED = frozenset({"version"})
REQUEST = ("demande_id", "modele_id", "societe_id", "motif", "demandeur", "du", "au")


class LeaseLost(Exception):
    """A campaign that was given to another trainer, or has ended, meanwhile."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that a trainer has, its request, and which attempt it is (from 1).

    `claims` counts how often it was taken: two claims of one trainer are told apart by it.
    """

    campagne_id: uuid.UUID
    request: DemandeEntrainement
    tentative: int
    worker: str
    claims: int = 0


def find_row(connection: Connection, campagne_id: uuid.UUID) -> RowMapping | None:
    """Return the row of a campaign."""
    query = select(TABLE).where(CampagneEntrainement.campagne_id == campagne_id)
    return connection.execute(query).mappings().one_or_none()


def held(connection: Connection, claim: Claim) -> RowMapping:
    """Return the row of a claimed campaign.

    Raises
    ------
    LeaseLost
        Where it is not this claim's any more.
    """
    row = find_row(connection, claim.campagne_id)
    if row is None:
        raise LeaseLost(f"there is no campaign {claim.campagne_id}")
    if row["statut"] is not StatutCampagne.EN_COURS:
        raise LeaseLost(f"campaign {claim.campagne_id} is {row['statut'].value} meanwhile")
    if (row["worker"], row["claims"]) != (claim.worker, claim.claims):
        raise LeaseLost(f"campaign {claim.campagne_id} is {row['worker']}'s meanwhile (attempt {row['tentative']})")
    return row


def change(connection: Connection, row: RowMapping, **values: object) -> None:
    """Change columns of a campaign."""
    mine = CampagneEntrainement.campagne_id == row["campagne_id"]
    connection.execute(update(TABLE).where(mine).values(**values))


def waiting() -> dict[str, Any]:
    """Return the columns of a campaign that a trainer gives back."""
    return {
        "statut": StatutCampagne.DEMANDEE,
        "etape": None,
        "avancement": 0.0,
        "worker": None,
        "lease_until": None,
    }


def end(connection: Connection, row: RowMapping, statut: StatutCampagne, now: dt.datetime, **values: object) -> None:
    """End a campaign; its model is not in training any more.

    With a champion it is what it was before: a training that changes nothing does not make an OBSOLETE model PRET.
    """
    change(connection, row, statut=statut, terminee_le=now, lease_until=None, announced=False, **values)
    in_training = and_(is_model(row["modele_id"]), ModeleML.statut == Statut.EN_ENTRAINEMENT)
    champion = select(ModeleML.version_courante).where(in_training)
    found = connection.execute(champion).one_or_none()
    if found is None:
        return
    if found[0] is not None:
        stands = Statut.OBSOLETE if row["statut_avant"] is Statut.OBSOLETE else Statut.PRET
    else:
        stands = Statut.ECHEC if statut is StatutCampagne.ECHEC else Statut.BROUILLON
    connection.execute(update(MODELS).where(in_training).values(statut=stands, updated_at=now))


def place_version(
    connection: Connection, row: RowMapping, campagne: Campagne, version: VersionModele, now: dt.datetime
) -> Campagne:
    """Record the version of a campaign and make it the champion, or the challenger; return the campaign as it ends.

    Where somebody has changed the champion since the attempt began, the version was compared with one that is not in
    charge any more: what a person wants outweighs the gate, and the version is the challenger.

    Raises
    ------
    VersionConflict
        Where it is not one of the campaign's model, or another has its number.
    """
    try:
        model = lock_model(connection, row["modele_id"])
    except ModelNotFound as error:
        raise VersionConflict(str(error)) from error
    if version.modele_id != model.id:
        raise VersionConflict(f"Version {version.version} of model {version.modele_id} is none of model {model.id}.")
    record(connection, version, finite(campagne.metriques), now)
    meanwhile = [one for one in promotions(connection, model.id) if one.promue_le > row["commencee_le"]]
    if campagne.promue and meanwhile:
        now_in_charge = f"version {meanwhile[-1].version} was put in charge by {meanwhile[-1].par or 'somebody'}"
        decision = (
            f"challenger: {now_in_charge} during the training, and is not what this one was compared with "
            f"({campagne.decision})"
        )
        campagne = msgspec.structs.replace(campagne, promue=False, amelioration=None, decision=decision)
    if campagne.promue:
        put_in_charge(connection, model, version.version, now, par=row["demandeur"], motif=text(campagne.decision))
    else:
        mine = update(MODELS).where(is_model(model.id))
        connection.execute(mine.values(version_challenger=version.version, updated_at=now))
    return campagne


def new_row(request: DemandeEntrainement, now: dt.datetime) -> dict[str, object]:
    """Return the columns of a request that waits."""
    return {
        **{name: getattr(request, name) for name in REQUEST},
        "campagne_id": campagne_id(request.demande_id),
        "demandeur": text(request.demandeur),
        "statut": StatutCampagne.DEMANDEE,
        "tentative": 0,
        "avancement": 0.0,
        "lignes": 0,
        "lignes_test": 0,
        "offsets": {},
        "duree_minutes": 0.0,
        "metriques": {},
        "metriques_avant": {},
        "decision": "",
        "erreur": "",
        "demandee_le": now,
        "claims": 0,
        "attempts": 0,
        "cancel_requested": False,
        "announced": False,
    }


def told(campagne: Campagne) -> dict[str, Any]:
    """Return the columns that a trainer's last word on a campaign sets."""
    gain = campagne.amelioration
    return {
        **{name: getattr(campagne, name) for name in AS_IT_IS},
        "offsets": campagne.offsets,
        "metriques": finite(campagne.metriques),
        "metriques_avant": finite(campagne.metriques_avant),
        "amelioration": gain if gain is not None and math.isfinite(gain) else None,
        "decision": text(campagne.decision),
        "erreur": text(campagne.erreur),
    }


def to_request(row: RowMapping) -> DemandeEntrainement:
    """Return the request that a campaign is of."""
    return DemandeEntrainement(**{name: row[name] for name in REQUEST})


def to_campaign(connection: Connection, row: RowMapping) -> Campagne:
    """Return a row as the topic tells it."""
    same = {name: row[name] for name in Campagne.__struct_fields__ if name not in CONVERTED}
    version = None
    if row["version"] is not None:
        (recorded,) = versions(connection, row["modele_id"], row["version"])
        version = recorded.version
    return Campagne(**same, version=version)


def reason_against(connection: Connection, modele_id: int, societe_id: int) -> str:
    """Return why a model is not to be trained; empty where it is."""
    # Not the whole model: one of an algorithm that this version does not know must not end the queue for all others.
    statut = type_coerce(ModeleML.statut, String)
    query = select(ModeleML.societe_id, ModeleML.nom, statut).where(is_model(modele_id))
    found = connection.execute(query).one_or_none()
    if found is None:
        return f"there is no model {modele_id}; `wisebook-ml models list` shows those that there are"
    owner, nom, stands = found
    if owner != societe_id:
        return f"model {modele_id} belongs to company {owner}, not to {societe_id}"
    if stands == Statut.ARCHIVE.name:
        return f"model {modele_id} ({nom}) is archived; create another, or promote a version of it to bring it back"
    return ""


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that JSON can hold."""
    return {name: value for name, value in metrics.items() if math.isfinite(value)}
