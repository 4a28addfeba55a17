"""How extreme a score is among those seen before: exact counts over a fixed grid."""

from dataclasses import dataclass, field

__all__ = ["CELLS", "RankHistogram", "cell_of"]

CELLS = 512
"""Cells between 0 and 1: a fifth of a point on the scale that people see."""


def cell_of(score: float) -> int:
    """Return the cell of a score in [0, 1]."""
    return min(CELLS - 1, max(0, int(score * CELLS)))


@dataclass(slots=True)
class RankHistogram:
    """Counts of scores in [0, 1], for tail probabilities and for the threshold that keeps an alert budget.

    Examples
    --------
    >>> ranks = RankHistogram()
    >>> for k in range(100):
    ...     ranks.add(k / 100, budget=0.10)
    >>> round(ranks.tail(0.95), 2)   # five of a hundred are at least as large
    0.06
    >>> round(ranks.threshold, 2)   # just above 0.89, the largest score that is too much
    0.89
    """

    total: int = 0
    cells: list[int] = field(default_factory=lambda: [0] * CELLS)
    cut: int = 0
    above: int = 0

    def add(self, score: float, budget: float = 0.01) -> None:
        """Count one score, and move the threshold so that at most the share `budget` of scores reach it."""
        cell = cell_of(score)
        self.cells[cell] += 1
        self.total += 1
        self.above += cell >= self.cut
        allowed = budget * self.total
        while self.above > allowed and self.cut < CELLS:
            self.above -= self.cells[self.cut]
            self.cut += 1
        while self.cut > 0 and self.above + self.cells[self.cut - 1] <= allowed:
            self.cut -= 1
            self.above += self.cells[self.cut]

    @property
    def threshold(self) -> float:
        """The least score within the budget."""
        return self.cut / CELLS

    def tail(self, score: float) -> float:
        """Return the share of scores at least as large, counting the asked one itself."""
        return (sum(self.cells[cell_of(score) :]) + 1) / (self.total + 1)
