"""Two accounts that are both much used but hardly ever meet in one entry."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.features.measures import minor_lines
from wisebook_ml.ledger.accounts import accounts_under, habit_account

MIN_ENTRIES = 200
"""Pairs are known after some months: before, every pair is new."""

VAT = accounts_under(445)
"""Accounts that meet in the VAT return, once a month or a quarter, and hardly anywhere else."""


def measure(view: View) -> Finding:
    """Measure log10 of how much rarer the rarest pair is than its rarer account; VAT accounts are made to meet."""
    entry = view.habits.entry
    said = (entry["company"] >= MIN_ENTRIES) & (entry["pair_debit"] >= 0)
    minor = minor_lines(view)
    declared = np.ones(len(view.batch), np.bool_)
    for side in ("debit", "credit"):  # a fee or a rounding beside a payment is no pair
        line = view.batch.first[:-1] + np.maximum(entry[f"pair_{side}"], 0.0).astype(np.int64)
        said &= ~minor[line]
        declared &= VAT[view.batch.root[line]]
    return Finding(np.where(said & ~declared, entry["pair_value"], 0.0))


def lines(view: View, entry: int) -> list[int]:
    """Return the lines on either account."""
    habit = view.facts.habit
    pair = {habit[k] for k in view.habits.pair(entry)}
    return [k for k in view.batch.lines_of(entry) if habit[k] in pair]


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name both accounts."""
    one, other = sorted(habit_account(view.batch.line(k).compte_num) for k in view.habits.pair(entry))
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
    lines=lines,
)
