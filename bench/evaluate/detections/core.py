"""The real scoring core on a book: with a forest of its first quarter, as a worker would have it, or without."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schemas import Activation, Detection, Ecriture, TypeModele, VersionModele
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.generator import Label
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.scoring.stream import Event, Outcome
from wisebook_ml.services.base import NotEnoughData
from wisebook_ml.services.isolation_forest import IsolationForestService
from wisebook_ml.settings import Settings

__all__ = ["Book", "Scored", "Scores", "score_book"]

RUN = 1_000
"""Entries scored at once, as a worker does."""

TRAINING_SHARE = 0.25

Scores = dict[str, list[tuple[int, float]]]
"""For each entry, its revisions and their scores."""


@dataclass(frozen=True, slots=True)
class Book:
    """A ledger with labels.

    Attributes
    ----------
    source : str
        "generated", or the name of a real ledger.
    group : str
        What it is measured with: its size, or its order.
    rate : float
        Cases planted for each entry; 0 in clean books.
    """

    source: str
    group: str
    rate: float
    seed: int
    events: Sequence[Ecriture]
    labels: Sequence[Label]

    @property
    def years(self) -> float:
        """How long it is, in years."""
        days = [event.ecriture_date.toordinal() for event in self.events]
        days.sort()  # a mistyped year must not count: the middle 98 % are stretched to the whole
        cut = len(days) // 100
        return max(1 / 12, (days[-1 - cut] - days[cut]) / 0.98 / 365.25)


@dataclass(slots=True)
class Scored:
    """What the core made of a book: the composite of every revision, and the detections in their order."""

    scores: Scores = field(default_factory=dict)
    detections: list[Detection] = field(default_factory=list)


def score_book(book: Book, *, with_model: bool = True) -> Scored:
    """Score a book in runs, the model activated by its marker after the first quarter."""
    quarter = int(len(book.events) * TRAINING_SHARE)
    forest = _forest(book.events[:quarter], book.seed) if with_model else None

    def load(version: VersionModele) -> IsolationForest:
        if forest is None:
            raise ValueError("there is no model")
        return forest

    scorer = new_scorer(Settings(), load)
    events: list[Event] = list(book.events)
    if forest is not None:
        events.insert(quarter, _marker(book.events[0].societe_id))
    scored = Scored()
    for start in range(0, len(events), RUN):
        part = events[start : start + RUN]
        outcome = scorer.process(part)
        if outcome.refused:
            raise ValueError(f"{book.source}: {outcome.refused[0].reason}")
        scored.detections += [detection for _, detection in outcome.detections]
        for ecriture, score in _composites(part, outcome):
            scored.scores.setdefault(ecriture.ecriture_id, []).append((ecriture.revision, score))
    return scored


def _composites(events: Sequence[Event], outcome: Outcome) -> Iterable[tuple[Ecriture, float]]:
    """Yield each entry with its composite."""
    entries = [event for event in events if isinstance(event, Ecriture)]
    composites = getattr(outcome, "composites", None)
    if composites is not None and len(composites) == len(entries):
        return zip(entries, composites.tolist(), strict=True)
    known = {position: detection.score / 100 for position, detection in outcome.detections}
    return [(event, known.get(k, 0.0)) for k, event in enumerate(events) if isinstance(event, Ecriture)]


def _forest(events: Sequence[Ecriture], seed: int) -> IsolationForest | None:
    try:
        return IsolationForestService(seed=seed).fit(entry_frame(Collected(entries=list(events)))).forest
    except NotEnoughData:
        return None


def _marker(societe_id: int) -> Activation:
    version = VersionModele(
        modele_id=1,
        version=1,
        societe_id=societe_id,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact=f"{societe_id}/1/1/model.msgpack",
        sha256="0" * 64,
    )
    return Activation(societe_id=societe_id, version=version)
