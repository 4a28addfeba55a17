"""The rows that drift is looked for in: thirty features of the entries of generated ledgers, and of a real one."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas import Ecriture
from wisebook_ml.datasets.entries import first_arrivals
from wisebook_ml.drift.variables import ENTRY_VARIABLES, Scale, Variable
from wisebook_ml.files.ledgers import read_ledger
from wisebook_ml.generator import generate_ledger

__all__ = ["CATEGORIES", "NUMBERS", "VARIABLES", "Column", "Rows", "Table", "generated_table", "real_table", "take"]

Column = npt.NDArray[Any]
"""Numbers, or texts as objects: what is planted into either goes by one signature."""

Table = dict[str, Column]
"""Rows by variable."""

DESCRIBED = (
    "valeur_MONTANT_INHABITUEL",
    "valeur_HEURE_INHABITUELLE",
    "evidence",
    "taux_tva",
    "debit_classe_4",
    "debit_classe_6",
    "credit_classe_4",
    "credit_classe_7",
    "rafale",
    "heure_de_saisie",
    "compte_51",
)
"""What else is known of entries, of very different shapes: mostly 0, two values, a few, continuous."""

CATEGORIES = ("journal_code", "origine", "saisie_par")

VARIABLES = (
    *ENTRY_VARIABLES,
    *(Variable(name, name, name) for name in DESCRIBED),
    *(Variable(name, name, name, Scale.CATEGORY) for name in CATEGORIES),
)
NUMBERS = tuple(variable.name for variable in VARIABLES if variable.scale is not Scale.CATEGORY)

WARM_UP = 500
"""First entries of a ledger that are left out: they met no habits."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one ledger, in the order of arrival, and the day of each."""

    table: Table
    days: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.days)


def generated_table(entries: int, seed: int, *, years: int = 1) -> Rows:
    """Return the rows of a generated ledger; days are those of publication."""
    ledger = generate_ledger(entries=entries, seed=seed, years=years)
    moments: dict[str, dt.datetime] = {}
    for publication in ledger.publications:
        moments.setdefault(publication.ecriture.ecriture_id, publication.le)
    return _rows(ledger.events, {name: moment.date() for name, moment in moments.items()})


def real_table(path: Path) -> Rows:
    """Return the rows of a ledger file, by date of entry."""
    entries = sorted(read_ledger(path, societe_id=1).entries, key=lambda entry: entry.ecriture_date)
    return _rows(entries, {entry.ecriture_id: entry.ecriture_date for entry in entries})


def take(table: Table, rows: npt.NDArray[np.int64]) -> Table:
    """Return some rows."""
    return {name: column[rows] for name, column in table.items()}


def _rows(entries: Sequence[Ecriture], day_of: dict[str, dt.date]) -> Rows:
    frame, _ = first_arrivals(entries, columns=NUMBERS)
    frame = frame.iloc[min(WARM_UP, len(frame) // 4) :]
    first: dict[str, Ecriture] = {}
    for entry in entries:
        first.setdefault(entry.ecriture_id, entry)
    ids = frame["ecriture_id"].tolist()
    table: Table = {name: frame[name].to_numpy(np.float64) for name in NUMBERS}
    for name in CATEGORIES:
        values = (getattr(first[one], name) for one in ids)
        table[name] = np.array([str(value) if value else None for value in values], dtype=object)
    return Rows(table, np.array([day_of[one].toordinal() for one in ids], np.int64))
