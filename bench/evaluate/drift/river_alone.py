"""River by itself: an ADWIN with its defaults for each number, over the same rows one after the other."""

from collections.abc import Sequence

import numpy as np
from river.drift import ADWIN

from bench.evaluate.drift.data import NUMBERS, Table

__all__ = ["RiverAlone"]


class RiverAlone:
    """ADWIN for each number, scaled to [0, 1] by the reference; it has read the reference."""

    def __init__(self, reference: Table, names: Sequence[str] = NUMBERS) -> None:
        self._low = {name: float(np.min(reference[name])) for name in names}
        self._span = {name: float(np.max(reference[name])) - self._low[name] or 1.0 for name in names}
        self._watched = {name: ADWIN() for name in names}
        self.check(reference)

    def check(self, day: Table) -> list[str]:
        """Return the numbers in which a change was found in these rows."""
        changed = []
        for name in self._watched:
            watch, fired = self._watched[name], False
            scaled = (np.nan_to_num(day[name]) - self._low[name]) / self._span[name]
            for value in scaled.tolist():
                watch.update(value)
                fired = fired or watch.drift_detected
            if fired:
                changed.append(name)
        return changed
