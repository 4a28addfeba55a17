"""An account moved on the side it is not used on: debit and credit swapped."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines, strongest
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.features.measures import side_surprise
from wisebook_ml.features.view import once
from wisebook_ml.ledger.batch import Floats


@once
def surprises(view: View) -> Floats:
    """Return how surprising each line's side is; nothing moves a line of zero."""
    return np.where(view.batch.net == 0, 0.0, side_surprise(view))


def measure(view: View) -> Finding:
    """Measure how surprising the side is for the account; halved where a label or reference says why."""
    finding = on_lines(view, surprises(view))
    return Finding(np.where(view.facts.named, finding.values / 2, finding.values), finding.lines)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the account, its side and the habit."""
    line = strongest(view, entry, side_surprise(view))
    account, debit = view.batch.line(line).compte_num, view.batch.on_debit[line]
    same, total = (int(view.habits.line[k][line]) for k in ("side_count", "account_count"))
    lines_fr, lines_en = count_fr(total, "ligne", "lignes"), count_en(total, "line", "lines")
    french = f"sens observé {same} fois seulement sur {lines_fr}" if same else f"sens jamais observé sur {lines_fr}"
    times = "once" if same == 1 else f"{same} times"
    english = f"seen only {times} in {lines_en}" if same else f"never seen in {lines_en}"
    return (
        f"Compte {account} au {'débit' if debit else 'crédit'}, {french}.",
        f"Account {account} on the {'debit' if debit else 'credit'} side, {english}.",
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
