"""Scoring a partition: entries of many companies in one order, with the markers that stand between them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schemas import Activation, Detection, Ecriture, ModeleUtilise, Parametres, Tick, VersionModele
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.scoring.core import Model, score_entries
from wisebook_ml.scoring.state import CompanyState

__all__ = ["Event", "LedgerScorer", "Outcome", "Refused"]

Event = Ecriture | Activation | Tick
"""What a partition of `entries` holds."""

GLOBAL = 0
"""Company id that stands for all companies."""


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


class LedgerScorer:
    """The state of every company of a partition, and the models in force.

    It is a fold of the events and nothing else, so that a second scorer that is given the same events, in whatever
    runs, ends in the same state and gives the same detections: that is how state is recovered after a crash.

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
        self._states: dict[int, CompanyState] = {}
        self._models: dict[int, Model] = {}

    def process(self, events: Iterable[Event]) -> Outcome:
        """Take the next events of the partition."""
        outcome = Outcome()
        pending: dict[int, list[tuple[int, Ecriture]]] = {}
        for position, event in enumerate(events):
            match event:
                case Ecriture():
                    if self._accepts(event.societe_id):
                        pending.setdefault(event.societe_id, []).append((position, event))
                    else:
                        reason = (
                            f"entry {event.ecriture_id!r}: company {event.societe_id} is not known, and the strict "
                            "mode is on; add it to WISEBOOK_ML_SOCIETES or switch WISEBOOK_ML_STRICT off"
                        )
                        outcome.refused.append(Refused(position, reason))
                case Activation():
                    self._score(pending, outcome)
                    self._activate(position, event, outcome)
                case Tick():
                    pass  # no control of this version waits for time to pass
        self._score(pending, outcome)
        outcome.detections.sort(key=lambda found: found[0])
        outcome.refused.sort(key=lambda refused: refused.position)
        return outcome

    def _score(self, pending: dict[int, list[tuple[int, Ecriture]]], outcome: Outcome) -> None:
        for societe_id, entries in pending.items():
            state = self._states.get(societe_id)
            if state is None:
                state = self._states[societe_id] = CompanyState.new(self._seed)
            model = self._models.get(societe_id) or self._models.get(GLOBAL)
            scored = score_entries([entry for _, entry in entries], state, model, self._parametres)
            outcome.scored += scored.accepted
            outcome.detections += [(entries[k][0], found) for k, found in scored.detections]
            outcome.refused += [Refused(entries[found.position][0], found.reason) for found in scored.conflicts]
        pending.clear()

    def _activate(self, position: int, activation: Activation, outcome: Outcome) -> None:
        version = activation.version
        try:
            forest = self._model_for(activation.societe_id, version)
        except ValueError as error:
            reason = f"model {version.modele_id} version {version.version} not activated, the one before stays: {error}"
            outcome.refused.append(Refused(position, reason))
            return
        used = ModeleUtilise(modele_id=version.modele_id, version=version.version)
        self._models[activation.societe_id] = Model(used, forest)

    def _model_for(self, societe_id: int, version: VersionModele) -> IsolationForest:
        if version.societe_id not in (GLOBAL, societe_id):
            raise ValueError(f"it belongs to company {version.societe_id}, not to {societe_id}")
        return self._load_model(version)
