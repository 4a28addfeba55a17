"""Attempts as they travel."""

import msgspec

from schemas import Livraison
from topics import DELIVERIES
from wisebook_ml.messaging.correlation import HEADER
from wisebook_ml.messaging.events import Outgoing, event_headers

__all__ = ["SOURCE", "delivery_event"]

SOURCE = "wisebook-ml/delivery"


def delivery_event(attempt: Livraison, correlation: str | None = None) -> Outgoing:
    """Return the record of an attempt: the same attempt has the same id, however often it is published.

    Parameters
    ----------
    attempt : Livraison
        What was attempted, and what came of it.
    correlation : str, optional
        The id that its alert came with.
    """
    id_ = f"{attempt.livraison_id}/{attempt.tentative}/{attempt.statut.value}"
    headers = event_headers(attempt, id_=id_, source=SOURCE, time=attempt.quand)
    if correlation is not None:
        headers.append((HEADER, correlation.encode()))
    return Outgoing(DELIVERIES, str(attempt.societe_id).encode(), msgspec.json.encode(attempt), headers)
