"""The demo, step by step."""

import datetime as dt
import shlex
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from schemas import DomaineApplication, Ecriture, PositionTresorerie, SourcePosition, StatutCampagne, TypeModele
from topics import DEAD_LETTER, DETECTIONS, ENTRIES, TREASURY, Topic
from wisebook_ml.broker import LocalKafka
from wisebook_ml.demo.board import Board
from wisebook_ml.demo.cash import CashSeen, read_cash
from wisebook_ml.demo.workers import WorkerEnded, Workers, environment
from wisebook_ml.files.ledgers import read_ledger
from wisebook_ml.generator import Label, generate_ledger, treasury_positions
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.groups import group_lag, group_name
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries, publish_positions
from wisebook_ml.messaging.reader import count_records, end_offsets
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DetectionStore, ModelRegistry, StoredDetection, open_database
from wisebook_ml.training.defaults import default_models
from wisebook_ml.training.request import follow_campaign, request_training
from wisebook_ml.treasury.books.from_entries import positions_from_entries
from wisebook_ml.treasury_desk.source import complete_until

__all__ = ["SOCIETE", "Book", "DemoFailed", "Result", "load_book", "run_demo"]

SOCIETE = 1
ROLES = ("scoring", "storage", "training", "tuning", "treasury", "alerting")

KEPT_ROLES = ("statistics", "drift", "timers")
"""Those that are started beside them where the demo is kept: what they tell takes hours and days to come."""

TRAINING_SHARE = 0.25
"""Share of the ledger that the model is trained on: the first quarter of a fiscal year."""

MIN_TRAINING = 600
"""Events below which a quarter is too little to train on; the online detector then scores the whole ledger."""

WAIT_SECONDS = 600.0
"""Longest wait without any progress at any step."""

POLL_SECONDS = 0.25

HEARD_SECONDS = 2.0
"""Until Ctrl-C in a terminal has reached this process for sure."""


class DemoFailed(Exception):
    """A step that did not come to its end."""


@dataclass(frozen=True, slots=True)
class Book:
    """A ledger to show: entries in the order of publication, labels if it was generated, notes on the file.

    Its `positions` are of one company: what its bank says of a generated one, else what the ledger's class 5 lines do.
    """

    name: str
    events: Sequence[Ecriture]
    labels: Sequence[Label] = ()
    notes: str = ""
    positions: Sequence[PositionTresorerie] = ()

    @property
    def entries(self) -> int:
        """Number of entries, each with one or more events (its revisions)."""
        return len({entry.ecriture_id for entry in self.events})

    @property
    def lines(self) -> int:
        """Number of entry lines."""
        return sum(len(entry.lignes) for entry in self.events)


@dataclass(slots=True)
class Result:
    """What came out.

    `seconds` is the time from the first publish to the last commit of `timed_events` entries, those after the training.
    `detections` are those about entries and what they add up to; those about cash are in `cash`.
    """

    book: Book
    detections: Sequence[StoredDetection] = ()
    cash: CashSeen | None = None
    trained_on: int = 0
    timed_events: int = 0
    timed_lines: int = 0
    seconds: float = 0.0
    records: int = 0
    dead_letters: int = 0


def load_book(path: Path | None, entries: int, seed: int) -> Book:
    """Read a ledger file, or generate a ledger.

    Raises
    ------
    NotAFecError, OSError
        Where the file cannot be read.
    """
    if path is None:
        ledger = generate_ledger(entries=entries, seed=seed, societe_id=SOCIETE)
        positions = treasury_positions(ledger.publications, seed=seed)
        return Book(ledger.company.nom, ledger.events, ledger.labels, positions=positions)
    file = read_ledger(path, SOCIETE)
    notes = f"({'; '.join(filter(None, [file.summary, *file.rejected]))})"
    return Book(path.name, file.entries, notes=notes, positions=_derived(file.entries))


def _derived(entries: Sequence[Ecriture]) -> list[PositionTresorerie]:
    """Return the positions of a ledger's first company, as its class 5 lines tell them."""
    own = [entry for entry in entries if entry.societe_id == entries[0].societe_id]
    positions = positions_from_entries(own, complete_until(own)) if own else []
    positions.sort(key=lambda one: (one.date, one.compte_num))  # as banks send them: all accounts, day by day
    return [msgspec.structs.replace(one, source=SourcePosition.COMPTABILITE) for one in positions]


def run_demo(
    book: Book,
    settings: Settings,
    kafka_home: Path,
    console: Console,
    report: Callable[[Result], None],
    *,
    keep: bool = False,
) -> None:
    """Publish a ledger, have it scored and stored, and report what was found; meanwhile the dashboard shows it.

    Kafka is the configured one, or the local one at `kafka_home`, which is started, and stopped at the end, where it
    does not run yet. With `keep`, all of it goes on until the program is interrupted.
    """
    if settings.bootstrap_servers:
        _on_broker(book, settings, console, report, keep=keep)
        return
    broker = LocalKafka(kafka_home, progress=lambda text: console.print(f"  {text}", style="dim"))
    running = broker.status().running
    with console.status("Starting Kafka"):
        bootstrap = broker.start()
    console.print(f"✓ Kafka {'was running' if running else 'started'} at {bootstrap}")
    try:
        _on_broker(book, settings.model_copy(update={"bootstrap_servers": bootstrap}), console, report, keep=keep)
    finally:
        if not running:
            broker.stop()


def _on_broker(
    book: Book, settings: Settings, console: Console, report: Callable[[Result], None], *, keep: bool
) -> None:
    bootstrap, prefix = settings.bootstrap_servers, settings.topic_prefix
    created = apply_topics(bootstrap, prefix, settings.replication_factor)
    console.print(f"✓ {len(created)} topics created as {prefix}*")
    open_database(settings.sql_url)
    result = Result(book)
    logs = settings.home / "logs"
    try:
        with Workers(ROLES, settings, logs) as workers, Board(settings) as board:
            console.print(f"✓ workers started: {', '.join(ROLES)} (logs in {logs})")
            console.print(f"✓ dashboard at {board.url}", highlight=False)
            console.print(f"    sign in with {board.token}", highlight=False, soft_wrap=True)
            _publish_and_score(book, settings, console, workers, result)
            _find_out(settings, result)
            report(result)
            if keep:
                with Workers(KEPT_ROLES, settings, logs) as kept:
                    _tell_where(settings, console)
                    console.print(f"\n[bold]The dashboard stays at {board.url} until Ctrl-C[/bold]", highlight=False)
                    _stay(workers, kept)
    finally:
        # The home is this run's own, so these folders are those of workers that have ended.
        shutil.rmtree(settings.home / "workers", ignore_errors=True)


def _tell_where(settings: Settings, console: Console) -> None:
    """Print what has other commands (doctor, tokens, workers) look at this run, from the same folder."""
    told = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment(settings).items())
    console.print("\n[bold]In another terminal[/bold], before `wisebook-ml doctor`, `workers`, `tokens create`")
    console.print(f"  export {told}", highlight=False, soft_wrap=True)


def _find_out(settings: Settings, result: Result) -> None:
    """Read what was found from topics and SQL."""
    bootstrap, prefix, book = settings.bootstrap_servers, settings.topic_prefix, result.book
    detections, dead = DETECTIONS.full_name(prefix), DEAD_LETTER.full_name(prefix)
    result.records = count_records(bootstrap, detections, end_offsets(bootstrap, detections))
    result.dead_letters = count_records(bootstrap, dead, end_offsets(bootstrap, dead))
    if book.positions:
        result.cash = read_cash(settings, book.positions)
    store = DetectionStore(open_database(settings.sql_url))
    result.detections = [
        stored
        for stored in store.top(max(1, store.count()))
        if stored.detection.domaine is not DomaineApplication.FLUX_TRESORERIE
    ]


def _stay(*workers: Workers) -> None:
    """Wait until the program is interrupted or told to end, or a worker ends by itself."""
    for number in (signal.SIGINT, signal.SIGTERM):  # explicitly: what starts it in the background has it ignore Ctrl-C
        signal.signal(number, signal.default_int_handler)
    try:
        while True:
            time.sleep(POLL_SECONDS)
            try:
                for one in workers:
                    one.check()
            except WorkerEnded:
                time.sleep(HEARD_SECONDS)  # Ctrl-C goes to the workers as well, which may end sooner than it is heard
                raise
    except KeyboardInterrupt:
        return


def _publish_and_score(book: Book, settings: Settings, console: Console, workers: Workers, result: Result) -> None:
    first = int(len(book.events) * TRAINING_SHARE)
    if first < MIN_TRAINING:
        first = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        if book.positions:
            _publish_positions(book.positions, settings, progress)  # forecasts are learnt beside all that follows
        if first:
            _publish(book.events[:first], "Publishing the first quarter", settings, progress)
            _wait(settings, "scoring", ENTRIES, workers, progress, "Scoring it (online detector)")
            result.trained_on = _train(settings, workers, progress, max(e.ecriture_date for e in book.events[:first]))
        rest = book.events[first:]
        started = time.monotonic()
        _publish(rest, "Publishing the rest" if first else "Publishing", settings, progress)
        _wait(settings, "scoring", ENTRIES, workers, progress, "Scoring it")
        result.seconds = time.monotonic() - started
        result.timed_events, result.timed_lines = len(rest), sum(len(entry.lignes) for entry in rest)
        if book.positions:
            _wait(settings, "treasury", TREASURY, workers, progress, "Forecasting cash, day by day")
        _wait(settings, "storage", DETECTIONS, workers, progress, "Storing detections")
        _wait(settings, "alerting", DETECTIONS, workers, progress, "Making alerts")


def _publish(events: Sequence[Ecriture], title: str, settings: Settings, progress: Progress) -> None:
    task = progress.add_task(title, total=len(events))
    with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
        done = publish_entries(
            events, producer, "wisebook-ml/demo", lambda count: progress.update(task, completed=count)
        )
    if done.refused:
        raise DemoFailed(f"{len(done.refused)} entries were not published: {done.refused[0]}")


def _publish_positions(positions: Sequence[PositionTresorerie], settings: Settings, progress: Progress) -> None:
    task = progress.add_task("Publishing bank positions", total=len(positions))
    with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
        done = publish_positions(
            positions, producer, "wisebook-ml/demo", lambda count: progress.update(task, completed=count)
        )
    if done.refused:
        raise DemoFailed(f"{len(done.refused)} positions were not published: {done.refused[0]}")


def _train(settings: Settings, workers: Workers, progress: Progress, until: dt.date) -> int:
    """Train on what was published; return the number of rows."""
    task = progress.add_task("Training the Isolation Forest", total=100)
    models = default_models(ModelRegistry(open_database(settings.sql_url)), SOCIETE)
    request = request_training(
        settings, settings.bootstrap_servers, models[TypeModele.ISOLATION_FOREST], demandeur="demo", au=until
    )
    campaign = None
    for campaign in follow_campaign(settings, settings.bootstrap_servers, request, WAIT_SECONDS):
        workers.check()
        progress.update(task, completed=int(100 * campaign.avancement))
    if campaign is None or campaign.statut is not StatutCampagne.REUSSIE:
        raise DemoFailed(f"the training failed: {campaign.erreur if campaign else 'no campaign'}")
    return campaign.lignes


def _wait(settings: Settings, role: str, topic: Topic, workers: Workers, progress: Progress, title: str) -> None:
    """Wait until a role has finished and committed all records of a topic."""
    name, bootstrap = topic.full_name(settings.topic_prefix), settings.bootstrap_servers
    group = group_name(settings.topic_prefix, role)
    left = most = group_lag(bootstrap, group, name)
    task = progress.add_task(title, total=max(most, 1))
    deadline = time.monotonic() + WAIT_SECONDS
    while left:
        time.sleep(POLL_SECONDS)
        workers.check()
        before, left = left, group_lag(bootstrap, group, name)
        most = max(most, left)
        progress.update(task, total=most, completed=most - left)
        if left != before:
            deadline = time.monotonic() + WAIT_SECONDS
        elif time.monotonic() > deadline:
            raise DemoFailed(f"{role}: {left} records of {name} left, and no progress for {WAIT_SECONDS:.0f} s")
    progress.update(task, total=max(most, 1), completed=max(most, 1))
