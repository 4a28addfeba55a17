"""``wisebook-ml train``: ask for a training, and follow it."""

import datetime as dt
import threading

import click
from rich.console import Console
from rich.progress import Progress

from schemas import StatutCampagne, TypeModele
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import ModelRegistry, StorageError, open_database
from wisebook_ml.training.defaults import default_models
from wisebook_ml.training.exceptions import CampaignTimeout
from wisebook_ml.training.request import follow_campaign, request_training

__all__ = ["train"]

SILENT_SECONDS = 10.0
"""Without any answer for so long there is probably no training worker; one that is free answers within a second."""

SILENT = "no training worker has answered yet; start `wisebook-ml worker training`"


@click.command()
@click.option("--societe", type=click.IntRange(min=1), required=True, help="Whose model.")
@click.option("--from", "du", type=click.DateTime(["%Y-%m-%d"]), help="First entry date to train on.")
@click.option("--to", "au", type=click.DateTime(["%Y-%m-%d"]), help="Last entry date to train on.")
@click.option("--wait", is_flag=True, help="Follow the training to its end.")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="Longest wait, in seconds.")
def train(societe: int, du: dt.datetime | None, au: dt.datetime | None, wait: bool, timeout: float) -> None:
    """Ask the training workers for a new Isolation Forest of a company.

    From the moment it is ready, the company's new entries are scored with it. Exit status with --wait: 0 if it was
    trained, 1 if not.
    """
    if du and au and du > au:
        raise click.UsageError("--from lies after --to")
    settings = get_settings()
    try:
        bootstrap = reach_broker(settings)
        modele_id = default_models(ModelRegistry(open_database(settings.sql_url)), societe)[TypeModele.ISOLATION_FOREST]
        request = request_training(
            settings,
            bootstrap,
            modele_id,
            demandeur="cli",
            du=du.date() if du else None,
            au=au.date() if au else None,
        )
        click.echo(f"model {request.modele_id}: training requested as {request.demande_id}", err=True)
        if not wait:
            return
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Training", total=1.0)
            silent = threading.Timer(
                SILENT_SECONDS, progress.console.print, (SILENT,), {"highlight": False, "soft_wrap": True}
            )
            silent.daemon = True
            silent.start()
            try:
                for campaign in follow_campaign(settings, bootstrap, request, timeout):
                    silent.cancel()
                    progress.update(task, completed=campaign.avancement)
            finally:
                silent.cancel()
    except (ConnectError, PublishError, ReadError, StorageError, CampaignTimeout) as error:
        raise click.ClickException(str(error)) from error
    if campaign.statut is not StatutCampagne.REUSSIE:
        raise click.ClickException(campaign.erreur or campaign.statut.value)
    assert campaign.version is not None  # what REUSSIE means
    click.echo(
        f"version {campaign.version.version} of model {campaign.modele_id} trained on {campaign.lignes} entries "
        f"in {campaign.duree_minutes * 60:.1f} s; {campaign.decision}"
    )
