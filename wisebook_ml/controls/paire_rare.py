"""Two accounts that hardly ever meet: both much used, or without any business together (`habits.pairings`)."""

import math

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.features.measures import minor_lines
from wisebook_ml.habits.pairings import GROUP_OF, PAIRINGS, UNLIKELY
from wisebook_ml.ledger.accounts import habit_account

MIN_ENTRIES = 200
"""Pairs are known after some months: before, every pair is new."""


def measure(view: View) -> Finding:
    """Measure log10 of how much rarer the rarest pair is than its rarer account."""
    entry = view.habits.entry
    said = (entry["company"] >= MIN_ENTRIES) & (entry["pair_debit"] >= 0)
    minor = minor_lines(view)
    for side in ("debit", "credit"):  # a fee or a rounding beside a payment is no pair
        line = view.batch.first[:-1] + np.maximum(entry[f"pair_{side}"], 0.0).astype(np.int64)
        said &= ~minor[line]
    return Finding(np.where(said, entry["pair_value"], 0.0))


def lines(view: View, entry: int) -> list[int]:
    """Return the lines on either account."""
    habit = view.facts.habit
    pair = {habit[k] for k in view.habits.pair(entry)}
    return [k for k in view.batch.lines_of(entry) if habit[k] in pair]


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name both accounts, and how seldom they meet."""
    debit, credit = view.habits.pair(entry)
    one, other = sorted(habit_account(view.batch.line(k).compte_num) for k in (debit, credit))
    # Read from the table: called from here, `pairing` would be compiled once more in the midst of the stream.
    groups = GROUP_OF[view.batch.root[[debit, credit]]]
    if PAIRINGS[groups[0], groups[1]] == UNLIKELY:
        return (
            f"Association des comptes {one} et {other}, que la vie courante n'oppose pas et qui ne se rencontrent "
            "presque jamais ici.",
            f"Accounts {one} and {other} set against each other: they have no business together, and hardly ever meet "
            "here.",
        )
    times = max(1, math.floor(10.0 ** view.habits.entry["pair_value"][entry]))
    return (
        f"Association rare des comptes {one} et {other}, usuels mais qui se rencontrent moins d'une fois sur {times}.",
        f"Rare pair of accounts {one} and {other}, both in common use but together less than once in {times}.",
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
