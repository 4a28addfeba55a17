"""What errors of a flow are measured in, so that those of quiet and busy times can be compared."""

import numpy as np
import numpy.typing as npt

from wisebook_ml.treasury.forecasting.models import LEVELS

__all__ = ["ENDS", "FLOOR", "flow_scale"]

Floats = npt.NDArray[np.float64]

ENDS = {0.8: (LEVELS.index(0.1), LEVELS.index(0.9)), 0.95: (LEVELS.index(0.025), LEVELS.index(0.975))}
"""Where the ends of an interval are among the quantiles."""

FLOOR = 0.1
"""Share of the level that is added to the width of an interval before scores are divided by it: a quiet day's width is
near nothing, and its error is not to count a hundredfold."""


def flow_scale(quantiles: Floats, level: Floats | float) -> Floats:
    """Return what scores of a flow are divided by: the width of its own 80 % interval, and a share of its level."""
    low, high = ENDS[0.8]
    scale: Floats = quantiles[..., high] - quantiles[..., low] + FLOOR * np.maximum(level, 1e-9)
    return scale
