"""Many tests at once: what their probabilities are worth together.

A daily check asks some hundred questions: thirty variables, two or three measures, three windows. Holm's correction
keeps the probability of *any* false alarm among them under the level, however the questions depend on each other, as
they do here (windows overlap, measures see the same rows). Benjamini and Hochberg's controls the share of false ones
among those named, which is the wrong promise for an alarm: with nothing true it promises the same, and with one true
drift it would let others in.

Over time, each check may be wrong with probability `alpha`: with 0.001, one false alarm in three years of daily checks.

References
----------
Holm: A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 1979.
Benjamini, Hochberg: Controlling the false discovery rate. JRSS B 1995.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["holm"]


def holm(probabilities: Sequence[float]) -> list[float]:
    """Return adjusted probabilities: those under a level are significant at it, all together.

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    >>> holm([])
    []
    """
    if not probabilities:
        return []
    raw = np.asarray(probabilities, np.float64)
    order = np.argsort(raw, kind="stable")
    scaled = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(scaled, 1.0)
    found: list[float] = adjusted.tolist()
    return found
