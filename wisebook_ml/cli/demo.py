"""``wisebook-ml demo``: everything once, on this machine."""

import datetime as dt
import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from schemas import Severite
from wisebook_ml.broker import BrokerError
from wisebook_ml.cli.compile import announce_compiling
from wisebook_ml.cli.show import by_id, plain_console, show_detections
from wisebook_ml.demo.run import DemoFailed, Result, load_book, run_demo
from wisebook_ml.demo.workers import WorkerEnded
from wisebook_ml.evaluation import Evaluation, evaluate
from wisebook_ml.fec import NotAFecError
from wisebook_ml.messaging.admin import TopicAdminError
from wisebook_ml.messaging.connect import ConnectError
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import Settings, get_settings
from wisebook_ml.storage import StorageError
from wisebook_ml.training.exceptions import CampaignTimeout

__all__ = ["demo"]

FAILURES = (
    BrokerError,
    CampaignTimeout,
    ConnectError,
    DemoFailed,
    OSError,
    PublishError,
    ReadError,
    StorageError,
    TopicAdminError,
    WorkerEnded,
)
"""What can keep the demo from its end, each with a message for a person."""

SEVERITIES = tuple(Severite)
"""From least to most serious."""


@click.command()
@click.argument("fec", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--entries", type=click.IntRange(min=100), default=20_000, show_default=True, help="Size if generated.")
@click.option("--seed", default=1, show_default=True, help="Seed of the generated ledger.")
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Detections shown.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language of reasons.")
def demo(fec: Path | None, entries: int, seed: int, top: int, lang: str) -> None:
    """Score a generated ledger, or the French ledger file FEC, from end to end on a real Kafka."""
    console = plain_console()
    general = get_settings()
    settings = _own(general)
    try:
        with console.status("Reading the ledger" if fec else "Generating a ledger"):
            book = load_book(fec, entries, seed)
        console.print(
            f"✓ ledger of {book.name}: {book.entries:,} entries in {len(book.events):,} events, "
            f"{book.lines:,} lines {book.notes}"
        )
        if not book.events:
            raise DemoFailed("the ledger has no entry to show")
        announce_compiling()  # the scoring worker says so too, but into its log
        result = run_demo(book, settings, general.kafka_home, console)
    except NotAFecError as error:
        raise click.ClickException(error.message(lang)) from error
    except FAILURES as error:
        raise click.ClickException(str(error)) from error
    _report(result, settings, console, top, lang)


def _own(settings: Settings) -> Settings:
    """Return settings with topics, database and artefacts of this run's own: a demo never meets an older one."""
    run = f"demo-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}"
    home = settings.home / run
    return settings.model_copy(
        update={
            "home": home,
            "topic_prefix": f"{run}.",
            "database_url": f"sqlite:///{(home / 'wisebook_ml.db').absolute()}",
            "artefacts": str(home / "ml_models"),
        }
    )


def _report(result: Result, settings: Settings, console: Console, top: int, lang: str) -> None:
    book = result.book
    entries = by_id(book.events)
    detections = [stored.detection for stored in result.detections]
    shown = sorted(detections, key=lambda found: (-SEVERITIES.index(found.severite), -found.score))[:top]
    console.print(f"\n[bold]The {len(shown)} most serious of {len(detections)} open detections[/bold]")
    show_detections(shown, entries, lang)
    console.print(
        "  by severity (the score and the amount at stake), then score; the number before a reason is its share of the "
        "score",
        style="dim",
    )
    if book.labels:
        _quality(evaluate(detections, book.labels, book.events), console)
    console.print("\n[bold]Throughput[/bold]")
    per_second = result.timed_events / result.seconds
    console.print(
        f"  {result.timed_events:,} entry events ({result.timed_lines:,} lines) from the first publish to the last "
        f"commit in {result.seconds:.1f} s: {per_second:,.0f} entries/s, {result.timed_lines / result.seconds:,.0f} "
        f"lines/s, with one scoring worker; one company is one partition, several are scored side by side"
    )
    trained = f"after training on {result.trained_on:,} entries" if result.trained_on else "online detector only"
    console.print(f"  {result.records:,} detection records, {result.dead_letters:,} dead letters; {trained}")
    _next_steps(settings, console)


def _quality(evaluation: Evaluation, console: Console) -> None:
    console.print("\n[bold]Against the planted anomalies[/bold]")
    table = Table("Kind", "Planted", "Found", "Look-alikes", "Flagged")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in evaluation.codes:
        table.add_row(*map(str, (kind.code.value, kind.planted, kind.found, kind.twins, kind.flagged_twins)))
    console.print(table)
    console.print(
        f"  precision {evaluation.precision:.2f}   recall {evaluation.recall:.2f}   "
        f"alert rate {evaluation.alert_rate:.2%} of entries"
    )
    console.print(
        "  precision: share of flagged entries that were planted; recall: share of planted anomalies that were found; "
        "look-alikes are right and should not be flagged",
        style="dim",
    )


def _next_steps(settings: Settings, console: Console) -> None:
    detections = f"{settings.topic_prefix}detections"
    console.print("\n[bold]Where to look next[/bold]")
    me = os.path.relpath(sys.argv[0]) if sys.argv[0].endswith("wisebook-ml") else "wisebook-ml"
    for command, why in (
        (f"{me} kafka start", "Kafka again, with all that was published"),
        (f"{me} kafka tool console-consumer --topic {detections} --from-beginning "
         "--isolation-level read_committed --timeout-ms 5000",
         "the detections, as a subscriber sees them (an ERROR line with a TimeoutException is its normal end)"),
        (f"{me} generate --out ledger && {me} score ledger/events.jsonl", "the same core, without Kafka"),
        ("make demo FEC=path/to/ledger.txt", "your own ledger"),
        (f"{me} kafka stop", "when you are done"),
    ):  # fmt: skip
        console.print(f"  {command}", highlight=False, soft_wrap=True)
        console.print(f"      {why}", style="dim")
    console.print(f"  logs, database and model of this run: {settings.home}", highlight=False, soft_wrap=True)
