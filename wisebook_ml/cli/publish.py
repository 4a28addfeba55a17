"""``wisebook-ml publish``: entries, verdicts and treasury positions from files onto their topics."""

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas import Ecriture, Tick
from topics import ENTRIES, FEEDBACK, TREASURY, Topic
from wisebook_ml.cli.cash_texts import counted
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.fec import fail_fec
from wisebook_ml.cli.pseudonym_keys import pseudonymisers
from wisebook_ml.cli.show import show_rejected
from wisebook_ml.fec import NotAFecError, read_fec
from wisebook_ml.fec.findings import REJECTING
from wisebook_ml.files.ledgers import read_events
from wisebook_ml.files.records import read_avis, read_positions
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.messaging.publishing import (
    Published,
    Sent,
    closing_tick,
    publish_avis,
    publish_entries,
    publish_positions,
)
from wisebook_ml.messaging.reader import ReadError, end_offsets
from wisebook_ml.pseudonyms import PseudonymError
from wisebook_ml.pseudonyms.entries import codes_with_names
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import StorageError

__all__ = ["publish"]

DONE, LINES_REJECTED = 0, 1
"""Exit statuses of `publish fec`, those of `fec check`."""

T = TypeVar("T", Published, Sent)


@click.group()
def publish() -> None:
    """Publish entries, verdicts and treasury positions as WiseBook core does."""


@publish.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--societe", type=click.IntRange(min=1), default=1, show_default=True, help="Company of the entries.")
@click.option("--exercice", help="Fiscal year: AAAA or AAAA-MM-JJ/AAAA-MM-JJ; otherwise it is inferred.")
@click.option("--revision", type=click.IntRange(min=1), default=1, show_default=True, help="2 for a corrected file.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts and findings as one JSON object.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="en", show_default=True, help="Language of messages.")
@click.pass_context
def fec(
    context: click.Context, file: Path, societe: int, exercice: str | None, revision: int, as_json: bool, lang: str
) -> None:
    """Publish the entries of FILE, a French ledger file (FEC).

    Publishing it again changes nothing: the same entries have the same ids. A corrected file is published as a later
    revision, which replaces the earlier one. Exit status: 0 if all lines were read, 1 if lines were rejected (the
    others are published), 2 if the file is no FEC.
    """
    try:
        ledger = read_fec(file, societe_id=societe, exercice=exercice)
    except NotAFecError as error:
        fail_fec(context, error.message(lang), as_json, file, error.line)
        return
    except OSError as error:
        fail_fec(context, f"{file}: {error.strerror or error}", as_json, file)
        return
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--exercice") from error
    entries = [msgspec.structs.replace(entry, revision=revision) for entry in ledger]
    published = _publish(entries, f"wisebook-ml/fec/{file.name}", closing_tick(entries))
    report = ledger.report
    if as_json:
        counts = {**report.as_dict(lang), "published": published.entries, "refused": published.refused}
        click.echo(json.dumps(counts, ensure_ascii=False))
    else:
        click.echo(
            f"{published.entries} entries ({published.lines} lines) published; "
            f"debit {report.debit}, credit {report.credit}."
        )
    show_rejected(
        [f"{file}:{found.line}: {found.message(lang)}" for found in report.findings if found.code in REJECTING]
    )
    context.exit(LINES_REJECTED if report.rejected or published.refused else DONE)


@publish.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def events(context: click.Context, file: Path) -> None:
    """Publish the entry events of FILE, one JSON record a line (as `generate` writes them).

    Exit status: 0 if all lines are entries, 1 if some are not (the others are published).
    """
    ledger = read_events(file)
    published = _publish(ledger.entries, f"wisebook-ml/events/{file.name}")
    click.echo(f"{published.entries} events ({published.lines} lines) published.")
    show_rejected(ledger.rejected)
    context.exit(LINES_REJECTED if ledger.rejected or published.refused else DONE)


@publish.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def feedback(context: click.Context, file: Path) -> None:
    """Publish the verdicts of FILE, one JSON record a line (as `generate` writes them to avis.jsonl).

    A field `publie_le` says when a verdict was given; without it, it is given now. The first verdict on a detection
    stands, unless a later one says `"remplace": true`; publishing the file again changes nothing. Exit status: 0 if all
    lines are verdicts, 1 if some are not (the others are published).
    """
    found = read_avis(file)
    avis = found.records
    source = f"wisebook-ml/feedback/{file.name}"
    sent = _deliver(FEEDBACK, len(avis), lambda producer, progress: publish_avis(avis, producer, source, progress))
    click.echo(f"{sent.records} verdicts published.")
    show_rejected(found.rejected)
    context.exit(LINES_REJECTED if found.rejected or sent.refused else DONE)


@publish.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--societe", type=click.IntRange(min=1), help="Company of a CSV file without a column societe_id.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="en", show_default=True, help="Language of messages.")
@click.pass_context
def treasury(context: click.Context, file: Path, societe: int | None, lang: str) -> None:
    """Publish the bank positions of FILE: one JSON record a line (as `generate` writes them), or CSV.

    A CSV file (its name ends in .csv) has the columns societe_id, compte_num, date (AAAA-MM-JJ), solde, entrees,
    sorties, devise and revision, named in its first line and separated by commas or semicolons; amounts have a point
    (with semicolons, a comma will do). The last four may be left out, and the first with --societe. Publishing it
    again changes nothing; a day that was corrected has a higher revision. Exit status: 0 if all lines are positions, 1
    if some are not (the others are published).
    """
    with saying(ValueError):
        found = read_positions(file, societe, lang)
    positions, source = found.records, f"wisebook-ml/treasury/{file.name}"
    sent = _deliver(
        TREASURY, len(positions), lambda producer, progress: publish_positions(positions, producer, source, progress)
    )
    click.echo(f"{counted(sent.records, 'positions', lang)}.")
    show_rejected(found.rejected, lang)
    context.exit(LINES_REJECTED if found.rejected or sent.refused else DONE)


def _publish(entries: list[Ecriture], source: str, closing: Tick | None = None) -> Published:
    with saying(PseudonymError, StorageError):
        companies = pseudonymisers(get_settings(), {entry.societe_id for entry in entries})
    if companies:
        click.echo(f"Names of {_of(companies)} are published as pseudonyms.", err=True)
        codes = {code for entry in entries if entry.societe_id in companies for code in codes_with_names(entry)}
        if codes:
            click.echo(
                f"warning: {len(codes)} numbers of third parties are made of their names, such as {min(codes)}: "
                "numbers stay as they are (docs/privacy.md).",
                err=True,
            )
    return _deliver(
        ENTRIES,
        len(entries),
        lambda producer, progress: publish_entries(entries, producer, source, progress, closing, companies),
    )


def _of(companies: Collection[int]) -> str:
    return f"compan{'y' if len(companies) == 1 else 'ies'} {', '.join(map(str, sorted(companies)))}"


def _deliver(topic: Topic, number: int, send: Callable[[EventProducer, Callable[[int], None]], T]) -> T:
    """Publish a number of records with a progress bar; say what is missing where that cannot be."""
    settings = get_settings()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with saying(ConnectError, ReadError, PublishError):
        bootstrap = reach_broker(settings)
        end_offsets(bootstrap, topic.full_name(settings.topic_prefix))  # says at once if the topic is missing
        with (
            EventProducer(bootstrap, settings.topic_prefix) as producer,
            Progress(*columns, console=console, transient=True) as progress,
        ):
            task = progress.add_task("Publishing", total=number)
            done = send(producer, lambda count: progress.update(task, completed=count))
    for refused in done.refused:
        click.echo(refused, err=True)
    return done
