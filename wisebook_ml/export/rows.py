"""A company's detections of a period, each with what was said of it."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine

from schemas import Detection
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.storage import VerdictStore
from wisebook_ml.storage.detection_pages import DetectionPages, Filter, Order

__all__ = ["Exported", "Period", "read_period"]

PAGE = 500
"""Detections that are read at once: a file of a million takes no more memory than one of a thousand."""


class Period(NamedTuple):
    """What is exported: a company, the first and the last day."""

    societe_id: int
    depuis: dt.date
    jusque: dt.date


class Exported(NamedTuple):
    """A detection, when it was made, and the verdicts on it, the first given first."""

    detection: Detection
    ce_time: dt.datetime
    history: Sequence[Judgement]

    @property
    def standing(self) -> Judgement | None:
        """The verdict that stands."""
        return next((one for one in self.history if one.en_vigueur), None)


def read_period(
    engine: Engine, period: Period, *, most: int | None = None, shown: Callable[[str], str] = str
) -> Iterator[Exported]:
    """Yield the detections of a period, the highest score first.

    One is of the day of its entry, or else (an account, a bank account) of the day on which it was made, in UTC.

    Parameters
    ----------
    engine : Engine
        Of the database.
    period : Period
        Whose, from when to when.
    most : int, optional
        How many at most.
    shown : callable
        Returns a reason's text as the reader may see it: with names instead of pseudonyms, or not.

    Raises
    ------
    StorageError
        Where the database does not answer.
    """
    pages, verdicts = DetectionPages(engine), VerdictStore(engine)
    wanted = Filter(societes=frozenset({period.societe_id}), periode=(period.depuis, period.jusque))
    left, after = most, None
    while left is None or left > 0:
        ids = pages.page(wanted, Order.SCORE, limit=PAGE if left is None else min(PAGE, left), after=after, count=False)
        told = verdicts.told([one.detection.detection_id for one in ids.results])
        for one in ids.results:
            yield Exported(_shown(one.detection, shown), one.ce_time, told.get(one.detection.detection_id, []))
        if ids.next is None:
            return
        after = ids.next
        left = None if left is None else left - len(ids.results)


def _shown(detection: Detection, shown: Callable[[str], str]) -> Detection:
    return msgspec.structs.replace(
        detection,
        motifs=[
            msgspec.structs.replace(one, libelle_fr=shown(one.libelle_fr), libelle_en=shown(one.libelle_en))
            for one in detection.motifs
        ],
    )
