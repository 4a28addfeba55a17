"""The same third party, amount, and document or near date were posted before."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Bools, Control, Finding, View, any_of
from wisebook_ml.controls.texts import count_en, count_fr, euros_en, euros_fr
from wisebook_ml.ledger.accounts import accounts_under

BANKS = accounts_under(512)

SAME_DOCUMENT = 1.0
"""Strength of a match that bears the same document: nothing excuses it."""


def measure(view: View) -> Finding:
    """Take the strength of the best earlier match (see `wisebook_ml.habits.matching`).

    A match by amount and near date alone is excused where the entry is lettered, since it settles something: a second
    payment of one invoice finds nothing left to settle (and letters that do not balance are another finding). So is a
    movement of a bank account without a third party on another day than the match: it is of the bank's statement, which
    has each movement once, on its day.
    """
    entry = view.habits.entry
    lettered = any_of(view, view.batch.text("ecriture_let").length > 0)
    excused = (entry["duplicate"] < SAME_DOCUMENT) & (lettered | (_bank_movement(view) & (entry["duplicate_days"] > 0)))
    return Finding(np.where(excused, 0.0, entry["duplicate"]))


def _bank_movement(view: View) -> Bools:
    """Return which entries move a bank account, and name no third party."""
    found: Bools = any_of(view, BANKS[view.batch.root]) & ~any_of(view, view.facts.party != 0)
    return found


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
    source="ISA 240 A45; NEP 240",
    measure=measure,
    explain=explain,
    rule=True,
)
