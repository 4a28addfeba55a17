"""``wisebook-ml purge``: remove from SQL what is old and no longer needed."""

import datetime as dt

import click

from wisebook_ml.cli.audited import audited
from wisebook_ml.cli.failures import saying
from wisebook_ml.clock import utc_now
from wisebook_ml.french_time import PARIS
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import StorageError, count_old, open_database
from wisebook_ml.storage import purge as remove

__all__ = ["purge"]


@click.command()
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    metavar="DATE",
    help="First day to keep.",
)
@click.option("--dry-run", is_flag=True, help="Only tell how many rows that are.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@audited
def purge(before: dt.datetime, dry_run: bool, yes: bool) -> None:
    """Remove closed detections, statistics, drift reports, runs of timers and audit rows from before DATE.

    Open detections, verdicts, settings, models and tokens stay. The topics are not touched.
    """
    moment = before.replace(tzinfo=PARIS)
    if moment >= utc_now():
        raise click.BadParameter(f"{before.date()} is not past", param_hint="--before")
    with saying(StorageError):
        engine = open_database(get_settings().sql_url)
        counts = count_old(engine, moment)
        _tell(counts)
        if dry_run or not any(counts.values()):
            return
        if not yes:
            click.confirm("Remove them for good?", abort=True, err=True)
        removed = remove(engine, moment)
    click.echo(f"{sum(removed.values()):,} rows removed.", err=True)


def _tell(counts: dict[str, int]) -> None:
    for table, count in counts.items():
        click.echo(f"{table}: {count:,}")
