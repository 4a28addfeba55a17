"""Which models and settings are in force for the companies of a partition."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

import msgspec
import numpy as np

from schemas import Activation, ModeleUtilise, Parametres, Reglage, Reprise, RoleModele, Tick, TypeModele, VersionModele
from wisebook_ml.controls import CONTROLS, SettingsTable
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.scoring.core import ONLINE, Model
from wisebook_ml.scoring.events import Activated, Marker, Outcome, Refused
from wisebook_ml.scoring.forests import FORESTS
from wisebook_ml.scoring.opinions import KINDS, NOBODY, Consulted
from wisebook_ml.scoring.opinions import InForce as OpinionsInForce

__all__ = [
    "MODELS_PART",
    "SCORED",
    "SETTINGS_PART",
    "InForce",
    "ModelMissing",
    "Places",
    "Told",
    "read_told",
    "takes_part",
]

GLOBAL = 0
"""Company id that stands for all companies."""

MODELS_PART = "models"
"""Part of a dump with the model versions in force."""

SETTINGS_PART = "settings"
"""Part of a dump with the settings in force, those of all companies first."""

OPINIONS = {kind.type_modele: place for place, kind in enumerate(KINDS)}
SCORED = frozenset({TypeModele.ISOLATION_FOREST, *OPINIONS})
"""Kinds of models that take part in the score: one that scores every entry, and those that are asked in doubt."""


class ModelMissing(Exception):
    """A model that is in force cannot be loaded; the message says which, and what to do."""


def takes_part(version: VersionModele, role: RoleModele) -> bool:
    """Return whether a version takes part in the score; the others only predict (`wisebook_ml.prediction`)."""
    return version.type_modele in SCORED and role is RoleModele.CHAMPION


class Places(NamedTuple):
    """Each entry's place in the models and in the settings, shape (n,), and in the opinions, shape (kinds, n)."""

    model_of: Ints
    setting_of: Ints
    opinion_of: Ints

    def select(self, entries: Ints) -> "Places":
        """Return those of some entries."""
        return Places(self.model_of[entries], self.setting_of[entries], self.opinion_of[:, entries])


class Told(NamedTuple):
    """What a dump tells: the versions in force, with the company of each, and settings."""

    versions: list[tuple[int, VersionModele]]
    settings: list[Parametres]


class InForce:
    """The models and the settings of companies, as the markers before have it.

    Parameters
    ----------
    load_model : callable
        Loads the artefact of a version; it raises `ValueError` (with a reason) where it cannot.
    parametres : Parametres
        Settings of companies for which none came with a marker.

    Attributes
    ----------
    models : list of Model
        The Isolation Forests; `Places.model_of` are places among them.
    table, forest_table : SettingsTable
        What the settings say of the controls, and of the models that score every entry.
    """

    def __init__(
        self, load_model: Callable[[VersionModele], IsolationForest | Opinion], parametres: Parametres
    ) -> None:
        self.models: list[Model] = []
        self._load_model = load_model
        self._settings = [parametres]
        self._setting_place: dict[int, int] = {GLOBAL: 0}
        self._make_tables()
        self._place: dict[int, int] = {}
        self._opinions: list[Consulted] = []
        self._opinion_place: list[dict[int, int]] = [{} for _ in KINDS]
        self._versions: dict[tuple[int, TypeModele], VersionModele] = {}

    def settings_of(self, societe_id: int) -> Parametres:
        """Return the settings of a company."""
        return self._settings[self._setting_place.get(societe_id, self._setting_place[GLOBAL])]

    def opinions(self, places: Places) -> OpinionsInForce | None:
        """Return the models that are asked about entries in doubt; None where there are none."""
        return OpinionsInForce(self._opinions, places.opinion_of, self._opinion_table) if self._opinions else None

    def forget_superseded(self) -> None:
        """Drop the models and settings that are in force for nobody any more."""
        if len(self.models) > len(self._place):
            self.models = [self.models[place] for place in self._place.values()]
            self._place = {societe_id: place for place, societe_id in enumerate(self._place)}
        in_use = sorted({place for places in self._opinion_place for place in places.values()})
        if len(self._opinions) > len(in_use):
            self._opinions = [self._opinions[place] for place in in_use]
            new = {old: place for place, old in enumerate(in_use)}
            self._opinion_place = [{of: new[old] for of, old in places.items()} for places in self._opinion_place]
        if len(self._settings) > len(self._setting_place):
            self._settings = [self._settings[place] for place in self._setting_place.values()]
            self._setting_place = {societe_id: place for place, societe_id in enumerate(self._setting_place)}
            self._make_tables()

    def _make_tables(self) -> None:
        """Put the settings beside each other: what they say of the controls, and of the models."""
        self.table = SettingsTable.of(self._settings, CONTROLS)
        self._opinion_table = SettingsTable.of(self._settings, KINDS)
        self.forest_table = SettingsTable.of(self._settings, FORESTS)

    def places(
        self, batch: EntryBatch, places: Ints, markers: Sequence[tuple[int, Marker]], outcome: Outcome
    ) -> Places:
        """Return each entry's model and settings: those of the last marker before it.

        Parameters
        ----------
        batch, places, markers
            Entries and markers of a run, with their positions in it, ascending.
        outcome : Outcome
            Told what came into force, and what could not.
        """
        in_force = Places(
            np.full(len(batch), ONLINE, np.int64),
            np.zeros(len(batch), np.int64),
            np.full((len(KINDS), len(batch)), NOBODY, np.int64),
        )
        start = 0
        for position, marker in markers:
            if isinstance(marker, Tick | Reprise):
                continue
            if isinstance(marker, Activation) and not takes_part(marker.version, marker.role):
                continue
            end = int(np.searchsorted(places, position))
            self._fill(in_force, batch.societe, slice(start, end))
            if isinstance(marker, Activation):
                self._activate(position, marker, outcome)
            else:
                self._set_in_force(position, marker, outcome)
            start = end
        self._fill(in_force, batch.societe, slice(start, len(batch)))
        if len(self.table.settings) != len(self._settings):
            self._make_tables()
        return in_force

    def _fill(self, in_force: Places, societe: Ints, part: slice) -> None:
        for column, place, missing in (
            (in_force.model_of, self._place, ONLINE),
            (in_force.setting_of, self._setting_place, 0),
            *((in_force.opinion_of[k], place, NOBODY) for k, place in enumerate(self._opinion_place)),
        ):
            if place and part.stop > part.start:
                companies, inverse = np.unique(societe[part], return_inverse=True)
                shared = place.get(GLOBAL, missing)
                column[part] = np.array([place.get(number, shared) for number in companies.tolist()])[inverse]

    def _set_in_force(self, position: int, reglage: Reglage, outcome: Outcome) -> None:
        of = reglage.parametres.societe_id
        if of != reglage.societe_id:
            reason = f"settings not in force, those before stay: they are of company {of}, not of {reglage.societe_id}"
            outcome.refused.append(Refused(position, reason))
        else:
            self._set(reglage.parametres)

    def _set(self, parametres: Parametres) -> None:
        # A new place: entries before the marker are scored with the settings that were in force for them.
        self._settings.append(parametres)
        self._setting_place[parametres.societe_id] = len(self._settings) - 1

    def _activate(self, position: int, activation: Activation, outcome: Outcome) -> None:
        version, societe_id = activation.version, activation.societe_id
        try:
            self._put_in_force(societe_id, version)
        except ValueError as error:
            reason = f"model {version.modele_id} version {version.version} not activated, the one before stays: {error}"
            outcome.refused.append(Refused(position, reason))
        else:
            if version.type_modele not in OPINIONS:
                reference = self.models[self._place[societe_id]].forest.reference
                outcome.activated.append(Activated(position, societe_id, version, reference))

    def _put_in_force(self, societe_id: int, version: VersionModele) -> None:
        if version.societe_id not in (GLOBAL, societe_id):
            raise ValueError(f"it belongs to company {version.societe_id}, not to {societe_id}")
        used = ModeleUtilise(modele_id=version.modele_id, version=version.version)
        loaded = self._load_model(version)
        # A new place: entries before the marker are scored with the model that was in force for them.
        if version.type_modele in OPINIONS:
            self._opinions.append(Consulted(used, cast(Opinion, loaded)))
            self._opinion_place[OPINIONS[version.type_modele]][societe_id] = len(self._opinions) - 1
        else:
            self.models.append(Model(used, cast(IsolationForest, loaded)))
            self._place[societe_id] = len(self.models) - 1
        self._versions[societe_id, version.type_modele] = version

    @property
    def forests(self) -> Iterator[Activated]:
        """The Isolation Forests in force, of each company that has one of its own, and that of all others (0)."""
        for societe_id, place in self._place.items():
            version = self._versions[societe_id, TypeModele.ISOLATION_FOREST]
            yield Activated(0, societe_id, version, self.models[place].forest.reference)

    def dump(self) -> Iterator[tuple[str, bytes]]:
        """Return the bytes that tell what is in force, with a name each."""
        yield MODELS_PART, msgspec.json.encode([(of, version) for (of, _), version in self._versions.items()])
        told = [self._settings[place] for place in self._setting_place.values()]
        yield SETTINGS_PART, msgspec.json.encode(told)

    def load(self, told: Told) -> None:
        """Take what a dump tells (`read_told`); nothing must have come into force yet.

        Raises
        ------
        ModelMissing
            Where a model that was in force cannot be loaded any more.
        """
        for parametres in told.settings:
            self._set(parametres)
        self.forget_superseded()
        for societe_id, version in told.versions:
            try:
                self._put_in_force(societe_id, version)
            except ValueError as error:
                raise ModelMissing(
                    f"model {version.modele_id} version {version.version} of company {version.societe_id} is in force, "
                    f"and cannot be loaded: {error}; bring its artefact back (WISEBOOK_ML_ARTEFACTS, "
                    "WISEBOOK_ML_SIGNING_KEY)"
                ) from error


def read_told(parts: Mapping[str, bytes | memoryview]) -> Told:
    """Return what a dump tells.

    Raises
    ------
    StateError
        Where a part is missing, or none of this version.
    """
    versions = _part(parts, MODELS_PART, list[tuple[int, VersionModele]])
    return Told(versions, _part(parts, SETTINGS_PART, list[Parametres]))


T = TypeVar("T")


def _part(parts: Mapping[str, bytes | memoryview], name: str, kind: type[T]) -> T:
    if name not in parts:
        raise StateError(f"part {name} is missing")
    try:
        return msgspec.json.decode(parts[name], type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StateError(f"part {name}: {error}") from error
