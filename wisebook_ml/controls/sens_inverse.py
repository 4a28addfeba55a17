"""An account moved on the side it is not used on: debit and credit swapped."""

import re

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines
from wisebook_ml.features.measures import side_surprise

CREDIT_NOTE = re.compile(r"\b(AV|AVOIR|ANNUL\w*|EXTOURNE|RISTOURNE|REMB\w*|RBT|CONTREPASS\w*|REJET|IMPAYE)\b", re.I)
"""Labels of entries that rightly move accounts on the other side."""


def measure(view: View) -> Finding:
    """Measure how surprising the side is for the account; halved where the label says why."""
    named = np.array(
        [bool(CREDIT_NOTE.search(f"{line.ecriture_lib} {line.piece_ref}")) for line in view.batch.lines], dtype=np.bool_
    )
    value = np.where(view.batch.net == 0, 0.0, side_surprise(view.habits))
    return on_lines(view.batch, np.where(view.batch.any_per_entry(named)[view.batch.entry_of], value / 2, value))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the account, its side and the habit."""
    values = side_surprise(view.habits)
    line = max(view.batch.lines_of(entry), key=lambda k: float(np.nan_to_num(values[k])))
    account, debit = view.batch.lines[line].compte_num, view.batch.on_debit[line]
    same, total = (int(view.habits.line[k][line]) for k in ("side_count", "account_count"))
    return (
        f"Compte {account} au {'débit' if debit else 'crédit'}, sens observé {same} fois sur {total} seulement.",
        f"Account {account} on the {'debit' if debit else 'credit'} side, seen only {same} times in {total}.",
    )


CONTROL = Control(
    code=CodeMotif.SENS_INVERSE,
    attribute="compte_num",
    threshold=1.9,
    weight=0.5,
    source="PCG (normal side of accounts); ISA 240 A45",
    measure=measure,
    explain=explain,
)
