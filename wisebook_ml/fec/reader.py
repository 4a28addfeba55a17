"""Reads a FEC as it is found in the wild: entries as events, and a report of what is not compliant.

Source: article A47 A-1 of the Livre des procédures fiscales.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from schemas import Ecriture, from_minor
from wisebook_ml.fec.checks import check_entries, check_file, check_numbering
from wisebook_ml.fec.dialect import HEAD, SEPARATORS, Dialect
from wisebook_ml.fec.encoding import Scan, scan
from wisebook_ml.fec.exercice import Fiscal, fiscal_year, is_opening
from wisebook_ml.fec.findings import QUOTED, REJECTING, Code, Finding, Findings
from wisebook_ml.fec.grouping import Group, group
from wisebook_ml.fec.lines import LONGEST_LINE, physical_lines
from wisebook_ml.fec.parse import LONGEST_CODE, LineParser, Row

__all__ = ["Fec", "FecReport", "read_fec"]

ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO 8859-15",
    "cp850": "DOS 850",
}


@dataclass(frozen=True, slots=True)
class FecReport:
    """What was found in a file. ``lines`` = accepted + ``rejected``; header and empty lines are no lines.

    `debit` and `credit` are the totals of the accepted lines, as decimal strings. `findings` lists up to
    `wisebook_ml.fec.findings.LISTED_PER_CODE` findings per code, in the order of the file; `findings_total` counts
    them all.
    """

    file: str
    encoding: str
    separator: str
    columns: int
    exercice: str
    lines: int
    entries: int
    debit: str
    credit: str
    rejected: int
    findings: list[Finding]
    findings_total: dict[str, int]

    def as_dict(self, lang: str = "en") -> dict[str, object]:
        """Return the report for JSON, with the messages in French (``"fr"``) or English."""
        return {
            "file": self.file,
            "encoding": self.encoding,
            "separator": self.separator,
            "columns": self.columns,
            "exercice": self.exercice,
            "lines": self.lines,
            "entries": self.entries,
            "debit": self.debit,
            "credit": self.credit,
            "rejected": self.rejected,
            "findings": [
                {
                    "code": finding.code.value,
                    "line": finding.line or None,
                    "column": finding.column or None,
                    "value": finding.value or None,
                    "rejected": finding.code in REJECTING,
                    "message": finding.message(lang),
                }
                for finding in self.findings
            ],
            "findings_total": self.findings_total,
        }


class Fec:
    """A file read: its `report`, and its entries by iteration (as often as wanted), in the order of their first line.

    The parsed lines are held in memory, about 0.5 kB each, since lines of an entry may be far apart; the events are
    made one at a time.
    """

    def __init__(self, report: FecReport, groups: list[Group], fiscal: Fiscal, societe_id: int) -> None:
        self.report = report
        self._groups = groups
        self._fiscal = fiscal
        self._societe_id = societe_id

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Ecriture]:
        for found in self._groups:
            first = found.first
            yield Ecriture(
                societe_id=self._societe_id,
                ecriture_id=found.ecriture_id(self._fiscal.label(first.date)),
                exercice=self._fiscal.exercice(first.date),
                journal_code=first.journal,
                journal_lib=first.journal_lib,
                ecriture_num=first.num[:LONGEST_CODE],
                ecriture_date=first.date,
                valid_date=next((row.valid for row in found.rows if row.valid is not None), None),
                lignes=[row.ligne for row in found.rows],
            )


def read_fec(
    path: Path,
    *,
    societe_id: int,
    exercice: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Fec:
    """Read a FEC.

    Nothing is lost in silence: each line of the file is part of an entry, or rejected with a finding that has its
    number, or empty. An entry that lost a line goes on with the others. Read, with a finding where the article does
    not allow it: tab, pipe, semicolon or comma; UTF-8, UTF-16, Windows-1252, ISO 8859-15, DOS 850; LF, CRLF, CR;
    padded fields; a separator too many at the end; no header; columns in any order and case, missing or further ones
    (of the four of cash-basis regimes nothing is kept); Montant and Sens for Debit and Credit.

    The ids of entries follow from fiscal year, journal and number ("2022:VE:00000123"), where the numbers are of no
    use from date, piece and an ordinal (`wisebook_ml.fec.grouping`): the same file, or a corrected one, gives the
    same ids again.

    Parameters
    ----------
    path : Path
        The file.
    societe_id : int
        Company of the entries.
    exercice : str, optional
        Fiscal year of all entries ("2025", "2024-09-01/2025-08-31"); else it follows from the closing date in the
        file's name and the dates of the entries. It is part of the ids: give it for files of a part of a year that
        is no calendar year, if their names have no closing date.
    on_progress : callable, optional
        Told the number of bytes read, again and again; they add up to the size of the file less its byte order mark.

    Raises
    ------
    NotAFecError
        The file is empty, or something else than a FEC.
    OSError
        It cannot be read.
    ValueError
        `exercice` is none.

    Examples
    --------
    >>> fec = read_fec(Path("732829320FEC20241231.txt"), societe_id=7)  # doctest: +SKIP
    >>> fec.report.lines, fec.report.rejected, len(fec)  # doctest: +SKIP
    (1200, 0, 410)
    """
    given = Fiscal.parse(exercice) if exercice is not None else None
    findings = Findings()
    scanned = scan(path)
    _check_encoding(scanned, findings)
    source = _texts(path, scanned, on_progress, findings)
    head = list(islice(source, HEAD))
    dialect = Dialect.detect([(number, text) for number, text, size in head if not size], path, findings)
    parser = LineParser(dialect, findings)
    rows = list(_rows(chain(head, source), dialect, parser, findings))
    if not rows and not parser.rejected:
        findings.add(Code.FICHIER_SANS_LIGNE)
    fiscal = given or _fiscal(path, rows)
    grouping = group(rows)
    check_file(path, fiscal, _span(rows), findings)
    check_entries(grouping, parser.lost, fiscal, findings)
    check_numbering(grouping, findings)
    if parser.debit != parser.credit:
        findings.add(Code.FICHIER_DESEQUILIBRE, value=from_minor(parser.debit - parser.credit))
    report = FecReport(
        file=path.name,
        encoding=ENCODING_NAMES[scanned.encoding] + (" BOM" if scanned.bom else ""),
        separator=SEPARATORS[dialect.separator],
        columns=dialect.width,
        exercice=", ".join(sorted({fiscal.exercice(found.first.date) for found in grouping.groups})),
        lines=len(rows) + parser.rejected,
        entries=len(grouping.groups),
        debit=from_minor(parser.debit),
        credit=from_minor(parser.credit),
        rejected=parser.rejected,
        findings=findings.listed(),
        findings_total={code.value: count for code, count in findings.totals.items()},
    )
    return Fec(report, grouping.groups, fiscal, societe_id)


def _rows(
    lines: Iterable[tuple[int, str, int]], dialect: Dialect, parser: LineParser, findings: Findings
) -> Iterator[Row]:
    """Yield the lines that are lines of an entry; the others are findings."""
    for number, text, size in lines:
        if number < dialect.first:
            if number != dialect.header:
                parser.reject(Code.AVANT_ENTETE, number, value=text)
        elif size:
            parser.reject(Code.LIGNE_TROP_LONGUE, number, value=text, detail=size, expected=LONGEST_LINE)
        elif _blank(text, dialect.separator):
            findings.add(Code.LIGNE_VIDE, number)
        elif (row := parser.parse(number, text)) is not None:
            yield row


def _texts(
    path: Path, scanned: Scan, on_progress: Callable[[int], None] | None, findings: Findings
) -> Iterator[tuple[int, str, int]]:
    """Yield number, text, and length if too long (else 0) of each line that is not empty."""
    encoding = "utf-8" if scanned.encoding.startswith("utf-16") else scanned.encoding
    for number, raw, size in physical_lines(path, scanned, on_progress):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            text = raw.decode(scanned.fallback, "replace")
            if not size:
                name = ENCODING_NAMES[scanned.fallback]
                findings.add(Code.CARACTERE_ILLISIBLE, number, value=text, detail=name)
        if "\0" in text or "\ufffd" in text:
            text = text.replace("\0", " ")
            findings.add(Code.CARACTERE_ILLISIBLE, number, value=text, detail="NUL, U+FFFD")
        if "\r" in text:
            text = text.rstrip("\r")
            if "\r" in text:
                text = text.replace("\r", " ")
                findings.add(Code.SAUT_DANS_LIGNE, number, value=text)
        if text and not text.isspace():
            yield number, text[:QUOTED] if size else text, size
        else:
            findings.add(Code.LIGNE_VIDE, number)


def _blank(text: str, separator: str) -> bool:
    """Say whether a line has separators and spaces only."""
    # The first character tells of nearly every line that it is not blank.
    return (text[0] == separator or text[0].isspace()) and not text.replace(separator, "").strip()


def _check_encoding(scanned: Scan, findings: Findings) -> None:
    windows = scanned.encoding == "cp1252" and scanned.controls  # without those characters it is ISO 8859 too
    if windows or scanned.encoding in ("cp850", "utf-16-le", "utf-16-be"):
        name = ENCODING_NAMES[scanned.encoding]
        findings.add(Code.ENCODAGE, value=name, detail=name)


def _fiscal(path: Path, rows: list[Row]) -> Fiscal:
    dates: Counter[dt.date] = Counter(row.date for row in rows)
    opening = {journal for journal in {(row.journal, row.journal_lib) for row in rows} if is_opening(*journal)}
    openings = {row.date for row in rows if (row.journal, row.journal_lib) in opening}
    return fiscal_year(path.name, dates, openings)


def _span(rows: list[Row]) -> str:
    if not rows:
        return ""
    dates = {row.date for row in rows}
    return f"{min(dates).isoformat()} - {max(dates).isoformat()}"
