"""Entries as WiseBook would publish them."""

import datetime as dt
from typing import Any

from schemas import Ecriture, Ligne


def entry(ecriture_id: str = "E-1", societe_id: int = 7, amount: str = "120.00", **fields: Any) -> Ecriture:
    """Return a balanced purchase."""
    lines = [
        Ligne(compte_num="606100", debit=amount, ecriture_lib="Fournitures"),
        Ligne(compte_num="401000", credit=amount, ecriture_lib="Fournitures"),
    ]
    told = {"journal_code": "HA", "ecriture_date": dt.date(2025, 3, 3), "lignes": lines, **fields}
    return Ecriture(societe_id=societe_id, ecriture_id=ecriture_id, **told)
