"""The rows that models predict from, kept up entry by entry: the folds of `wisebook_ml.datasets`, all built alike."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from schemas import Ecriture
from wisebook_ml.datasets.entries import EntryFeatures
from wisebook_ml.datasets.lines import lines_of
from wisebook_ml.datasets.receivables import Receivables
from wisebook_ml.datasets.third_parties import ThirdParties

__all__ = ["CLIENTS", "ENTRIES", "LINES", "PARTIES", "PLACE", "Rows", "new_rows"]

LINES = "lines"
ENTRIES = "entries"
CLIENTS = "clients"
PARTIES = "parties"

PLACE = "place"
"""Column with the position of the entry that caused a row, among those that were taken together."""


class Rows(Protocol):
    """A fold of entries into rows of one kind, of all companies of a partition."""

    def take(self, entries: Sequence[Ecriture]) -> pd.DataFrame:
        """Return the rows that these entries cause, in their order, with `PLACE` and `societe_id`."""

    def dump(self) -> bytes:
        """Return the state."""

    def load(self, data: bytes) -> None:
        """Take a state that was dumped; raise `ValueError` where it is none."""


class _Lines:
    """The lines of entries; without a state."""

    def take(self, entries: Sequence[Ecriture]) -> pd.DataFrame:
        frame = lines_of(entries)
        counts = [len(entry.lignes) for entry in entries]
        return frame.assign(**{PLACE: np.repeat(np.arange(len(entries)), counts)})

    def dump(self) -> bytes:
        return b""

    def load(self, data: bytes) -> None:
        pass


class _Entries:
    """One row an entry, against the habits of its company at its moment."""

    def __init__(self) -> None:
        self._fold = EntryFeatures()

    def take(self, entries: Sequence[Ecriture]) -> pd.DataFrame:
        frame = self._fold.take(entries)
        place = np.empty(len(frame), dtype=np.int64)
        seen = 0
        # What was delivered before has no row, so rows are some of the entries in their order.
        keys = zip(frame["societe_id"], frame["ecriture_id"], frame["revision"], strict=True)
        for row, key in enumerate(keys):
            while (entries[seen].societe_id, entries[seen].ecriture_id, entries[seen].revision) != key:
                seen += 1
            place[row] = seen
            seen += 1
        return frame.assign(**{PLACE: place})

    def dump(self) -> bytes:
        return self._fold.dump()

    def load(self, data: bytes) -> None:
        self._fold.load(data)


class _Changed:
    """One row a third party, or a client, that an entry changes."""

    def __init__(self, fold: ThirdParties | Receivables) -> None:
        self._fold = fold

    def take(self, entries: Sequence[Ecriture]) -> pd.DataFrame:
        frame, places = self._fold.caused(entries)
        return frame.assign(**{PLACE: np.array(places, dtype=np.int64)})

    def dump(self) -> bytes:
        return self._fold.dump()

    def load(self, data: bytes) -> None:
        self._fold.load(data)


def new_rows() -> Mapping[str, Rows]:
    """Return the folds by kind, each with an empty state."""
    return {LINES: _Lines(), ENTRIES: _Entries(), CLIENTS: _Changed(Receivables()), PARTIES: _Changed(ThirdParties())}
