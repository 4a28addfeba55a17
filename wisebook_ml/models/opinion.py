"""What scoring knows of a model that is asked about entries in doubt: a small protocol, and no library behind it."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints

__all__ = ["Answers", "Asked", "Opinion", "Told"]


class Asked(NamedTuple):
    """The entries that a model is asked about.

    Attributes
    ----------
    batch : EntryBatch
        These entries and others.
    entries : ndarray of int64, shape (k,)
        Their positions, ascending.
    rows : ndarray of float64, shape (k, len(wisebook_ml.entry_columns.ENTRY_COLUMNS)), or None
        What describes them, as in training, for a kind that reads it.
    together : ndarray of int64
        These entries and those that models of the same kind are asked about beside them, ascending.
    shared : dict
        Room for what one of these models has made of `together`, so that the others need not.
    """

    batch: EntryBatch
    entries: Ints
    rows: Floats | None
    together: Ints
    shared: dict[str, Any]


class Told(NamedTuple):
    """What a model says of one entry, for a person.

    Attributes
    ----------
    french, english : str
        With the figures.
    lines : list of int
        Lines it points at, from 1; empty for the whole entry.
    shares : sequence of (str, float)
        What each accounting attribute counted for; only what is positive counts. Where nothing is, the evidence counts
        for no single attribute.
    """

    french: str
    english: str
    lines: list[int]
    shares: Sequence[tuple[str, float]]


class Answers(Protocol):
    """What a model says of the entries it was asked about; what is told is only made for those that need it."""

    @property
    def values(self) -> Floats:
        """On the scale of the kind's threshold (`wisebook_ml.scoring.opinions.KINDS`), shape (k,); 0: nothing."""

    def tell(self, place: int) -> Told:
        """Return what it says of one of the entries, by its place among those asked."""


class Opinion(Protocol):
    """A model that can be asked.

    What it answers about an entry depends on that entry and its row alone, to the last bit: not on what else is asked
    at the same time.
    """

    def answer(self, asked: Asked) -> Answers:
        """Say something about each entry."""

    def chosen(self, batch: EntryBatch, entries: Ints) -> Ints:
        """Return those of some entries of a batch that it can say something about at all."""
