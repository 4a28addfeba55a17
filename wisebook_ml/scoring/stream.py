"""Scoring a partition: entries of many companies in one order, with the markers that stand between them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from schemas import Ecriture, Parametres, Reprise, Tick, VersionModele
from schemas.marker import ABSENCE, IMPORT
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.ledger.paris import PARIS
from wisebook_ml.models.half_space_trees import grow_splits
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.scoring.about_subjects import is_told, subject_detection
from wisebook_ml.scoring.basis import FOLD
from wisebook_ml.scoring.core import Scored, score_batch
from wisebook_ml.scoring.events import Activated, Event, Marker, Met, Outcome, Refused
from wisebook_ml.scoring.in_force import MODELS_PART, SETTINGS_PART, InForce, Places, read_told
from wisebook_ml.scoring.reprises import PART as REPRISES_PART
from wisebook_ml.scoring.reprises import Reprises, settle
from wisebook_ml.scoring.state import ScoringState
from wisebook_ml.subjects import SUBJECTS

__all__ = ["LedgerScorer"]

BEATS = frozenset({ABSENCE, IMPORT})
"""Ticks by which the scorer's clock moves on. Others are for other readers of `entries`: a tick that came in the middle
of an import would have what is not complete yet judged (a lettering whose other half stands in the next journal)."""

BESIDE_THE_STATE = frozenset({MODELS_PART, SETTINGS_PART, REPRISES_PART})


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
        self._first_settings = parametres
        self._in_force = InForce(load_model, parametres)
        self._seed = seed
        self._accepts = accepts
        self._splits = grow_splits(seed, len(FEATURE_NAMES))
        self._state = ScoringState()
        self._reprises = Reprises()

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
        in_force = self._in_force.places(batch, places, markers, outcome)
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
        self._in_force.forget_superseded()
        return outcome

    def _score_part(self, batch: EntryBatch, places: Ints, in_force: Places, part: slice, outcome: Outcome) -> None:
        """Score the entries of a part of the run."""
        if part.start == part.stop:
            return
        if part.stop - part.start < len(batch):
            chosen = np.arange(part.start, part.stop)
            batch, places, in_force = batch.select(chosen), places[chosen], in_force.select(chosen)
        scored = score_batch(
            batch,
            self._state,
            self._in_force.models,
            in_force.model_of,
            self._in_force.table,
            in_force.setting_of,
            self._splits,
            self._in_force.opinions(in_force),
            self._in_force.forest_table,
        )
        outcome.scored = np.concatenate([outcome.scored, places[scored.taken]])
        outcome.composites = np.concatenate([outcome.composites, scored.composites])
        if any(model.forest.reference for model in self._in_force.models):
            outcome.met += self._met(scored, places, in_force.model_of)
        outcome.detections += [(int(places[k]), found) for k, found in scored.detections]
        outcome.refused += [Refused(int(places[k]), reason) for k, reason in scored.conflicts]

    def _met(self, scored: Scored, places: Ints, model_of: Ints) -> Iterator[Met]:
        """Yield what each version with a reference has met."""
        models = self._in_force.models
        watched = np.array([bool(model.forest.reference) for model in models] + [False])  # ONLINE is the last
        model_of = model_of[scored.taken]
        rows = np.flatnonzero(watched[model_of] & scored.fresh)
        rows = rows[np.argsort(model_of[rows], kind="stable")]
        for of in np.split(rows, np.flatnonzero(np.diff(model_of[rows])) + 1):
            if len(of):
                used = models[model_of[of[0]]].used
                positions = places[scored.taken[of]]
                yield Met(positions, used.modele_id, used.version, scored.features[of], scored.composites[of])

    def _tick(self, position: int, tick: Tick, outcome: Outcome) -> None:
        """Have what is followed over time know that the stream's clock has moved on."""
        if tick.minuterie not in BEATS:
            return
        day = tick.echeance.astimezone(PARIS).date()
        for subject in SUBJECTS:
            state = self._state.subjects[subject.name]
            for finding in subject.tick(tick.societe_id, day, self._in_force.settings_of(tick.societe_id), state):
                parametres = self._in_force.settings_of(finding.societe_id)
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

    def _admit(
        self, batch: EntryBatch, places: Ints, in_force: Places, outcome: Outcome
    ) -> tuple[EntryBatch, Ints, Places]:
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

    @property
    def forests(self) -> Iterator[Activated]:
        """The Isolation Forests in force, of each company that has one of its own, and that of all others (0)."""
        return self._in_force.forests

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the events: code, seed and settings of another kind cannot go on from it."""
        return f"{FOLD} {self._seed} {msgspec.json.encode(self._first_settings).decode()}"

    def dump(self) -> Iterator[tuple[str, bytes | npt.NDArray[np.uint8]]]:
        """Return copies of the bytes that make the state, with a name each."""
        yield from self._state.dump()
        yield from self._in_force.dump()
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
        told = read_told(parts)
        self._reprises.load(parts)
        self._state.load({name: part for name, part in parts.items() if name not in BESIDE_THE_STATE})
        self._in_force.load(told)

    def digest(self) -> str:
        """Return a hash of the state: the same after the same events, however they came."""
        return self._state.digest()
