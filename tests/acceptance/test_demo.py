"""The demo, from a generated company to what the topics told, on a real broker."""

import json

from topics import DETECTIONS, PREDICTIONS
from wisebook_ml.messaging.reader import count_records, end_offsets

from .deployment import Deployment

ENTRIES = 300
"""Too few to train on: the ledger is scored by what needs no training."""

PATIENCE = 400.0
"""Seconds; on a quiet machine it takes 30."""


def test_the_demo_shows_what_was_found_in_books_and_cash(deployment: Deployment) -> None:
    done = deployment.execute("demo", "--entries", str(ENTRIES), "--top", "3", "--json", timeout=PATIENCE)
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["ledger"]["entries"] >= ENTRIES
    assert told["throughput"]["dead_letters"] == 0
    assert len(told["detections"]["most_serious"]) == 3
    assert {one["domaine"] for one in told["detections"]["most_serious"]} == {"ECRITURES_COMPTABLES"}
    assert told["evaluation"]["recall"] > 0

    cash = told["treasury"]
    assert cash["positions"] >= 200
    assert not cash["derived"]
    assert [one["days"] for one in cash["balance"]] == [7, 30, 90]
    for one in cash["balance"]:
        low, high = one["interval_80"]
        assert low <= one["expected"] <= high
    assert cash["prediction"]["sujet"] == "1/TRESORERIE/EUR/SOLDE"
    assert len(cash["prediction"]["valeurs"]) == 90
    assert cash["balance"][0]["expected"] == cash["prediction"]["valeurs"][cash["balance"][0]["date"]]
    assert sum(cash["detections"].values()) >= len(cash["most_serious"])

    # All of it is on topics that are left, for whoever looks further.
    prefix = told["topics"].removesuffix("*")
    for topic, least in ((PREDICTIONS, 4 * cash["forecasts"]), (DETECTIONS, told["detections"]["open"])):
        name = topic.full_name(prefix)
        assert count_records(deployment.bootstrap, name, end_offsets(deployment.bootstrap, name)) >= least
