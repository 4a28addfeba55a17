"""``wisebook-ml topics``: create the declared topics on the brokers, and check them.

Results go to stdout, messages for people to stderr. ``check`` exits with 1 when something differs, ``apply``
when something still differs afterwards.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import click
import msgspec
from confluent_kafka.admin import AclBinding
from rich.console import Console
from rich.table import Table

import topics as declarations
from wisebook_ml.cli.failures import saying
from wisebook_ml.messaging.acls import apply_acls, right_text
from wisebook_ml.messaging.admin import Difference, TopicAdminError, apply_topics, check_topics
from wisebook_ml.messaging.connect import ConnectError, resolve_bootstrap
from wisebook_ml.messaging.move import Moved, MoveError
from wisebook_ml.messaging.move import move as move_records
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings

__all__ = ["topics"]

DIFFERS = 1
"""Exit code when a topic is not as declared."""

_Command = TypeVar("_Command", bound=Callable[..., object])


def _json_option(command: _Command) -> _Command:
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def _bootstrap_option(command: _Command) -> _Command:
    return click.option(
        "--bootstrap",
        metavar="HOST:PORT",
        help="Brokers. [default: WISEBOOK_ML_BOOTSTRAP_SERVERS, else the local Kafka]",
    )(command)


@click.group()
def topics() -> None:
    """Create, check and list the topics."""


@topics.command()
@_bootstrap_option
@_json_option
@click.option(
    "--acls", is_flag=True, help="Give each role's user the rights it needs, too, and no others on our topics."
)
@click.option(
    "--users", default="wisebook-{role}", show_default=True, metavar="PATTERN", help="How the roles' users are named."
)
@click.pass_context
def apply(context: click.Context, bootstrap: str | None, as_json: bool, acls: bool, users: str) -> None:
    """Create missing topics, and repair what can be repaired without losing or moving a record."""
    settings = get_settings()
    if "{role}" not in users:
        raise click.BadParameter("it has no {role} in it, so all roles would share one user", param_hint="--users")
    given: list[AclBinding] = []
    taken: list[AclBinding] = []
    with saying(ConnectError, TopicAdminError):
        bootstrap = bootstrap or resolve_bootstrap(settings)
        changes = apply_topics(bootstrap, settings.topic_prefix, settings.replication_factor)
        remaining = check_topics(bootstrap, settings.topic_prefix, settings.replication_factor)
        if acls:
            given, taken = apply_acls(bootstrap, settings.topic_prefix, users)
    if as_json:
        rights = {"given": [right_text(right) for right in given], "taken": [right_text(right) for right in taken]}
        click.echo(_json({"changes": changes, "differences": remaining} | ({"acls": rights} if acls else {})))
    else:
        for change in changes:
            click.echo(change.message)
        for right in given:
            click.echo(f"Gave {right_text(right)}.")
        for right in taken:
            click.echo(f"Took {right_text(right)}.")
        if acls and not (given or taken):
            click.echo("All rights are as declared.", err=True)
        _report(remaining)
    context.exit(DIFFERS if remaining else 0)


@topics.command()
@_bootstrap_option
@_json_option
@click.pass_context
def check(context: click.Context, bootstrap: str | None, as_json: bool) -> None:
    """Say how the topics of the brokers differ from their declarations; exit with 1 if they do."""
    settings = get_settings()
    with saying(ConnectError, TopicAdminError):
        bootstrap = bootstrap or resolve_bootstrap(settings)
        differences = check_topics(bootstrap, settings.topic_prefix, settings.replication_factor)
    if as_json:
        click.echo(_json({"differences": differences}))
    else:
        _report(differences)
        if any(difference.repairable for difference in differences):
            click.echo("`wisebook-ml topics apply` creates and repairs what it safely can.", err=True)
    context.exit(DIFFERS if differences else 0)


@topics.command()
@_bootstrap_option
@_json_option
@click.option("--to", required=True, metavar="PREFIX", help="What the names of the new topics begin with.")
def move(bootstrap: str | None, as_json: bool, to: str) -> None:
    """Move all records to topics with more partitions, at another prefix; the old ones stay.

    WISEBOOK_ML_PARTITIONS says how many: a multiple of what there is. All workers, the API and whoever publishes must
    have stopped. Workers that are started with the new prefix go on where the old ones were.
    """
    settings = get_settings()

    def tell(one: Moved) -> None:
        if not as_json:
            click.echo(f"{to}{one.topic}: {one.written:,} records of {one.read:,}.")

    with saying(ConnectError, TopicAdminError, MoveError, ReadError):
        bootstrap = bootstrap or resolve_bootstrap(settings)
        moved = move_records(bootstrap, settings.topic_prefix, to, settings.replication_factor, tell)
    if as_json:
        click.echo(_json(moved))
        return
    click.echo(
        f"Moved. Set WISEBOOK_ML_TOPIC_PREFIX={to} and WISEBOOK_ML_PARTITIONS for all processes, and "
        "start them; whoever publishes needs the new prefix, too.",
        err=True,
    )


@topics.command("list")
@_json_option
def list_(as_json: bool) -> None:
    """List the declared topics; needs no broker."""
    prefix = get_settings().topic_prefix
    rows = [
        {
            "name": topic.full_name(prefix),
            "key": topic.key,
            "partitions": topic.partitions,
            "cleanup": topic.config()["cleanup.policy"],
            "retention_days": None if topic.retention is None else topic.retention.days,
            "records": [record.ce_type for record in topic.records],
            "description": topic.description,
        }
        for topic in declarations.ALL
    ]
    if as_json:
        click.echo(_json(rows))
        return
    table = Table("topic", "key", "partitions", "cleanup", "kept", "description")
    for row in rows:
        days = row["retention_days"]
        kept = "for ever" if days is None else f"{days} days"
        table.add_row(*(str(row[c]) for c in ("name", "key", "partitions", "cleanup")), kept, str(row["description"]))
    Console().print(table)


def _report(differences: Sequence[Difference]) -> None:
    for difference in differences:
        click.echo(difference.message)
    if not differences:
        click.echo(f"All {len(declarations.ALL)} topics are as declared.", err=True)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
