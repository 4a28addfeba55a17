"""``wisebook-ml statistics``: what was counted of a company, as it is now, read from the table's changelog."""

import click
import msgspec
from rich.table import Table

from schemas import Pas, Statistique
from wisebook_ml.cli.show import plain_console
from wisebook_ml.french_time import PARIS
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings
from wisebook_ml.windows.hopping import SPANS
from wisebook_ml.windows.pane import encode_window
from wisebook_ml.windows.report import NothingCounted, Rapport, UnknownJournal, WrongSpan, report, span_of
from wisebook_ml.windows.view import WindowView

__all__ = ["statistics"]

BY = {"hour": Pas.HEURE, "day": Pas.JOUR}

SERIOUS = ("ELEVEE", "CRITIQUE")

SHOWN_CODES = 3
"""Controls and models that a line names; JSON has all."""

NONE = "–"


@click.command()
@click.argument("societe", type=click.IntRange(min=1))
@click.option("--by", type=click.Choice(list(BY)), help="A line an hour or a day; by default what suits the span.")
@click.option("--last", type=click.Choice(list(SPANS)), default="24h", show_default=True, help="How far back.")
@click.option("--journal", help="Only this journal's entries and detections.")
@click.option("--all", "all_", is_flag=True, help="Print every window that is kept, a line of JSON each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def statistics(societe: int, by: str | None, last: str, journal: str | None, all_: bool, as_json: bool) -> None:
    """Show what was counted of company SOCIETE: entries, amounts, detections and verdicts, by hour or day.

    The span ends with the last hour in which entries of the company were counted, whatever the time is now. It is read
    from Kafka: no worker is asked, and no database.
    """
    settings = get_settings()
    try:
        span = span_of(last, BY.get(by or ""))
        windows = WindowView(reach_broker(settings), settings.topic_prefix).of(societe)
        if all_:
            for window in windows:
                click.echo(encode_window(window))
            return
        told = report(windows, societe, span, journal)
    except WrongSpan as error:
        raise click.BadParameter(str(error), param_hint="--last") from error
    except (ConnectError, ReadError, NothingCounted, UnknownJournal) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(msgspec.json.encode(told))
    else:
        _show(told)


def _show(told: Rapport) -> None:
    by_hour = told.pas is Pas.HEURE
    table = Table()
    table.add_column("Hour (France)" if by_hour else "Day", no_wrap=True)
    for title in ("Entries", "Lines", "Amount €", "Detections", "Serious", "Verdicts", "Median ms"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("Most often")
    for row in told.panneaux:
        local = row.debut.astimezone(PARIS)
        table.add_row(f"{local:%a %Y-%m-%d %H:%M %Z}" if by_hour else f"{local:%a %Y-%m-%d}", *_cells(row))
    table.add_section()
    table.add_row("Together", *_cells(told.ensemble))
    plain_console().print(table)
    journals = ", ".join(f"{journal} {count:,}" for journal, count in told.ensemble.journaux.items())
    what = f", journal {told.journal_code}" if told.journal_code else f": {journals}" if journals else ""
    click.echo(f"Company {told.societe_id}{what}. Counted up to {told.horloge.astimezone(PARIS):%Y-%m-%d %H:%M}.")
    if told.ensemble.tardives:
        click.echo(f"{told.ensemble.tardives:,} entries were dated too long ago for any window.", err=True)
    if told.ensemble.en_avance:
        click.echo(f"{told.ensemble.en_avance:,} entries were dated more than a day in the future.", err=True)


def _cells(row: Statistique) -> tuple[str, ...]:
    """Return what a line says of a window; a dash where there is nothing to be said."""
    often = sorted(row.detections.items(), key=lambda one: (-one[1], one[0]))
    more = len(often) - SHOWN_CODES
    serious = sum(row.severites.get(severity, 0) for severity in SERIOUS)
    return (
        *(f"{count:,}" if count else NONE for count in (row.ecritures, row.lignes)),
        _amount(row.montant),
        *(f"{count:,}" if count else NONE for count in (sum(row.detections.values()), serious)),
        f"{sum(row.avis.values()):,}" if row.avis else NONE,
        NONE if row.latence_mediane_ms is None else f"{row.latence_mediane_ms:.0f}",
        ", ".join(f"{code} {count:,}" for code, count in often[:SHOWN_CODES]) + (f" +{more}" if more > 0 else ""),
    )


def _amount(montant: str) -> str:
    euros, cents = montant.split(".")
    return NONE if montant == "0.00" else f"{int(euros):,}.{cents}"
