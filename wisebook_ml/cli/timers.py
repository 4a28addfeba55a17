"""``wisebook-ml timers``: what runs by the clock, what became of it, and running it by hand."""

import datetime as dt

import click
import msgspec
from rich.table import Table

from schemas import ExecutionMinuterie, StatutExecution
from wisebook_ml.cli.audited import audited
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.show import plain_console
from wisebook_ml.clock import utc_now
from wisebook_ml.french_time import PARIS
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.groups import group_is_at_work, group_name
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings
from wisebook_ml.timers.catalogue import TIMERS
from wisebook_ml.timers.exceptions import UnknownTimer
from wisebook_ml.timers.listing import listed, next_run
from wisebook_ml.timers.plan import ahead_of_clock
from wisebook_ml.timers.runs import last_runs
from wisebook_ml.timers.term import run_by_hand
from wisebook_ml.timers.works import Surroundings

__all__ = ["timers"]

BY = "cli"
"""Who runs, in the record, where nobody is named."""

LONGEST_NAME = 200
"""Letters of who runs: what the record has room for."""

NOBODY_LEADS = "no worker runs the timers: nothing is done when it is due; start `wisebook-ml worker timers`"


FAILURES = (ConnectError, ReadError, PublishError)
"""What a person is told in a line."""


@click.group()
def timers() -> None:
    """Show what runs by the French clock, and run it by hand. Workers of the role `timers` run it when it is due."""


@timers.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line a timer.")
def list_(as_json: bool) -> None:
    """List the timers: when each is due next (in France), and what became of its last run.

    It reads the topic `timer-runs`, by which the workers go, too; the database is not asked.
    """
    settings = get_settings()
    with saying(*FAILURES):
        bootstrap = reach_broker(settings)
        last = last_runs(bootstrap, settings.topic_prefix)
        if not group_is_at_work(bootstrap, group_name(settings.topic_prefix, "timers")):
            click.echo(NOBODY_LEADS, err=True)
    now = utc_now()
    if as_json:
        for timer in TIMERS.values():
            click.echo(msgspec.json.encode(listed(timer, last.get(timer.name), now)).decode())
        return
    table = Table()
    for title in ("Timer", "When", "Next", "Last run", "Outcome", "Duration"):
        table.add_column(title, no_wrap=True)
    table.add_column("Does")
    for timer in TIMERS.values():
        run = last.get(timer.name)
        table.add_row(timer.name, timer.schedule.cron, _when(next_run(timer, run, now)), *_told(run), timer.en)
    plain_console().print(table)
    for run in last.values():
        known = TIMERS.get(run.minuterie)
        if run.statut is StatutExecution.ECHEC:
            click.echo(f"{run.minuterie} failed, attempt {run.tentative}: {run.detail}", err=True)
        if known is not None and ahead_of_clock(known.schedule, run, now):
            click.echo(
                f"{run.minuterie} is done up to {_when(run.acquise)}: a clock was wrong then, or is now. With the "
                f"right clock, `wisebook-ml timers run {run.minuterie}` makes it due as usual",
                err=True,
            )


@timers.command()
@click.argument("name")
@click.option("--by", "par", default=BY, show_default=True, help="Who runs it, for the record.")
@click.option("--json", "as_json", is_flag=True, help="Print the record of the run.")
@audited
def run(name: str, par: str, as_json: bool) -> None:
    """Run timer NAME now, whatever is due, and say what it published.

    When it is due by the clock stays as it is. Exit status: 0 if it succeeded, 1 if it failed.
    """
    settings = get_settings()
    try:
        with saying(*FAILURES):
            done = run_by_hand(Surroundings(settings, reach_broker(settings)), name, par[:LONGEST_NAME] or BY)
    except UnknownTimer as error:
        raise click.BadParameter(str(error), param_hint="NAME") from error
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
    if done.statut is not StatutExecution.REUSSIE:
        raise click.ClickException(f"timer {name} failed: {done.detail}")
    if not as_json:
        published = (
            ", ".join(f"{count} on {topic}" for topic, count in done.publies.items())
            or "nothing, since nothing was due,"
        )
        click.echo(f"timer {name}: published {published} in {done.duree_ms} ms")


def _when(moment: dt.datetime) -> str:
    return f"{moment.astimezone(PARIS):%a %Y-%m-%d %H:%M %Z}"


def _told(run: ExecutionMinuterie | None) -> tuple[str, str, str]:
    """Return when a timer ran last, with what outcome, in how long."""
    if run is None or run.statut is StatutExecution.ARMEE:
        return "–", "–" if run is None else "none yet", "–"
    outcome = run.statut.value
    if run.sautees:
        outcome += f" ({run.sautees} skipped before)"
    if run.demandeur:
        outcome += f" (by {run.demandeur})"
    return _when(run.debut), outcome, f"{run.duree_ms} ms"
