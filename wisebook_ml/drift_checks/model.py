"""One model that is watched: its last days, its scores, and when a training was asked for."""

import datetime as dt

import msgspec
import numpy as np

from wisebook_ml.drift.reference import WINDOWS
from wisebook_ml.drift.scores import ScoreChange, ScoreWatch
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift_checks.day import Day, Told, day_of, scores_of, whole
from wisebook_ml.drift_checks.usual import Usual
from wisebook_ml.french_time import PARIS

__all__ = ["COOL_DOWN", "LEARNT", "Kept", "KeptDay"]

DAYS = max(WINDOWS)

LEARNT = 4_000
"""Scores in service that tell what is usual, where the reference brings none: twice what a watch needs at least."""

COOL_DOWN = dt.timedelta(days=7)
"""How long a training that was asked for has to make another version, before it is asked for again."""


class KeptDay(msgspec.Struct, array_like=True):
    """A day with rows; `sketch` is a `Sketch.dump`."""

    jour: dt.date
    rows: int
    sketch: bytes


class Kept(msgspec.Struct, array_like=True):
    """What is known of a model.

    Attributes
    ----------
    modele_id, societe_id, version : int
        Version 0 before anything was told.
    done : datetime, optional
        The last due time that was checked.
    work : Day, optional
        The due time that partitions are telling of.
    days : list of KeptDay
        The last ones with rows, the oldest first.
    watch : bytes
        Over the scores of the version; empty while these are learnt.
    learnt : bytes
        The scores that are learnt.
    asked : datetime, optional
        The due time that a training of this version was asked for at.
    """

    modele_id: int
    societe_id: int
    version: int = 0
    done: dt.datetime | None = None
    work: Day | None = None
    days: list[KeptDay] = []
    watch: bytes = b""
    learnt: bytes = b""
    asked: dt.datetime | None = None

    def begin(self, version: int, usual: Usual | None) -> None:
        """Start anew with a version: what another one met is no measure for it."""
        self.version, self.asked, self.learnt = version, None, b""
        self.days = []
        self.watch = b"" if usual is None else usual.watch

    def keep(self, told: list[Told], usual: Usual, echeance: dt.datetime) -> None:
        """Keep what partitions have told of a due time; of two of one day, together."""
        sketch, jour = whole(usual.reference.layout, told), day_of(echeance)
        if self.days and self.days[-1].jour == jour:
            sketch.merge(Sketch.load(sketch.layout, self.days.pop().sketch))
        self.days.append(KeptDay(jour, sketch.rows, sketch.dump()))
        del self.days[:-DAYS]

    def sketches(self, usual: Usual) -> list[Sketch]:
        """Return the sketches of the days, the oldest first."""
        return [Sketch.load(usual.reference.layout, one.sketch) for one in self.days]

    def watched(self, told: list[Told]) -> list[ScoreChange]:
        """Take the scores that partitions have told; return the last change that each detector shows."""
        packed = b"".join(one.scores for one in told)
        if not self.watch:
            self.learnt += packed
            if len(self.learnt) >= 2 * LEARNT:
                self.watch, self.learnt = ScoreWatch(scores_of(self.learnt)).dump(), b""
            return []
        if not packed:
            return []
        watch = ScoreWatch.load(self.watch)
        changes = watch.update(np.asarray(scores_of(packed)))
        self.watch = watch.dump()
        return list({change.detector: change for change in changes}.values())

    def may_ask(self, echeance: dt.datetime) -> bool:
        """Whether a training may be asked for: none was of this version, or that is long ago."""
        return self.asked is None or not dt.timedelta(0) <= echeance - self.asked < COOL_DOWN

    def asked_before(self) -> tuple[str, str]:
        """Return, in French and English, that no training is asked for since one was; it must have been."""
        assert self.asked is not None
        was, next_ = (moment.astimezone(PARIS) for moment in (self.asked, self.asked + COOL_DOWN))
        return (
            f"Entraînement déjà demandé le {was:%d/%m/%Y} ; le prochain ne le sera pas avant le {next_:%d/%m/%Y}.",
            f"A training was asked for on {was:%Y-%m-%d}; the next one will not be before {next_:%Y-%m-%d}.",
        )
