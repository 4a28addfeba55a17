"""A gap, a repetition or disorder in the numbering of a journal that is otherwise regular."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Bools, Control, Finding, View, any_of
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.features.measures import surprise
from wisebook_ml.features.view import once
from wisebook_ml.habits.numbering import REPETITION
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.facts import NO_LAG

__all__ = ["CONTROL", "closes_accounts"]

INCOME_AND_CHARGES, RESULT = accounts_under(6, 7), accounts_under(12)


@once
def closes_accounts(view: View) -> Bools:
    """Return which entries close classes 6 and 7 to the year's result: programs number them apart."""
    root = view.batch.root
    closes: Bools = any_of(view, RESULT[root]) & any_of(view, INCOME_AND_CHARGES[root])
    return closes


PRIOR_STEPS = 50
"""Regular steps that a sequence is expected to have made before it is known: numbers follow one another by law."""

UNTIMED_STEPS = 25
"""The same where entries bear no time of entry. A file without has them in an order of its own, by date mostly, and
numbers given in the order of typing are locally out of order there: a sequence must have shown that it is regular, and
a step that does not surprise says nothing at all. Nor does a gap: whether its numbers come later shows only when the
journal has gone past them (`wisebook_ml.subjects.gaps`)."""

THRESHOLD = 2.0


def measure(view: View) -> Finding:
    """Measure how surprising an irregular step is in this sequence."""
    entry = view.habits.entry
    timed = view.facts.lag != NO_LAG
    # No order explains a repetition, but where the second number is the first again, it may be the number of all.
    repeated = (entry["number_jump"] == REPETITION) & (entry["number_steps"] > 0)
    prior = np.where(timed | repeated, PRIOR_STEPS, UNTIMED_STEPS)
    value = surprise(entry["number_irregular"], entry["number_steps"] + prior)
    jump = entry["number_jump"]
    tells = np.where(timed, jump != 0, (jump < 0) & (value >= THRESHOLD)) & ~closes_accounts(view)
    return Finding(np.where(tells, value, 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Say whether numbers are missing, repeated or out of order."""
    record, jump = view.batch.entry(entry), int(view.habits.entry["number_jump"][entry])
    where = f"journal {record.journal_code}, n° {record.ecriture_num}"
    place = f"journal {record.journal_code}, no. {record.ecriture_num}"
    if jump > 0:
        return (
            f"Rupture de numérotation ({where}) : {count_fr(jump, 'numéro manque', 'numéros manquent')} juste avant.",
            f"Gap in the numbering ({place}): {count_en(jump, 'number', 'numbers')} missing just before.",
        )
    if jump == REPETITION:
        return f"Numéro répété ({where}).", f"Repeated number ({place})."
    return (
        f"Numérotation non chronologique ({where}) : {count_fr(-jump, 'rang', 'rangs')} avant le numéro attendu.",
        f"Number out of order ({place}): {count_en(-jump, 'place', 'places')} before the expected number.",
    )


CONTROL = Control(
    code=CodeMotif.RUPTURE_NUMEROTATION,
    attribute="ecriture_num",
    threshold=THRESHOLD,
    weight=0.9,
    source="Art. A47 A-1 LPF (continuous numbering without gap); PCG art. 921-3",
    measure=measure,
    explain=explain,
    rule=True,
)
