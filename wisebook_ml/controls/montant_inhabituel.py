"""An amount far from what its third party or its account is used to; a shifted decimal too."""

import numpy as np

from schemas import CodeMotif, Direction
from wisebook_ml.controls.base import Control, Finding, View, any_of, on_lines, strongest
from wisebook_ml.controls.texts import about_en, about_fr, euros_en, euros_fr
from wisebook_ml.features.measures import TOLD_BY, amount_surprise
from wisebook_ml.features.view import once
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats

MIN_CENTS = 100_00
"""An unusual amount below a hundred euros is nobody's concern."""


CASH = accounts_under(5)
"""Bank and cash lines mirror what was paid: their amounts vary as their counterparts do."""

ASSETS = accounts_under(2)
INVESTMENT = 0.5
"""Share that is left in an entry that buys or writes off an asset: these are large, and stand where everybody looks."""


@once
def surprises(view: View) -> Floats:
    """Return how surprising each line's amount is; NaN where that is nobody's concern."""
    batch = view.batch
    values, _ = amount_surprise(view)
    asset = ASSETS[batch.root]
    values = np.where(any_of(view, asset)[batch.entry_of], values * INVESTMENT, values)
    return np.where((batch.amount >= MIN_CENTS) & ~CASH[batch.root] & ~asset, values, np.nan)


def measure(view: View) -> Finding:
    """Measure the most surprising amount among the lines."""
    return on_lines(view, surprises(view))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the line, its amount and the usual one."""
    line = strongest(view, entry, surprises(view))
    record, cents = view.batch.line(line), int(view.batch.amount[line])
    by, usual = _usual(view, line)
    who_fr, who_en = f"le compte {record.compte_num}", f"account {record.compte_num}"
    if by == "party":
        name = record.comp_aux_lib or record.comp_aux_num
        who_fr, who_en = f"le tiers {name}", f"third party {name}"
    elif by == "purpose":
        about = _about(view, entry)
        who_fr, who_en = f"{who_fr} et {about}", f"{who_en} and {about}"
    return (
        f"Montant de {euros_fr(cents)} inhabituel pour {who_fr} (d'ordinaire environ {about_fr(usual)}).",
        f"Amount of {euros_en(cents)} unusual for {who_en} (usually about {about_en(usual)}).",
    )


def _usual(view: View, line: int) -> tuple[str, int]:
    """Return what a line's amount is compared with, and the cents that are usual there."""
    by = TOLD_BY[int(amount_surprise(view)[1][line])]
    return by, round(10 ** float(view.habits.line[f"{by}_median"][line]))


def direction(view: View, entry: int) -> Direction:
    """Return whether the line that `explain` names is higher than usual, or lower."""
    line = strongest(view, entry, surprises(view))
    return Direction.HAUT if view.batch.amount[line] > _usual(view, line)[1] else Direction.BAS


def _about(view: View, entry: int) -> str:
    """Return the third party of an entry or, without one, its label in quotation marks."""
    batch = view.batch
    parties = [k for k in batch.lines_of(entry) if view.facts.party[k]]
    if not parties:
        return f"« {batch.entry(entry).lignes[0].ecriture_lib.strip()} »"
    record = batch.line(max(parties, key=lambda k: batch.amount[k]))
    return record.comp_aux_lib or record.comp_aux_num or record.compte_lib


CONTROL = Control(
    code=CodeMotif.MONTANT_INHABITUEL,
    attribute="montant",
    threshold=3.0,
    weight=0.6,
    source="ISA 520 (analytical procedures); Lange, Little, Taylor 1989 (heavy tails)",
    measure=measure,
    explain=explain,
    direction=direction,
)
