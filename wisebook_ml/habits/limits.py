"""The approval limits that hold for each entry of a batch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wisebook_ml.ledger.batch import Ints

__all__ = ["Limits"]


class Limits(NamedTuple):
    """Lists of approval limits, and which of them holds for each entry.

    Attributes
    ----------
    amounts : ndarray of int64
        In cents, list after list, ascending in each.
    first : ndarray of int64, shape (lists + 1,)
        List j is ``amounts[first[j]:first[j + 1]]``.
    of : ndarray of int64, shape (n,)
        The list of each entry.
    """

    amounts: Ints
    first: Ints
    of: Ints

    @classmethod
    def from_lists(cls, lists: Sequence[Ints], of: Ints) -> "Limits":
        """Return the limits of entries from lists of cents, ascending."""
        first = np.zeros(len(lists) + 1, np.int64)
        np.cumsum([len(one) for one in lists], out=first[1:])
        return cls(np.concatenate([np.zeros(0, np.int64), *lists]), first, of)
