"""One due time of a model: what each partition of the entries has told of it."""

import base64
import binascii
import datetime as dt
from collections import Counter

import msgspec
import numpy as np

from schemas import Esquisse
from wisebook_ml.drift.exceptions import DriftError
from wisebook_ml.drift.layout import Layout
from wisebook_ml.drift.sketch import Sketch, merged
from wisebook_ml.drift_checks.exceptions import SketchRefused
from wisebook_ml.drift_checks.usual import Usual
from wisebook_ml.french_time import PARIS
from wisebook_ml.ledger.batch import Floats

__all__ = ["STEPS", "Day", "Told", "day_of", "scores_of", "told_of"]

STEPS = 65_535
"""Steps of a score in [0, 1]."""

NIGHT = dt.timedelta(hours=3)
"""The timer is due in the night: what came until then belongs to the day before."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What one partition has told of one version."""

    partition: int
    version: int
    rows: int
    sketch: bytes
    scores: bytes


class Day(msgspec.Struct, array_like=True):
    """What was told for one due time so far; each partition and version once."""

    echeance: dt.datetime
    told: list[Told] = []

    def take(self, one: Told) -> None:
        """Take what a partition tells, unless it has been told."""
        if all((before.partition, before.version) != (one.partition, one.version) for before in self.told):
            self.told.append(one)

    @property
    def partitions(self) -> set[int]:
        """The partitions that have told."""
        return {one.partition for one in self.told}

    @property
    def version(self) -> int:
        """The version that most partitions tell of, of several the last: they change it one by one."""
        count = Counter(one.version for one in self.told)
        return max(count, key=lambda version: (count[version], version))

    def of(self, version: int) -> list[Told]:
        """Return what was told of a version, in the order of partitions."""
        return sorted((one for one in self.told if one.version == version), key=lambda one: one.partition)


def told_of(record: Esquisse, usual: Usual | None) -> Told:
    """Return what a record tells; without a reference, rows only.

    Raises
    ------
    SketchRefused
        Where its sketch or its scores cannot be what it says.
    """
    sketch, scores = _bytes(record.donnees, "donnees"), _bytes(record.scores, "scores")
    if len(scores) % 2:
        raise SketchRefused(f"scores has {len(scores)} bytes; each score takes two")
    if usual is None:
        return Told(record.partition, record.version, record.lignes, b"", b"")
    if sketch:
        try:
            rows = Sketch.load(usual.reference.layout, sketch).rows
        except DriftError as error:
            raise SketchRefused(f"donnees: {error}") from error
        if rows != record.lignes:
            raise SketchRefused(f"lignes is {record.lignes}, and the sketch has {rows} rows")
    elif record.lignes:
        raise SketchRefused(f"lignes is {record.lignes}, and there is no sketch (donnees)")
    return Told(record.partition, record.version, record.lignes, sketch, scores)


def whole(layout: Layout, told: list[Told]) -> Sketch:
    """Return one sketch of what partitions have told."""
    return merged(layout, [Sketch.load(layout, one.sketch) for one in told if one.sketch])


def scores_of(packed: bytes) -> Floats:
    """Return scores in [0, 1]."""
    scores: Floats = np.frombuffer(packed, "<u2") / STEPS
    return scores


def day_of(echeance: dt.datetime) -> dt.date:
    """Return the day that a due time looks back on.

    Examples
    --------
    >>> day_of(dt.datetime(2026, 3, 10, 2, 0, tzinfo=dt.UTC)).isoformat()  # 3:00 in France
    '2026-03-09'
    >>> day_of(dt.datetime(2026, 3, 10, 15, 0, tzinfo=dt.UTC)).isoformat()  # run by hand
    '2026-03-10'
    """
    return (echeance.astimezone(PARIS) - NIGHT - dt.timedelta(microseconds=1)).date()


def _bytes(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SketchRefused(f"{name} is no base64: {error}") from error
