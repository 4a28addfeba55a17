"""What trainers publish: steps and ends of campaigns."""

import msgspec

from schemas import Campagne, Record, StatutCampagne
from topics import TRAINING_CAMPAIGNS, Topic
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Outgoing, event_headers

__all__ = ["ENDED", "SOURCE", "campaign_event", "record_event"]

SOURCE = "wisebook-ml/training"
"""CloudEvents source of what trainers publish."""

ENDED = frozenset({StatutCampagne.REUSSIE, StatutCampagne.ECHEC, StatutCampagne.ANNULEE, StatutCampagne.REJOINTE})
"""Where a campaign stays as it is."""


def campaign_event(campaign: Campagne) -> Outgoing:
    """Return the event of a campaign as it stands; an end that is published again has the id that it had."""
    if campaign.statut in ENDED:
        step = campaign.statut.value
    else:
        step = f"{campaign.tentative}/{campaign.statut.value}/{campaign.etape or ''}/{campaign.avancement}"
    return record_event(TRAINING_CAMPAIGNS, campaign.modele_id, campaign, f"{campaign.campagne_id}/{step}")


def record_event(
    topic: Topic, key: int, record: Record, id_: str, *, source: str = SOURCE, partition: int | None = None
) -> Outgoing:
    """Return the event of a record under a numeric key."""
    headers = event_headers(record, id_=id_, source=source, time=utc_now())
    return Outgoing(topic, str(key).encode(), msgspec.json.encode(record), headers, partition)
