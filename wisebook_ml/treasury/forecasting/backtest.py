"""Rolling-origin validation: what a candidate would have said on past days, knowing only what came before them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wisebook_ml.treasury.forecasting.flows import Flow
from wisebook_ml.treasury.forecasting.models import LEVELS, MEDIAN, Candidate, Fitted, Spread

__all__ = ["ORIGIN_STEP", "Backtest", "origins_of", "roll"]

Floats = npt.NDArray[np.float64]

ORIGIN_STEP = 5
"""Active days from one origin to the next: a week, so that errors of a horizon are many and neighbours not the same."""

FEWEST_LEARNT = 42
"""Active days that a candidate has learnt from before it is validated: two months."""

MOST_LEARNT = 504
"""Active days from which validation starts at the latest: two years, so that yearly habits were seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Forecasts from past origins, in order.

    Parameters
    ----------
    origins : sequence of int
        Active days that were known.
    levels : float64 array (origins,)
        Level of the flow at each.
    mean : float64 array (origins, leads)
        Not a number beyond the end of the series.
    quantiles : float64 array (origins, leads, levels)
        The same.
    """

    origins: npt.NDArray[np.int64]
    levels: Floats
    mean: Floats
    quantiles: Floats

    @property
    def median(self) -> Floats:
        """What it typically expected."""
        return self.quantiles[:, :, MEDIAN]

    def at(self, origin: int, count: int) -> Spread:
        """Return the forecast from one origin, of so many days."""
        place = int(np.flatnonzero(self.origins == origin)[0])
        return Spread(self.mean[place, :count], self.quantiles[place, :count])

    def actual(self, values: Floats, known: int | None = None) -> Floats:
        """Return what came, in the shape of the forecasts; not a number where that is not known yet."""
        known = len(values) if known is None else known
        at = self.origins[:, None] + np.arange(self.mean.shape[1])[None, :]
        inside = (at < known) & (self.origins[:, None] <= known)
        return np.where(inside, values[np.minimum(at, len(values) - 1)], np.nan)

    @staticmethod
    def average(parts: "Sequence[Backtest]") -> "Backtest":
        """Return what the average of some candidates would have said."""
        first = parts[0]
        return Backtest(
            first.origins,
            first.levels,
            np.mean([one.mean for one in parts], axis=0),
            np.mean([one.quantiles for one in parts], axis=0),
        )


def origins_of(size: int, *, step: int = ORIGIN_STEP, start: int | None = None) -> npt.NDArray[np.int64]:
    """Return the origins of a validation: from half of the days, or two years, to the last but one.

    They are multiples of the step, so that days that come later move none of them.

    Examples
    --------
    >>> origins_of(120, step=20).tolist()
    [60, 80, 100]
    """
    begin = start if start is not None else min(max(size // 2, FEWEST_LEARNT), MOST_LEARNT)
    begin = -(-begin // step) * step
    return np.arange(begin, size, step, dtype=np.int64)


def roll(candidate: Candidate, flow: Flow, origins: Sequence[int] | npt.NDArray[np.int64], leads: int) -> Backtest:
    """Forecast from each origin, learning anew every `candidate.refit_every` days.

    Parameters
    ----------
    candidate : Candidate
        What is validated.
    flow : Flow
        All days; from each origin only those before it are read.
    origins : sequence of int
        Days that are known, ascending.
    leads : int
        Active days ahead.
    """
    places = np.asarray(origins, dtype=np.int64)
    mean = np.full((len(places), leads), np.nan)
    quantiles = np.full((len(places), leads, len(LEVELS)), np.nan)
    levels = np.zeros(len(places))
    fitted: Fitted | None = None
    learnt = 0
    for row, origin in enumerate(places.tolist()):
        history = flow.until(origin)
        if fitted is None or origin - learnt >= candidate.refit_every:
            fitted, learnt = candidate.fit(history), origin
        ahead = flow.ordinals[origin : origin + leads]
        spread = fitted.predict(history, ahead)
        mean[row, : len(ahead)], quantiles[row, : len(ahead)] = spread.mean, spread.quantiles
        levels[row] = history.level
    return Backtest(places, levels, mean, quantiles)
