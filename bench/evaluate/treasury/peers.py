"""Run by itself, in an environment with statsforecast: AutoETS and AutoARIMA from some origins of some series.

``python peers.py < request.json > answer.json``; it imports nothing of this project, since statsforecast needs an
older pandas than the project has.
"""

import json
import sys
import warnings

MODELS = {"AutoETS": {}, "AutoARIMA": {"approximation": True}}
"""Models and what differs from their defaults: without the approximation, which R takes for series of this length too,
a fit takes minutes."""


def main() -> None:
    """Read `{series, origins, horizon, season}`, write `{model: [[[value]]]}`: by series, origin, and lead."""
    warnings.simplefilter("ignore")
    import numpy as np
    import statsforecast
    from statsforecast import models

    request = json.load(sys.stdin)
    found = {"version": statsforecast.__version__}
    for name, options in MODELS.items():
        make = getattr(models, name)
        found[name] = [
            [
                make(season_length=request["season"], **options)
                .forecast(y=np.asarray(values[:origin], dtype=np.float64), h=request["horizon"])["mean"]
                .tolist()
                for origin in request["origins"]
            ]
            for values in request["series"]
        ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
