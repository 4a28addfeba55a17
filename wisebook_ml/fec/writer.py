"""Writes entries as a FEC: 18 columns, tab, UTF-8 without BOM, CRLF, decimal comma.

Source: article A47 A-1 of the Livre des procédures fiscales, VII and VIII.
"""

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

from schemas import Ecriture, Ligne, Operation, from_minor, to_minor
from wisebook_ml.fec.columns import HEADER
from wisebook_ml.fec.exceptions import FecWriteError

__all__ = ["fec_file_name", "write_fec"]

SEPARATOR = "\t"
LINE_END = "\r\n"

SIREN_DIGITS = 9
"""A company's number in the register of INSEE; a SIRET (14) begins with it."""

# What would end a field or a line when read back: the separators of the FEC, and every other character
# that `str.splitlines` takes for a line end.
_BREAKS = re.compile(r"[\t|\x00-\x1f\x7f\x85\u2028\u2029]+")


def fec_file_name(siren: str, cloture: dt.date) -> str:
    """Return the file name the tax authority asks for.

    Parameters
    ----------
    siren : str
        SIREN of the company, nine digits; spaces are taken out.
    cloture : datetime.date
        Last day of the fiscal year.

    Examples
    --------
    >>> fec_file_name("732 829 320", dt.date(2024, 12, 31))
    '732829320FEC20241231.txt'
    """
    digits = "".join(siren.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == SIREN_DIGITS):
        raise ValueError(f"a SIREN has {SIREN_DIGITS} digits: {siren!r}")
    return f"{digits}FEC{_date(cloture)}.txt"


def write_fec(ecritures: Iterable[Ecriture], path: Path) -> int:
    """Write entries as a FEC, in the order given, and return the number of lines written (header excluded).

    Nothing is invented: a field that an entry leaves empty stays empty, also where the article wants it
    filled (`wisebook_ml.fec.read_fec` then says so). Tabs, pipes and line ends inside texts become a space.
    Which revision of an entry goes into the ledger is the caller's choice; deleted entries (SUPPRESSION)
    are left out.

    The file appears under its name only when it is whole; until then it is called ``path`` + ``.part``.

    Parameters
    ----------
    ecritures : iterable of Ecriture
        May be a generator: one entry at a time is held.
    path : Path
        Target; an existing file is replaced. See `fec_file_name`.

    Raises
    ------
    FecWriteError
        An entry has an amount that is not one (it was made without validation).

    References
    ----------
    Article A47 A-1 of the Livre des procédures fiscales.
    """
    part = path.with_name(path.name + ".part")
    written = 0
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            out.write(SEPARATOR.join(HEADER) + LINE_END)
            for ecriture in ecritures:
                if ecriture.operation is Operation.SUPPRESSION:
                    continue
                head = _head(ecriture)
                valid = _date(ecriture.valid_date)
                for ligne in ecriture.lignes:
                    try:
                        fields = head + _line(ligne, valid)
                    except ValueError as error:
                        raise FecWriteError(
                            path,
                            f"entry {ecriture.ecriture_id}: {error}",
                            f"écriture {ecriture.ecriture_id} : {error}",
                            line=written + 2,
                        ) from error
                    out.write(SEPARATOR.join(fields) + LINE_END)
                    written += 1
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return written


def _head(ecriture: Ecriture) -> list[str]:
    """Return columns 1 to 4."""
    return [
        _text(ecriture.journal_code),
        _text(ecriture.journal_lib),
        _text(ecriture.ecriture_num),
        _date(ecriture.ecriture_date),
    ]


def _line(ligne: Ligne, valid: str) -> list[str]:
    """Return columns 5 to 18."""
    return [
        _text(ligne.compte_num),
        _text(ligne.compte_lib),
        _text(ligne.comp_aux_num),
        _text(ligne.comp_aux_lib),
        _text(ligne.piece_ref),
        _date(ligne.piece_date),
        _text(ligne.ecriture_lib),
        _amount(ligne.debit),
        _amount(ligne.credit),
        _text(ligne.ecriture_let),
        _date(ligne.date_let),
        valid,
        (ligne.montant_devise or "").replace(".", ","),
        _text(ligne.idevise),
    ]


def _text(value: str) -> str:
    return _BREAKS.sub(" ", value).strip()


def _date(value: dt.date | None) -> str:
    # Not strftime: it writes the year 987 with three digits.
    return "" if value is None else f"{value.year:04d}{value.month:02d}{value.day:02d}"


def _amount(value: str) -> str:
    return from_minor(to_minor(value)).replace(".", ",")
