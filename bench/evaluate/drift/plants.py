"""What is planted: each changes one variable of rows, and is drift."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.evaluate.drift.data import CATEGORIES, NUMBERS, Column, Table

__all__ = ["PLANTS", "Plant"]

SHIFT = 0.5
"""Standard deviations."""

WIDER = 1.5
NEW_SHARE, MISSING_SHARE = 0.05, 0.10
SLOW_DAYS = 30
"""Days in which a slow drift grows to `SHIFT`."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One kind of drift.

    Attributes
    ----------
    name : str
    variables : tuple of str
        What it can be planted into.
    change : callable
        ``(column, population, day, rng) -> column``; `day` counts from 1.
    days : int
        Days that are watched.
    """

    name: str
    variables: tuple[str, ...]
    change: Callable[[Column, Column, int, np.random.Generator], Column]
    days: int = 3

    def into(self, table: Table, variable: str, population: Table, day: int, rng: np.random.Generator) -> Table:
        """Return rows with the drift in one variable."""
        return {**table, variable: self.change(table[variable], population[variable], day, rng)}


def _added(column: Column, population: Column, day: int, rng: np.random.Generator) -> Column:
    changed: Column = np.add(column, SHIFT * population.std())
    return changed


def _tilted(column: Column, population: Column, day: int, rng: np.random.Generator) -> Column:
    """Draw from the same values with weights ``exp(t x)`` such that the mean is half a standard deviation away."""
    sd = population.std()
    standard = (population - population.mean()) / sd
    up = 1.0 if standard.max() > 2 * SHIFT else -1.0
    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        weights = _weights(standard * up, middle)
        low, high = (middle, high) if float((weights * standard * up).sum()) < SHIFT else (low, middle)
    return np.asarray(rng.choice(population, size=len(column), p=_weights(standard * up, high)))


def _weights(standard: Column, tilt: float) -> Column:
    weights = np.exp(tilt * (standard - standard.max()))
    changed: Column = np.divide(weights, weights.sum())
    return changed


def _wider(column: Column, population: Column, day: int, rng: np.random.Generator) -> Column:
    changed: Column = np.add(population.mean(), WIDER * (column - population.mean()))
    return changed


def _new(column: Column, population: Column, day: int, rng: np.random.Generator) -> Column:
    changed = column.copy()
    changed[rng.random(len(column)) < NEW_SHARE] = "NOUVEAU"
    return changed


def _missing(column: Column, population: Column, day: int, rng: np.random.Generator) -> Column:
    changed = column.copy()
    changed[rng.random(len(column)) < MISSING_SHARE] = np.nan
    return changed


def _slow(column: Column, population: Column, day: int, rng: np.random.Generator) -> Column:
    share = min(day / SLOW_DAYS, 1.0)
    return np.where(rng.random(len(column)) < share, _tilted(column, population, day, rng), column)


PLANTS = (
    Plant("shift_added", NUMBERS, _added),
    Plant("shift_same_values", NUMBERS, _tilted),
    Plant("wider", NUMBERS, _wider),
    Plant("new_category", CATEGORIES, _new),
    Plant("missing", NUMBERS, _missing),
    Plant("slow", NUMBERS, _slow, SLOW_DAYS),
)
"""The first is what the target is about: half a standard deviation is added to every value. The second moves the mean
as far among the values that there are, as a change of business would."""
