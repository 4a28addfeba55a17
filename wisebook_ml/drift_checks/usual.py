"""What a version of a model takes for usual, as the fold asks for it."""

from collections.abc import Callable
from typing import NamedTuple

from wisebook_ml.drift.reference import Reference

__all__ = ["Usual", "UsualOf", "VersionKey"]


class VersionKey(NamedTuple):
    """A version of a model, and whose it is (company 0: a global one)."""

    societe_id: int
    modele_id: int
    version: int


class Usual(NamedTuple):
    """What days are compared with.

    Attributes
    ----------
    reference : Reference
        The rows that the version was trained on.
    watch : bytes
        A watch over its scores that has seen the reference's (`ScoreWatch.dump`). Empty where those are not known: then
        the first scores of the version in service are what is usual.
    """

    reference: Reference
    watch: bytes = b""


UsualOf = Callable[[VersionKey], Usual | None]
"""Returns what is usual for a version; None where it was trained without keeping that. May raise `OSError` where it
cannot tell now: the worker ends then, and asks again when it starts."""
