"""The same bank details used for several suppliers that are not agencies of one house."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, on_lines, strongest

PRINT = 12
"""Characters of a fingerprint that are shown: enough to find it by."""


def measure(view: View) -> Finding:
    """Count the other third parties with the line's bank details; not defined where none are given.

    Agencies of one house are paid to its account, and begin with its name: they share it rightly (a fraudster would
    have to be named as the one whose account is used, who is the one who is paid).
    """
    return on_lines(view, np.where(view.facts.iban != 0, view.habits.line["iban_others"], np.nan))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the third party, and the fingerprint by which to search for the others, whose names are not kept."""
    line = strongest(view, entry, view.habits.line["iban_others"])
    record = view.batch.line(line)
    name, print_ = record.comp_aux_lib or record.comp_aux_num or record.compte_num, record.iban_empreinte[:PRINT]
    others = round(value)
    return (
        f"Coordonnées bancaires du tiers {name} (empreinte {print_}) déjà utilisées par "
        f"{'un autre' if others == 1 else f'{others} autres'} tiers.",
        f"Bank details of third party {name} (fingerprint {print_}) already used by "
        f"{'another one' if others == 1 else f'{others} others'}.",
    )


CONTROL = Control(
    code=CodeMotif.IBAN_PARTAGE,
    attribute="iban_empreinte",
    threshold=1.0,
    weight=0.75,
    source="ACFE Fraud Examiners Manual (vendor master file matching); Banque de France, fraude au RIB",
    measure=measure,
    explain=explain,
    rule=True,
)
