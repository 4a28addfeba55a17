"""``wisebook-ml replay``: a stretch of the entries scored again, beside what is published."""

import json
import os
import sys
import time
from pathlib import Path

import click
import msgspec
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from wisebook_ml.cli.compile import announce_compiling
from wisebook_ml.cli.failures import PICTURES, drawing, saying
from wisebook_ml.cli.show import plain_console, put
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.replay.checks import Asked
from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.plan import Plan
from wisebook_ml.replay.plot import draw_comparison
from wisebook_ml.replay.report import change_line, headline, rows_of_controls
from wisebook_ml.replay.run import Overall
from wisebook_ml.replay.session import Done, Surroundings
from wisebook_ml.replay.session import replay as replay_asked
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import StorageError

__all__ = ["replay"]


SAY_SECONDS = 10.0
"""How often progress is a line of its own, where standard error is no terminal."""

SHOWN_CONTROLS = 20


FAILURES = (ReplayError, ConnectError, ReadError, PublishError, StorageError, OSError)
"""Errors whose message is for people."""


@click.command()
@click.option("--from", "debut", metavar="DATE|OFFSET", help="Where to begin; otherwise where the topic does.")
@click.option("--to", "fin", metavar="DATE|OFFSET", help="Where to end: before an offset, or with a day.")
@click.option("--societe", "societes", type=click.IntRange(min=1), multiple=True, help="Company; may be repeated.")
@click.option("--model", "modeles", metavar="MODELE@VERSION", multiple=True, help="Score with this version instead.")
@click.option(
    "--settings", "parametres", type=click.IntRange(min=1), metavar="VERSION", help="And with these settings."
)
@click.option("--into", metavar="TOPIC", help="Publish the results on this topic (after the prefix), which must exist.")
@click.option("--dry-run", is_flag=True, help="Publish nothing: only say what would be otherwise.")
@click.option("--promote", is_flag=True, help="Have the results hold in the place of what is published.")
@click.option(
    "--throttle",
    type=click.FloatRange(0.0, 1.0, min_open=True),
    metavar="SHARE",
    help="Share of a processor that each process uses, so much the less disturbing others: 0.5 by default while "
    "scoring workers are at work, else 1.",
)
@click.option("--processes", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="At most; one a processor.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the comparison (.svg, .png, .pdf).")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as one JSON object.")
def replay(
    debut: str | None,
    fin: str | None,
    societes: tuple[int, ...],
    modeles: tuple[str, ...],
    parametres: int | None,
    into: str | None,
    dry_run: bool,
    promote: bool,
    throttle: float | None,
    processes: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Score a stretch of the published entries again, and compare the detections with what is published.

    A day or a moment means when entries were published (French time); an offset is the same in each partition. The
    state before the range is that of the live system. With the models and settings that were in force, the detections
    are those that live scoring published, and what is missing of them is published again; with --model or --settings,
    the comparison is all that happens, until --promote has the results hold.

    The same command goes on where it was killed. Exit status: 0; 1 if something is wrong, which is known before any
    work is done.
    """
    if sum((into is not None, dry_run, promote)) > 1:
        raise click.UsageError("--dry-run, --into and --promote exclude each other")
    _check(plot)
    announce_compiling()
    asked = Asked(debut=debut, fin=fin, societes=societes, modeles=modeles, parametres=parametres)
    settings = get_settings()
    started = time.monotonic()
    with drawing(), saying(*FAILURES):
        bootstrap = reach_broker(settings)
        with _Shown() as shown:
            around = Surroundings(settings, bootstrap, processes, throttle, shown.tell, shown.say)
            done = replay_asked(around, asked, dry_run=dry_run, promote=promote, into=into)
        if plot is not None:
            draw_comparison(done.figures, plot, _title(done))
    seconds = time.monotonic() - started
    if as_json:
        click.echo(json.dumps(_told(done, seconds, shown), ensure_ascii=False))
    else:
        _show(done, into, dry_run=dry_run, promote=promote)
        if plot is not None:
            click.echo(f"Plot: {plot}")


def _check(plot: Path | None) -> None:
    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"{plot} ends in none of {', '.join(sorted(PICTURES))}", param_hint="--plot")
    if plot is not None and not plot.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {plot.absolute().parent}", param_hint="--plot")


class _Shown:
    """Progress on standard error: a bar on a terminal, else a line now and then."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("preparing", total=None, rate="")
        self._terminal = console.is_terminal
        self._said = time.monotonic()
        self._begun: tuple[float, int] | None = None
        self.seconds, self.lines = 0.0, 0

    def __enter__(self) -> "_Shown":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """Say a sentence."""
        if self._terminal:
            self._bar.console.print(text)
        else:
            click.echo(text, err=True)

    def tell(self, plan: Plan, overall: Overall) -> None:
        """Tell how far it is: lines a second since the first ones, and the time that is left."""
        now, lines = time.monotonic(), overall.total("lines")
        done, size = overall.total("done"), sum(end - start for start, end in plan.stretches.values())
        if self._begun is None and done:
            self._begun = (now, lines)
        if self._begun is not None and lines - self._begun[1] > self.lines:
            self.seconds, self.lines = now - self._begun[0], lines - self._begun[1]
        rate = f"{self.lines / self.seconds:,.0f} lines/s" if self.seconds else ""
        what = "scoring" if done else f"warming up ({overall.total('warmed'):,} records read)"
        self._bar.update(self._task, description=what, completed=done, total=size, rate=rate)
        if not self._terminal and now - self._said >= SAY_SECONDS:
            self._said = now
            left = f", {rate}, {self.seconds * (size - done) / done:.0f} s left" if done and rate else ""
            click.echo(f"{what}: {done:,} of {size:,} records{left}", err=True)


def _title(done: Done) -> str:
    plan = done.plan
    told = [f"model {one.version.modele_id} version {one.version.version}" for one in plan.activations]
    told += [f"settings {one.parametres.version} of company {one.societe_id}" for one in plan.reglages]
    return f"Replay {plan.id} of {plan.topic}" + (f", with {', '.join(dict.fromkeys(told))}" if told else "")


def _told(done: Done, seconds: float, shown: _Shown) -> dict[str, object]:
    """Return what a program reads."""
    plan = done.plan
    figures = msgspec.to_builtins(done.figures)
    return {
        "replay": plan.id,
        "folder": str(done.folder.path),
        "resumed": done.resumed,
        "topic": plan.topic,
        "stretches": {str(partition): list(stretch) for partition, stretch in plan.stretches.items()},
        "records": done.overall.total("done"),
        "lines": done.overall.total("lines"),
        "dead_letters": done.overall.total("refused"),
        "seconds": round(seconds, 3),
        "cpu_seconds": round(done.overall.cpu_seconds, 3),
        "lines_per_second": round(shown.lines / shown.seconds) if shown.seconds else None,
        "comparison": figures,
        "published": done.published,
        "promoted": {str(company): count for company, count in done.promoted.items()},
        "left": done.left,
    }


def _show(done: Done, into: str | None, *, dry_run: bool, promote: bool) -> None:
    console = plain_console()
    click.echo(_title(done))
    stretches = ", ".join(f"{one}: {start} to {end}" for one, (start, end) in done.plan.stretches.items())
    click.echo(f"offsets of partitions {stretches}; {done.overall.total('lines'):,} entry lines")
    for line in headline(done.figures):
        click.echo(line)
    rows = rows_of_controls(done.figures)[:SHOWN_CONTROLS]
    if rows and done.figures.differs:
        table = Table("Reason", "Published", "Replayed", "New", "Gone", box=box.SIMPLE_HEAD, pad_edge=False)
        for column in table.columns[1:]:
            column.justify = "right"
        for code, *counts in rows:
            table.add_row(code, *(f"{count:,}" for count in counts))
        put(console, table)
    if done.figures.largest:
        click.echo("The largest changes:")
        for change in done.figures.largest:
            click.echo(f"  {change_line(change)}")
    _show_outcome(done, into, dry_run=dry_run, promote=promote)


def _show_outcome(done: Done, into: str | None, *, dry_run: bool, promote: bool) -> None:
    """Say what was published of it, and what was not."""
    if into is not None:
        click.echo(f"{done.published:,} records published on {into}")
    elif done.promoted:
        count, companies = sum(done.promoted.values()), len(done.promoted)
        whose = "a company" if companies == 1 else f"{companies:,} companies"
        click.echo(f"{count:,} detections of {whose} hold now, published by the scoring role")
    elif dry_run or (done.plan.changes_versions and not promote):
        click.echo("nothing is published" + ("; --promote has it hold" if done.figures.differs else ""))
    else:
        click.echo("nothing was to be published")
    if done.left and (promote or not done.plan.changes_versions) and not dry_run and into is None:
        click.echo(
            f"{done.left:,} changes are left as they are" + ("" if promote else ": --promote has those hold that can"),
            err=True,
        )
    sys.stdout.flush()
