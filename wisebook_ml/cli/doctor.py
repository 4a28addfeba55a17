"""``wisebook-ml doctor``: what is wrong, and what to do."""

import click
import msgspec

from wisebook_ml.clock import utc_now
from wisebook_ml.monitoring.doctor import Place, State, examine
from wisebook_ml.settings import get_settings

__all__ = ["doctor"]

SIGNS = {State.OK: "ok   ", State.NOTE: "note ", State.WRONG: "WRONG"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line a finding.")
def doctor(as_json: bool) -> None:
    """Look for what is wrong with this deployment, and say what to do. It changes nothing.

    Modules, brokers, topics, database, workers, what is processed, models, clocks.

    Exit status: 0 if nothing is wrong, 1 if anything is.
    """
    wrong = 0
    for found in examine(Place(get_settings(), utc_now())):
        wrong += found.state is State.WRONG
        if as_json:
            click.echo(msgspec.json.encode(found).decode())
            continue
        click.echo(f"{SIGNS[found.state]} {found.check}: {found.detail}")
        if found.todo:
            click.echo(f"      -> {found.todo}")
    if not as_json:
        click.echo(f"{wrong} things are wrong." if wrong else "Nothing is wrong.", err=True)
    raise SystemExit(1 if wrong else 0)
