"""Treasury: how far off forecasts are beside simpler ones, whether intervals hold, and whether alarms come in time.

`make evaluate-treasury` runs it; see `docs/treasury.md`.
"""

from bench.evaluate import Evaluation
from bench.evaluate.treasury import alarms, companies, series, speed

__all__ = ["run"]


def run(evaluation: Evaluation) -> None:
    """Measure all of it: real series (where there are data), generated companies, alarms, and time."""
    series.run(evaluation)
    companies.run(evaluation)
    alarms.run(evaluation)
    speed.run(evaluation)
