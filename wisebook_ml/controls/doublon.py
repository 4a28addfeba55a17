"""The same third party, amount, and document or near date were posted before."""

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import count_en, count_fr, euros_en, euros_fr


def measure(view: View) -> Finding:
    """Take the strength of the best earlier match (see `wisebook_ml.habits.matching`)."""
    return Finding(view.habits.entry["duplicate"])


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the earlier entry."""
    earlier, days = view.habits.duplicate_of(entry), int(view.habits.entry["duplicate_days"][entry])
    total = int(view.batch.total[entry])
    french = f"à {count_fr(days, 'jour', 'jours')} d'écart" if days else "le même jour"
    english = f"{count_en(days, 'day', 'days')} apart" if days else "on the same day"
    return (
        f"Doublon probable de l'écriture {earlier} : même montant ({euros_fr(total)}), {french}.",
        f"Probable duplicate of entry {earlier}: same amount ({euros_en(total)}), {english}.",
    )


CONTROL = Control(
    code=CodeMotif.DOUBLON,
    attribute="piece_ref",
    threshold=0.75,
    weight=0.75,
    source="ISA 240 A45; NEP-240",
    measure=measure,
    explain=explain,
    rule=True,
)
