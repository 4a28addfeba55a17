"""Finds out how a file is laid out: separator, header, columns.

Source: article A47 A-1 LPF: tab or pipe, 18 named columns; `Montant` and `Sens` may stand for `Debit` and `Credit`.
"""

import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wisebook_ml.fec.columns import CASH_BASIS, STANDARD, Column
from wisebook_ml.fec.exceptions import NotAFecError
from wisebook_ml.fec.findings import Code, Findings
from wisebook_ml.fec.values import Amounts, Dates

__all__ = ["HEAD", "SEPARATORS", "Dialect", "split"]

SEPARATORS = {"\t": "tab", "|": "|", ";": ";", ",": ","}
"""What fields may be separated with, in the order of trial; the article allows the first two only."""

HEAD = 20
"""Lines at the top that are searched for the header: some programs print a title first."""

ENOUGH_NAMES = 6
"""Known column names that make a line a header: more than chance finds in a line of data, fewer than any FEC has."""

_NAMES = {column.name.casefold(): column for column in Column}
# Montant takes the place of Debit, Sens that of Credit.
_SIGNED_NAMES = {"montant": Column.Debit, "sens": Column.Credit}
_REQUIRED = (Column.JournalCode, Column.EcritureDate, Column.CompteNum, Column.Debit, Column.Credit)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of one file are read.

    Parameters
    ----------
    separator : str
        One of `SEPARATORS`.
    quoted : bool
        Fields may be in double quotes, as in CSV.
    signed : bool
        Column Debit holds Montant, column Credit holds Sens.
    header : int
        Line number of the header; 0 if there is none.
    first : int
        Number of the first line of data.
    width : int
        Fields of a line, a trailing empty one not counted.
    order : tuple of int
        Place in the line of each of the 18 columns; `width` stands for a column that is missing.
    columns : tuple of str
        The header as written.
    """

    separator: str
    quoted: bool
    signed: bool
    header: int
    first: int
    width: int
    order: tuple[int, ...]
    columns: tuple[str, ...]

    @classmethod
    def detect(cls, head: Sequence[tuple[int, str]], path: Path, findings: Findings) -> "Dialect":
        """Return the dialect that the first lines of a file show; what is not compliant goes to `findings`.

        Parameters
        ----------
        head : sequence of (int, str)
            The first non-empty lines, with their numbers.
        path : Path
            For error messages.
        findings : Findings
            Where findings go.

        Raises
        ------
        NotAFecError
            No header and no line in the standard order, or a header without a column that is needed.
        """
        for number, text in head:
            found = _header(text)
            if found is not None:
                return _from_header(number, *found, path, findings)
        for number, text in head:
            if sum(name in _plain(text) for name in _NAMES) >= ENOUGH_NAMES:
                raise NotAFecError(
                    path,
                    "the column names are there, but not separated with a tab or a pipe (|); "
                    "export the ledger anew with one of them",
                    "les noms de colonnes y sont, mais sans tabulation ni | entre eux ; "
                    "refaire l'export avec l'un de ces séparateurs",
                    line=number,
                )
        for number, text in head:
            headless = _headless(text, head[0][0])
            if headless is not None:
                findings.add(Code.ENTETE_ABSENT, number)
                _separator(headless.separator, number, findings)
                return headless
        few = len(head) < 2
        raise NotAFecError(
            path,
            "not a FEC: no header with the columns of article A47 A-1 LPF (JournalCode, JournalLib, ...), "
            f"and no line in their order, {'on its first line' if few else f'among the first {len(head)} lines'}; "
            "check the file and its encoding",
            "pas un FEC : ni en-tête aux colonnes de l'article A47 A-1 LPF (JournalCode, JournalLib, ...), "
            f"ni ligne dans leur ordre, {'sur la première' if few else f'parmi les {len(head)} premières lignes'} ; "
            "vérifier le fichier et son encodage",
            line=head[0][0] if head else None,
        )


def split(text: str, separator: str, quoted: bool) -> list[str]:
    """Return the fields of a line."""
    if quoted and '"' in text:
        return next(csv.reader([text], delimiter=separator), [""])
    return text.split(separator)


def _plain(name: str) -> str:
    """Return a name without accents, case and anything but letters: ``Date Lettrage`` -> ``datelettrage``."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if char.isascii() and char.isalpha())


def _header(text: str) -> tuple[str, bool, list[str]] | None:
    """Return separator, quoting and names if the line is a header."""
    for separator in SEPARATORS:
        quoted = f'"{separator}"' in text
        names = split(text, separator, quoted)
        known = {plain for name in names if (plain := _plain(name)) in _NAMES or plain in _SIGNED_NAMES}
        if len(known) >= ENOUGH_NAMES:
            return separator, quoted, names
    return None


def _from_header(line: int, separator: str, quoted: bool, names: list[str], path: Path, findings: Findings) -> Dialect:
    """Return the dialect of a header."""
    names = [name.strip() for name in names]
    if not names[-1]:
        names.pop()
        findings.add(Code.SEPARATEUR_FINAL, line)
    _separator(separator, line, findings)
    plain = [_plain(name) for name in names]
    signed = "debit" not in plain and "credit" not in plain and {"montant", "sens"} <= set(plain)
    known = _NAMES | _SIGNED_NAMES if signed else _NAMES
    places: dict[Column, int] = {}
    in_place = len(names) >= len(STANDARD) and all(known.get(name, place) == place for place, name in enumerate(plain))
    for place, name in enumerate(plain):
        column = known.get(name)
        if column is None and in_place and place < len(STANDARD):
            # Renamed or misspelt, in a header that otherwise is as it should be.
            places[Column(place)] = place
            findings.add(Code.COLONNE_SUPPOSEE, line, column=Column(place).name, value=names[place])
        elif column is None:
            findings.add(Code.COLONNE_INCONNUE, line, value=names[place])
        elif column in places:
            findings.add(Code.COLONNE_EN_DOUBLE, line, column=column.name)
        else:
            places[column] = place
    lacking = [column.name for column in _REQUIRED if column not in places]
    if lacking:
        raise NotAFecError(
            path,
            f"the header lacks {', '.join(lacking)}; without them no entry can be read",
            f"il manque à l'en-tête {', '.join(lacking)} ; sans quoi aucune écriture ne peut être lue",
            line=line,
        )
    missing = [column for column in STANDARD if column not in places]
    if any(column in places for column in CASH_BASIS):
        missing += [column for column in CASH_BASIS if column not in places]
    for column in missing:
        findings.add(Code.COLONNE_MANQUANTE, line, column=column.name)
    if list(places) != sorted(places):
        findings.add(Code.COLONNES_ORDRE, line)
    return Dialect(
        separator=separator,
        quoted=quoted,
        signed=signed,
        header=line,
        first=line + 1,
        width=len(names),
        order=tuple(places.get(column, len(names)) for column in STANDARD),
        columns=tuple(names),
    )


def _headless(text: str, first: int) -> Dialect | None:
    """Return the dialect if the line is data in the standard order."""
    for separator in SEPARATORS:
        quoted = f'"{separator}"' in text
        fields = [field.strip() for field in split(text, separator, quoted)]
        if fields and not fields[-1] and len(fields) in (len(STANDARD) + 1, len(Column) + 1):
            fields.pop()
        if not len(STANDARD) <= len(fields) <= len(Column):
            continue
        signed = fields[Column.Credit].upper() in ("D", "C")
        amounts = fields[Column.Debit : Column.Credit if signed else Column.Credit + 1]
        if (
            fields[Column.JournalCode]
            and Dates()[fields[Column.EcritureDate]].date is not None
            and all(Amounts()[amount].cents is not None for amount in amounts)
        ):
            return Dialect(
                separator=separator,
                quoted=quoted,
                signed=signed,
                header=0,
                first=first,
                width=len(fields),
                order=tuple(range(len(STANDARD))),
                columns=(),
            )
    return None


def _separator(separator: str, line: int, findings: Findings) -> None:
    if separator not in "\t|":
        findings.add(Code.SEPARATEUR, line, value=separator, detail=SEPARATORS[separator])
