"""The registry of models: what a company has, which versions exist, and which one is in charge."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Engine, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

import schemas
from schemas import DomaineApplication, Statut, TypeModele
from wisebook_ml.clock import utc_now
from wisebook_ml.storage.champions import (
    MODELS,
    Modele,
    Promotion,
    RecordedVersion,
    earlier_champion,
    is_model,
    lock_model,
    no_model,
    promotions,
    put_in_charge,
    record,
    to_modele,
    versions,
)
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.exceptions import ModelInTraining, ModelNotFound, NameTaken
from wisebook_ml.storage.model_tables import ModeleML
from wisebook_ml.storage.references import meant

__all__ = ["DEFAULT_FREQUENCY", "MAX_NAME", "ModelRegistry", "draft_row"]

DEFAULT_FREQUENCY = 30
"""Days between two trainings: a month's closing changes what is usual, a week's entries hardly do."""

MAX_NAME = 200
"""Letters that a name may have (a column of the table)."""


def draft_row(
    societe_id: int,
    nom: str,
    type_modele: TypeModele,
    domaine_application: DomaineApplication,
    now: dt.datetime,
    *,
    parametres: Mapping[str, object] = MappingProxyType({}),
    description: str = "",
    reentrainement_auto: bool = True,
    frequence_reentrainement: int = DEFAULT_FREQUENCY,
) -> dict[str, object]:
    """Return the columns of a model that has no version yet, but for its number; see `ModelRegistry.get_or_create`."""
    return {
        "societe_id": societe_id,
        "nom": nom,
        "description": description,
        "type_modele": type_modele,
        "domaine_application": domaine_application,
        "parametres_modele": dict(parametres),
        "reentrainement_auto": reentrainement_auto,
        "frequence_reentrainement": frequence_reentrainement,
        "statut": Statut.BROUILLON,
        "metrics": {},
        "derniere_version": 0,
        "created_at": now,
        "updated_at": now,
    }


class ModelRegistry:
    """The models and their versions; several processes may use it at once.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    clock : callable
        Tells the present moment, for `created_at` and `updated_at`.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def get_or_create(
        self,
        societe_id: int,
        nom: str,
        type_modele: TypeModele,
        domaine_application: DomaineApplication,
        parametres: Mapping[str, object] | None = None,
        *,
        description: str = "",
        reentrainement_auto: bool = True,
        frequence_reentrainement: int = DEFAULT_FREQUENCY,
    ) -> int:
        """Return the id of the company's model of this name, created as a draft unless it exists.

        Parameters
        ----------
        societe_id : int
            The company; 0 for a global model.
        nom : str
            Its name, unique within the company. The rest applies only when it is created.
        type_modele : TypeModele
            The algorithm.
        domaine_application : DomaineApplication
            What it is for.
        parametres : mapping, optional
            Parameters of the algorithm.
        description : str
            For people.
        reentrainement_auto : bool
            Whether it is trained again by itself.
        frequence_reentrainement : int
            Days until it is due.
        """
        wanted = select(ModeleML.id).where(ModeleML.societe_id == societe_id, ModeleML.nom == nom)
        with reading(self._engine) as connection:
            found = connection.execute(wanted).scalar_one_or_none()
        if found is not None:
            return found
        try:
            return self.create(
                societe_id,
                nom,
                type_modele,
                domaine_application,
                parametres,
                description=description,
                reentrainement_auto=reentrainement_auto,
                frequence_reentrainement=frequence_reentrainement,
            ).id
        except NameTaken:  # another process was faster; its model is the one
            with reading(self._engine) as connection:
                return connection.execute(wanted).scalar_one()

    def create(
        self,
        societe_id: int,
        nom: str,
        type_modele: TypeModele,
        domaine_application: DomaineApplication,
        parametres: Mapping[str, object] | None = None,
        *,
        description: str = "",
        reentrainement_auto: bool = True,
        frequence_reentrainement: int = DEFAULT_FREQUENCY,
    ) -> Modele:
        """Create a model as a draft; the arguments are those of `get_or_create`. Parameters are the caller's to check.

        Raises
        ------
        NameTaken
            When the company has a model of this name.
        ValueError
            When a name or a frequency is none.
        """
        _check(nom, frequence_reentrainement)
        draft = draft_row(
            societe_id,
            nom,
            type_modele,
            domaine_application,
            self._clock(),
            parametres=parametres or {},
            description=description,
            reentrainement_auto=reentrainement_auto,
            frequence_reentrainement=frequence_reentrainement,
        )
        insert = self._insert(MODELS).values(draft)
        statement = insert.on_conflict_do_nothing(index_elements=["societe_id", "nom"]).returning(MODELS)
        with writing(self._engine) as connection:
            created = connection.execute(statement).mappings().one_or_none()
        if created is None:
            raise self._taken(societe_id, nom)
        return to_modele(created)

    def update(
        self,
        modele_id: int,
        *,
        nom: str | None = None,
        description: str | None = None,
        parametres: Mapping[str, object] | None = None,
        reentrainement_auto: bool | None = None,
        frequence_reentrainement: int | None = None,
        check: Callable[[Modele], None] = lambda model: None,
    ) -> Modele:
        """Change what is given, from the next training on, and return the model. Parameters are replaced as a whole.

        `check` is given the model as it is while nobody else can change it; where it raises, nothing is changed.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        NameTaken
            When another model of the company has this name.
        ValueError
            When a name or a frequency is none.
        """
        _check(nom, frequence_reentrainement)
        given = {
            "nom": nom,
            "description": description,
            "parametres_modele": None if parametres is None else dict(parametres),
            "reentrainement_auto": reentrainement_auto,
            "frequence_reentrainement": frequence_reentrainement,
        }
        values = {name: value for name, value in given.items() if value is not None}
        with writing(self._engine) as connection:
            model = lock_model(connection, modele_id)
            check(model)
            statement = update(MODELS).where(is_model(modele_id)).values(**values, updated_at=self._clock())
            try:
                return to_modele(connection.execute(statement.returning(MODELS)).mappings().one())
            except IntegrityError as error:  # whoever took the name, a moment ago or at the same time
                raise self._taken(model.societe_id, nom or model.nom) from error

    def next_version(self, modele_id: int) -> int:
        """Give out the next version number of a model; nobody gets the same one again.

        A number whose training fails stays unused.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        """
        statement = (
            update(MODELS)
            .where(is_model(modele_id))
            .values(derniere_version=ModeleML.derniere_version + 1)
            .returning(ModeleML.derniere_version)
        )
        with writing(self._engine) as connection:
            version = connection.execute(statement).scalar_one_or_none()
        if version is None:
            raise no_model(modele_id)
        return version

    def record_version(self, version: schemas.VersionModele, metrics: Mapping[str, object] | None = None) -> None:
        """Record a version whose artefact is in the store. To record it again, unchanged, does nothing.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        VersionConflict
            When another version has this number, or the model is another company's or of another type.
        """
        with writing(self._engine) as connection:
            if not connection.execute(select(exists().where(is_model(version.modele_id)))).scalar():
                raise no_model(version.modele_id)
            record(connection, version, metrics or {}, self._clock())

    def promote(self, modele_id: int, version: int, *, par: str = "", motif: str = "") -> schemas.VersionModele:
        """Make a recorded version the champion, whatever the gate said, and return it: it is to be announced.

        The model's metrics are those that the version was recorded with. To promote the champion changes nothing but
        the model's statut, which is PRET.

        Parameters
        ----------
        modele_id, version : int
            Which.
        par, motif : str
            Who wanted it and why, for the history.

        Raises
        ------
        ModelNotFound
            When there is no such model, or no such version of it.
        """
        with writing(self._engine) as connection:
            model = lock_model(connection, modele_id)
            return put_in_charge(connection, model, version, self._clock(), par=par, motif=motif).version

    def rollback(self, modele_id: int, *, par: str = "", motif: str = "") -> schemas.VersionModele:
        """Put the champion before in charge again and return it: it is to be announced.

        Another rollback goes to the one before that, and not forth again (`promote` does).

        Raises
        ------
        ModelNotFound
            When there is no such model.
        NoEarlierChampion
            When there was none before.
        """
        with writing(self._engine) as connection:
            model = lock_model(connection, modele_id)
            earlier = earlier_champion(model, promotions(connection, modele_id))
            return put_in_charge(connection, model, earlier, self._clock(), par=par, motif=motif, retour=True).version

    def history(self, modele_id: int) -> Sequence[Promotion]:
        """Return which version became champion when, by whose wish and why, oldest first."""
        with reading(self._engine) as connection:
            return promotions(connection, modele_id)

    def archive(self, modele_id: int) -> None:
        """Put a model away: it is not trained any more. Its versions stay.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        ModelInTraining
            While a trainer has it in work.
        """
        with writing(self._engine) as connection:
            if lock_model(connection, modele_id).statut is Statut.EN_ENTRAINEMENT:
                raise ModelInTraining(f"Model {modele_id} is being trained; cancel its campaign, then archive it.")
            statement = update(MODELS).where(is_model(modele_id))
            connection.execute(statement.values(statut=Statut.ARCHIVE, updated_at=self._clock()))

    def get(self, modele_id: int) -> Modele:
        """Return a model.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        """
        with reading(self._engine) as connection:
            row = connection.execute(select(MODELS).where(is_model(modele_id))).mappings().one_or_none()
        if row is None:
            raise no_model(modele_id)
        return to_modele(row)

    def versions(self, modele_id: int) -> Sequence[RecordedVersion]:
        """Return the recorded versions of a model, oldest first."""
        with reading(self._engine) as connection:
            return versions(connection, modele_id)

    def version(self, modele_id: int, version: int) -> RecordedVersion:
        """Return a recorded version.

        Raises
        ------
        ModelNotFound
            When there is no such version.
        """
        with reading(self._engine) as connection:
            found = versions(connection, modele_id, version)
        if not found:
            raise ModelNotFound(f"There is no version {version} of model {modele_id}.")
        return found[0]

    def list(self, societe_id: int | None = None, *, statut: Statut | None = None) -> Sequence[Modele]:
        """Return the models, of one company and in one state where given, by id."""
        query = select(MODELS).order_by(ModeleML.id)
        if societe_id is not None:
            query = query.where(ModeleML.societe_id == societe_id)
        if statut is not None:
            query = query.where(ModeleML.statut == statut)
        with reading(self._engine) as connection:
            return [to_modele(row) for row in connection.execute(query).mappings()]

    def find(self, reference: int | str, societe_id: int | None = None) -> Modele:
        """Return the model that a person means: by id, or by name.

        Parameters
        ----------
        reference : int or str
            Its id, or its name.
        societe_id : int, optional
            Whose; needed where several companies have one of this name.

        Raises
        ------
        ModelNotFound
            With the nearest name that there is, or the companies that have one of this name.
        """
        return meant(reference, self.list(societe_id), societe_id)

    def societes(self) -> Sequence[int]:
        """Return the companies that have models, in order; 0 among them where there are global ones."""
        with reading(self._engine) as connection:
            query = select(ModeleML.societe_id).distinct().order_by(ModeleML.societe_id)
            return connection.execute(query).scalars().all()

    def _taken(self, societe_id: int, nom: str) -> NameTaken:
        return NameTaken(
            f"Company {societe_id} has a model named {nom!r} already. Choose another name, or change that one."
        )


def _check(nom: str | None, frequence: int | None) -> None:
    if nom is not None and (not nom.strip() or len(nom) > MAX_NAME or "\0" in nom):
        raise ValueError(f"a model's name has 1 to {MAX_NAME} letters")
    if frequence is not None and frequence < 1:
        raise ValueError(f"a model is trained again after 1 day or more, not {frequence}")
