"""An account in common use that this journal never uses."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines
from wisebook_ml.features.measures import journal_account_surprise

MIN_ACCOUNT = 10
"""An account that is new to the whole company is a new account, not a wrong one."""


def measure(view: View) -> Finding:
    """Measure how surprising the account is in the journal, where other journals use it."""
    line = view.habits.line
    known = (line["journal_account"] == 0) & (line["account_count"] >= MIN_ACCOUNT)
    return on_lines(view.batch, np.where(known, journal_account_surprise(view.habits), 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the account and the journal."""
    line = view.habits.line
    used = [
        view.batch.lines[k].compte_num
        for k in view.batch.lines_of(entry)
        if line["journal_account"][k] == 0 and line["account_count"][k] >= MIN_ACCOUNT
    ]
    accounts, journal = ", ".join(dict.fromkeys(used)), view.batch.entries[entry].journal_code
    return (
        f"Compte {accounts} jamais mouvementé jusqu'ici par le journal {journal}.",
        f"Account {accounts} never used until now by journal {journal}.",
    )


CONTROL = Control(
    code=CodeMotif.COMPTE_HORS_JOURNAL,
    attribute="compte_num",
    threshold=2.5,
    weight=0.45,
    source="ISA 240 A45 (unusual account combinations)",
    measure=measure,
    explain=explain,
)
