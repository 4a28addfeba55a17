"""``wisebook-ml models``: the registry on the command line."""

import json
from collections.abc import Mapping, Sequence
from typing import cast

import click
import msgspec
from rich.table import Table

from schemas import DomaineApplication, TypeModele
from wisebook_ml.artefacts import LATEST, ArtefactStore
from wisebook_ml.cli.audited import audited, tell
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.show import plain_console
from wisebook_ml.inference import LoadedModels
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.services.base import NotDefined
from wisebook_ml.services.catalogue import DOMAINES, MissingLibrary, service_class
from wisebook_ml.services.parameters import InvalidParameters
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import CampaignStore, Modele, ModelRegistry, StorageError, open_database
from wisebook_ml.training.creation import check_parameters
from wisebook_ml.training.learn import LEARNT_UNTIL
from wisebook_ml.training.promotion import promote as put_in_force
from wisebook_ml.training.promotion import rollback as go_back

__all__ = ["models", "show_campaigns"]

BY = "cli"
"""Who promotes, in the history."""

SHOWN_CAMPAIGNS = 20
SHARE_DIGITS = 4
BAR = 40
"""Characters of the longest bar."""

SOCIETE = click.option("--societe", type=click.IntRange(min=0), help="Company; 0 for global models.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
MODELE = click.argument("modele")


FAILURES = (
    ConnectError,
    ReadError,
    PublishError,
    StorageError,
    MissingLibrary,
    InvalidParameters,
    NotDefined,
    ValueError,
    OSError,
)
"""What a person is told in a line."""


def _registry() -> ModelRegistry:
    return ModelRegistry(open_database(get_settings().sql_url))


def _found(modele: str, societe: int | None) -> Modele:
    """Return the model that is to be changed, and have the audit log tell which it is."""
    model = _registry().find(modele, societe)
    tell(modele=model.id, societe=model.societe_id)
    return model


@click.group()
def models() -> None:
    """List, create and compare models, and say which version is in charge.

    MODELE is a model's number or its name; --societe tells companies apart whose models have the same name.
    """


@models.command("list")
@SOCIETE
@AS_JSON
def list_(societe: int | None, as_json: bool) -> None:
    """List the models of all companies, or of one."""
    with saying(*FAILURES):
        found = _registry().list(societe)
    if as_json:
        _print_json(found)
        return
    if not found:
        click.echo("no models; `wisebook-ml models create` or `wisebook-ml train --all` makes some")
        return
    table = Table("Model", "Company", "Name", "Algorithm", "Purpose", "State", "Champion", "Challenger", "Measure")
    for model in found:
        table.add_row(
            str(model.id),
            str(model.societe_id),
            model.nom,
            model.type_modele.value,
            model.domaine_application.value,
            model.statut.value,
            _number(model.version_courante),
            _number(model.version_challenger),
            _measure(model),
        )
    plain_console().print(table)


@models.command()
@click.option("--societe", type=click.IntRange(min=0), required=True, help="Company; 0 for a global model.")
@click.option("--type", "type_", type=click.Choice([kind.value for kind in TypeModele]), required=True)
@click.option("--nom", required=True, help="Name, unique within the company.")
@click.option("--description", default="", help="For people.")
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="Parameter of the algorithm; may be repeated."
)
@click.option("--domaine", type=click.Choice([kind.value for kind in DomaineApplication]), help="What it is for.")
@click.option("--auto/--no-auto", default=True, show_default=True, help="Train it again by itself.")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Days until it is due again.")
@audited
def create(
    societe: int,
    type_: str,
    nom: str,
    description: str,
    params: Sequence[str],
    domaine: str | None,
    auto: bool,
    days: int,
) -> None:
    """Create a model; `wisebook-ml train` then trains it."""
    kind = TypeModele(type_)
    given = dict(_parameter(text) for text in params)
    with saying(*FAILURES):
        check_parameters(kind, given)
        registry = _registry()
        others = [other.id for other in registry.list(societe) if other.type_modele is kind]
        model = registry.create(
            societe,
            nom,
            kind,
            DomaineApplication(domaine) if domaine else DOMAINES[kind],
            given,
            description=description,
            reentrainement_auto=auto,
            frequence_reentrainement=days,
        )
    if others:
        click.echo(
            f"company {societe} has model {', '.join(map(str, others))} of this algorithm, too; of each algorithm the "
            "version that was put in force last predicts",
            err=True,
        )
    tell(modele=model.id)
    click.echo(f"model {model.id} created; train it with `wisebook-ml train {model.id} --wait`")


@models.command()
@MODELE
@SOCIETE
@AS_JSON
def show(modele: str, societe: int | None, as_json: bool) -> None:
    """Show a model: its parameters, versions, who was in charge when, and its campaigns."""
    with saying(*FAILURES):
        registry = _registry()
        model = registry.find(modele, societe)
        versions, history = registry.versions(model.id), registry.history(model.id)
        campaigns = CampaignStore(open_database(get_settings().sql_url)).list(modele_id=model.id, limit=SHOWN_CAMPAIGNS)
        service = service_class(model.type_modele)(model.parametres_modele)
    if as_json:
        whole = {"modele": model, "versions": versions, "promotions": history, "campagnes": campaigns}
        click.echo(msgspec.json.encode(whole).decode())
        return
    click.echo(f"model {model.id} of company {model.societe_id}: {model.nom} ({model.type_modele.value})")
    if model.description:
        click.echo(model.description)
    again = f"every {model.frequence_reentrainement} days" if model.reentrainement_auto else "by hand"
    click.echo(f"state {model.statut.value}, trained again {again}")
    click.echo(f"parameters {json.dumps(msgspec.to_builtins(service.parametres), ensure_ascii=False)}")
    if model.version_courante is not None:
        click.echo(f"artefact {ArtefactStore.of(get_settings()).place}/{model.societe_id}/{model.id}/{LATEST}")
    table = Table("Version", "Made", "Role", "Measures on its hold-out", title="Versions", title_justify="left")
    for recorded in versions:
        number = recorded.version.version
        role = {model.version_courante: "champion", model.version_challenger: "challenger"}.get(number, "")
        table.add_row(str(number), f"{recorded.created_at:%Y-%m-%d %H:%M}", role, _figures(recorded.metrics))
    plain_console().print(table)
    promotions = Table("When", "Version", "By", "Why", title="Promotions", title_justify="left")
    for promotion in history:
        promotions.add_row(
            f"{promotion.promue_le:%Y-%m-%d %H:%M:%S}", str(promotion.version), promotion.par, promotion.motif
        )
    plain_console().print(promotions)
    show_campaigns(campaigns, registry)


@models.command()
@SOCIETE
@AS_JSON
def campaigns(societe: int | None, as_json: bool) -> None:
    """List the latest trainings and what became of them."""
    with saying(*FAILURES):
        found = CampaignStore(open_database(get_settings().sql_url)).list(societe_id=societe)
    if as_json:
        _print_json(found)
        return
    show_campaigns(found, _registry())


@models.command()
@MODELE
@click.argument("version", type=click.IntRange(min=1))
@SOCIETE
@audited
def promote(modele: str, version: int, societe: int | None) -> None:
    """Put VERSION of MODELE in charge, whatever the gate said."""
    with saying(*FAILURES):
        settings = get_settings()
        bootstrap = reach_broker(settings)
        model = _found(modele, societe)
        now = put_in_force(settings, bootstrap, model.id, version, par=BY, motif="promoted by hand")
    was = "was the champion already; it is marked again" if model.version_courante == version else "is the champion"
    click.echo(f"version {now.version} of model {model.id} {was}; workers use it from its marker on")


@models.command()
@MODELE
@SOCIETE
@audited
def rollback(modele: str, societe: int | None) -> None:
    """Put the champion before the present one in charge again."""
    with saying(*FAILURES):
        settings = get_settings()
        bootstrap = reach_broker(settings)
        model = _found(modele, societe)
        now = go_back(settings, bootstrap, model.id, par=BY, motif="rolled back by hand")
    click.echo(f"version {now.version} of model {model.id} is the champion again")


@models.command()
@MODELE
@SOCIETE
@AS_JSON
def importance(modele: str, societe: int | None, as_json: bool) -> None:
    """Show how much each accounting attribute decides in the champion of MODELE."""
    with saying(*FAILURES):
        registry = _registry()
        model = registry.find(modele, societe)
        if model.version_courante is None:
            raise click.ClickException(
                f"model {model.id} has no champion yet; train it with `wisebook-ml train {model.id} --wait`"
            )
        version = registry.version(model.id, model.version_courante).version
        shares = LoadedModels(ArtefactStore.of(get_settings())).get(version).feature_importance()
    if as_json:
        click.echo(json.dumps({name: round(share, SHARE_DIGITS) for name, share in shares.items()}, ensure_ascii=False))
        return
    largest = max(shares.values(), default=0.0) or 1.0
    table = Table("Attribute", "Share", "")
    for name, share in shares.items():
        table.add_row(name, f"{share:.1%}", "█" * round(BAR * share / largest))
    plain_console().print(table)


def show_campaigns(found: Sequence[Mapping[str, object]], registry: ModelRegistry) -> None:
    """Print campaigns, one a row, with the names of their models."""
    names = {model.id: f"{model.nom} ({model.type_modele.value})" for model in registry.list()}
    table = Table(
        "Requested", "Model", "Company", "State", "Rows", "Minutes", "Version", "What became of it",
        title="Campaigns", title_justify="left",
    )  # fmt: skip
    for row in found:
        minutes = row["duree_minutes"]
        table.add_row(
            f"{row['demandee_le']:%Y-%m-%d %H:%M}",
            f"{row['modele_id']} {names.get(cast(int, row['modele_id']), '')}",
            str(row["societe_id"]),
            str(row["statut"]),
            str(row["lignes"] or ""),
            f"{minutes:.2f}" if isinstance(minutes, float) and minutes else "",
            _number(row["version"]),
            _became(row),
        )
    plain_console().print(table)


def _became(row: Mapping[str, object]) -> str:
    """Return what became of a campaign, for people."""
    joined = f"joined campaign {row['rejointe']}, which was under way" if row["rejointe"] else ""
    doing = f"{row['etape']} {row['avancement']:.0%}" if row["etape"] and not row["terminee_le"] else ""
    return str(row["erreur"] or row["decision"] or joined or doing)


def _print_json(rows: Sequence[object]) -> None:
    for row in rows:
        click.echo(msgspec.json.encode(row).decode())


def _number(value: object) -> str:
    return "" if value is None else str(value)


def _measure(model: Modele) -> str:
    try:
        metric = service_class(model.type_modele).gate.metric
    except MissingLibrary:
        return ""
    value = model.metrics.get(metric)
    return f"{metric} {value:.3g}" if isinstance(value, float) else ""


def _figures(metrics: Mapping[str, object]) -> str:
    shown = {name: value for name, value in metrics.items() if isinstance(value, int | float) and name != LEARNT_UNTIL}
    return ", ".join(f"{name} {value:.4g}" for name, value in shown.items())


def _parameter(text: str) -> tuple[str, object]:
    """Return the name and the value of ``name=value``; the value is JSON where it can be read as such."""
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--param")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value
