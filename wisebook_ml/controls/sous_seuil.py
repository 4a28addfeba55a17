"""Amounts just below an approval limit, again and again for one third party."""

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import euros_en, euros_fr
from wisebook_ml.habits.first_arrival import NEAR_LIMIT_DAYS


def measure(view: View) -> Finding:
    """Count the third party's purchases near a limit within two months, this one included."""
    return Finding(view.habits.entry["near_limit"])


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the amount, the limit and how often."""
    total, limit = int(view.batch.total[entry]), int(view.habits.entry["near_total"][entry])
    return (
        f"{euros_fr(total)} juste sous le plafond d'approbation de {euros_fr(limit)} ; {value:.0f} fois en "
        f"{NEAR_LIMIT_DAYS} jours chez ce tiers.",
        f"{euros_en(total)} just below the approval limit of {euros_en(limit)}; {value:.0f} times in "
        f"{NEAR_LIMIT_DAYS} days with this third party.",
    )


CONTROL = Control(
    code=CodeMotif.SOUS_SEUIL,
    attribute="montant",
    threshold=2.0,
    weight=0.9,
    source="ACFE Fraud Examiners Manual (split purchases); ISA 240 A45",
    measure=measure,
    explain=explain,
    rule=True,
)
