"""`wisebook-ml fec`: looks at ledgers in the tax authority's format, without any broker."""

import json
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from wisebook_ml.fec import Fec, FecReport, Finding, NotAFecError, read_fec
from wisebook_ml.fec.findings import REJECTING

__all__ = ["fail_fec", "fec"]

READABLE, LINES_REJECTED, NOT_A_FEC = 0, 1, 2
"""Exit statuses of `check`."""

FIRST_LINES = 5
"""Line numbers shown per code; --json has the others."""

_WORDS = {
    "en": {
        "file": "File",
        "dialect": "Read as",
        "exercice": "Fiscal year",
        "lines": "Lines",
        "rejected": "of which rejected",
        "entries": "Entries",
        "debit": "Debit",
        "credit": "Credit",
        "code": "Code",
        "count": "Count",
        "at": "First lines",
        "first": "First finding",
        "none": "No finding: the file is compliant.",
        "columns": "columns",
        "reading": "Reading",
    },
    "fr": {
        "file": "Fichier",
        "dialect": "Lu comme",
        "exercice": "Exercice",
        "lines": "Lignes",
        "rejected": "dont rejetées",
        "entries": "Écritures",
        "debit": "Débit",
        "credit": "Crédit",
        "code": "Code",
        "count": "Nombre",
        "at": "Premières lignes",
        "first": "Premier constat",
        "none": "Aucun constat : le fichier est conforme.",
        "columns": "colonnes",
        "reading": "Lecture",
    },
}


@click.group()
def fec() -> None:
    """French ledger files (FEC, article A47 A-1 LPF)."""


@fec.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--societe", type=click.IntRange(min=1), default=1, show_default=True, help="Company of the entries.")
@click.option("--exercice", help="Fiscal year: AAAA or AAAA-MM-JJ/AAAA-MM-JJ; otherwise it is inferred.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="en", show_default=True, help="Language of messages.")
@click.pass_context
def check(context: click.Context, file: Path, as_json: bool, societe: int, exercice: str | None, lang: str) -> None:
    """Read FILE as a FEC and say what is not compliant.

    Exit status: 0 if all lines could be read, 1 if lines were rejected, 2 if the file is no FEC.
    """
    words = _WORDS[lang]
    try:
        ledger = _read(file, societe, exercice, words["reading"])
    except NotAFecError as error:
        fail_fec(context, error.message(lang), as_json, file, error.line)
    except OSError as error:
        fail_fec(context, f"{file}: {error.strerror or error}", as_json, file)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--exercice") from error
    else:
        report = ledger.report
        if as_json:
            click.echo(json.dumps(report.as_dict(lang), ensure_ascii=False))
        else:
            _print(report, words, lang)
        context.exit(LINES_REJECTED if report.rejected else READABLE)


def _read(file: Path, societe: int, exercice: str | None, title: str) -> Fec:
    """Read with a progress bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return read_fec(file, societe_id=societe, exercice=exercice)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=file.stat().st_size)
        return read_fec(file, societe_id=societe, exercice=exercice, on_progress=partial(progress.advance, task))


def fail_fec(context: click.Context, message: str, as_json: bool, file: Path, line: int | None = None) -> None:
    """Say why a file is not readable as a FEC, for a person or a program, and end with status 2."""
    if as_json:
        click.echo(json.dumps({"file": file.name, "line": line, "error": message}, ensure_ascii=False))
    else:
        click.echo(message, err=True)
    context.exit(NOT_A_FEC)


def _print(report: FecReport, words: dict[str, str], lang: str) -> None:
    console = Console()
    summary = Table(show_header=False, box=None)
    summary.add_column(style="bold")
    summary.add_column()
    dialect = f"{report.encoding}, {report.separator}, {report.columns} {words['columns']}"
    for word, value in (
        ("file", report.file),
        ("dialect", dialect),
        ("exercice", report.exercice),
        ("lines", f"{report.lines} ({words['rejected']} {report.rejected})"),
        ("entries", str(report.entries)),
        ("debit", report.debit),
        ("credit", report.credit),
    ):
        summary.add_row(words[word], Text(value))
    console.print(summary)
    if not report.findings:
        console.print(words["none"])
        return
    grouped: dict[str, list[Finding]] = {}
    for finding in report.findings:
        grouped.setdefault(finding.code, []).append(finding)
    table = Table(words["code"], words["count"], words["at"], words["first"])
    table.columns[0].no_wrap = True
    table.columns[1].justify = "right"
    # Rejected lines first, then the most frequent.
    codes = sorted(grouped, key=lambda code: (code not in REJECTING, -report.findings_total[code]))
    for code in codes:
        found = grouped[code]
        lines = list(dict.fromkeys(str(finding.line) for finding in found if finding.line))
        shown = ", ".join(lines[:FIRST_LINES]) + (", …" if len(lines) > FIRST_LINES else "")
        first = found[0]
        message = first.message(lang) + (f" [{first.value}]" if first.value not in first.message(lang) else "")
        style = "red" if code in REJECTING else ""
        table.add_row(Text(code, style=style), str(report.findings_total[code]), shown, Text(message))
    console.print(table)
