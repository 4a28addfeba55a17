"""``wisebook-ml demo``: everything once, on this machine."""

import datetime as dt
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from schemas import Detection, Severite
from wisebook_ml.broker import BrokerError
from wisebook_ml.cli.compile import announce_compiling
from wisebook_ml.cli.demo_cash import cash_json, show_cash
from wisebook_ml.cli.show import by_id, plain_console, show_detections
from wisebook_ml.demo.board import BoardFailed
from wisebook_ml.demo.run import SOCIETE, DemoFailed, Result, load_book, run_demo
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
    BoardFailed,
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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; what happens goes to standard error.")
@click.option("--keep", is_flag=True, help="Leave workers and dashboard running at the end, until Ctrl-C.")
def demo(fec: Path | None, entries: int, seed: int, top: int, lang: str, as_json: bool, keep: bool) -> None:
    """Score a generated ledger, or the French ledger file FEC, from end to end on a real Kafka, and forecast its cash.

    What is shown of the cash is read from the topics: the bank positions of a generated company are published as well;
    those of a ledger file are derived from its cash accounts. While it runs, the dashboard shows what is found.
    """
    console = Console(stderr=True) if as_json else plain_console()
    general = get_settings()
    settings = _own(general)

    def report(result: Result) -> None:
        if as_json:
            click.echo(json.dumps(_as_json(result, settings, top), ensure_ascii=False))
        else:
            _report(result, settings, console, top, lang)

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
        run_demo(book, settings, general.kafka_home, console, report, keep=keep)
    except NotAFecError as error:
        raise click.ClickException(error.message(lang)) from error
    except FAILURES as error:
        raise click.ClickException(str(error)) from error


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


def _most_serious(detections: Sequence[Detection], top: int) -> list[Detection]:
    return sorted(detections, key=lambda found: (-SEVERITIES.index(found.severite), -found.score))[:top]


def _as_json(result: Result, settings: Settings, top: int) -> dict[str, object]:
    book = result.book
    detections = [stored.detection for stored in result.detections]
    return {
        "ledger": {"name": book.name, "entries": book.entries, "events": len(book.events), "lines": book.lines},
        "detections": {
            "open": len(detections),
            "most_serious": msgspec.to_builtins(_most_serious(detections, top)),
        },
        "evaluation": msgspec.to_builtins(evaluate(detections, book.labels, book.events)) if book.labels else None,
        "treasury": None if result.cash is None else cash_json(result.cash),
        "throughput": {
            "events": result.timed_events,
            "lines": result.timed_lines,
            "seconds": round(result.seconds, 2),
            "trained_on": result.trained_on,
            "detection_records": result.records,
            "dead_letters": result.dead_letters,
        },
        "topics": f"{settings.topic_prefix}*",
        "home": str(settings.home),
    }


def _report(result: Result, settings: Settings, console: Console, top: int, lang: str) -> None:
    book = result.book
    entries = by_id(book.events)
    detections = [stored.detection for stored in result.detections]
    shown = _most_serious(detections, top)
    console.print(f"\n[bold]The {len(shown)} most serious of {len(detections)} open detections[/bold]")
    show_detections(shown, entries, lang)
    console.print(
        "  by severity (the score and the amount at stake), then score; the number before a reason is its share of the "
        "score",
        style="dim",
    )
    if book.labels:
        _quality(evaluate(detections, book.labels, book.events), console)
    if result.cash is not None:
        show_cash(result.cash, console, lang)
    console.print("\n[bold]Throughput[/bold]")
    per_second = result.timed_events / result.seconds
    console.print(
        f"  {result.timed_events:,} entry events ({result.timed_lines:,} lines) from the first publish to the last "
        f"commit in {result.seconds:.1f} s: {per_second:,.0f} entries/s, {result.timed_lines / result.seconds:,.0f} "
        f"lines/s, with one scoring worker; one company is one partition, several are scored side by side"
    )
    trained = f"after training on {result.trained_on:,} entries" if result.trained_on else "online detector only"
    console.print(f"  {result.records:,} detection records, {result.dead_letters:,} dead letters; {trained}")
    _next_steps(result, settings, console)


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


def _next_steps(result: Result, settings: Settings, console: Console) -> None:
    detections = f"{settings.topic_prefix}detections"
    console.print("\n[bold]Where to look next[/bold]")
    me = os.path.relpath(sys.argv[0]) if sys.argv[0].endswith("wisebook-ml") else "wisebook-ml"
    societe = SOCIETE if result.cash is None else result.cash.societe_id
    forecast = f"WISEBOOK_ML_TOPIC_PREFIX={settings.topic_prefix} {me} treasury forecast {societe}"
    own = f"WISEBOOK_ML_TOPIC_PREFIX={settings.topic_prefix} WISEBOOK_ML_ARTEFACTS={settings.artefacts}"
    for command, why in (
        (f"{me} kafka start", "Kafka again, with all that was published"),
        (f"{forecast} --plancher 50000 --plot cash.png",
         "the cash of these days by week, the risk of passing a floor, and a picture (--plot needs the extra `train`)"),
        (f"{me} kafka tool console-consumer --topic {detections} --from-beginning "
         "--isolation-level read_committed --timeout-ms 5000",
         "the detections, as a subscriber sees them (an ERROR line with a TimeoutException is its normal end)"),
        (f"{own} {me} replay --dry-run",
         "all of it scored again, and compared with what was published (docs/replay.md)"),
        (f"{me} generate --out ledger && {me} score ledger/events.jsonl", "the same core, without Kafka"),
        (f"{me} demo path/to/ledger.txt", "your own ledger"),
        (f"{me} kafka stop", "when you are done"),
    ):  # fmt: skip
        console.print(f"  {command}", highlight=False, soft_wrap=True)
        console.print(f"      {why}", style="dim")
    console.print(f"  logs, database and model of this run: {settings.home}", highlight=False, soft_wrap=True)
