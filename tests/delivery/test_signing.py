"""A receiver can tell what comes from here, with nothing but the specification."""

import base64
import datetime as dt
import hashlib
import hmac
import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Alerte
from wisebook_ml.access import shown
from wisebook_ml.delivery.envelope import body_of, headers_of
from wisebook_ml.delivery.signing import secret_of, spelled

from .conftest import NOON

HOOK = "https://erp.example.fr/hook"


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Verify as docs/deliveries.md tells receivers to."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(
        hmac.compare_digest(one.removeprefix("v1,"), expected)
        for one in headers["webhook-signature"].split(" ")
        if one.startswith("v1,")
    )


def test_a_receiver_verifies(alerte: Alerte) -> None:
    secret, body = secret_of("key", 7, HOOK), body_of(alerte, NOON)
    headers = headers_of("id", 7, secret, body, NOON + dt.timedelta(seconds=0.9))
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    assert headers["wisebook-societe"] == "7"
    assert is_genuine(spelled(secret), headers, body)
    assert not is_genuine(spelled(secret), headers, body + b" ")
    assert not is_genuine(spelled(secret), {**headers, "webhook-id": "other"}, body)
    assert not is_genuine(spelled(secret), {**headers, "webhook-timestamp": "0"}, body)
    others = [secret_of("key2", 7, HOOK), secret_of("key", 8, HOOK), secret_of("key", 7, HOOK + "/")]
    assert not any(is_genuine(spelled(other), headers, body) for other in others)
    assert len({secret, *others}) == 4


def test_what_is_in_the_envelope(alerte: Alerte) -> None:
    told = json.loads(body_of(alerte, NOON))
    assert (told["type"], told["timestamp"]) == ("fr.wisebook.ml.alerte.v1", "2026-03-10T12:00:00+00:00")
    assert told["data"]["alerte_id"] == str(alerte.alerte_id)
    assert msgspec.json.decode(json.dumps(told["data"]), type=Alerte) == alerte
    plain = Alerte(
        alerte_id=alerte.alerte_id, societe_id=7, severite=alerte.severite, detections=alerte.detections, titre_fr="t",
        titre_en="t",
    )  # fmt: skip
    data = json.loads(body_of(plain, NOON))["data"]
    assert {name: data[name] for name in ("revision", "etat", "nombre", "escalade")} == {
        "revision": 1, "etat": "OUVERTE", "nombre": 0, "escalade": 0
    }  # fmt: skip
    assert "essai" not in told
    assert json.loads(body_of(alerte, NOON, trial=True))["essai"] is True


@settings(deadline=None)
@given(st.text(max_size=50), st.text(max_size=50), st.text(min_size=1, max_size=50).filter(lambda x: x not in "?…"))
def test_no_password_nor_query_is_shown(user: str, path: str, query: str) -> None:
    address = (
        f"https://{user.replace('/', '').replace('?', '').replace('#', '')}:SECRET1@h.example/{path}?{query}SECRET2"
    )
    assert "SECRET" not in shown(address)
