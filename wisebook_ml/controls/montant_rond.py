"""A large round amount on an account whose amounts are not round."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, any_of, on_lines, strongest
from wisebook_ml.controls.texts import count_en, count_fr, euros_en, euros_fr, number_en, number_fr
from wisebook_ml.features.measures import surprise
from wisebook_ml.features.usual import PRIOR_ROUND_LINES, PRIOR_ROUND_SHARE
from wisebook_ml.features.view import once
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.ledger.per_entry import largest_line

MIN_CENTS = 1_000_00
"""Below a thousand euros round prices are ordinary."""
RESULT, PARTIES = accounts_under(6, 7), accounts_under(401, 411, 421, 425, 467)
"""Income and expenses, and who is billed for them. Capital, loans, transfers, advances and the payments of all of these
are agreed in round figures."""

BY_AGREEMENT = accounts_under(611, 613, 622, 623, 628, 651, 706, 708)
AGREEMENT_SHARE = 0.05
"""Services, rents, fees and licences are agreed upon, often in round figures: one large amount in twenty is,
until the company's own say otherwise. Goods have a price and a quantity."""

AGREED = 0.4
"""Share that is left where the same third party had this very amount before: it has been agreed upon."""


@once
def surprises(view: View) -> Floats:
    """Return how surprising each line's round amount is for its account; 0 where it is not round.

    What is owed to or by a third party is no more surprising than it would be on the account of what it is for, since
    the account of third parties mixes goods and what is agreed upon.
    """
    batch, root = view.batch, view.batch.root
    result = RESULT[root]
    of_result = any_of(view, result)[batch.entry_of]
    usual = _surprise(view, np.where(BY_AGREEMENT[root], AGREEMENT_SHARE, PRIOR_ROUND_SHARE))
    most = largest_line(np.where(result, usual, 0.0), batch.first)[batch.entry_of]
    values = np.where(result, usual, np.minimum(_surprise(view, np.full(len(root), PRIOR_ROUND_SHARE)), most))
    large = view.facts.round & (batch.amount >= MIN_CENTS)
    values = np.where(large & (result | (PARTIES[root] & of_result)), values, 0.0)
    before = view.habits.entry["duplicate_repeats"][batch.entry_of] > 0
    return np.where(before, values * AGREED, values)


def _surprise(view: View, share: Floats) -> Floats:
    """Return how surprising a round amount would be on each line, of whose account such a share is expected to be."""
    count, rounds = view.habits.line["side_count"], view.habits.line["side_rounds"]
    return surprise(rounds + share * PRIOR_ROUND_LINES - 0.5, count + PRIOR_ROUND_LINES)


def measure(view: View) -> Finding:
    """Measure the most surprising round amount among the lines."""
    return on_lines(view, surprises(view))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the amount, the account, and how often its amounts are round."""
    line = strongest(view, entry, surprises(view))
    cents, account, debit = int(view.batch.amount[line]), view.batch.line(line).compte_num, view.batch.on_debit[line]
    rounds, total = (int(view.habits.line[k][line]) for k in ("side_rounds", "side_count"))
    if total == 0:
        french, english = "sans autre ligne de ce côté jusqu'ici", "with no other line on this side so far"
    else:
        of_fr, of_en = count_fr(total, "ligne", "lignes"), count_en(total, "line", "lines")
        french = f"qui n'en a que {number_fr(rounds, 0)}" if rounds else "qui n'en a aucun"
        french, english = f"{french} sur {of_fr}", f"which has {number_en(rounds, 0) if rounds else 'none'} in {of_en}"
    return (
        f"Montant rond ({euros_fr(cents)}) au {'débit' if debit else 'crédit'} du compte {account}, {french}.",
        f"Round amount ({euros_en(cents)}) on the {'debit' if debit else 'credit'} side of account {account}, "
        f"{english}.",
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
