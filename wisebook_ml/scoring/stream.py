"""Scoring a partition: entries of many companies in one order, with the markers that stand between them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar, cast

import msgspec
import numpy as np
import numpy.typing as npt

from schemas import (
    Activation,
    Detection,
    DetectionReprise,
    Ecriture,
    ModeleUtilise,
    Parametres,
    Reglage,
    Reprise,
    RoleModele,
    Tick,
    TypeModele,
    VersionModele,
)
from schemas.marker import ABSENCE, IMPORT
from wisebook_ml.controls import CONTROLS, SettingsTable
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints
from wisebook_ml.ledger.paris import PARIS
from wisebook_ml.models.half_space_trees import grow_splits
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.scoring.about_subjects import is_told, subject_detection
from wisebook_ml.scoring.basis import FOLD
from wisebook_ml.scoring.core import ONLINE, Model, Scored, score_batch
from wisebook_ml.scoring.forests import FORESTS
from wisebook_ml.scoring.opinions import KINDS, NOBODY, Consulted
from wisebook_ml.scoring.opinions import InForce as OpinionsInForce
from wisebook_ml.scoring.reprises import PART as REPRISES_PART
from wisebook_ml.scoring.reprises import Reprises, settle
from wisebook_ml.scoring.state import ScoringState
from wisebook_ml.subjects import SUBJECTS

__all__ = ["Activated", "Event", "LedgerScorer", "Marker", "Met", "ModelMissing", "Outcome", "Refused", "takes_part"]

Marker = Activation | Reglage | Tick | Reprise
Event = Ecriture | Marker
"""What a partition of `entries` holds."""

BEATS = frozenset({ABSENCE, IMPORT})
"""Ticks by which the scorer's clock moves on. Others are for other readers of `entries`: a tick that came in the middle
of an import would have what is not complete yet judged (a lettering whose other half stands in the next journal)."""

GLOBAL = 0
"""Company id that stands for all companies."""

MODELS_PART = "models"
"""Part of a dump with the model versions in force."""

SETTINGS_PART = "settings"
"""Part of a dump with the settings in force, those of all companies first."""

BESIDE_THE_STATE = frozenset({MODELS_PART, SETTINGS_PART, REPRISES_PART})

OPINIONS = {kind.type_modele: place for place, kind in enumerate(KINDS)}
SCORED = frozenset({TypeModele.ISOLATION_FOREST, *OPINIONS})
"""Kinds of models that take part in the score: one that scores every entry, and those that are asked in doubt."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that could not take effect: its position in what was given, and the reason, for a person."""

    position: int
    reason: str


class Met(NamedTuple):
    """Entries on their first arrival that one version has scored, whose artefact says what was usual.

    Attributes
    ----------
    positions : ndarray of int64, shape (n,)
    modele_id, version : int
    features : ndarray of float64, shape (n, len(FEATURE_NAMES))
    composites : ndarray of float64, shape (n,)
    """

    positions: Ints
    modele_id: int
    version: int
    features: Floats
    composites: Floats


class Activated(NamedTuple):
    """An Isolation Forest that came into force: at which position, for whom, and what was usual when it was trained."""

    position: int
    societe_id: int
    version: VersionModele
    reference: bytes


@dataclass(slots=True)
class Outcome:
    """What became of a run of events, in their order; positions are those of the events given.

    Attributes
    ----------
    detections : list of (int, Detection)
        With the position of the entry, or the tick, that they follow from.
    replayed : list of (int, DetectionReprise)
        What replays found and holds from now on, with the position of the marker that says so.
    refused : list of Refused
        What could not take effect.
    scored : ndarray of int64
        Positions of the entries that were scored.
    composites : ndarray of float64
        The composite of each of them, in [0, 1), whether it is flagged or not.
    met : list of Met
        What versions with a reference have met; the rows of each are in order.
    activated : list of Activated
        The Isolation Forests that came into force.
    """

    detections: list[tuple[int, Detection]] = field(default_factory=list)
    replayed: list[tuple[int, DetectionReprise]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    scored: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    composites: Floats = field(default_factory=lambda: np.zeros(0))
    met: list[Met] = field(default_factory=list)
    activated: list[Activated] = field(default_factory=list)


class ModelMissing(Exception):
    """A model that is in force cannot be loaded; the message says which, and what to do."""


def takes_part(version: VersionModele, role: RoleModele) -> bool:
    """Return whether a version takes part in the score; the others only predict (`wisebook_ml.prediction`)."""
    return version.type_modele in SCORED and role is RoleModele.CHAMPION


class _InForce(NamedTuple):
    """Each entry's place in the models and in the settings, shape (n,), and in the opinions, shape (kinds, n)."""

    model_of: Ints
    setting_of: Ints
    opinion_of: Ints

    def select(self, entries: Ints) -> "_InForce":
        return _InForce(self.model_of[entries], self.setting_of[entries], self.opinion_of[:, entries])


class LedgerScorer:
    """The state of every company of a partition, and the models in force.

    It is a fold of the events and nothing else, so that a second scorer that is given the same events, in whatever
    runs, ends in the same state and gives the same detections.

    Parameters
    ----------
    load_model : callable
        Loads the artefact of a version: an `IsolationForest`, or an `Opinion` for the other kinds that take part. It
        raises `ValueError` (with a reason) where it is missing, altered or unusable.
    parametres : Parametres
        Settings of companies for which none came with a marker.
    seed : int
        Seed of the online detectors.
    accepts : callable
        Whether a company is known (the strict mode refuses others).
    """

    def __init__(
        self,
        *,
        load_model: Callable[[VersionModele], IsolationForest | Opinion],
        parametres: Parametres,
        seed: int,
        accepts: Callable[[int], bool] = lambda societe_id: True,
    ) -> None:
        self._load_model = load_model
        self._first_settings = parametres
        self._settings = [parametres]
        self._setting_place: dict[int, int] = {GLOBAL: 0}
        self._make_tables()
        self._seed = seed
        self._accepts = accepts
        self._splits = grow_splits(seed, len(FEATURE_NAMES))
        self._state = ScoringState()
        self._reprises = Reprises()
        self._models: list[Model] = []
        self._place: dict[int, int] = {}
        self._opinions: list[Consulted] = []
        self._opinion_place: list[dict[int, int]] = [{} for _ in KINDS]
        self._versions: dict[tuple[int, TypeModele], VersionModele] = {}

    def process(self, events: Iterable[Event]) -> Outcome:
        """Take the next events of the partition."""
        entries, places, markers = [], [], []
        for position, event in enumerate(events):
            if isinstance(event, Ecriture):
                entries.append(event)
                places.append(position)
            else:
                markers.append((position, event))
        return self.score(EntryBatch.from_entries(entries), np.array(places, dtype=np.int64), markers)

    def score(self, batch: EntryBatch, places: Ints, markers: Sequence[tuple[int, Marker]]) -> Outcome:
        """Take the next entries of the partition, as columns, with the markers between them.

        Parameters
        ----------
        batch : EntryBatch
            The entries.
        places : ndarray of int64, shape (n,)
            Their positions in the run, ascending.
        markers : sequence of (int, Marker)
            With their positions in the run, ascending.
        """
        outcome = Outcome()
        in_force = self._in_force(batch, places, markers, outcome)
        batch, places, in_force = self._admit(batch, places, in_force, outcome)
        done = 0
        for position, marker in markers:
            if not isinstance(marker, Tick | Reprise):
                continue
            end = int(np.searchsorted(places, position))
            self._score_part(batch, places, in_force, slice(done, end), outcome)
            if isinstance(marker, Tick):
                self._tick(position, marker, outcome)
            else:
                self._take_over(position, marker, outcome)
            done = end
        self._score_part(batch, places, in_force, slice(done, len(batch)), outcome)
        outcome.refused.sort(key=lambda refused: refused.position)
        self._forget_superseded()
        return outcome

    def _score_part(self, batch: EntryBatch, places: Ints, in_force: _InForce, part: slice, outcome: Outcome) -> None:
        """Score the entries of a part of the run."""
        if part.start == part.stop:
            return
        if part.stop - part.start < len(batch):
            chosen = np.arange(part.start, part.stop)
            batch, places, in_force = batch.select(chosen), places[chosen], in_force.select(chosen)
        scored = score_batch(
            batch,
            self._state,
            self._models,
            in_force.model_of,
            self._table,
            in_force.setting_of,
            self._splits,
            OpinionsInForce(self._opinions, in_force.opinion_of, self._opinion_table) if self._opinions else None,
            self._forest_table,
        )
        outcome.scored = np.concatenate([outcome.scored, places[scored.taken]])
        outcome.composites = np.concatenate([outcome.composites, scored.composites])
        if any(model.forest.reference for model in self._models):
            outcome.met += self._met(scored, places, in_force.model_of)
        outcome.detections += [(int(places[k]), found) for k, found in scored.detections]
        outcome.refused += [Refused(int(places[k]), reason) for k, reason in scored.conflicts]

    def _met(self, scored: Scored, places: Ints, model_of: Ints) -> Iterator[Met]:
        """Yield what each version with a reference has met."""
        watched = np.array([bool(model.forest.reference) for model in self._models] + [False])  # ONLINE is the last
        model_of = model_of[scored.taken]
        rows = np.flatnonzero(watched[model_of] & scored.fresh)
        rows = rows[np.argsort(model_of[rows], kind="stable")]
        for of in np.split(rows, np.flatnonzero(np.diff(model_of[rows])) + 1):
            if len(of):
                used = self._models[model_of[of[0]]].used
                positions = places[scored.taken[of]]
                yield Met(positions, used.modele_id, used.version, scored.features[of], scored.composites[of])

    def _tick(self, position: int, tick: Tick, outcome: Outcome) -> None:
        """Have what is followed over time know that the stream's clock has moved on."""
        if tick.minuterie not in BEATS:
            return
        day = tick.echeance.astimezone(PARIS).date()
        for subject in SUBJECTS:
            state = self._state.subjects[subject.name]
            for finding in subject.tick(tick.societe_id, day, self._settings_of(tick.societe_id), state):
                parametres = self._settings_of(finding.societe_id)
                if is_told(subject, finding, parametres):
                    outcome.detections.append((position, subject_detection(subject, finding, parametres)))

    def _take_over(self, position: int, marker: Reprise, outcome: Outcome) -> None:
        """Have what a replay found hold from here on, once all parts of it have come."""
        if not self._accepts(marker.societe_id):
            reason = f"replay {marker.reprise_id}: company {marker.societe_id} is not known, and the strict mode is on"
            outcome.refused.append(Refused(position, reason))
            return
        try:
            found = self._reprises.take(marker)
        except ValueError as error:
            outcome.refused.append(Refused(position, str(error)))
            return
        outcome.replayed += [(position, one) for one in settle(found, self._state.habits)]

    def _settings_of(self, societe_id: int) -> Parametres:
        return self._settings[self._setting_place.get(societe_id, self._setting_place[GLOBAL])]

    def _forget_superseded(self) -> None:
        """Drop the models and settings that are in force for nobody any more."""
        if len(self._models) > len(self._place):
            self._models = [self._models[place] for place in self._place.values()]
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
        self._table = SettingsTable.of(self._settings, CONTROLS)
        self._opinion_table = SettingsTable.of(self._settings, KINDS)
        self._forest_table = SettingsTable.of(self._settings, FORESTS)

    def _in_force(
        self, batch: EntryBatch, places: Ints, markers: Sequence[tuple[int, Marker]], outcome: Outcome
    ) -> _InForce:
        """Return each entry's model and settings: those of the last marker before it."""
        in_force = _InForce(
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
        if len(self._table.settings) != len(self._settings):
            self._make_tables()
        return in_force

    def _fill(self, in_force: _InForce, societe: Ints, part: slice) -> None:
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

    def _admit(
        self, batch: EntryBatch, places: Ints, in_force: _InForce, outcome: Outcome
    ) -> tuple[EntryBatch, Ints, _InForce]:
        """Leave out the entries of companies that are not known."""
        unknown = [number for number in np.unique(batch.societe).tolist() if not self._accepts(number)]
        if not unknown:
            return batch, places, in_force
        refused = np.isin(batch.societe, unknown)
        for i in np.flatnonzero(refused).tolist():
            entry = batch.entry(i)
            reason = (
                f"entry {entry.ecriture_id!r}: company {entry.societe_id} is not known, and the strict mode is on; "
                "add it to WISEBOOK_ML_SOCIETES or switch WISEBOOK_ML_STRICT off"
            )
            outcome.refused.append(Refused(int(places[i]), reason))
        kept = np.flatnonzero(~refused)
        return batch.select(kept), places[kept], in_force.select(kept)

    def _activate(self, position: int, activation: Activation, outcome: Outcome) -> None:
        version, societe_id = activation.version, activation.societe_id
        try:
            self._put_in_force(societe_id, version)
        except ValueError as error:
            reason = f"model {version.modele_id} version {version.version} not activated, the one before stays: {error}"
            outcome.refused.append(Refused(position, reason))
        else:
            if version.type_modele not in OPINIONS:
                reference = self._models[self._place[societe_id]].forest.reference
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
            self._models.append(Model(used, cast(IsolationForest, loaded)))
            self._place[societe_id] = len(self._models) - 1
        self._versions[societe_id, version.type_modele] = version

    @property
    def forests(self) -> Iterator[Activated]:
        """The Isolation Forests in force, of each company that has one of its own, and that of all others (0)."""
        for societe_id, place in self._place.items():
            version = self._versions[societe_id, TypeModele.ISOLATION_FOREST]
            yield Activated(0, societe_id, version, self._models[place].forest.reference)

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the events: code, seed and settings of another kind cannot go on from it."""
        return f"{FOLD} {self._seed} {msgspec.json.encode(self._first_settings).decode()}"

    def dump(self) -> Iterator[tuple[str, bytes | npt.NDArray[np.uint8]]]:
        """Return copies of the bytes that make the state, with a name each."""
        yield from self._state.dump()
        yield MODELS_PART, msgspec.json.encode([(of, version) for (of, _), version in self._versions.items()])
        told = [self._settings[place] for place in self._setting_place.values()]
        yield SETTINGS_PART, msgspec.json.encode(told)
        yield REPRISES_PART, self._reprises.dump()

    def load(self, parts: Mapping[str, bytes | memoryview]) -> None:
        """Take a state that was dumped; this scorer must not have taken any events.

        Raises
        ------
        StateError
            Where the parts are none of this version; the scorer is then of no more use.
        ModelMissing
            Where a model that was in force cannot be loaded any more. Another snapshot has it in force, too, and
            without it the company's entries would be scored otherwise than before.
        """
        versions = _part(parts, MODELS_PART, list[tuple[int, VersionModele]])
        told = _part(parts, SETTINGS_PART, list[Parametres])
        self._reprises.load(parts)
        self._state.load({name: part for name, part in parts.items() if name not in BESIDE_THE_STATE})
        for parametres in told:
            self._set(parametres)
        self._forget_superseded()
        for societe_id, version in versions:
            try:
                self._put_in_force(societe_id, version)
            except ValueError as error:
                raise ModelMissing(
                    f"model {version.modele_id} version {version.version} of company {version.societe_id} is in force, "
                    f"and cannot be loaded: {error}; bring its artefact back (WISEBOOK_ML_ARTEFACTS, "
                    "WISEBOOK_ML_SIGNING_KEY)"
                ) from error

    def digest(self) -> str:
        """Return a hash of the state: the same after the same events, however they came."""
        return self._state.digest()


T = TypeVar("T")


def _part(parts: Mapping[str, bytes | memoryview], name: str, kind: type[T]) -> T:
    if name not in parts:
        raise StateError(f"part {name} is missing")
    try:
        return msgspec.json.decode(parts[name], type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StateError(f"part {name}: {error}") from error
