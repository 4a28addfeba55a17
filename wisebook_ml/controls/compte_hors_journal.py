"""An account that this journal never uses, where new ones are rare."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Bools, Control, Finding, View, any_of, chosen, on_lines
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.features.measures import journal_account_surprise, minor_lines
from wisebook_ml.features.usual import out_of_place
from wisebook_ml.features.view import once
from wisebook_ml.ledger.accounts import accounts_under

OUT_OF_PLACE = 0.8
"""What it adds that the chart of accounts has no such account in an entry of this kind: six times as surprising."""


ARRIVING, TREASURY = accounts_under(74, 75, 76, 77, 79), accounts_under(51)
"""Grants, interest, indemnities and other income that no invoice announces, and where it is told first."""

ARRIVED = 0.5
"""Share left of the surprise where it comes with the bank's statement, which has each kind of it once in a while."""


@once
def new_accounts(view: View) -> Bools:
    """Return the lines on an account that is new to the journal, but for fees, roundings and the like."""
    new: Bools = (view.habits.line["account_count"] == 0) & ~minor_lines(view)
    return new


def measure(view: View) -> Finding:
    """Measure how surprising an account is that is new to the journal; less for income that only the bank tells of."""
    batch = view.batch
    value = journal_account_surprise(view) + np.where(out_of_place(view), OUT_OF_PLACE, 0.0)
    received = any_of(view, TREASURY[batch.root] & batch.on_debit)[batch.entry_of]
    value = np.where(received & ARRIVING[batch.root] & ~batch.on_debit, value * ARRIVED, value)
    return on_lines(view, np.where(new_accounts(view), value, 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the account and the journal."""
    line = view.habits.line
    new = chosen(view, entry, new_accounts(view))
    accounts = list(dict.fromkeys(view.batch.line(k).compte_num for k in new))
    names, several = ", ".join(accounts), len(accounts) > 1
    journal, lines = view.batch.entry(entry).journal_code, int(line["journal_lines"][new[0]])
    return (
        f"{f'Comptes {names} jamais utilisés' if several else f'Compte {names} jamais utilisé'} jusqu'ici par le "
        f"journal {journal} ({count_fr(lines, 'ligne', 'lignes')}).",
        f"{'Accounts' if several else 'Account'} {names} never used until now by journal {journal} "
        f"({count_en(lines, 'line', 'lines')}).",
    )


CONTROL = Control(
    code=CodeMotif.COMPTE_HORS_JOURNAL,
    attribute="compte_num",
    threshold=3.0,
    weight=0.45,
    source="ISA 240 A45 (unusual account combinations)",
    measure=measure,
    explain=explain,
)
