"""Verdicts and treasury positions in files: JSON Lines, and CSV for positions."""

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from schemas import Avis, PositionTresorerie

__all__ = ["CSV_COLUMNS", "RecordFile", "read_avis", "read_positions"]

T = TypeVar("T")

CSV_COLUMNS = ("societe_id", "compte_num", "date", "solde", "entrees", "sorties", "devise", "revision")
"""Columns of a CSV file of positions; the last four may be left out, and the first where the company is told."""

NEEDED = CSV_COLUMNS[:4]

AMOUNTS = ("solde", "entrees", "sorties")

SPACES = str.maketrans("", "", " \u00a0\u202f")
"""What spreadsheets group digits with."""

AN_AMOUNT = "is no amount: write 1234.50, with at most eleven digits and two decimals"

EXPECTED = {
    "societe_id": "is no company's number: write a whole number from 1 on",
    "compte_num": "is no account number: write 1 to 64 characters, such as 512100",
    "date": "is no date: write AAAA-MM-JJ, such as 2024-01-31",
    "solde": AN_AMOUNT,
    "entrees": AN_AMOUNT,
    "sorties": AN_AMOUNT,
    "devise": "is no currency: write its three capital letters, such as EUR",
    "revision": "is no revision: write a whole number from 1 on; a correction has a higher one",
}
"""What a value of each column that does not fit is told."""

UN_MONTANT = "n'est pas un montant : écrire 1234.50, onze chiffres et deux décimales au plus"

ATTENDU = {
    "societe_id": "n'est pas un numéro de société : écrire un nombre entier à partir de 1",
    "compte_num": "n'est pas un numéro de compte : écrire 1 à 64 caractères, comme 512100",
    "date": "n'est pas une date : écrire AAAA-MM-JJ, comme 2024-01-31",
    "solde": UN_MONTANT,
    "entrees": UN_MONTANT,
    "sorties": UN_MONTANT,
    "devise": "n'est pas une devise : écrire ses trois lettres majuscules, comme EUR",
    "revision": "n'est pas une révision : écrire un nombre entier à partir de 1 ; une correction en a une plus élevée",
}
"""The same in French."""

FIELD = re.compile(rf"`\$\.({'|'.join(EXPECTED)})`")
"""How an error names the field it arose in."""

MAX_LINE = 1_000_000
"""Longest line that can be a record: a longer one is of another kind of file, and is passed over without being held."""


@dataclass(slots=True)
class RecordFile(Generic[T]):
    """Records read from a file.

    Attributes
    ----------
    records : list
        In the order of the file.
    rejected : list of str
        Lines that are none: file, line and reason.
    """

    records: list[T] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)


class _Moment(msgspec.Struct):
    """The field beside a verdict's own that says when it was given."""

    publie_le: dt.datetime | None = None


def read_avis(path: Path) -> RecordFile[tuple[dt.datetime | None, Avis]]:
    """Read verdicts, one a line, each with its moment where a field `publie_le` tells it.

    Raises
    ------
    OSError
        Where the file cannot be read.
    """
    avis = msgspec.json.Decoder(Avis).decode
    moment = msgspec.json.Decoder(_Moment).decode

    def read(line: bytes) -> tuple[dt.datetime | None, Avis]:
        le = moment(line).publie_le
        if le is not None and le.tzinfo is None:
            raise ValueError("`publie_le` needs a time zone, such as 2024-01-31T09:00:00+01:00")
        return le, avis(line)

    return _read_json_lines(path, read)


def read_positions(path: Path, societe_id: int | None = None, lang: str = "en") -> RecordFile[PositionTresorerie]:
    """Read treasury positions: CSV where the name ends in ``.csv``, else JSON, one a line.

    Columns of a CSV file are separated by commas or semicolons; with semicolons, amounts may have a decimal comma, as
    French spreadsheets write them.

    Parameters
    ----------
    path : Path
        The file.
    societe_id : int, optional
        The company of a CSV file's lines that name none.
    lang : str
        ``"fr"`` or ``"en"``: of what is said of lines of a CSV file.

    Raises
    ------
    OSError
        Where the file cannot be read.
    ValueError
        Where a CSV file lacks a column; the message names those it needs.
    """
    if path.suffix.lower() == ".csv":
        return _read_csv(path, societe_id, lang)
    return _read_json_lines(path, msgspec.json.Decoder(PositionTresorerie).decode)


def _read_json_lines(path: Path, read: Callable[[bytes], T]) -> RecordFile[T]:
    found = RecordFile[T]()
    for number, line in _numbered(path):
        if line is None:
            found.rejected.append(f"{path}:{number}: longer than {MAX_LINE:,} bytes, which no such record is")
        elif line.strip():
            try:
                found.records.append(read(line))
            except (ValueError, RecursionError) as error:  # msgspec's errors and Unicode's are ValueErrors
                found.rejected.append(f"{path}:{number}: {error}")
    return found


def _numbered(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of a file with their numbers; None for one that is too long."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            too_long = len(line) > MAX_LINE
            while len(line) > MAX_LINE and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE + 1)
            yield number, None if too_long else line


def _read_csv(path: Path, societe_id: int | None, lang: str) -> RecordFile[PositionTresorerie]:
    found = RecordFile[PositionTresorerie]()
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        head = file.readline()
        file.seek(0)
        semicolons = head.count(";") > head.count(",")
        rows = csv.DictReader(file, delimiter=";" if semicolons else ",")
        missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
        if societe_id is not None:
            missing = [name for name in missing if name != "societe_id"]
        if missing:
            if lang == "fr":
                raise ValueError(
                    f"{path} : la première ligne doit nommer les colonnes {', '.join(CSV_COLUMNS)} (les quatre "
                    f"dernières sont facultatives, la première aussi avec --societe) ; manque : {', '.join(missing)}"
                )
            raise ValueError(
                f"{path}: the first line must name the columns {', '.join(CSV_COLUMNS)} (the last four may be left "
                f"out, and the first if --societe tells it); missing: {', '.join(missing)}"
            )
        while True:
            try:
                row = next(rows, None)
            except csv.Error as error:
                found.rejected.append(f"{path}:{rows.line_num}: {error}")
                continue
            if row is None:
                return found
            if None in row:  # the csv module keeps under it what has no column
                more = (
                    "a plus de valeurs que la première ligne n'a de colonnes"
                    if lang == "fr"
                    else "has more values than the first line has columns"
                )
                found.rejected.append(f"{path}:{rows.line_num}: {more}")
                continue
            given = {name: (row[name] or "").strip() for name in CSV_COLUMNS if row.get(name)}
            _take_row(found, given, f"{path}:{rows.line_num}", societe_id, lang, decimal_commas=semicolons)


def _take_row(
    found: RecordFile[PositionTresorerie],
    given: dict[str, str],
    where: str,
    societe_id: int | None,
    lang: str,
    *,
    decimal_commas: bool,
) -> None:
    """Take a line of a table, or say what is wrong with it."""
    values = dict(given)
    if societe_id is not None:
        values.setdefault("societe_id", str(societe_id))
    if decimal_commas:
        for name in AMOUNTS:
            if name in values:
                values[name] = values[name].translate(SPACES).replace(",", ".")
    try:
        found.records.append(msgspec.convert(values, PositionTresorerie, strict=False))
    except ValueError as error:
        named = FIELD.search(str(error))
        if named is None:
            found.rejected.append(f"{where}: {error}")
        else:
            name = named.group(1)
            expected = ATTENDU if lang == "fr" else EXPECTED
            found.rejected.append(f"{where}: {name} {given.get(name, '')!r} {expected[name]}")
