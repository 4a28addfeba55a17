"""Checks of entries, journals and the whole file (those of a line are made where it is parsed).

Sources: article A47 A-1 LPF; "Test Compta Demat" (DGFiP) for the file's name. The tester does not look at balances;
an auditor expects each entry to balance, to have one date and one piece date, and numbers to increase without gaps.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from schemas import from_minor
from wisebook_ml.fec.exercice import FILE_NAME, Fiscal
from wisebook_ml.fec.findings import Code, Findings
from wisebook_ml.fec.grouping import LONGEST_ENTRY, Group, Grouping

__all__ = ["check_entries", "check_file", "check_numbering"]

NAMED = 5
"""Values named in one finding; more would hide the point."""

_NUMBER = re.compile(r"(.*?)([0-9]{1,18})")


def check_file(path: Path, fiscal: Fiscal, span: str, findings: Findings) -> None:
    """Check the file's name, and its closing date against `span`, the first and last date of the entries."""
    if FILE_NAME.fullmatch(path.name) is None:
        findings.add(Code.NOM_FICHIER, value=path.name)
    if fiscal.closing is not None and not fiscal.agrees:
        findings.add(Code.CLOTURE_INCOHERENTE, value=fiscal.closing.isoformat(), detail=span)


def check_entries(grouping: Grouping, lost: list[tuple[int, str, str]], fiscal: Fiscal, findings: Findings) -> None:
    """Check each entry: balance, one date, one piece date, within the fiscal year, complete.

    Parameters
    ----------
    grouping : Grouping
        The entries.
    lost : list of (int, str, str)
        Line, journal and number of the rejected lines.
    fiscal : Fiscal
        The fiscal year.
    findings : Findings
        Where findings go.
    """
    by_line = {line: journal for line, journal, _ in lost}
    by_number: dict[tuple[str, str], list[int]] = {}
    for line, journal, num in lost:
        by_number.setdefault((journal, num), []).append(line)
    unbalanced: dict[str, list[Group]] = {}
    names: dict[str, dict[str, int]] = {}
    for group in grouping.groups:
        first = group.first
        balance = sum(row.net for row in group.rows)
        if balance:
            findings.add(Code.ECRITURE_DESEQUILIBREE, first.line, value=from_minor(balance), detail=group.name)
            if group.numbered:
                unbalanced.setdefault(first.num, []).append(group)
        if lost and (lines := _rejected(group, by_number, by_line, balance)):
            value = ", ".join(map(str, lines[:NAMED])) + ("…" if len(lines) > NAMED else "")
            findings.add(Code.ECRITURE_INCOMPLETE, first.line, value=value, detail=group.name)
        if len(dates := {row.date for row in group.rows}) > 1:
            value = ", ".join(day.isoformat() for day in sorted(dates)[:NAMED])
            findings.add(Code.ECRITURE_DATES, first.line, column="EcritureDate", value=value, detail=group.name)
        if len(pieces := {row.ligne.piece_date for row in group.rows if row.ligne.piece_date is not None}) > 1:
            value = ", ".join(day.isoformat() for day in sorted(pieces)[:NAMED])
            findings.add(Code.ECRITURE_DATES_PIECE, first.line, column="PieceDate", value=value, detail=group.name)
        if not fiscal.contains(first.date):
            findings.add(
                Code.HORS_EXERCICE,
                first.line,
                column="EcritureDate",
                value=first.date.isoformat(),
                detail=group.name,
                expected=fiscal.exercice(first.date),
            )
        if group.key[-1] == "#1" and len(group.rows) == LONGEST_ENTRY:
            value = f"> {LONGEST_ENTRY}"
            findings.add(Code.ECRITURE_TROP_LONGUE, first.line, value=value, detail=group.name, expected=LONGEST_ENTRY)
        for row in group.rows:
            names.setdefault(row.journal, {}).setdefault(row.journal_lib, row.line)
    for num, groups in unbalanced.items():
        journals = {group.first.journal for group in groups}
        if len(journals) > 1 and sum(row.net for group in groups for row in group.rows) == 0:
            findings.add(
                Code.ECRITURE_JOURNAUX,
                min(group.first.line for group in groups),
                value=", ".join(sorted(journals)),
                detail=num,
            )
    for journal, found in names.items():
        if len(found) > 1:
            line = sorted(found.values())[1]
            value = ", ".join(list(found)[:NAMED])
            findings.add(Code.JOURNAL_LIBELLES, line, column="JournalLib", value=value, detail=journal)


def check_numbering(grouping: Grouping, findings: Findings) -> None:
    """Check that numbers increase in each journal, in the order of the file, and that none is missing.

    Some programs number each journal, some the whole ledger: gaps are looked for in both ways, and the way that has
    fewer counts.
    """
    for journal in grouping.useless:
        findings.add(Code.NUMEROTATION_INUTILISABLE, value=journal)
    if grouping.repeated:
        repeated = grouping.repeated
        findings.add(Code.NUMEROTATION_REPETEE, value=" ".join(repeated[0]), detail=len(repeated))
        return
    series: dict[tuple[str, str], list[tuple[int, int]]] = {}
    last: dict[str, tuple[str, int]] = {}
    for group in grouping.groups:
        match = _NUMBER.fullmatch(group.first.num)
        if not group.numbered or match is None:
            continue
        first = group.first
        prefix, number = match[1], int(match[2])
        before = last.get(first.journal)
        if before is not None and before[0] == prefix and number < before[1]:
            findings.add(
                Code.NUMEROTATION_DESORDRE,
                first.line,
                column="EcritureNum",
                value=first.num,
                detail=first.journal,
                expected=f"{prefix}{before[1]}",
            )
        last[first.journal] = (prefix, number)
        series.setdefault((first.journal, prefix), []).append((number, first.line))
    by_journal = [
        (f"journal {journal}", prefix, *gap) for (journal, prefix), numbers in series.items() for gap in _gaps(numbers)
    ]
    whole: dict[str, list[tuple[int, int]]] = {}
    for (_, prefix), numbers in series.items():
        whole.setdefault(prefix, []).extend(numbers)
    by_file = [("*", prefix, *gap) for prefix, numbers in whole.items() for gap in _gaps(numbers)]
    for name, prefix, low, high, line in min(by_journal, by_file, key=len):
        value = f"{prefix}{low}" if low == high else f"{prefix}{low}-{prefix}{high}"
        findings.add(Code.NUMEROTATION_TROU, line, column="EcritureNum", value=value, detail=name)


def _rejected(
    group: Group, by_number: dict[tuple[str, str], list[int]], by_line: dict[int, str], balance: int
) -> list[int]:
    """Return the rejected lines of an entry: those of its number; without numbers, those next to its lines."""
    if group.numbered:
        return by_number.get((group.first.journal, group.first.num), [])
    if not balance:
        return []
    around = {line for row in group.rows for line in (row.line - 1, row.line + 1)}
    return sorted(line for line in around if by_line.get(line) in ("", group.first.journal))


def _gaps(numbers: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield first and last missing number, and the line of the number after them."""
    numbers = sorted(numbers)
    for (before, _), (after, line) in pairwise(numbers):
        if after > before + 1:
            yield before + 1, after - 1, line
