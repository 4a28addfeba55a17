"""The demo, from a generated company to what the topics told, on a real broker."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from topics import DETECTIONS, PREDICTIONS
from wisebook_ml.messaging.reader import count_records, end_offsets

from .deployment import Deployment
from .documented import asked

ENTRIES = 300
"""Too few to train on: the ledger is scored by what needs no training."""

PATIENCE = 400.0
"""Seconds; on a quiet machine it takes 30."""


OTHERWISE = {
    "/predict/": {409},  # the ledger is too small to train on
    "/feature_importance/": {409},
    "/performance/": {200, 409},
    "/promote/": {404, 409},  # a version that no training has made
    "/rollback/": {409},
    "/cancel/": {200, 202, 409},  # it has failed meanwhile: there is too little
    "/dead-letters/0/17/retry/": {404},  # nothing has failed
}
"""Calls of the documents that a demo of this size refuses, and how."""


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


def test_a_demo_that_is_kept_shows_it_on_the_dashboard_until_it_is_interrupted(
    deployment: Deployment, tmp_path: Path
) -> None:
    log = deployment.settings.home / "demo.log"
    command = [sys.executable, "-m", "wisebook_ml", "demo", "--entries", str(ENTRIES), "--top", "3", "--keep"]
    env = {**deployment.env, "WISEBOOK_ML_API_PORT": "0", "COLUMNS": "200"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=env, cwd=deployment.settings.home, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while "until Ctrl-C" not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        address = re.search(r"dashboard at (http://\S+/)", log.read_text())
        token = re.search(r"sign in with (\S+)", log.read_text())
        assert address
        assert token
        with httpx.Client(base_url=address[1], follow_redirects=True, timeout=60) as client:
            page = client.post("/connexion/", data={"jeton": token[1]})
            assert (page.url.path, page.status_code) == ("/", 200)
            assert client.get("/api/ml/detections/").json()["count"] >= 3
        exported = re.search(r"^  export (.*)$", log.read_text(), re.MULTILINE)
        assert exported
        named = dict(one.split("=", 1) for one in shlex.split(exported[1]))
        tokens = [sys.executable, "-m", "wisebook_ml", "tokens", "list"]
        listed = subprocess.run(tokens, env=env | named, cwd=deployment.settings.home, capture_output=True, text=True)
        assert "Démo" in listed.stdout, listed.stderr
        refused = [
            (document, what, status)
            for document in ("README.md", "docs/api.md")
            for what, status in asked(document, address[1].removesuffix("/"), token[1], tmp_path)
            if status not in next((told for place, told in OTHERWISE.items() if place in what), {200, 202, 201})
        ]
        assert refused == []
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(PATIENCE)
    assert status == 0, log.read_text()
