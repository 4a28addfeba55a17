"""What nobody has acknowledged in time is told again."""

import datetime as dt

from schemas import EtatAlerte, ReglageAlertes
from wisebook_ml.alerting.state import Alert

__all__ = ["is_due", "wait"]


def wait(alert: Alert, reglage: ReglageAlertes, at: dt.datetime) -> None:
    """Set when an alert is escalated next; never, where it was as often as the company wants, or somebody knows."""
    alert.escalade_le = at + dt.timedelta(minutes=reglage.escalade) if is_due(alert, reglage) else None


def is_due(alert: Alert, reglage: ReglageAlertes) -> bool:
    """Tell whether an alert is (still) to be escalated, as the company wants it by now."""
    return (
        alert.etat is EtatAlerte.OUVERTE
        and reglage.actif
        and reglage.escalade > 0
        and alert.escalade - alert.escalade_avant < reglage.escalades
    )
