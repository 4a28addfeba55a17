"""What the fold remembers besides habits: entries that were predicted, and what was said last of whom."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pandas as pd

from schemas import Ecriture

__all__ = ["ENTRIES", "Arrival", "EntriesSeen", "LastRows"]

ENTRIES = 200_000
"""Entries of a company whose revision and number of lines are remembered; a revision of an older one is taken for a
new entry, so lines that it lacks keep their last prediction."""


class Arrival(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How many lines an entry had when its latest revision came."""

    revision: int
    lignes: int


class EntriesSeen:
    """The latest revisions of each company's entries."""

    def __init__(self) -> None:
        self._of: dict[int, dict[str, Arrival]] = {}

    def arrive(self, entry: Ecriture) -> tuple[bool, int]:
        """Take note of an entry; return whether it is a later revision than all before, and its lines before."""
        known = self._of.setdefault(entry.societe_id, {})
        before = known.get(entry.ecriture_id)
        if before is not None and entry.revision <= before.revision:
            return False, before.lignes
        known[entry.ecriture_id] = Arrival(entry.revision, len(entry.lignes))
        if len(known) > ENTRIES:
            del known[next(iter(known))]
        return True, before.lignes if before is not None else 0

    def dump(self) -> bytes:
        """Return the state."""
        return msgspec.msgpack.encode(self._of)

    def load(self, data: bytes | memoryview) -> None:
        """Take a state that was dumped."""
        self._of = msgspec.msgpack.decode(data, type=dict[int, dict[str, Arrival]])


class _Last(msgspec.Struct, array_like=True):
    """Of one client or third party: the last row, and digests of what was published last, champion's and shadow's."""

    row: list[Any]
    said: dict[str, bytes] = {}


class LastRows:
    """The last row of everybody that an algorithm predicts again and again, by company.

    Parameters
    ----------
    known_by : str
        Column that names them.
    """

    def __init__(self, known_by: str) -> None:
        self._known_by = known_by
        self._columns: list[str] = []
        self._of: dict[int, dict[str, _Last]] = {}

    def keep(self, societe_id: int, frame: pd.DataFrame, columns: Iterable[str]) -> None:
        """Keep the last row of everybody in a frame of one company."""
        self._columns = list(columns)
        known = self._of.setdefault(societe_id, {})
        names = frame[self._known_by].tolist()
        for name, row in zip(names, _plain(frame[self._columns]), strict=True):
            last = known.get(name)
            if last is None:
                known[name] = _Last(row, {})
            else:
                last.row = row

    def companies(self) -> Sequence[int]:
        """Return the companies of which anything is kept."""
        return list(self._of)

    def frame(self, societe_id: int) -> pd.DataFrame:
        """Return a company's last rows, in the order in which they were first seen."""
        known = self._of.get(societe_id, {})
        frame = pd.DataFrame([last.row for last in known.values()], columns=self._columns)
        return frame.assign(**{self._known_by: list(known), "societe_id": societe_id})

    def count(self, societe_id: int) -> int:
        """Return how many a company has."""
        return len(self._of.get(societe_id, ()))

    def news(self, societe_id: int, name: str, sujet: str, digest: bytes) -> bool:
        """Tell whether something else was published of a subject before, and take note of it."""
        said = self._of[societe_id][name].said
        if said.get(sujet) == digest:
            return False
        said[sujet] = digest
        return True

    def dump(self) -> bytes:
        """Return the state."""
        return msgspec.msgpack.encode((self._columns, self._of))

    def load(self, data: bytes | memoryview) -> None:
        """Take a state that was dumped."""
        self._columns, self._of = msgspec.msgpack.decode(data, type=tuple[list[str], dict[int, dict[str, _Last]]])


def _plain(frame: pd.DataFrame) -> list[list[Any]]:
    """Return rows of plain Python values, as they can be written down."""
    columns: Mapping[Any, list[Any]] = {name: frame[name].tolist() for name in frame.columns}
    return [list(row) for row in zip(*columns.values(), strict=True)]
