"""What a scorer is given, and what becomes of it."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from schemas import Activation, Detection, DetectionReprise, Ecriture, Reglage, Reprise, Tick, VersionModele
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["Activated", "Event", "Marker", "Met", "Outcome", "Refused"]

Marker = Activation | Reglage | Tick | Reprise
Event = Ecriture | Marker
"""What a partition of `entries` holds."""


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
