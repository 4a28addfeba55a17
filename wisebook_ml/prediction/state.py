"""Predicting for a partition: entries of many companies in one order, with the activations that stand between them."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pandas as pd

from schemas import Activation, Ecriture, Operation, Prediction, RoleModele, VersionModele
from wisebook_ml.prediction.base import Predictor, Said
from wisebook_ml.prediction.basis import PREDICTION_FOLD
from wisebook_ml.prediction.catalogue import PREDICTORS
from wisebook_ml.prediction.counts import Counts
from wisebook_ml.prediction.known import EntriesSeen, LastRows
from wisebook_ml.prediction.rows import PLACE, new_rows
from wisebook_ml.prediction.versions import GLOBAL, Force, Load, Versions
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.snapshots import Buffer

__all__ = ["Made", "PredictionState", "StateError", "concerns"]

LOGGER = logging.getLogger(__name__)

ENCODER = msgspec.json.Encoder()

SHADOW = "/ombre"
"""Ends the key of what a challenger says."""

DIGEST_BYTES = 12


class StateError(ValueError):
    """A dump that is none of this version."""


@dataclass(frozen=True, slots=True)
class Made:
    """One record that follows: `value` None is a tombstone. `position` is that of the event that caused it."""

    position: int
    sujet: str
    value: bytes | None


def concerns(version: VersionModele, role: RoleModele) -> bool:
    """Tell whether a version in a role predicts here."""
    predictor = PREDICTORS.get(version.type_modele)
    return predictor is not None and role in predictor.roles


class PredictionState:
    """The folds of a partition's companies, and the versions in force.

    It is a function of the events and the artefacts, and of nothing else: however the events are cut into calls, the
    same records follow.

    Parameters
    ----------
    load : callable
        Loads a version's service; raises `ValueError` (with a reason) where it cannot be used.
    predictors : mapping, optional
        What is published, by algorithm; all by default.
    """

    def __init__(self, load: Load, predictors: Mapping[object, Predictor] | None = None) -> None:
        self._predictors = list((PREDICTORS if predictors is None else predictors).values())
        self._versions = Versions(load)
        self._rows = new_rows()
        self._seen = EntriesSeen()
        self._last = {p.type_modele.value: LastRows(p.known_by) for p in self._predictors if p.known_by}
        self.counts = Counts()

    # Events

    def take(self, entries: Sequence[Ecriture], positions: Sequence[int]) -> list[Made]:
        """Take the next entries; return what follows from them, in their order.

        Parameters
        ----------
        entries : sequence of Ecriture
            Of any companies.
        positions : sequence of int
            Where they stand among the events.
        """
        if not entries:
            return []
        made: list[tuple[int, int, Made]] = []
        arrivals = [self._seen.arrive(entry) for entry in entries]
        fresh = np.array([new for new, _ in arrivals], dtype=bool)
        alive = fresh & np.array([entry.operation is not Operation.SUPPRESSION for entry in entries], dtype=bool)
        frames = {kind: rows.take(entries) for kind, rows in self._rows.items()}
        for order, predictor in enumerate(self._predictors):
            frame = frames[predictor.rows]
            if predictor.known_by is None:
                frame = frame[alive[frame[PLACE].to_numpy()]]
            for place, sujet, value in self._ask(predictor, frame):
                made.append((place, 2 * order, Made(positions[place], sujet, value)))
            for place, sujet in self._gone(predictor, entries, arrivals):
                made.append((place, 2 * order + 1, Made(positions[place], sujet, None)))
        self.counts.take(entries, [new and not lines for new, lines in arrivals], frames)
        made.sort(key=lambda one: one[:2])  # stable: rows of an entry stay in their order
        return [one for _, _, one in made]

    def activate(self, activation: Activation, position: int) -> list[Made]:
        """Put a version in force; return what it says of clients and third parties that are known already.

        Raises
        ------
        ValueError
            Where it cannot be used; the one before stays in force.
        """
        version, role = activation.version, activation.role
        predicts = concerns(version, role)
        if not predicts and (role is not RoleModele.CHAMPION or version.type_modele not in PREDICTORS):
            return []
        self._versions.activate(activation, predicts=predicts)
        last = self._last.get(version.type_modele.value)
        if not predicts or last is None:
            return []
        made: list[Made] = []
        for societe_id in last.companies():
            force = self._versions.of(version.type_modele, societe_id, role)
            if activation.societe_id in (GLOBAL, societe_id) and force is not None and force[0] == version:
                made += self._anew(PREDICTORS[version.type_modele], societe_id, role, force, position)
        return made

    def _anew(
        self, predictor: Predictor, societe_id: int, role: RoleModele, force: Force, position: int
    ) -> Iterator[Made]:
        last = self._last[predictor.type_modele.value]
        frame = last.frame(societe_id)
        names = frame[predictor.known_by].tolist() if len(frame) else []
        for said, sujet, value in self._answers(predictor, frame, societe_id, role, force):
            if last.news(societe_id, names[said.row], sujet, _digest(value)):
                yield Made(position, sujet, value)

    # Asking

    def _ask(self, predictor: Predictor, frame: pd.DataFrame) -> Iterator[tuple[int, str, bytes]]:
        """Yield places, subjects and values of what models say of rows: one call a company and version."""
        if not len(frame):
            return
        last = self._last.get(predictor.type_modele.value)
        societes = frame["societe_id"].to_numpy()
        for societe_id in dict.fromkeys(societes.tolist()):
            own = frame[societes == societe_id].reset_index(drop=True)
            places = own[PLACE].tolist()
            names = own[predictor.known_by].tolist() if predictor.known_by else []
            if last is not None:
                last.keep(societe_id, own, _kept(own, predictor))
            for role in (RoleModele.CHAMPION, RoleModele.CHALLENGER):
                force = self._versions.of(predictor.type_modele, societe_id, role)
                if force is None or role not in predictor.roles:
                    continue
                for said, sujet, value in self._answers(predictor, own, societe_id, role, force):
                    if last is None or last.news(societe_id, names[said.row], sujet, _digest(value)):
                        yield places[said.row], sujet, value

    def _answers(
        self, predictor: Predictor, frame: pd.DataFrame, societe_id: int, role: RoleModele, force: Force
    ) -> Iterator[tuple[Said, str, bytes]]:
        if not len(frame):
            return
        version, service = force
        shadow = role is RoleModele.CHALLENGER
        for said in _answered(predictor, version, service, frame):
            sujet = said.sujet + SHADOW if shadow else said.sujet
            prediction = Prediction(
                sujet=sujet,
                societe_id=societe_id,
                domaine=DOMAINES[predictor.type_modele],
                type_modele=predictor.type_modele,
                modele_id=version.modele_id,
                version=version.version,
                objet=said.objet,
                ligne=said.ligne,
                valeurs=dict(said.valeurs),
                utilise=dict(said.utilise),
                classe=said.classe,
                ombre=shadow,
            )
            yield said, sujet, ENCODER.encode(prediction)

    def _gone(
        self, predictor: Predictor, entries: Sequence[Ecriture], arrivals: Sequence[tuple[bool, int]]
    ) -> Iterator[tuple[int, str]]:
        """Yield places and subjects that are no more: of entries that were deleted, of lines that a revision lacks."""
        for place, (entry, (new, before)) in enumerate(zip(entries, arrivals, strict=True)):
            if not new or not before:
                continue  # what was never there has nothing to be taken back
            subjects = predictor.subjects(entry.societe_id, entry.ecriture_id, max(before, len(entry.lignes)))
            if entry.operation is not Operation.SUPPRESSION:
                subjects = subjects[len(predictor.subjects(entry.societe_id, entry.ecriture_id, len(entry.lignes))) :]
            ends = [
                end
                for role, end in ((RoleModele.CHAMPION, ""), (RoleModele.CHALLENGER, SHADOW))
                if self._versions.ever(predictor.type_modele, entry.societe_id, role)
            ]
            yield from ((place, sujet + end) for sujet in subjects for end in ends)

    # State

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the events."""
        return PREDICTION_FOLD

    def dump(self) -> Iterator[tuple[str, Buffer]]:
        """Return copies of the bytes that make the state, with a name each."""
        yield "versions", self._versions.dump()
        yield "seen", self._seen.dump()
        yield "counts", self.counts.dump()
        for name, last in self._last.items():
            yield f"last/{name}", last.dump()
        for kind, rows in self._rows.items():
            yield f"rows/{kind}", rows.dump()

    def load(self, parts: Mapping[str, memoryview]) -> None:
        """Take a state that was dumped; this one must not have taken any events.

        A version that was in force and cannot be loaded any more is left out, and the log says so: its predictions end
        until the next activation, those of others go on.

        Raises
        ------
        StateError
            Where the parts are none of this version; the state is then of no more use.
        """
        loads: dict[str, Callable[[bytes], None]] = {
            "seen": self._seen.load,
            "counts": self.counts.load,
            **{f"last/{name}": last.load for name, last in self._last.items()},
            **{f"rows/{kind}": rows.load for kind, rows in self._rows.items()},
        }
        missing = {"versions", *loads} - parts.keys()
        if missing:
            raise StateError(f"missing parts: {', '.join(sorted(missing))}")
        try:
            for name, load in loads.items():
                load(bytes(parts[name]))
            lost = list(self._versions.load(bytes(parts["versions"])))
        except (msgspec.MsgspecError, ValueError) as error:
            raise StateError(str(error)) from error
        for version, reason in lost:
            LOGGER.error(
                "%s model %d version %d of company %d is in force, and cannot be loaded: %s. Nothing is predicted with "
                "it; bring its artefact back and restart, or train the model again",
                version.type_modele.value,
                version.modele_id,
                version.version,
                version.societe_id,
                reason,
            )


def _answered(
    predictor: Predictor, version: VersionModele, service: BaseMLService, frame: pd.DataFrame
) -> Iterator[Said]:
    """Return what a service says of rows; those that it fails on are left out, and the log tells."""
    try:
        return iter(list(predictor.read(frame, service.predict(frame))))
    except Exception as error:  # of whatever kind a library has
        if len(frame) == 1:
            LOGGER.warning(
                "%s model %d version %d does not predict a row of company %d: %s: %s",
                version.type_modele.value,
                version.modele_id,
                version.version,
                frame["societe_id"].iloc[0],
                type(error).__name__,
                error,
            )
            return iter(())
    # One by one, so that what is left out does not depend on what came with it.
    return (
        replace(said, row=row)
        for row in range(len(frame))
        for said in _answered(predictor, version, service, frame.iloc[row : row + 1])
    )


def _kept(frame: pd.DataFrame, predictor: Predictor) -> list[str]:
    """Return the columns of a row that are kept: all but what it is about, and dates, which no model is told."""
    dropped = {PLACE, "societe_id", "date", "ecriture_id", predictor.known_by}
    return [name for name in frame.columns if name not in dropped]


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=DIGEST_BYTES).digest()
