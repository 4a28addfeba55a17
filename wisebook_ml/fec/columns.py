"""The columns of the FEC: the 18 of every ledger and the 4 that cash-basis regimes add.

Source: article A47 A-1 of the Livre des procédures fiscales, VII.
"""

from enum import IntEnum

__all__ = ["CASH_BASIS", "HEADER", "MANDATORY", "STANDARD", "Column"]


class Column(IntEnum):
    """A column, by its place in the standard order."""

    JournalCode = 0
    JournalLib = 1
    EcritureNum = 2
    EcritureDate = 3
    CompteNum = 4
    CompteLib = 5
    CompAuxNum = 6
    CompAuxLib = 7
    PieceRef = 8
    PieceDate = 9
    EcritureLib = 10
    Debit = 11
    Credit = 12
    EcritureLet = 13
    DateLet = 14
    ValidDate = 15
    Montantdevise = 16
    Idevise = 17
    DateRglt = 18
    ModeRglt = 19
    NatOp = 20
    IdClient = 21


STANDARD = tuple(column for column in Column if column <= Column.Idevise)
"""The 18 columns every FEC has."""

CASH_BASIS = tuple(column for column in Column if column > Column.Idevise)
"""What cash-basis regimes (BNC, BA) add: settlement date, means of payment, nature, client."""

MANDATORY = (
    Column.JournalCode,
    Column.JournalLib,
    Column.EcritureNum,
    Column.EcritureDate,
    Column.CompteNum,
    Column.CompteLib,
    Column.PieceRef,
    Column.PieceDate,
    Column.EcritureLib,
    Column.ValidDate,
)
"""What the article wants filled on each line; the other fields may be left blank ("à blanc si non utilisé").

Debit and Credit are mandatory too, one of them at least; see `wisebook_ml.fec.parse`.
"""

HEADER = tuple(column.name for column in STANDARD)
"""The header of a compliant file."""
