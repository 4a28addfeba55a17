"""A third party never seen before, in a journal or with an amount that new ones do not come with."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines, strongest
from wisebook_ml.controls.texts import euros_en, euros_fr
from wisebook_ml.features.measures import deviation, log_amounts, surprise
from wisebook_ml.features.view import once
from wisebook_ml.ledger.batch import Floats

MIN_PARTY_LINES = 100
"""How often new third parties first appear in a journal is known after some months."""
ORDINARY, FULL = 1.0, 3.0
"""Deviations of a first amount: up to one it is ordinary, from three on it counts fully."""


SHARE = 0.6
"""Share of the surprise that an ordinary first amount leaves; a large one doubles it."""


@once
def newcomers(view: View) -> Floats:
    """Return the amounts of lines whose third party is new, -1 of the others."""
    return np.where(view.habits.line["party_count"] == 0, view.batch.amount, -1.0)


def measure(view: View) -> Finding:
    """Measure how surprising a new third party is, scaled by how unusual its first amount is."""
    entry, party_count = view.habits.entry, view.habits.line["party_count"]
    known = entry["party_lines"] >= MIN_PARTY_LINES
    values = np.zeros(len(party_count))
    new = np.flatnonzero((party_count == 0) & known[view.batch.entry_of])
    of = view.batch.entry_of[new]
    z = deviation(log_amounts(view)[new], entry["newcomer_median"][of], entry["newcomer_spread"][of])
    size = np.clip((np.nan_to_num(z) - ORDINARY) / (FULL - ORDINARY), 0.0, 1.0)
    values[new] = surprise(entry["debuts"][of], entry["party_lines"][of]) * SHARE * (1.0 + size)
    return on_lines(view, values)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the third party and its amount."""
    line = strongest(view, entry, newcomers(view))
    record, cents = view.batch.line(line), int(view.batch.amount[line])
    name = record.comp_aux_lib or record.comp_aux_num or record.compte_num
    return (
        f"Tiers jamais rencontré : {name}, pour {euros_fr(cents)}.",
        f"Third party never seen before: {name}, for {euros_en(cents)}.",
    )


CONTROL = Control(
    code=CodeMotif.TIERS_INCONNU,
    attribute="comp_aux_num",
    threshold=1.3,
    weight=0.4,
    source="ACFE Fraud Examiners Manual (shell companies); ISA 240",
    measure=measure,
    explain=explain,
)
