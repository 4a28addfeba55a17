"""``wisebook-ml kafka``: a local Apache Kafka, without Docker.

Results go to stdout, messages for people to stderr. ``status`` exits with 0 if the broker runs and with 1
if it does not; ``stop`` of a broker that does not run is no error; ``tool`` exits as the tool does.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from wisebook_ml.broker import BrokerError, BrokerStartFailed, BrokerStatus, LocalKafka, ensure_distribution
from wisebook_ml.broker.java import find_java, java_environment
from wisebook_ml.broker.tools import TOOLS, names_a_broker, tool_command
from wisebook_ml.cli.failures import saying
from wisebook_ml.settings import get_settings

__all__ = ["kafka"]

#: The error, and the part of its stack trace that says where it arose.
_DEFAULT_LOG_LINES = 20
#: What a shell reports for a program ended by ctrl-C (128 + SIGINT).
_INTERRUPTED = 130

_Command = TypeVar("_Command", bound=Callable[..., object])


def _home_option(command: _Command) -> _Command:
    option = click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        default=lambda: get_settings().kafka_home,
        show_default="WISEBOOK_ML_HOME/kafka",
        help="Folder of the broker: data, logs, pid file.",
    )
    return option(command)


def _json_option(command: _Command) -> _Command:
    return click.option("--json", "as_json", is_flag=True, help="Print the broker's status as JSON.")(command)


@click.group()
def kafka() -> None:
    """Run a local Apache Kafka (needs Java 17 and Maven, no Docker)."""


@kafka.command()
@_home_option
@click.option("--port", type=click.IntRange(1, 65535), help="Port for clients. [default: the last, or any free]")
@click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds to wait for it.")
@click.option(
    "--log-lines",
    type=click.IntRange(0),
    default=_DEFAULT_LOG_LINES,
    show_default=True,
    help="Lines of Kafka's log, from the first error on, to show if it fails.",
)
@_json_option
def start(home: Path, port: int | None, timeout: float, log_lines: int, as_json: bool) -> None:
    """Start Kafka unless it runs, and print its address."""
    broker = LocalKafka(home, port=port, progress=_say)
    already = broker.status().running
    try:
        bootstrap = broker.start(timeout)
    except BrokerStartFailed as error:
        for line in error.log[:log_lines]:
            _say(f"  | {line}")
        raise click.ClickException(str(error)) from error
    except BrokerError as error:
        raise click.ClickException(str(error)) from error
    _say(f"Kafka {'already runs' if already else 'runs'} at {bootstrap} (home: {broker.home})")
    click.echo(_as_json(broker.status()) if as_json else bootstrap)


@kafka.command()
@_home_option
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds before a kill.")
@_json_option
def stop(home: Path, timeout: float, as_json: bool) -> None:
    """Stop Kafka; its data stays."""
    broker = LocalKafka(home, progress=_say)
    with saying(BrokerError):
        was_running = broker.stop(timeout)
    _say(f"Kafka of {broker.home} {'has stopped' if was_running else 'was not running'}.")
    if as_json:
        click.echo(_as_json(broker.status()))


@kafka.command()
@_home_option
@_json_option
@click.pass_context
def status(context: click.Context, home: Path, as_json: bool) -> None:
    """Tell whether Kafka runs: exit code 0 if it does, 1 if not."""
    found = LocalKafka(home).status()
    if as_json:
        click.echo(_as_json(found))
    elif found.running:
        _say(f"Kafka {found.version} runs (process {found.pid}, home: {found.home})")
        click.echo(found.bootstrap)
    else:
        _say(f"Kafka of {found.home} does not run. Start it with `wisebook-ml kafka start`.")
    context.exit(0 if found.running else 1)


@kafka.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog=f"Tools: {', '.join(TOOLS)}.",
)
@_home_option
@click.argument("name", type=click.Choice(list(TOOLS)), metavar="NAME")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def tool(context: click.Context, home: Path, name: str, arguments: tuple[str, ...]) -> None:
    """Run Kafka's own tool NAME; the local broker's address is filled in unless the arguments name one.

    Options of this command go before NAME; what follows is the tool's. Example:

    wisebook-ml kafka tool console-consumer --topic entries --from-beginning
    """
    broker = LocalKafka(home)
    found = broker.status()
    needs_broker = TOOLS[name].connects and not names_a_broker(arguments) and "--help" not in arguments
    if needs_broker and not found.running:
        raise click.ClickException(
            f"Kafka of {found.home} does not run. Start it with `wisebook-ml kafka start`, or name a broker "
            "with --bootstrap-server."
        )
    with saying(BrokerError):
        java, distribution = find_java(), ensure_distribution(_say)
    broker.home.mkdir(parents=True, exist_ok=True)
    command = tool_command(
        name, arguments, java=java, distribution=distribution, home=broker.home, bootstrap=found.bootstrap
    )
    with subprocess.Popen(command, env=java_environment()) as process:
        try:
            exit_code = process.wait()
        except KeyboardInterrupt:
            # The terminal sent ctrl-C to the tool too; it leaves its group and ends by itself.
            process.wait()
            exit_code = _INTERRUPTED
    context.exit(exit_code)


def _say(message: str) -> None:
    click.echo(message, err=True)


def _as_json(found: BrokerStatus) -> str:
    return msgspec.json.encode(found).decode()
