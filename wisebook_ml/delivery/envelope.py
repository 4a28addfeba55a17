"""What a webhook receives: the alert as it is on the topic, with all that receivers go by, in an envelope, signed."""

import datetime as dt

import msgspec

from schemas import Alerte
from wisebook_ml.delivery.signing import signature

__all__ = ["body_of", "headers_of"]

ALWAYS = ("revision", "etat", "nombre", "escalade")
"""Fields that the topic leaves out at their defaults, and that a receiver goes by who has no schema at hand."""

USER_AGENT = "wisebook-ml"


def body_of(alerte: Alerte, issued: dt.datetime, *, trial: bool = False) -> bytes:
    """Return the body: the same bytes for all attempts.

    Parameters
    ----------
    alerte : Alerte
        What is told.
    issued : datetime
        When it was published.
    trial : bool
        Whether it only tries the way: `essai` is true then, and nothing need be done.
    """
    data = {**msgspec.to_builtins(alerte), **{name: getattr(alerte, name) for name in ALWAYS}}
    envelope = {"type": Alerte.ce_type, "timestamp": issued.astimezone(dt.UTC).isoformat(), "data": data}
    return msgspec.json.encode({**envelope, "essai": True} if trial else envelope)


def headers_of(id_: str, societe_id: int, secret: bytes, body: bytes, now: dt.datetime) -> dict[str, str]:
    """Return the headers of one attempt; `wisebook-societe` tells which company's secret signs it."""
    timestamp = int(now.timestamp())
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, id_, timestamp, body),
        "wisebook-societe": str(societe_id),
    }
