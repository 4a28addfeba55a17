"""Names in answers: for whom they are, as long as there is the key."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from schemas import CodeMotif, Detection, MotifDetection
from wisebook_ml.access import Right
from wisebook_ml.pseudonyms import MasterKey, Pseudonymiser
from wisebook_ml.settings import Settings
from wisebook_ml.storage import PseudonymKeys, TokenStore, open_database

MASTER = base64.b64encode(bytes(range(32))).decode()
NAME = 'Dupont "Léo" \\ fils\n<b>'
PATH = "/api/ml/detections/"

Ask = Callable[[str], httpx.Client]


pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, home=tmp_path, pseudonym_key=MASTER, _env_file=None)


@pytest.fixture
def keys(database_url: str) -> PseudonymKeys:
    return PseudonymKeys(open_database(database_url))


@pytest.fixture
def company(keys: PseudonymKeys, now: Any) -> Callable[[int], Pseudonymiser]:
    """Give a company's pseudonymiser."""
    master = MasterKey(MASTER)
    return lambda societe_id: master.pseudonymiser(keys.enable(societe_id, master, now)[0])


def about(detection: Detection, text: str) -> Detection:
    motif = MotifDetection(
        code=CodeMotif.TIERS_INCONNU, poids=71.3, valeur=1.0, seuil=0.5, libelle_fr=text, libelle_en=text
    )
    return msgspec.structs.replace(detection, motifs=[motif])


def told(client: httpx.Client) -> list[str]:
    answer = client.get(PATH)
    assert answer.status_code == 200
    return [one["motifs"][0]["libelle_fr"] for one in json.loads(answer.content)["results"]]


def test_for_whom_they_are(
    client: Ask, write: Callable[..., None], detection: Callable[..., Detection], keys: PseudonymKeys,
    company: Callable[[int], Pseudonymiser], now: Any,
) -> None:  # fmt: skip
    own, foreign = company(1).seal(NAME), company(2).seal("Durand")
    write(about(detection(1), f"Tiers {own}, {foreign}."))
    assert told(client("operator")) == [f"Tiers {NAME}, Durand."]
    assert client("names").get(PATH).status_code == 403, "the right alone lets nobody read detections"
    (short,) = told(client("read"))
    assert short.startswith("Tiers pseudo-")
    assert own[:20] not in short
    assert told(client("one")) == [short]
    before = client("operator").get(PATH)
    assert client("operator").get(PATH, headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    keys.erase(1, now)
    after = client("operator").get(PATH, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, "Dupont" in after.text, "Durand" in after.text) == (200, False, True)
    assert told(client("read")) == [short], "the same short pseudonym as before"


def test_another_companys_name_in_an_own_text(
    client: Ask, write: Callable[..., None], detection: Callable[..., Detection],
    company: Callable[[int], Pseudonymiser], database_url: str, now: Any,
) -> None:  # fmt: skip
    write(about(detection(1), f"Tiers {company(1).seal(NAME)}, {company(2).seal('Durand')}."))
    rights = [Right.READ, Right.NAMES]
    token = TokenStore(open_database(database_url)).create("Claire", [1], rights, now=now)[1]
    asking = client("one")
    asking.headers["Authorization"] = f"Token {token}"
    (text,) = told(asking)
    assert text.startswith(f"Tiers {NAME}, pseudo-")
    assert "Durand" not in text


@pytest.mark.parametrize("master", ["", "short", base64.b64encode(bytes(range(1, 33))).decode()])
def test_without_the_right_master_key(
    master: str, settings: Settings, tokens: dict[str, str], serving: Any, write: Callable[..., None],
    detection: Callable[..., Detection], company: Callable[[int], Pseudonymiser],
) -> None:  # fmt: skip
    """Detections can be read all the same, without names, and never with wrong ones."""
    write(about(detection(1), f"Tiers {company(1).seal(NAME)}."))
    other = Settings(**{**settings.model_dump(), "pseudonym_key": master}, _env_file=None)
    with serving(other) as address:
        headers = {"Authorization": f"Token {tokens['operator']}"}
        (text,) = told(httpx.Client(base_url=address, headers=headers))
    assert text.startswith("Tiers pseudo-")
