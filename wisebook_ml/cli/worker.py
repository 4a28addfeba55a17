"""``wisebook-ml worker ROLE``: one process of one role."""

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import click

from wisebook_ml.cli.failures import saying
from wisebook_ml.messaging.acls import require_rights
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.monitoring.logs import configure_logging
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import StorageError

if TYPE_CHECKING:
    import faust

__all__ = ["worker"]

ROLES = "wisebook_ml.roles"
"""Entry point group in which a package registers the roles it has."""

LEVELS = ["debug", "info", "warning", "error"]


@click.command()
@click.argument("role")
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True
)
def worker(role: str, log_level: str) -> None:
    """Run a worker of ROLE until it is told to stop.

    ROLE: scoring, prediction, treasury, cash, storage, training, tuning, timers, statistics, drift, alerting,
    delivery.

    Exit status: 0 when stopped by a signal, 70 when it met an error that a restart from its last commit may repair.
    """
    roles = {point.name: point for point in entry_points(group=ROLES)}
    if role not in roles:
        raise click.BadParameter(f"{role!r} is none of {', '.join(sorted(roles))}", param_hint="ROLE")
    settings = get_settings()
    configure_logging(role, settings.log_format, log_level.upper())
    with saying(ConnectError, StorageError):
        bootstrap = reach_broker(settings)  # before minutes of compiling, perhaps
        if settings.kafka_security != "PLAINTEXT":
            require_rights(bootstrap, settings.topic_prefix, role)
        from wisebook_ml.monitoring.watch import Watch  # needs Faust, which takes a second to import

        with Watch(role, settings) as watch:
            app = roles[role].load()(settings)
            watch.follow(app)
            _run(app, log_level)


def _run(app: "faust.App", log_level: str) -> None:
    import faust

    # Our own logging is configured; Faust's would replace it with tables and colours.
    process = faust.Worker(app, loglevel=log_level, override_logging=False, redirect_stdouts=False, quiet=True)
    process.execute_from_commandline()
