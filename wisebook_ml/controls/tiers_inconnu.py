"""A third party never seen before: with an amount, a number or a name that new ones do not come with.

New third parties are everyday life, and that one is new is little evidence. What an auditor looks at is who fits in
badly: a first amount that is very large, a number outside the numbering that all others follow (a catch-all account, an
account made in a hurry), a name that is a known one's but for a letter.
"""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines, strongest
from wisebook_ml.controls.texts import count_en, count_fr, euros_en, euros_fr
from wisebook_ml.features.measures import deviation, log_amounts, surprise
from wisebook_ml.features.view import once
from wisebook_ml.habits.names import NEAR, SAME
from wisebook_ml.ledger.batch import Floats

MIN_PARTY_LINES = 100
"""How often new third parties first appear in a journal is known after some months."""
ORDINARY, FULL = 1.0, 3.0
"""Deviations of a first amount: up to one it is ordinary, from three on it counts fully."""
SHARE = 0.6
"""Share of the surprise that an ordinary first amount leaves; a large one doubles it."""

THRESHOLD, WEIGHT = 1.3, 0.6
ONSET = THRESHOLD / 2
"""From where a value begins to count; see `wisebook_ml.scoring.belief`."""

NEW, LARGE = 0.4, 0.6
"""How far it is believed that something is wrong with a third party that is surprising: with an ordinary first amount,
and with one as large as first amounts are not."""

ODD_NUMBER, MIN_NUMBERS, RARE_SHAPE, STRANGE_SHAPE = 0.6, 15, 0.9, 1.6
"""The same where no other number has the shape: from so many numbers on that one knows, as a number of a new shape is
expected once in eight, and fully once in forty."""

NEAR_NAME, SAME_NAME = 0.6, 0.15
"""The same where the name is a known one's but for a letter; and where it is a known one: an account opened twice, most
often by oversight, or a second address."""


@once
def newcomers(view: View) -> Floats:
    """Return the amounts of lines whose third party is new, -1 of the others."""
    return np.where(view.habits.line["party_count"] == 0, view.batch.amount, -1.0)


@once
def off_scheme(view: View) -> Floats:
    """Return how surprising the shape of each new third party's number is (Good 1953); 0 where others have it."""
    line = view.habits.line
    strange = (line["party_count"] == 0) & (line["number_alike"] == 0) & (line["numbers"] >= MIN_NUMBERS)
    return np.where(strange, surprise(line["number_singles"], line["numbers"]), 0.0)


@once
def beliefs(view: View) -> Floats:
    """Return how far it is believed that something is wrong with each line's third party."""
    entry, line = view.habits.entry, view.habits.line
    believed = np.zeros(len(line["party_count"]))
    new = np.flatnonzero(line["party_count"] == 0)
    of = view.batch.entry_of[new]
    z = deviation(log_amounts(view)[new], entry["newcomer_median"][of], entry["newcomer_spread"][of])
    size = np.clip((np.nan_to_num(z) - ORDINARY) / (FULL - ORDINARY), 0.0, 1.0)
    rare = surprise(entry["debuts"][of], entry["party_lines"][of]) * SHARE * (1.0 + size)
    rare[entry["party_lines"][of] < MIN_PARTY_LINES] = 0.0
    first = np.clip((rare - ONSET) / ONSET, 0.0, 1.0) * (NEW + (LARGE - NEW) * size)
    number = np.clip((off_scheme(view)[new] - RARE_SHAPE) / (STRANGE_SHAPE - RARE_SHAPE), 0.0, 1.0) * ODD_NUMBER
    name = np.select([line["namesake"][new] == NEAR, line["namesake"][new] == SAME], [NEAR_NAME, SAME_NAME], 0.0)
    believed[new] = 1.0 - (1.0 - first) * (1.0 - number) * (1.0 - name)
    return believed


def measure(view: View) -> Finding:
    """Measure how badly a new third party fits in: on the scale on which evidence is weighed."""
    believed = beliefs(view)
    values = np.where(believed > 0.0, ONSET + (THRESHOLD - ONSET) * np.minimum(believed / WEIGHT, 1.0), 0.0)
    return on_lines(view, values)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the third party, its amount, and what is odd about its number and name."""
    line = strongest(view, entry, np.where(beliefs(view) > 0.0, beliefs(view), newcomers(view) * 1e-18))
    record, cents = view.batch.line(line), int(view.batch.amount[line])
    number = record.comp_aux_num or record.compte_num
    name = record.comp_aux_lib or number
    french = f"Tiers jamais rencontré : {name}, pour {euros_fr(cents)}"
    english = f"Third party never seen before: {name}, for {euros_en(cents)}"
    if off_scheme(view)[line] > RARE_SHAPE:
        numbers = int(view.habits.line["numbers"][line])
        french += f" ; son numéro {number} n'a la forme d'aucun des {count_fr(numbers, 'autre', 'autres')}"
        english += f"; its number {number} has the form of none of the {count_en(numbers, 'other', 'others')}"
    like, known = view.habits.line["namesake"][line], view.habits.namesake_of(entry)
    if like == NEAR:
        french += f" ; nom à une lettre près de celui d'un tiers connu, {known}"
        english += f"; its name is that of a known third party but for a letter: {known}"
    elif like == SAME:
        french += " ; un autre tiers porte le même nom"
        english += "; another third party has the same name"
    return f"{french}.", f"{english}."


CONTROL = Control(
    code=CodeMotif.TIERS_INCONNU,
    attribute="comp_aux_num",
    threshold=THRESHOLD,
    weight=WEIGHT,
    source="ACFE Fraud Examiners Manual (shell companies); ISA 240",
    measure=measure,
    explain=explain,
)
