"""No document reference, in a journal whose entries have one."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import count_en, count_fr, number_en, number_fr
from wisebook_ml.features.measures import surprise

MIN_ENTRIES = 20
"""Entries of a journal until it is known whether it has references: with none missing, twenty say one in forty."""


def measure(view: View) -> Finding:
    """Measure how surprising a missing reference is in this journal.

    Some software writes zeros where there is no reference (of a bank's line). Where a journal has those, none of its
    entries leads to a document, and yet one with nothing at all is not how the journal is kept.
    """
    entry = view.habits.entry
    value = surprise(entry["journal"] - entry["journal_pieces"], entry["journal"])
    nothing = surprise(entry["journal"] - entry["journal_references"], entry["journal"])
    value = np.where(view.facts.referenced, value, np.maximum(value, nothing))
    return Finding(np.where(~view.facts.has_piece & (entry["journal"] >= MIN_ENTRIES), value, 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the journal and the habit."""
    journal = view.batch.entry(entry).journal_code
    given_as = "journal_pieces" if view.facts.referenced[entry] else "journal_references"
    total, given = (int(view.habits.entry[k][entry]) for k in ("journal", given_as))
    all_fr, all_en = count_fr(total, "écriture", "écritures"), count_en(total, "entry", "entries")
    if given == total:
        french, english = f"toutes les autres ({all_fr})", f"all others ({all_en})"
        return (
            f"Aucune référence de pièce utilisable ; dans le journal {journal}, {french} en ont une.",
            f"No usable document reference; in journal {journal}, {english} have one.",
        )
    return (
        f"Aucune référence de pièce utilisable ; dans le journal {journal}, {number_fr(given, 0)} sur {all_fr} en ont "
        "une.",
        f"No usable document reference; in journal {journal}, {number_en(given, 0)} of {all_en} have one.",
    )


CONTROL = Control(
    code=CodeMotif.PIECE_ABSENTE,
    attribute="piece_ref",
    threshold=1.6,
    weight=0.9,
    source="Code de commerce R123-174 (supporting document); art. A47 A-1 LPF (PieceRef)",
    measure=measure,
    explain=explain,
    rule=True,
)
