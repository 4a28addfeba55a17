"""Which windows a company has, and how far its clock is."""

from collections.abc import Iterator
from heapq import heappop, heappush

from schemas import Pas
from wisebook_ml.windows.calendar import KEPT_AHEAD, is_over
from wisebook_ml.windows.keys import Cle

__all__ = ["CompanyWindows"]


class CompanyWindows:
    """An index of a company's windows, and its clock: the greatest hour in which entries were counted.

    The clock is nothing that is kept by itself. It follows from the windows, so it cannot be ahead of them, or behind
    them, after a crash.

    Parameters
    ----------
    societe_id : int
        The company.
    """

    def __init__(self, societe_id: int) -> None:
        self._societe_id = societe_id
        self._there: dict[Pas, set[int]] = {Pas.HEURE: set(), Pas.JOUR: set()}
        self._ends: dict[Pas, list[int]] = {Pas.HEURE: [], Pas.JOUR: []}
        self._births: dict[int, int] = {}
        self._last_birth = -1
        self.clock: int | None = None
        """The beginning of that hour; None before there was one."""
        self._last: int | None = None

    def add(self, cle: Cle) -> None:
        """Note that there is a window."""
        there = self._there[cle.pas]
        if cle.pas is Pas.HEURE:
            self._last = cle.debut if self._last is None else max(self._last, cle.debut)
        if cle.debut not in there:
            there.add(cle.debut)
            heappush(self._ends[cle.pas], cle.debut)

    def born(self, hour: int, depuis: int) -> None:
        """Note in which block an hour had its first entries."""
        if hour in self._births:
            return
        self._births[hour] = depuis
        self._last_birth = max(self._last_birth, depuis)
        self.clock = hour if self.clock is None else max(self.clock, hour)

    def clock_at(self, depuis: int) -> int | None:
        """Return how far the clock was when the block was counted that begins at an offset.

        Usually as far as now. After a crash it may be further than it was: windows of later blocks were written
        already, and what was in time when it was counted first must not be late when it is delivered again.
        """
        if depuis >= self._last_birth:
            return self.clock
        return max((hour for hour, birth in self._births.items() if birth <= depuis), default=None)

    def remove(self, cle: Cle) -> None:
        """Forget a window."""
        self._there[cle.pas].discard(cle.debut)
        if cle.pas is Pas.HEURE:
            self._births.pop(cle.debut, None)

    def is_over(self, pas: Pas, debut: int) -> bool:
        """Tell whether a window is not kept any more."""
        if self.clock is not None and debut <= self.clock:
            return is_over(pas, debut, self.clock)
        return self._last is not None and debut + KEPT_AHEAD <= self._last

    def take_over(self) -> Iterator[Cle]:
        """Yield the windows that are not kept any more; they are still there."""
        yield from self._ahead_and_over()
        for pas, ends in self._ends.items():
            while ends and is_over(pas, ends[0], self.clock):
                debut = heappop(ends)
                if debut in self._there[pas]:
                    yield Cle(self._societe_id, pas, debut)

    def _ahead_and_over(self) -> list[Cle]:
        begin = self.clock if self.clock is not None else min(self._there[Pas.HEURE], default=None)
        if begin is None or self._last is None or begin + KEPT_AHEAD > self._last:
            return []
        # Years behind what came last: so rare that looking at all of them is cheap enough.
        return [
            Cle(self._societe_id, pas, debut)
            for pas, there in self._there.items()
            for debut in sorted(there)
            if debut >= begin and self.is_over(pas, debut)
        ]
