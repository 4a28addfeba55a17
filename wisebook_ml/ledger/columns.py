"""Where a scanned entry is put: two tables of whole numbers, one row a column, one position an entry or a line.

One table of all columns is one allocation and one argument of a compiled function; a row of it is a contiguous array.
"""

from schemas import Ecriture, Ligne

__all__ = [
    "ENTRY_COLUMNS",
    "ENTRY_ROWS",
    "ENTRY_TEXTS",
    "LINE_COLUMNS",
    "LINE_ROWS",
    "LINE_TEXTS",
    "NO_TIME",
    "ROOT_DIGITS",
    "UNKNOWN_ROOT",
    "entry_row",
    "line_row",
]

NO_TIME = -(2**63)
"""In a column of moments: not known."""

UNKNOWN_ROOT = -1
"""Root of an account number that does not start with digits (the FEC asks for three)."""

ROOT_DIGITS = 5
"""Digits of an account that controls look at: the PCG defines accounts down to five (44566, 44571)."""

ENTRY_COLUMNS = (
    "societe",
    "revision",
    "operation",
    "origine",
    "day",
    "valid",
    "saisie",
    "total_debit",
    "total_credit",
    "total",
)
ENTRY_TEXTS = ("ecriture_id", "exercice", "journal_code", "ecriture_num", "saisie_par")
ENTRY_ROWS = len(ENTRY_COLUMNS) + 2 * len(ENTRY_TEXTS)

LINE_COLUMNS = (
    "entry_of",
    "debit",
    "credit",
    "net",
    "amount",
    "on_debit",
    "root",
    "piece_date",
    "date_let",
    "date_echeance",
)
LINE_TEXTS = (
    "compte_num",
    "comp_aux_num",
    "comp_aux_lib",
    "piece_ref",
    "ecriture_lib",
    "ecriture_let",
    "idevise",
    "montant_devise",
    "iban_empreinte",
)
LINE_ROWS = len(LINE_COLUMNS) + 2 * len(LINE_TEXTS)

assert set(ENTRY_TEXTS) <= set(Ecriture.__struct_fields__)
assert set(LINE_TEXTS) <= set(Ligne.__struct_fields__)


def entry_row(name: str) -> int:
    """Return the row of an entry's column, or of where an entry's text starts; its length is in the next row."""
    return _row(name, ENTRY_COLUMNS, ENTRY_TEXTS)


def line_row(name: str) -> int:
    """Return the row of a line's column, or of where a line's text starts; its length is in the next row."""
    return _row(name, LINE_COLUMNS, LINE_TEXTS)


def _row(name: str, columns: tuple[str, ...], texts: tuple[str, ...]) -> int:
    return columns.index(name) if name in columns else len(columns) + 2 * texts.index(name)
