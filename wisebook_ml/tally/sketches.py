"""Sketches of what each model in force has met since the last tick of the timer `drift`, and what was said of it."""

import base64
import datetime as dt
import logging
from dataclasses import dataclass, field

import msgspec
import numpy as np

from schemas import Esquisse, VersionModele
from wisebook_ml.drift.exceptions import DriftError
from wisebook_ml.drift.layout import Layout
from wisebook_ml.drift.reference import Reference
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.batch import Floats

__all__ = ["DRIFT", "MOST_SCORES", "SCORE_STEPS", "Sketches"]

LOGGER = logging.getLogger(__name__)

DRIFT = "drift"
"""Timer whose tick ends a day."""

AT_ONCE = 500
"""Rows that are counted at once: of fewer, the calls cost more than the counting. Sketches do not depend on it."""

MOST_SCORES = 20_000
"""Composites of a day that are kept in their order: changes are looked for in blocks of 32, and what an import brings
beyond these is one event, of which the sketch has all rows."""

SCORE_STEPS = 65_535
"""Steps of a composite from 0 to 1: a record of the most scores is then some 53 KB."""

Key = tuple[int, int]
"""Model and version."""


@dataclass(slots=True, eq=False)
class _Watched:
    """A version in force, and what it has met."""

    version: VersionModele
    sketch: Sketch
    waiting: list[Floats] = field(default_factory=list)
    rows: int = 0
    scores: bytearray = field(default_factory=bytearray)

    def take(self, features: Floats, composites: Floats) -> None:
        room = MOST_SCORES - len(self.scores) // 2
        if room > 0:
            self.scores += np.rint(composites[:room] * SCORE_STEPS).astype("<u2").tobytes()
        self.rows += len(features)
        self.waiting.append(features)
        if self.rows >= AT_ONCE:
            self.count()

    def count(self) -> None:
        """Count what waits."""
        if self.waiting:
            columns = np.concatenate(self.waiting).T
            self.sketch.update(dict(zip(FEATURE_NAMES, columns, strict=True)))
            self.waiting, self.rows = [], 0


class Sketches:
    """What the versions in force have met, as far as their artefacts say what was usual.

    Rows are entries on their first arrival that are no deletion, as those that a model is trained on. A version that is
    in force for nobody any more is forgotten, with what it has met since the last tick.

    Examples
    --------
    >>> sketches = Sketches()
    >>> sketches.in_force  # a version without a reference is in force, too, and nothing is counted of it
    {}
    """

    def __init__(self) -> None:
        self.in_force: dict[int, Key] = {}
        self._watched: dict[Key, _Watched] = {}

    def activate(self, societe_id: int, version: VersionModele, reference: bytes) -> None:
        """Take note that a version is in force for a company from here on (0: for those without one of their own).

        Parameters
        ----------
        societe_id : int
        version : VersionModele
        reference : bytes
            `Reference.dump` of the rows it was trained on; empty where there is none.
        """
        key = version.modele_id, version.version
        before = self.in_force.get(societe_id)
        self.in_force[societe_id] = key
        if before is not None and before not in self.in_force.values():
            self._watched.pop(before, None)
        if reference and key not in self._watched and (layout := _layout(version, reference)) is not None:
            self._watched[key] = _Watched(version, Sketch(layout))

    def take(self, modele_id: int, version: int, features: Floats, composites: Floats) -> None:
        """Count rows that a version has scored, in their order.

        Parameters
        ----------
        modele_id, version : int
        features : ndarray of float64, shape (n, len(FEATURE_NAMES))
            Kept for a while: a copy of one's own.
        composites : ndarray of float64, shape (n,)
        """
        watched = self._watched.get((modele_id, version))
        if watched is not None:
            watched.take(features, composites)

    def end(self, partition: int, echeance: dt.datetime) -> list[Esquisse]:
        """Return what each watched version has met, by model and version, and begin anew; 0 rows are told, too.

        Parameters
        ----------
        partition : int
            Of the entries.
        echeance : datetime
            Due time of the tick, in UTC.
        """
        made = []
        for key, watched in sorted(self._watched.items()):
            watched.count()
            sketch = watched.sketch
            made.append(
                Esquisse(
                    modele_id=key[0],
                    version=key[1],
                    societe_id=watched.version.societe_id,
                    partition=partition,
                    echeance=echeance,
                    lignes=sketch.rows,
                    donnees=base64.b64encode(sketch.dump()).decode() if sketch.rows else "",
                    scores=base64.b64encode(watched.scores).decode(),
                )
            )
            self._watched[key] = _Watched(watched.version, Sketch(sketch.layout))
        return made

    def dump(self) -> bytes:
        """Return what was met, the same however the stream was cut; what is in force is known elsewhere."""
        found = []
        for key, watched in sorted(self._watched.items()):
            watched.count()
            found.append((*key, watched.sketch.dump(), bytes(watched.scores)))
        return msgspec.msgpack.encode(found)

    def load(self, data: bytes | memoryview) -> None:
        """Take what was dumped, once what is in force was put in force again.

        Raises
        ------
        StateError
            Where it is none, or of other versions.
        """
        try:
            found = msgspec.msgpack.decode(data, type=list[tuple[int, int, bytes, bytes]])
            if {(modele_id, version) for modele_id, version, _, _ in found} != self._watched.keys():
                raise StateError("the sketches are of other models than those in force")
            for modele_id, version, sketch, scores in found:
                watched = self._watched[modele_id, version]
                watched.sketch = Sketch.load(watched.sketch.layout, sketch)
                watched.scores = bytearray(scores)
        except (msgspec.MsgspecError, DriftError) as error:
            raise StateError(f"no state of sketches: {error}") from error


def _layout(version: VersionModele, reference: bytes) -> Layout | None:
    """Return the cells of a reference; None where it is of another release, whose model works all the same."""
    try:
        layout = Reference.load(reference).layout
    except DriftError as error:
        LOGGER.warning("model %d version %d is not watched: %s", version.modele_id, version.version, error)
        return None
    if tuple(variable.name for variable in layout.variables) != FEATURE_NAMES:
        LOGGER.warning(
            "model %d version %d is not watched: its reference is of other features; train it again",
            version.modele_id,
            version.version,
        )
        return None
    return layout
