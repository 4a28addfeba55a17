"""Scoring a partition: entries of many companies in one order, with the markers that stand between them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt

from schemas import (
    Activation,
    Detection,
    Ecriture,
    ModeleUtilise,
    Parametres,
    RoleModele,
    Tick,
    TypeModele,
    VersionModele,
)
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.models.half_space_trees import grow_splits
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.scoring.basis import FOLD
from wisebook_ml.scoring.core import ONLINE, Model, score_batch
from wisebook_ml.scoring.state import ScoringState

__all__ = ["Event", "LedgerScorer", "Marker", "ModelMissing", "Outcome", "Refused"]

Marker = Activation | Tick
Event = Ecriture | Marker
"""What a partition of `entries` holds."""

GLOBAL = 0
"""Company id that stands for all companies."""

MODELS_PART = "models"
"""Part of a dump with the model versions in force."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that could not take effect: its position in what was given, and the reason, for a person."""

    position: int
    reason: str


@dataclass(slots=True)
class Outcome:
    """What became of a run of events, in their order; positions are those of the events given."""

    detections: list[tuple[int, Detection]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    scored: int = 0


class ModelMissing(Exception):
    """A model that is in force cannot be loaded; the message says which, and what to do."""


def _takes_part(activation: Activation) -> bool:
    """Return whether a version takes part in the score; the others predict (`wisebook_ml.prediction`)."""
    return activation.version.type_modele is TypeModele.ISOLATION_FOREST and activation.role is RoleModele.CHAMPION


class LedgerScorer:
    """The state of every company of a partition, and the models in force.

    It is a fold of the events and nothing else, so that a second scorer that is given the same events, in whatever
    runs, ends in the same state and gives the same detections.

    Parameters
    ----------
    load_model : callable
        Loads the artefact of a version; raises `ValueError` (with a reason) where it is missing, altered or unusable.
    parametres : Parametres
        Settings of all companies.
    seed : int
        Seed of the online detectors.
    accepts : callable
        Whether a company is known (the strict mode refuses others).
    """

    def __init__(
        self,
        *,
        load_model: Callable[[VersionModele], IsolationForest],
        parametres: Parametres,
        seed: int,
        accepts: Callable[[int], bool] = lambda societe_id: True,
    ) -> None:
        self._load_model = load_model
        self._parametres = parametres
        self._seed = seed
        self._accepts = accepts
        self._splits = grow_splits(seed, len(FEATURE_NAMES))
        self._state = ScoringState()
        self._models: list[Model] = []
        self._versions: dict[int, VersionModele] = {}
        self._place: dict[int, int] = {}

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
        markers : sequence of (int, Activation or Tick)
            With their positions in the run, ascending.
        """
        outcome = Outcome()
        model_of = self._models_of(batch, places, markers, outcome)
        batch, places, model_of = self._admit(batch, places, model_of, outcome)
        if len(batch):
            scored = score_batch(batch, self._state, self._models, model_of, self._parametres, self._splits)
            outcome.scored = scored.accepted
            outcome.detections = [(int(places[k]), found) for k, found in scored.detections]
            outcome.refused += [Refused(int(places[k]), reason) for k, reason in scored.conflicts]
        outcome.refused.sort(key=lambda refused: refused.position)
        self._forget_superseded()
        return outcome

    def _forget_superseded(self) -> None:
        """Drop the models that are in force for nobody any more."""
        if len(self._models) > len(self._place):
            self._models = [self._models[place] for place in self._place.values()]
            self._place = {societe_id: place for place, societe_id in enumerate(self._place)}

    def _models_of(
        self, batch: EntryBatch, places: Ints, markers: Sequence[tuple[int, Marker]], outcome: Outcome
    ) -> Ints:
        """Return each entry's model: that of the last marker before it."""
        model_of = np.full(len(batch), ONLINE, np.int64)
        start = 0
        for position, marker in markers:
            if isinstance(marker, Activation) and _takes_part(marker):  # no control of this version waits for a tick
                end = int(np.searchsorted(places, position))
                self._fill(model_of[start:end], batch.societe[start:end])
                self._activate(position, marker, outcome)
                start = end
        self._fill(model_of[start:], batch.societe[start:])
        return model_of

    def _fill(self, model_of: Ints, societe: Ints) -> None:
        if self._place and len(societe):
            companies, inverse = np.unique(societe, return_inverse=True)
            shared = self._place.get(GLOBAL, ONLINE)
            model_of[:] = np.array([self._place.get(number, shared) for number in companies.tolist()])[inverse]

    def _admit(
        self, batch: EntryBatch, places: Ints, model_of: Ints, outcome: Outcome
    ) -> tuple[EntryBatch, Ints, Ints]:
        """Leave out the entries of companies that are not known."""
        unknown = [number for number in np.unique(batch.societe).tolist() if not self._accepts(number)]
        if not unknown:
            return batch, places, model_of
        refused = np.isin(batch.societe, unknown)
        for i in np.flatnonzero(refused).tolist():
            entry = batch.entry(i)
            reason = (
                f"entry {entry.ecriture_id!r}: company {entry.societe_id} is not known, and the strict mode is on; "
                "add it to WISEBOOK_ML_SOCIETES or switch WISEBOOK_ML_STRICT off"
            )
            outcome.refused.append(Refused(int(places[i]), reason))
        kept = np.flatnonzero(~refused)
        return batch.select(kept), places[kept], model_of[kept]

    def _activate(self, position: int, activation: Activation, outcome: Outcome) -> None:
        version = activation.version
        try:
            self._put_in_force(activation.societe_id, version)
        except ValueError as error:
            reason = f"model {version.modele_id} version {version.version} not activated, the one before stays: {error}"
            outcome.refused.append(Refused(position, reason))

    def _put_in_force(self, societe_id: int, version: VersionModele) -> None:
        if version.societe_id not in (GLOBAL, societe_id):
            raise ValueError(f"it belongs to company {version.societe_id}, not to {societe_id}")
        used = ModeleUtilise(modele_id=version.modele_id, version=version.version)
        # A new place: entries before the marker are scored with the model that was in force for them.
        self._models.append(Model(used, self._load_model(version)))
        self._place[societe_id] = len(self._models) - 1
        self._versions[societe_id] = version

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the events: code, seed and settings of another kind cannot go on from it."""
        return f"{FOLD} {self._seed} {msgspec.json.encode(self._parametres).decode()}"

    def dump(self) -> Iterator[tuple[str, bytes | npt.NDArray[np.uint8]]]:
        """Return copies of the bytes that make the state, with a name each."""
        yield from self._state.dump()
        yield MODELS_PART, msgspec.json.encode(list(self._versions.items()))

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
        if MODELS_PART not in parts:
            raise StateError(f"part {MODELS_PART} is missing")
        self._state.load({name: part for name, part in parts.items() if name != MODELS_PART})
        try:
            versions = msgspec.json.decode(parts[MODELS_PART], type=list[tuple[int, VersionModele]])
        except msgspec.MsgspecError as error:
            raise StateError(f"part {MODELS_PART}: {error}") from error
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
