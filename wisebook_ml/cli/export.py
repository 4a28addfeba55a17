"""``wisebook-ml export``: a company's detections of a period, for auditors."""

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from wisebook_ml.cli.failures import saying
from wisebook_ml.clock import utc_now
from wisebook_ml.export import Period, csv_lines, read_period
from wisebook_ml.pseudonyms import Keyring
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import PseudonymKeys, StorageError, open_database

__all__ = ["export"]

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("societe", type=click.IntRange(min=1))
@click.option("--from", "first", type=DAY, required=True, help="First day, by the date of the entries.")
@click.option("--to", "last", type=DAY, required=True, help="Last day.")
@click.option("--format", "kind", type=click.Choice(["csv", "html", "pdf"]), default="csv", show_default=True)
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; by default the output.")
def export(societe: int, first: dt.datetime, last: dt.datetime, kind: str, lang: str, output: Path | None) -> None:
    """Write the detections of company SOCIETE in a period, with their reasons, verdicts and history.

    CSV has all of them, one a line, as spreadsheets of the language read it; html and pdf are a report to be printed.
    """
    period = Period(societe, first.date(), last.date())
    if period.jusque < period.depuis:
        raise click.UsageError(f"--to {period.jusque} is before --from {period.depuis}")
    if output is None and kind == "pdf" and sys.stdout.isatty():
        raise click.UsageError("a PDF does not belong on a screen: name a file with -o")
    with saying(StorageError, OSError):
        pieces = _pieces(period, kind, lang)
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        with output.open("wb") as file:
            for piece in pieces:
                file.write(piece)
    click.echo(f"{output} written", err=True)


def _pieces(period: Period, kind: str, lang: str) -> Iterator[bytes]:
    settings = get_settings()
    engine = open_database(settings.sql_url)
    master, before = (one.get_secret_value() for one in (settings.pseudonym_key, settings.pseudonym_key_before))
    keyring = Keyring(PseudonymKeys(engine), master, before)
    # Whoever has the database and the master key may read the names.
    rows = read_period(engine, period, shown=lambda text: keyring.shown(text, lambda _: True))
    if kind == "csv":
        for piece in csv_lines(rows, lang):
            yield piece.encode()
        return
    from wisebook_ml.export.report import report_of

    now = utc_now()
    report = report_of(rows, period, lang, now)
    if kind == "html":
        from wisebook_ml.export.page import page_of

        yield page_of(report).encode()
    else:
        from wisebook_ml.export.printed import pdf_of

        yield pdf_of(report, now)
