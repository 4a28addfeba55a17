"""Pages of models and of campaigns, and what the overview of the models counts."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, Engine, RowMapping, and_, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from schemas import DomaineApplication, Statut, StatutCampagne, TypeModele
from wisebook_ml.clock import utc_now
from wisebook_ml.storage import Modele, last_trainings
from wisebook_ml.storage.campaign_rows import OPEN
from wisebook_ml.storage.campaign_rows import TABLE as CAMPAIGNS
from wisebook_ml.storage.champions import MODELS, is_model, to_modele
from wisebook_ml.storage.engine import reading
from wisebook_ml.storage.model_tables import CampagneEntrainement, ModeleML
from wisebook_ml.timers.retraining import by_frequency

__all__ = ["CampagneLue", "CampaignPages", "ModelPages"]

Companies = frozenset[int] | None
"""Those that a token sees; None: all of them."""


class CampagneLue(msgspec.Struct, frozen=True, kw_only=True):
    """A training: what was asked for, how far it is, and what became of it.

    `annulation_demandee` says that somebody wants it to end; `demandee_le`, `commencee_le` and `terminee_le` say when;
    `metriques_avant` are those of the champion that the new version was compared with; `rejointe` is the open campaign
    that a duplicate request leads to.
    """

    campagne_id: uuid.UUID
    demande_id: str
    modele_id: int
    societe_id: int
    motif: str
    demandeur: str
    du: dt.date | None
    au: dt.date | None
    statut: StatutCampagne
    etape: str | None
    tentative: int
    avancement: float
    lignes: int
    lignes_test: int
    donnees_du: dt.date | None
    donnees_au: dt.date | None
    duree_minutes: float
    metriques: dict[str, float]
    metriques_avant: dict[str, float]
    amelioration: float | None
    version: int | None
    promue: bool | None
    decision: str
    rejointe: uuid.UUID | None
    erreur: str
    annulation_demandee: bool
    demandee_le: dt.datetime
    commencee_le: dt.datetime | None
    terminee_le: dt.datetime | None


class ModelPages:
    """The models that a token may see.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    clock : callable
        Tells the present moment, for what is due.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, modele_id: int, companies: Companies) -> Modele | None:
        """Return a model; None where there is none, or it is not of these companies."""
        query = select(MODELS).where(is_model(modele_id), _of(ModeleML.societe_id, companies))
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else to_modele(row)

    def page(
        self,
        companies: Companies,
        *,
        limit: int,
        offset: int,
        type_modele: TypeModele | None = None,
        statut: Statut | None = None,
        domaine: DomaineApplication | None = None,
    ) -> tuple[int, Sequence[Modele]]:
        """Return how many models match, and a page of them, by id."""
        wanted = _of(ModeleML.societe_id, companies)
        if type_modele is not None:
            wanted = and_(wanted, ModeleML.type_modele == type_modele)
        if statut is not None:
            wanted = and_(wanted, ModeleML.statut == statut)
        if domaine is not None:
            wanted = and_(wanted, ModeleML.domaine_application == domaine)
        query = select(MODELS).where(wanted).order_by(ModeleML.id).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            count = connection.execute(select(func.count()).select_from(MODELS).where(wanted)).scalar_one()
            return count, [to_modele(row) for row in connection.execute(query).mappings()]

    def counts(self, companies: Companies) -> tuple[Mapping[Statut, int], Mapping[TypeModele, int]]:
        """Return how many models there are in each state, and of each algorithm."""
        query = (
            select(ModeleML.statut, ModeleML.type_modele, func.count())
            .where(_of(ModeleML.societe_id, companies))
            .group_by(ModeleML.statut, ModeleML.type_modele)
        )
        states: Counter[Statut] = Counter()
        types: Counter[TypeModele] = Counter()
        with reading(self._engine) as connection:
            for statut, type_modele, number in connection.execute(query):
                states[statut] += number
                types[type_modele] += number
        return states, types

    def due(self, companies: Companies) -> Collection[int]:
        """Return the models that are to be trained again, as the timer `auto-retrain` would say at this moment."""
        wanted = by_frequency(last_trainings(self._engine), self._clock())
        return frozenset(one.modele_id for one in wanted if companies is None or one.societe_id in companies)


class CampaignPages:
    """The campaigns that a token may see.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, campagne_id: uuid.UUID, companies: Companies) -> CampagneLue | None:
        """Return a campaign; None where there is none, or it is not of these companies."""
        query = select(CAMPAIGNS).where(
            CampagneEntrainement.campagne_id == campagne_id, _of(CampagneEntrainement.societe_id, companies)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _read(row)

    def page(
        self,
        companies: Companies,
        *,
        limit: int,
        offset: int,
        modele_id: int | None = None,
        statut: StatutCampagne | None = None,
        ouverte: bool | None = None,
    ) -> tuple[int, Sequence[CampagneLue]]:
        """Return how many campaigns match, and a page of them, the latest request first."""
        wanted = _of(CampagneEntrainement.societe_id, companies)
        if modele_id is not None:
            wanted = and_(wanted, CampagneEntrainement.modele_id == modele_id)
        if statut is not None:
            wanted = and_(wanted, CampagneEntrainement.statut == statut)
        if ouverte is not None:
            is_open = CampagneEntrainement.statut.in_(OPEN)
            wanted = and_(wanted, is_open if ouverte else ~is_open)
        query = select(CAMPAIGNS).where(wanted).limit(limit).offset(offset)
        query = query.order_by(CampagneEntrainement.demandee_le.desc(), CampagneEntrainement.demande_id.desc())
        with reading(self._engine) as connection:
            count = connection.execute(select(func.count()).select_from(CAMPAIGNS).where(wanted)).scalar_one()
            return count, [_read(row) for row in connection.execute(query).mappings()]


def _of(column: InstrumentedAttribute[int], companies: Companies) -> ColumnElement[bool]:
    """Return the condition that a row is one of these companies'."""
    return true() if companies is None else column.in_(companies)


def _read(row: RowMapping) -> CampagneLue:
    values = {name: row[name] for name in CampagneLue.__struct_fields__ if name in row}
    return CampagneLue(**values, annulation_demandee=row["cancel_requested"])
