"""The real scoring core on a book: with a forest of its first quarter, as a worker would have it, or without."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from schemas import Activation, Detection, Ecriture, Tick, TypeModele, VersionModele
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.generator import Label
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.scoring.events import Event
from wisebook_ml.services.base import NotEnoughData
from wisebook_ml.services.isolation_forest import IsolationForestService
from wisebook_ml.settings import Settings

__all__ = ["Book", "Scored", "Scores", "score_book"]

RUN = 1_000
"""Entries scored at once, as a worker does."""

TRAINING_SHARE = 0.25

AROUND = 10
"""Entries before and behind one that tell which day it is."""

DAYS = 7
"""Days between beats of the timer of what is missing: every day, as in life, finds the same some days earlier and cuts
the entries into runs of a handful."""

BEAT = dt.time(4, 0)
"""When the timer of what is missing beats (UTC)."""

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
    by_date : bool
        Whether entries come as time goes by; a ledger file has them by journal, and its timer beats at the end only.
    """

    source: str
    group: str
    rate: float
    seed: int
    events: Sequence[Ecriture]
    labels: Sequence[Label]
    by_date: bool = True

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
    markers: list[tuple[int, Event]] = list(_ticks(book))
    if forest is not None:
        markers.append((quarter, _marker(book.events[0].societe_id)))
    events: list[Event] = list(book.events)
    for place, marker in sorted(markers, key=lambda one: one[0], reverse=True):
        events.insert(place, marker)
    scored = Scored()
    for start in range(0, len(events), RUN):
        part = events[start : start + RUN]
        outcome = scorer.process(part)
        if outcome.refused:
            raise ValueError(f"{book.source}: {outcome.refused[0].reason}")
        scored.detections += [detection for _, detection in outcome.detections]
        for position, score in zip(outcome.scored.tolist(), outcome.composites.tolist(), strict=True):
            event = part[position]
            assert isinstance(event, Ecriture)
            scored.scores.setdefault(event.ecriture_id, []).append((event.revision, score))
    return scored


def _ticks(book: Book) -> Iterator[tuple[int, Tick]]:
    """Yield the timer's beats with the place of the entry that each comes before, and one at the end.

    The clock is that of the entries around, since one of them may bear a mistyped year.
    """
    days = [(event.saisie_le.date() if event.saisie_le else event.ecriture_date).toordinal() for event in book.events]
    today = 0
    for place in range(len(days)):
        around = sorted(days[max(0, place - AROUND) : place + AROUND + 1])
        day = around[len(around) // 2]
        if day >= today + DAYS and book.by_date:
            if today:
                yield place, _tick(day)
            today = day
    yield len(days), _tick(max(sorted(days)[: -max(1, len(days) // 100)], default=days[-1]))


def _tick(day: int) -> Tick:
    beat = dt.datetime.combine(dt.date.fromordinal(day), BEAT, tzinfo=dt.UTC)
    return Tick(societe_id=0, minuterie="absence", echeance=beat)


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
