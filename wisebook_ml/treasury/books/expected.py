"""Expected payments as they stood in the evening of each past day: what a forecast from that evening could know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["AHEAD", "STALE", "Attendus", "Due"]

Ordinals = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

Due = tuple[int, int]
"""Ordinal of a day, and the cents that are expected on it: above 0 comes in, below goes out."""

AHEAD = 120
"""Days after its evening up to which an expected payment is kept: beyond the horizon nothing is forecast."""

STALE = 15
"""Days after which what was expected in an evening says nothing any more, where no later evening is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Attendus:
    """What was expected, evening by evening; rows of an evening are by day.

    Parameters
    ----------
    evenings : int64 array (m,)
        Ordinals, ascending, each once.
    starts : int64 array (m + 1,)
        Where the rows of each evening begin.
    days : int64 array (rows,)
        Ordinals of the days on which payments are expected.
    cents : int64 array (rows,)
        Above 0 comes in, below goes out.

    Examples
    --------
    >>> known = Attendus.of({10: [(12, 500), (12, -100)], 11: [(12, 300)]})
    >>> known.until(10).rows()
    {10: [(12, -100), (12, 500)]}
    >>> known.table(np.array([11]), np.array([12]), sign=1).tolist()
    [[3.0]]
    """

    evenings: Ordinals
    starts: Ordinals
    days: Ordinals
    cents: Ordinals

    def __len__(self) -> int:
        return len(self.evenings)

    @classmethod
    def of(cls, rows: Mapping[int, Iterable[Due]]) -> "Attendus":
        """Return what a mapping of evenings tells; days that are not after their evening, or far off, are left out."""
        evenings = sorted(rows)
        kept = [sorted(one for one in rows[evening] if evening < one[0] <= evening + AHEAD) for evening in evenings]
        flat = [one for due in kept for one in due]
        table = np.array(flat, dtype=np.int64).reshape(len(flat), 2)
        starts = np.concatenate([[0], np.cumsum([len(due) for due in kept], dtype=np.int64)]).astype(np.int64)
        return cls(np.array(evenings, dtype=np.int64), starts, table[:, 0].copy(), table[:, 1].copy())

    def rows(self) -> dict[int, list[Due]]:
        """Return the mapping."""
        found = {}
        for at, evening in enumerate(self.evenings.tolist()):
            place = slice(int(self.starts[at]), int(self.starts[at + 1]))
            found[evening] = list(zip(self.days[place].tolist(), self.cents[place].tolist(), strict=True))
        return found

    def until(self, evening: int) -> "Attendus":
        """Return what was known in an evening."""
        return self._part(0, int(np.searchsorted(self.evenings, evening, side="right")))

    def since(self, evening: int) -> "Attendus":
        """Return what was said from an evening on."""
        return self._part(int(np.searchsorted(self.evenings, evening)), len(self))

    def _part(self, begin: int, end: int) -> "Attendus":
        first, last = int(self.starts[begin]), int(self.starts[end])
        return Attendus(
            self.evenings[begin:end],
            self.starts[begin : end + 1] - first,
            self.days[first:last],
            self.cents[first:last],
        )

    def known(self, evenings: Sequence[int] | Ordinals) -> npt.NDArray[np.bool_]:
        """Return in which evenings something was known that is not stale."""
        asked = np.asarray(evenings, dtype=np.int64)
        at = np.searchsorted(self.evenings, asked, side="right") - 1
        if not len(self):
            return np.zeros(len(asked), dtype=np.bool_)
        return np.asarray((at >= 0) & (asked - self.evenings[np.maximum(at, 0)] <= STALE), dtype=np.bool_)

    def table(self, evenings: Ordinals, days: Ordinals, *, sign: int) -> Floats:
        """Return euros of one direction that were expected in some evenings on each of some days.

        Parameters
        ----------
        evenings : int64 array (m,)
            Ordinals; the latest that is known of each counts, unless it is stale.
        days : int64 array (n,)
            Ascending ordinals; what is expected between two of them counts on the later one.
        sign : int
            1 for what comes in, -1 for what goes out.

        Returns
        -------
        float64 array (m, n)
            Nothing on days that are not after the evening.
        """
        found = np.zeros((len(evenings), len(days)), dtype=np.int64)
        known = self.known(evenings)
        at = np.searchsorted(self.evenings, evenings, side="right") - 1
        for row in np.flatnonzero(known).tolist():
            place = slice(int(self.starts[at[row]]), int(self.starts[at[row] + 1]))
            due, cents = self.days[place], self.cents[place]
            column = np.searchsorted(days, due)
            wanted = (cents * sign > 0) & (column < len(days)) & (due > evenings[row])
            np.add.at(found[row], column[wanted], cents[wanted] * sign)
        return found / 100
