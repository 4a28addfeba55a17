"""How serious a detection is: its score, and what is at stake."""

import math

from schemas import Parametres, Severite, to_minor

__all__ = ["materiality", "severity"]

_LEVELS = tuple(Severite)

STEPS = (2500, 4500, 6500, 8500)
"""Scores, in hundredths of a point, from which a detection is one level more serious."""

LARGE, SMALL = 5, 0.02
"""An amount of five times what is material is one level up; one of a fiftieth of it, one level down."""

SPREADS = 2.0
"""What is material to a company that has not said so: two robust deviations above its median entry."""

FALLBACK_CENTS = 5_000_00
"""Before any habit is known."""


def materiality(parametres: Parametres, median: float, spread: float) -> int:
    """Return the amount in cents from which an error matters to the company (ISA 320).

    Parameters
    ----------
    parametres : Parametres
        The company's own figure, where it has set one.
    median, spread : float
        Median and median absolute deviation of log10 of its entries' amounts in cents; NaN without entries.
    """
    if parametres.seuil_signification is not None:
        return max(1, to_minor(parametres.seuil_signification))
    if math.isnan(median):
        return FALLBACK_CENTS
    return max(1, round(10 ** (median + SPREADS * 1.4826 * spread)))


def severity(score: int, amount: int, material: int) -> Severite:
    """Return the severity.

    Parameters
    ----------
    score : int
        In hundredths of a point.
    amount, material : int
        What is at stake and what is material, in cents.

    Examples
    --------
    >>> severity(7000, 100_00, 1_000_00), severity(7000, 9_000_00, 1_000_00), severity(7000, 1_00, 1_000_00)
    (<Severite.ELEVEE: 'ELEVEE'>, <Severite.CRITIQUE: 'CRITIQUE'>, <Severite.MOYENNE: 'MOYENNE'>)
    """
    level = sum(score >= step for step in STEPS)
    if amount >= LARGE * material:
        level += 1
    elif amount < SMALL * material:
        level -= 1
    return _LEVELS[min(len(_LEVELS) - 1, max(0, level))]
