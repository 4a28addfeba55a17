"""Two accounts that are both much used but hardly ever meet in one entry."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View

MIN_ENTRIES = 200
"""Pairs are known after some months: before, every pair is new."""


def measure(view: View) -> Finding:
    """Measure log10 of how much rarer the rarest pair is than its rarer account."""
    entry = view.habits.entry
    value = np.where(entry["company"] >= MIN_ENTRIES, entry["pair_value"], 0.0)
    accounts = [view.habits.pairs[i] for i in range(len(view.batch))]
    lines = np.array(
        [
            line.compte_num.startswith(accounts[i])
            for i, record in enumerate(view.batch.entries)
            for line in record.lignes
        ],
        dtype=np.bool_,
    )
    return Finding(value, lines)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name both accounts."""
    one, other = view.habits.pairs[entry]
    return (
        f"Association rare des comptes {one} et {other}, usuels mais qui ne se rencontrent presque jamais.",
        f"Rare pair of accounts {one} and {other}, both in common use but hardly ever together.",
    )


CONTROL = Control(
    code=CodeMotif.PAIRE_RARE,
    attribute="compte_num",
    threshold=2.2,
    weight=0.45,
    source="ISA 240 A45 (unusual or seldom-used accounts); Bay et al., KDD 2006",
    measure=measure,
    explain=explain,
)
