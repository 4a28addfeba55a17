"""``wisebook-ml train``: ask for trainings, and follow them."""

import datetime as dt
import threading
from collections.abc import Sequence

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from schemas import Campagne, DemandeEntrainement, Etape, StatutCampagne
from wisebook_ml.cli.audited import audited, tell
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.models import show_campaigns
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import Settings, get_settings
from wisebook_ml.storage import CampaignStore, Modele, ModelRegistry, StorageError, open_database
from wisebook_ml.training.collect import ALL_COMPANIES
from wisebook_ml.training.companies import companies_on_topic, is_on_topic
from wisebook_ml.training.defaults import default_models
from wisebook_ml.training.events import ENDED
from wisebook_ml.training.exceptions import CampaignTimeout
from wisebook_ml.training.request import cancel_training, follow_campaigns, request_of, request_training

__all__ = ["train"]

SILENT_SECONDS = 10.0
"""Without any answer for so long there is probably no training worker; one that is free answers within a second."""

SILENT = "no training worker has answered yet; start `wisebook-ml worker training`"

STAGES = {
    Etape.COLLECTE: "collecting",
    Etape.APPRENTISSAGE: "learning",
    Etape.EVALUATION: "evaluating",
    Etape.PUBLICATION: "publishing",
}

OPEN = frozenset({StatutCampagne.DEMANDEE.value, StatutCampagne.EN_COURS.value})
DEMANDEUR = "cli"


@click.command()
@click.argument("modele", required=False)
@click.option("--all", "all_", is_flag=True, help="All default models of a company, one an algorithm.")
@click.option("--societe", type=click.IntRange(min=0), help="Company of MODELE, or whose models --all means.")
@click.option("--from", "du", type=click.DateTime(["%Y-%m-%d"]), help="First date of the rows to train on.")
@click.option("--to", "au", type=click.DateTime(["%Y-%m-%d"]), help="Last date of the rows to train on.")
@click.option("--wait", is_flag=True, help="Follow the trainings to their end.")
@click.option("--timeout", type=float, default=3600.0, show_default=True, help="Longest wait, in seconds.")
@click.option("--cancel", is_flag=True, help="End the training of MODELE that waits or is in work.")
@audited
def train(
    modele: str | None,
    all_: bool,
    societe: int | None,
    du: dt.datetime | None,
    au: dt.datetime | None,
    wait: bool,
    timeout: float,
    cancel: bool,
) -> None:
    """Ask the training workers to train MODELE, a model's number or name (`wisebook-ml models list`).

    With --all, the default models of the company are created where it has not got them, and all are trained; without
    --societe, those of every company. A new version is compared with the one in charge, and takes over if it is
    better. Exit status with --wait: 0 if all were trained, 1 if not.
    """
    if (modele is None) is not all_:
        raise click.UsageError("name a model (`wisebook-ml models list` shows them), or --all, not both")
    if all_ and cancel:
        raise click.UsageError("--cancel needs a model")
    if du and au and du > au:
        raise click.UsageError("--from lies after --to")
    settings = get_settings()
    with saying(ConnectError, PublishError, ReadError, StorageError, CampaignTimeout):
        bootstrap = reach_broker(settings)
        registry = ModelRegistry(open_database(settings.sql_url))
        if modele is not None:
            models = [registry.find(modele, societe)]
            tell(modele=models[0].id, societe=models[0].societe_id)
        else:
            models = _defaults(registry, settings, bootstrap, societe)
        if cancel:
            _cancel(settings, bootstrap, models[0])
            return
        requests = [
            request_training(
                settings,
                bootstrap,
                model.id,
                demandeur=DEMANDEUR,
                du=du.date() if du else None,
                au=au.date() if au else None,
            )
            for model in models
        ]
        for model, request in zip(models, requests, strict=True):
            click.echo(f"model {model.id} ({model.nom}): training requested as {request.demande_id}", err=True)
        if not wait:
            return
        ends = _follow(settings, bootstrap, models, requests, timeout)
    campaigns = CampaignStore(open_database(settings.sql_url))
    wanted = {str(end.campagne_id) for end in ends}
    rows = [row for model in models for row in campaigns.list(modele_id=model.id) if str(row["campagne_id"]) in wanted]
    show_campaigns(rows, registry)
    if any(end.statut is not StatutCampagne.REUSSIE for end in ends):
        raise click.exceptions.Exit(1)


def _defaults(registry: ModelRegistry, settings: Settings, bootstrap: str, societe: int | None) -> list[Modele]:
    """Return the default models of a company, or of all that there are but the global ones, which are no company's."""
    if societe is not None:
        is_known = societe == ALL_COMPANIES or bool(registry.list(societe))
        if not is_known and not is_on_topic(bootstrap, settings.topic_prefix, societe):
            raise click.ClickException(f"company {societe} has no entries on the topic; publish some first")
        companies: Sequence[int] = [societe]
    else:
        on_topic = companies_on_topic(bootstrap, settings.topic_prefix)
        companies = sorted({*registry.societes(), *on_topic} - {ALL_COMPANIES})
    if not companies:
        raise click.ClickException("there are no companies yet; publish entries first (`wisebook-ml publish`)")
    return [registry.get(model) for company in companies for model in default_models(registry, company).values()]


def _follow(
    settings: Settings,
    bootstrap: str,
    models: Sequence[Modele],
    requests: Sequence[DemandeEntrainement],
    timeout: float,
) -> list[Campagne]:
    """Show the progress of campaigns; return how each ended."""
    ends: dict[str, Campagne] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[stage]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks = {
            request.demande_id: progress.add_task(f"{model.nom} ({model.type_modele.value})", total=1.0, stage="")
            for model, request in zip(models, requests, strict=True)
        }
        silent = threading.Timer(
            SILENT_SECONDS, progress.console.print, (SILENT,), {"highlight": False, "soft_wrap": True}
        )
        silent.daemon = True
        silent.start()
        try:
            for request, campaign in follow_campaigns(settings, bootstrap, requests, timeout):
                silent.cancel()  # a worker has recorded it, at least
                ends[request.demande_id] = campaign
                task = tasks[request.demande_id]
                progress.update(task, completed=campaign.avancement, stage=_stage(campaign))
                if campaign.statut in ENDED and campaign.rejointe is None:
                    progress.stop_task(task)
        finally:
            silent.cancel()
    return list(ends.values())


def _stage(campaign: Campagne) -> str:
    """Return what a campaign is doing, for a person."""
    if campaign.rejointe is not None:
        return "joined the training under way"
    if campaign.statut is StatutCampagne.DEMANDEE:
        return "waiting for a free trainer"
    if campaign.statut is StatutCampagne.EN_COURS and campaign.etape is not None:
        return STAGES[campaign.etape]
    return campaign.statut.value


def _cancel(settings: Settings, bootstrap: str, model: Modele) -> None:
    rows = CampaignStore(open_database(settings.sql_url)).list(modele_id=model.id)
    open_ = [row for row in rows if str(row["statut"]) in OPEN]
    if not open_:
        raise click.ClickException(f"model {model.id} ({model.nom}) is not in training")
    for row in open_:
        request = request_of(row)
        cancel_training(settings, bootstrap, request, demandeur=DEMANDEUR)
        click.echo(f"model {model.id} ({model.nom}): the end of training {request.demande_id} is requested")
