"""What an alert policy lets through, of what was detected: a policy that excludes everything looks like peace."""

from typing import NamedTuple

from sqlalchemy import Engine

from schemas import ReglageAlertes
from wisebook_ml.alerting.policy import passes
from wisebook_ml.number_texts import number_en, number_fr
from wisebook_ml.storage import DetectionStore

__all__ = ["Reach", "reach_of"]

DAYS = 30
LOOKED_AT = 2_000
"""Detections that are looked at, the latest: enough to see what a policy does, and read at once."""


class Reach(NamedTuple):
    """How many open detections of the last days were looked at, and how many of them a policy lets through."""

    seen: int
    passing: int

    def text(self, lang: str) -> str:
        """Return it in words.

        Examples
        --------
        >>> print(Reach(1200, 3).text("en"))
        the alert policy lets 3 of the last 1,200 open detections (30 days) through and holds 1,197 back
        >>> print(Reach(12, 0).text("fr"))
        la politique d'alerte laisse passer 0 des 12 dernières détections ouvertes (30 jours) et en retient 12
        """
        number = number_fr if lang == "fr" else number_en
        passing, seen, held = (number(count, 0) for count in (self.passing, self.seen, self.seen - self.passing))
        if lang == "fr":
            last = f"{seen} dernières détections ouvertes ({DAYS} jours)"
            return f"la politique d'alerte laisse passer {passing} des {last} et en retient {held}"
        return (
            f"the alert policy lets {passing} of the last {seen} open detections ({DAYS} days) through and holds "
            f"{held} back"
        )


def reach_of(engine: Engine, societe_id: int, reglage: ReglageAlertes) -> Reach:
    """Return what a policy of a company lets through; of company 0, of the detections of all.

    Raises
    ------
    DatabaseUnreachable
        When the database does not answer.
    """
    found = DetectionStore(engine).recent(DAYS, societe_id or None, limit=LOOKED_AT)
    return Reach(len(found), sum(passes(one.detection, reglage) for one in found))
