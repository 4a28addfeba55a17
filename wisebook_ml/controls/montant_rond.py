"""A large round amount on an account whose amounts are not round."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines, strongest
from wisebook_ml.controls.texts import euros_en, euros_fr
from wisebook_ml.features.measures import surprise
from wisebook_ml.features.view import once
from wisebook_ml.ledger.batch import Floats

MIN_CENTS = 1_000_00
"""Below a thousand euros round prices are ordinary."""
MIN_LINES = 30


@once
def surprises(view: View) -> Floats:
    """Return how surprising each line's round amount is for its account; 0 where it is not round."""
    count, rounds = view.habits.line["side_count"], view.habits.line["side_rounds"]
    values = np.zeros(len(count))
    applies = np.flatnonzero(view.facts.round & (view.batch.amount >= MIN_CENTS) & (count >= MIN_LINES))
    values[applies] = surprise(rounds[applies], count[applies])
    return values


def measure(view: View) -> Finding:
    """Measure the most surprising round amount among the lines."""
    return on_lines(view, surprises(view))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the amount and the account."""
    line = strongest(view, entry, surprises(view))
    cents, account = int(view.batch.amount[line]), view.batch.line(line).compte_num
    return (
        f"Montant rond ({euros_fr(cents)}) alors que les montants du compte {account} ne le sont presque jamais.",
        f"Round amount ({euros_en(cents)}) where the amounts of account {account} hardly ever are.",
    )


CONTROL = Control(
    code=CodeMotif.MONTANT_ROND,
    attribute="montant",
    threshold=2.0,
    weight=0.35,
    source="ISA 240 A45 (round numbers or a consistent ending)",
    measure=measure,
    explain=explain,
)
