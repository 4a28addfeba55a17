"""A large round amount on an account whose amounts are not round."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, any_of, on_lines, strongest
from wisebook_ml.controls.texts import euros_en, euros_fr
from wisebook_ml.features.measures import surprise
from wisebook_ml.features.usual import PRIOR_ROUND_LINES, PRIOR_ROUND_SHARE
from wisebook_ml.features.view import once
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats

MIN_CENTS = 1_000_00
"""Below a thousand euros round prices are ordinary."""
RESULT, PARTIES = accounts_under(6, 7), accounts_under(401, 411, 421, 425, 467)
"""Income and expenses, and who is billed for them. Capital, loans, transfers, advances and the payments of all of these
are agreed in round figures."""

AGREED = 0.4
"""Share that is left where the same third party had this very amount before: it has been agreed upon."""


@once
def surprises(view: View) -> Floats:
    """Return how surprising each line's round amount is for its account; 0 where it is not round."""
    count, rounds, root = view.habits.line["side_count"], view.habits.line["side_rounds"], view.batch.root
    counts = RESULT[root] | (PARTIES[root] & any_of(view, RESULT[root])[view.batch.entry_of])
    values = np.zeros(len(count))
    applies = np.flatnonzero(view.facts.round & (view.batch.amount >= MIN_CENTS) & counts)
    expected = PRIOR_ROUND_SHARE * PRIOR_ROUND_LINES - 0.5
    values[applies] = surprise(rounds[applies] + expected, count[applies] + PRIOR_ROUND_LINES)
    before = view.habits.entry["duplicate_repeats"][view.batch.entry_of] > 0
    return np.where(before, values * AGREED, values)


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
    weight=0.5,
    source="ISA 240 A45 (round numbers or a consistent ending)",
    measure=measure,
    explain=explain,
)
