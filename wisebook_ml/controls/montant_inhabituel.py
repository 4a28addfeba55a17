"""An amount far from what its third party or its account is used to; a shifted decimal too."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines, strongest
from wisebook_ml.controls.texts import about_en, about_fr, euros_en, euros_fr
from wisebook_ml.features.measures import account_deviation, party_deviation
from wisebook_ml.features.view import once
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats

MIN_CENTS = 100_00
"""An unusual amount below a hundred euros is nobody's concern."""


CASH = accounts_under(5)
"""Bank and cash lines mirror what was paid: their amounts vary as their counterparts do."""


@once
def deviations(view: View) -> Floats:
    """Return each line's deviation: from its third party's amounts where they are known, else from the account's."""
    of_party, of_account = party_deviation(view), account_deviation(view)
    values = np.where(np.isnan(of_party), of_account, of_party)
    return np.where((view.batch.amount >= MIN_CENTS) & ~CASH[view.batch.root], values, np.nan)


def measure(view: View) -> Finding:
    """Measure the largest robust z-score among the lines."""
    return on_lines(view, deviations(view))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the line, its amount and the usual one."""
    line = strongest(view, entry, deviations(view))
    record, cents = view.batch.line(line), int(view.batch.amount[line])
    party = not np.isnan(party_deviation(view)[line])
    usual = round(10 ** float(view.habits.line["party_median" if party else "side_median"][line]))
    name = record.comp_aux_lib or record.comp_aux_num
    who_fr = f"le tiers {name}" if party else f"le compte {record.compte_num}"
    who_en = f"third party {name}" if party else f"account {record.compte_num}"
    return (
        f"Montant de {euros_fr(cents)} inhabituel pour {who_fr} (d'ordinaire environ {about_fr(usual)}).",
        f"Amount of {euros_en(cents)} unusual for {who_en} (usually about {about_en(usual)}).",
    )


CONTROL = Control(
    code=CodeMotif.MONTANT_INHABITUEL,
    attribute="montant",
    threshold=5.0,
    weight=0.55,
    source="Iglewicz, Hoaglin 1993 (modified z-score); ISA 520",
    measure=measure,
    explain=explain,
)
