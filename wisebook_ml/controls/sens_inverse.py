"""An account moved on the side it is not used on: debit and credit swapped.

What tells a swapped entry from an ordinary one is that all of it is the wrong way round. Who types an invoice on the
wrong side has the third party, the charge and its tax there; a line alone on its rare side beside others on their usual
one is a discount, a refund within a statement or a reverse charge. So lines count together: by amount, nearly all lines
of accounts that keep to one side must stand on the other.
"""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Bools, Control, Finding, View, chosen, strongest
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.features.measures import MIN_SIDE, other_side_surprise, side_surprise
from wisebook_ml.features.view import once
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.per_entry import any_line, largest_line

RARE = 1.0
"""Surprise from which a side is the rare one of an account: one line in ten."""

WHOLE = 0.9
"""Share of the amounts on rare sides from which all of the entry is the wrong way round: a rounding or a fee beside it
does not make it right."""

ORDINARY = 0.6
"""What a rare side counts for where other lines are on their usual one, or where only the chart of accounts, and no
habit, says that it is rare: little evidence, and never a finding by itself."""

FEW = 10
"""Lines in the journal from which an account's side is known well enough, where a third party is on its wrong side,
too: then the rest of the invoice is no coincidence."""

EXPLAINED = 0.25
"""What it counts for where all of it is explained: it is called a credit note, or takes an earlier entry back."""

THIRD_PARTIES, BASES, MONEY = accounts_under(40, 41), accounts_under(2, 6, 7), accounts_under(5)


@once
def against(view: View) -> Bools:
    """Return the lines that stand on the rare side of their account; nothing moves a line of zero."""
    found: Bools = (view.batch.net != 0) & (np.nan_to_num(side_surprise(view)) >= RARE)
    return found


@once
def turned(view: View) -> Bools:
    """Return the entries that are the wrong way round as a whole."""
    usual = (np.nan_to_num(other_side_surprise(view)) >= RARE) & ~against(view)
    amount = view.batch.amount
    wrong, right = (view.batch.sum_per_entry(np.where(lines, amount, 0)) for lines in (against(view), usual))
    return wrong >= WHOLE * (wrong + right)


def measure(view: View) -> Finding:
    """Measure how surprising the sides are, the more the more of the entry and of habits is against them."""
    batch, rare = view.batch, against(view)
    values = largest_line(np.where(rare, side_surprise(view), 0.0), batch.first)
    party, base = (any_line(rare & table[batch.root], batch.first) for table in (THIRD_PARTIES, BASES))
    known = largest_line(np.where(rare, view.habits.line["account_count"], 0.0), batch.first)
    sure = np.minimum(known / np.where(party, FEW, MIN_SIDE), 1.0) * turned(view)
    # What a supplier pays, or a customer is paid, is a refund: rare, and right.
    sure[party & ~base & any_line(MONEY[batch.root], batch.first)] = 0.0
    explained = turned(view) & (view.facts.named | (view.habits.entry["reversal"] > 0.0))
    factor = np.where(explained, EXPLAINED, ORDINARY + (1.0 - ORDINARY) * sure)
    return Finding(values * np.where(view.facts.named, np.minimum(factor, 0.5), factor), rare)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the account, its side and the habit; and whether the whole entry is so."""
    rare = against(view)
    line = strongest(view, entry, np.where(rare, side_surprise(view), 0.0))
    account, debit = view.batch.line(line).compte_num, view.batch.on_debit[line]
    same, total = (int(view.habits.line[k][line]) for k in ("side_count", "account_count"))
    lines_fr, lines_en = count_fr(total, "ligne", "lignes"), count_en(total, "line", "lines")
    french = f"sens observé {same} fois seulement sur {lines_fr}" if same else f"sens jamais observé sur {lines_fr}"
    times = "once" if same == 1 else f"{same} times"
    english = f"seen only {times} in {lines_en}" if same else f"never seen in {lines_en}"
    if not total:
        french, english = "contraire à celui du plan comptable", "against that of the chart of accounts"
    others = dict.fromkeys(view.batch.line(k).compte_num for k in chosen(view, entry, rare))
    others.pop(account, None)
    also_fr = also_en = ""
    if turned(view)[entry] and others:
        names = ", ".join(others)
        also_fr = f" ; {'autre compte' if len(others) == 1 else 'autres comptes'} à contresens : {names}"
        also_en = f"; also the wrong way round: {names}"
    return (
        f"Compte {account} au {'débit' if debit else 'crédit'}, {french}{also_fr}.",
        f"Account {account} on the {'debit' if debit else 'credit'} side, {english}{also_en}.",
    )


CONTROL = Control(
    code=CodeMotif.SENS_INVERSE,
    attribute="compte_num",
    threshold=1.9,
    weight=0.75,
    source="PCG (normal side of accounts); ISA 240 A45",
    measure=measure,
    explain=explain,
    rule=True,
)
