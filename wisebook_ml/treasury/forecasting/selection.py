"""Which candidate, or which few together, forecasts a flow: whoever was best on days it had not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from wisebook_ml.treasury.forecasting.backtest import Backtest
from wisebook_ml.treasury.forecasting.models import BASELINES

__all__ = ["Choice", "choose"]

Floats = npt.NDArray[np.float64]

MOST_COMBINED = 3
"""Candidates of a combination: more add nothing but time."""

FEWEST_DAYS = 60
"""Validated forecast days without which nothing but a baseline is trusted."""

GAIN = 0.02
"""Share of the best baseline's error by which a model has to be better: less is within what chance does."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who forecasts a flow.

    Parameters
    ----------
    names : tuple of str
        The candidates whose average it is.
    promoted : bool
        Whether it beat the best baseline; otherwise it is that baseline.
    errors : mapping of str to float
        Mean absolute error of each candidate in validation, in units of the flow's level.
    baseline : str
        The best baseline.
    """

    names: tuple[str, ...]
    promoted: bool
    errors: Mapping[str, float]
    baseline: str

    @property
    def name(self) -> str:
        """The names in one word."""
        return "+".join(self.names)


def choose(
    backtests: Mapping[str, Backtest],
    values: Floats,
    known: int | None = None,
    *,
    only: Sequence[str] | None = None,
    cumulated: bool = False,
) -> Choice:
    """Choose among candidates, and averages of up to three of them that are no baselines or the best of these.

    Parameters
    ----------
    backtests : mapping of str to Backtest
        Of all candidates, from the same origins; a baseline among them.
    values : float64 array (n,)
        The flow.
    known : int, optional
        Days that count as known; all, where left out.
    only : sequence of str, optional
        Candidates to choose from.
    cumulated : bool
        Whether the sums over the horizon count (of means) rather than single days (of medians).

    Raises
    ------
    ValueError
        Where there is no baseline to compare with.
    """
    names = [name for name in (only if only is not None else backtests) if name in backtests]
    if not any(name in BASELINES for name in names):
        raise ValueError(f"no baseline among {', '.join(names) or 'nothing'}; one of {', '.join(BASELINES)} is needed")
    first = backtests[names[0]]
    actual = first.actual(values, known)
    counted = int(np.isfinite(actual).sum())
    errors = {name: _error([backtests[name]], actual, cumulated) for name in names}
    baseline = min((name for name in names if name in BASELINES), key=lambda name: (errors[name], names.index(name)))
    if counted < FEWEST_DAYS:
        return Choice((baseline,), False, errors, baseline)
    pool = [name for name in names if name not in BASELINES] + [baseline]
    for size in range(2, MOST_COMBINED + 1):
        for parts in combinations(pool, size):
            errors["+".join(parts)] = _error([backtests[name] for name in parts], actual, cumulated)
    best = min(errors, key=lambda name: (errors[name], name.count("+"), name))
    if errors[best] <= errors[baseline] * (1 - GAIN):
        return Choice(tuple(best.split("+")), True, errors, baseline)
    return Choice((baseline,), False, errors, baseline)


def _error(parts: Sequence[Backtest], actual: Floats, cumulated: bool) -> float:
    """Return the mean absolute error of an average, each origin in units of its level."""
    levels = np.where(parts[0].levels > 0, parts[0].levels, 1.0)[:, None]
    off = np.mean([one.mean if cumulated else one.median for one in parts], axis=0) - actual
    if cumulated:
        off = np.cumsum(off, axis=1)
    off = np.abs(off) / levels
    return float(np.nanmean(off)) if np.isfinite(off).any() else float("inf")
