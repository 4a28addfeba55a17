"""What trainers publish: steps and ends of campaigns."""

from schemas import Campagne, StatutCampagne
from topics import TRAINING_CAMPAIGNS
from wisebook_ml.messaging.events import Outgoing, record_event

__all__ = ["ENDED", "SOURCE", "campaign_event"]

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
    return record_event(
        TRAINING_CAMPAIGNS, campaign.modele_id, campaign, f"{campaign.campagne_id}/{step}", source=SOURCE
    )
