"""Names as pseudonyms all the way: published, scored, stored, read in clear by who may, and erased at once."""

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from pydantic import SecretStr

from schemas import Ecriture
from schemas.pseudonym import PATTERN
from topics import ALERTS, DEAD_LETTER, DETECTIONS, ENTRIES
from wisebook_ml.access import Right
from wisebook_ml.clock import utc_now
from wisebook_ml.generator import generate_ledger
from wisebook_ml.storage import TokenStore, open_database

from .deployment import Deployment
from .test_people import serving

MASTER = base64.b64encode(bytes(range(32))).decode()
KEY = {"WISEBOOK_ML_PSEUDONYM_KEY": MASTER}
PERIOD = ("--from", "2023-01-01", "--to", "2026-12-31")


@pytest.fixture(scope="module")
def ledger() -> list[Ecriture]:
    events = generate_ledger(entries=3_000, seed=5, anomaly_rate=0.05, twin_rate=0.03).events
    return [one for one in events if isinstance(one, Ecriture)]


@pytest.fixture
def names(ledger: list[Ecriture]) -> set[str]:
    """Return the names of all third parties and people, but for those in labels of entries that are not theirs."""
    found = {line.comp_aux_lib for one in ledger for line in one.lignes} | {one.saisie_par for one in ledger}
    found = {name for name in found if len(name) > 4 and name != "DIVERS"}  # which is in names of accounts, too
    for one in ledger:
        labels = " ".join({line.ecriture_lib for line in one.lignes}).casefold()
        own = {line.comp_aux_lib for line in one.lignes}
        found -= {name for name in found - own if name.casefold() in labels}
    return found


def told(names: set[str], *places: bytes) -> set[str]:
    """Return the names that stand in some bytes."""
    read = b"\n".join(places).decode(errors="replace").casefold()
    return {name for name in names if name.casefold() in read}


def topics_of(deployment: Deployment) -> Iterator[bytes]:
    for topic in (ENTRIES, DETECTIONS, ALERTS, DEAD_LETTER):
        for seen in deployment.read(topic):
            yield (seen.key or b"") + (seen.value or b"") + repr(seen.headers).encode()


def files_of(deployment: Deployment, ledger: Path) -> Iterator[bytes]:
    """Yield the database, snapshots of state and logs: all that a deployment keeps."""
    for path in deployment.settings.home.rglob("*"):
        if path.is_file() and path != ledger:
            yield path.read_bytes()


def test_the_whole_way(deployment: Deployment, ledger: list[Ecriture], names: set[str]) -> None:
    assert len(names) > 50
    file = deployment.settings.home / "events.jsonl"
    file.write_bytes(b"\n".join(msgspec.json.encode(one) for one in ledger))
    assert deployment.run("pseudonyms", "enable", "--societe", "1", **KEY).returncode == 0
    unopened = deployment.run("publish", "events", str(file))
    assert (unopened.returncode, b"no master key" in unopened.stderr) == (1, True)
    assert not deployment.read(ENTRIES), "names must not go out in clear instead"
    published = deployment.run("publish", "events", str(file), **KEY)
    assert (published.returncode, b"pseudonyms" in published.stderr) == (0, True), published.stderr
    workers = [deployment.start(role) for role in ("scoring", "storage")]
    deployment.wait("scoring", ENTRIES, *workers)
    deployment.wait("storage", DETECTIONS, *workers)
    quoting = {
        one.detection.detection_id: found[0]
        for one in deployment.detections(1)
        if (found := PATTERN.findall(str(one.detection.motifs)))
    }
    assert quoting, "some detection is about a third party, or an author"
    assert not told(names, *topics_of(deployment), *files_of(deployment, file))

    engine = open_database(deployment.settings.sql_url)
    store, now = TokenStore(engine), utc_now()
    reader = store.create("Rémi", [1], [Right.READ], now=now)[1]
    named = store.create("Claire", [1], [Right.READ, Right.NAMES], now=now)[1]
    other = store.create("Odile", None, [Right.ADMIN], now=now)[1]
    engine.dispose()
    deployment.settings = deployment.settings.model_copy(update={"pseudonym_key": SecretStr(MASTER)})
    with serving(deployment) as address:

        def read(token: str) -> list[bytes]:
            with httpx.Client(base_url=address, headers={"Authorization": f"Token {token}"}, timeout=60) as client:
                period = {"societe": 1, "depuis": "2023-01-01", "jusque": "2026-12-31", "langue": "fr"}
                asked = [
                    client.get("/api/ml/detections/", params={"limit": 200}),
                    client.get("/api/ml/export/detections.csv", params=period),
                    client.get("/api/ml/export/rapport.html", params=period),
                    *(client.get(f"/api/ml/detections/{one}/") for one in list(quoting)[:5]),
                    *(client.get(f"/api/ml/detections/{one}/ecriture/") for one in list(quoting)[:5]),
                ]
                assert {one.status_code for one in asked} <= {200, 404}
                assert asked[3].status_code == 200
                return [one.content for one in asked]

        clear = read(named)
        for place in (clear[:1], clear[1:2], clear[2:3], clear[3:8], clear[8:]):
            assert told(names, *place)
        assert told(names, *read(other))
        for place in clear:
            assert not PATTERN.search(place.decode())
            if place.startswith(b"{"):
                msgspec.json.decode(place)
        seen = read(reader)
        assert not told(names, *seen)
        assert b"pseudo-" in seen[0]
        assert not PATTERN.search(seen[0].decode())
        exported = deployment.run("export", "1", *PERIOD, **KEY)
        assert told(names, exported.stdout)
        pseudonym = next(iter(quoting.values()))
        assert deployment.run("pseudonyms", "show", pseudonym, **KEY).stdout.decode().strip() in names

        assert deployment.run("pseudonyms", "erase", "--societe", "1", "--yes", **KEY).returncode == 0
        for token in (named, reader, other):
            assert not told(names, *read(token))
        assert not told(names, deployment.run("export", "1", *PERIOD, **KEY).stdout)
        assert deployment.run("pseudonyms", "show", pseudonym, **KEY).returncode == 1
        assert not told(names, *topics_of(deployment), *files_of(deployment, file))
    refused = deployment.run("publish", "events", str(file), **KEY)
    assert (refused.returncode, b"was erased" in refused.stderr) == (1, True)
    assert len(deployment.read(ENTRIES)) == len(ledger)
