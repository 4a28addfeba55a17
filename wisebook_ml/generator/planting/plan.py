"""Which case is planted in which month."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection

from schemas.codes import CodeMotif
from wisebook_ml.generator.planting.base import VARIANTES, Case, Site, Variante
from wisebook_ml.generator.timeline import Month
from wisebook_ml.generator.world import World

__all__ = ["Plan"]

LARGE_CASE = 5
"""Entries from which on a case counts as large."""

LARGE_CASE_COST = 8
"""A code whose cases are all large gets one case where others get this many."""


class Plan:
    """Deals a number of cases evenly to the codes, and the cases of a code to its variants and the months.

    Parameters
    ----------
    cases : int
        Cases to plant over the whole ledger.
    jumeau : bool
        Whether these are twins.
    codes : collection of CodeMotif or None
        The kinds to plant; all of them by default.
    """

    def __init__(
        self, world: World, months: list[Month], *, cases: int, jumeau: bool, codes: Collection[CodeMotif] | None
    ) -> None:
        self._world = world
        self._jumeau = jumeau
        self._rng = world.rng(f"plan:{jumeau}")
        self._variants: dict[CodeMotif, deque[Variante]] = defaultdict(deque)
        for variante in VARIANTES:
            if variante.jumeau is jumeau and (codes is None or variante.code in codes):
                self._variants[variante.code].append(variante)
        for variants in self._variants.values():
            variants.rotate(self._rng.randrange(len(variants)))
        self._first_habit = max(1, len(months) // 4) if len(months) > 1 else 0
        self._queue: dict[int, list[CodeMotif]] = defaultdict(list)
        self._count = 0
        self._deal(cases, len(months))

    def _deal(self, cases: int, months: int) -> None:
        order = list(self._variants)
        self._rng.shuffle(order)
        dealt: dict[CodeMotif, int] = defaultdict(int)
        turn = 0
        while cases > 0 and order:
            for code in order:
                large = min(variante.poids for variante in self._variants[code]) >= LARGE_CASE
                if cases <= 0 or (large and turn % LARGE_CASE_COST):
                    continue
                habit = all(variante.habitude for variante in self._variants[code])
                first = self._first_habit if habit else 0
                last = months - 1
                if turn == 0 and months > 2:
                    # The first case of each code comes early enough to be tried again, should it find no place.
                    last = max(first, months - 3)
                self._queue[self._rng.randint(first, last)].append(code)
                dealt[code] += 1
                cases -= 1
            turn += 1

    def run(self, month: Month, *, avant: bool) -> None:
        """Plant what is due in a month, before or after its simulation."""
        site = Site(self._world, month, self._rng)
        due = self._queue.pop(month.index, [])
        waiting = [code for code in due if not self._plant(site, code, avant)]
        # What waits for the simulation is tried again after it; what found no place, in the next month.
        self._queue[month.index if avant else month.index + 1].extend(waiting)

    def _plant(self, site: Site, code: CodeMotif, avant: bool) -> bool:
        variants = self._variants[code]
        for _ in range(len(variants)):
            variante = variants[0]
            variants.rotate(-1)
            if variante.avant is not avant or (variante.habitude and site.month.index < self._first_habit):
                continue
            kind = "jumeau" if self._jumeau else "anomalie"
            case = Case(variante, f"{kind}-{self._count:05d}", self._world)
            if variante.plant(site, case):
                self._count += 1
                return True
        return False
