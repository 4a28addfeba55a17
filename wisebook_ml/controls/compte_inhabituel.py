"""An account that this third party is never dealt with on: the wrong expense, the wrong kind of sale."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines, strongest
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.features.measures import dealing_surprise, minor_lines
from wisebook_ml.features.view import once
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats

APART = accounts_under(2, 627, 654, 658, 66, 754, 758, 76, 6714, 7714)
"""What comes to a third party once, if ever, whatever else it is dealt with in: an asset that is bought from it, and
how its debt was settled (bank fees, losses on bad debts, discounts, exchange differences)."""


@once
def values(view: View) -> Floats:
    """Return how surprising each line's account is for its third party; assets, fees and roundings say nothing."""
    return np.where(minor_lines(view) | APART[view.batch.root], np.nan, dealing_surprise(view))


def measure(view: View) -> Finding:
    """Measure how surprising an account is that is new to the entry's third party."""
    return on_lines(view, values(view))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the account, the third party and how often it was dealt with otherwise."""
    line = strongest(view, entry, values(view))
    account, dealt = view.batch.line(line).compte_num, int(view.habits.line["dealt"][line])
    named = [view.batch.line(k) for k in view.batch.lines_of(entry)]
    amounts = [view.batch.amount[k] if view.facts.party[k] else -1 for k in view.batch.lines_of(entry)]
    party = named[max(range(len(named)), key=lambda k: amounts[k])]
    name = party.comp_aux_lib or party.comp_aux_num or party.compte_num
    lines_fr = count_fr(dealt, "ligne précédente", "lignes précédentes")
    return (
        f"Compte {account} jamais utilisé pour {name}, malgré {lines_fr} sur d'autres comptes.",
        f"Account {account} never used for {name}, with {count_en(dealt, 'earlier line', 'earlier lines')} on other "
        "accounts.",
    )


CONTROL = Control(
    code=CodeMotif.COMPTE_INHABITUEL,
    attribute="compte_num",
    threshold=1.7,
    weight=0.45,
    source="ISA 240 A45 (unusual account combinations); Good 1953 (chance of a new kind)",
    measure=measure,
    explain=explain,
)
