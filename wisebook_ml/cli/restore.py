"""``wisebook-ml restore``: after a backup of SQL was put back, read again from the topics what it lacks."""

import datetime as dt

import click
import msgspec

from wisebook_ml.cli.audited import audited
from wisebook_ml.cli.failures import saying
from wisebook_ml.clock import utc_now
from wisebook_ml.french_time import PARIS
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import StorageError, open_database

__all__ = ["restore"]

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]


@click.command()
@click.option(
    "--since",
    type=click.DateTime(FORMATS),
    required=True,
    metavar="MOMENT",
    help="When the backup of SQL was begun, or earlier, in French time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@audited
def restore(since: dt.datetime, as_json: bool) -> None:
    """Read again from the topics what a restored database lacks since MOMENT: settings, models, detections, verdicts.

    Every role that writes to the database rests meanwhile, until this asks for the role `storage` to be started.
    Nothing is published. To do it again is harmless.
    """
    from wisebook_ml.restoring import MARGIN, AtWork, put_back, require_rest, restore_registry, restore_verdicts

    settings, moment = get_settings(), since.replace(tzinfo=PARIS)
    if moment > utc_now():
        raise click.BadParameter(f"{since} is not past", param_hint="--since")
    moment -= MARGIN
    with saying(AtWork, ConnectError, PublishError, ReadError, StorageError):
        bootstrap = reach_broker(settings)
        require_rest(bootstrap, settings.topic_prefix)
        engine = open_database(settings.sql_url)
        registered = restore_registry(bootstrap, settings.topic_prefix, engine, moment)
        back = put_back(bootstrap, settings.topic_prefix, moment)
        click.echo(
            f"{registered.settings} versions of settings and {registered.versions} of models were missing.\n"
            f"The role storage is put back by {back:,} records. Start it now (`wisebook-ml worker storage`): verdicts "
            "follow once it has caught up …",
            err=True,
        )
        for modele_id in registered.models:
            click.echo(f"Model {modele_id} was unknown: give it its name, and its parameters if it has any.", err=True)
        verdicts = restore_verdicts(settings, bootstrap, engine, moment)
    if as_json:
        told = {**msgspec.to_builtins(registered), "put_back": back, "verdicts": verdicts}
        click.echo(msgspec.json.encode(told).decode())
        return
    click.echo(f"{verdicts} verdicts were missing. Done: start the other roles and the API.", err=True)
