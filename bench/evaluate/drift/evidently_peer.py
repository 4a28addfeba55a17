"""Run by itself, in an environment with Evidently: what its data-drift preset says of some days.

``python evidently_peer.py < request.json > answer.json``; it imports nothing of this project, since Evidently has
its own wishes about many libraries.

The preset draws pictures of each column, which takes it seconds a check. So it is run as it is for the first days, and
for the others its own tests are called as it calls them: its choice of test and threshold for each column, without the
pictures. `same` tells whether both said the same of the first days.
"""

import json
import os
import sys
import time
import warnings


def main() -> None:
    """Read `{numbers, categories, runs: [{reference, days}], whole}`, write what drifted, by run and day."""
    os.environ["DO_NOT_TRACK"] = "1"
    warnings.simplefilter("ignore")
    import evidently
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.legacy.calculations.stattests.registry import get_stattest
    from evidently.presets import DataDriftPreset

    request = json.load(sys.stdin)
    numbers, categories = request["numbers"], request["categories"]
    kinds = {**dict.fromkeys(numbers, "num"), **dict.fromkeys(categories, "cat")}
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
    same, seconds, whole, found = True, [], request["whole"], []
    for run in request["runs"]:
        reference, drifted = pd.DataFrame(run["reference"]), []
        for day in run["days"]:
            current, scores, names = pd.DataFrame(day), {}, []
            for name, kind in kinds.items():
                before, after = reference[name].dropna(), current[name].dropna()
                test = get_stattest(before, after, kind, None)
                result = test(before, after, kind, None)
                scores[name] = float(result.drift_score)
                if result.drifted:
                    names.append(name)
            if whole:
                whole -= 1
                begun = time.monotonic()
                datasets = [Dataset.from_pandas(one, data_definition=definition) for one in (current, reference)]
                metrics = Report([DataDriftPreset()]).run(*datasets).dict()["metrics"]
                seconds.append(time.monotonic() - begun)
                said = {one["config"]["column"]: float(one["value"]) for one in metrics if "column" in one["config"]}
                same = same and all(abs(said[name] - score) < 1e-9 for name, score in scores.items())
                same = same and metrics[0]["value"]["count"] == len(names)
            drifted.append(names)
        found.append(drifted)
    json.dump({"version": evidently.__version__, "same": same, "seconds": seconds, "drifted": found}, sys.stdout)


if __name__ == "__main__":
    main()
