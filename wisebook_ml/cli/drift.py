"""``wisebook-ml drift``: what has moved for a model, since it was trained."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import msgspec
from rich.table import Table

from schemas import Derive, TypeModele
from wisebook_ml.cli.audited import audited, tell
from wisebook_ml.cli.failures import PICTURES, drawing, saying
from wisebook_ml.cli.show import plain_console
from wisebook_ml.clock import utc_now
from wisebook_ml.drift.plot import draw_report
from wisebook_ml.drift.report import lines_of
from wisebook_ml.drift_checks.references import reference_of_version
from wisebook_ml.drift_checks.reports import last_reports
from wisebook_ml.drift_checks.thresholds import as_parameters, thresholds_of
from wisebook_ml.drift_checks.usual import VersionKey
from wisebook_ml.french_time import PARIS
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import DriftStore, Modele, ModelNotFound, ModelRegistry, StorageError, open_database
from wisebook_ml.timers.catalogue import TIMERS

__all__ = ["drift"]

TIMER = "drift"
NAMED = 3
"""Variables that a row of the list names."""

MODELE = click.argument("modele")
SOCIETE = click.option("--societe", type=click.IntRange(min=0), help="Company; 0 for global models.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


FAILURES = (ConnectError, ReadError, StorageError, ValueError, OSError)
"""Errors whose message is for people."""


@click.group()
def drift() -> None:
    """Show what models meet that they were not trained on.

    MODELE is a model's number or its name; --societe tells companies apart whose models have the same name.
    Reports come from the database, or from the topic `drift` where that has none.
    """


@drift.command()
@MODELE
@SOCIETE
@click.option("--version", type=click.IntRange(min=1), help="Of this version; by default the last report of any.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into a .png, .svg or .pdf.")
@AS_JSON
def report(modele: str, societe: int | None, version: int | None, lang: str, plot: Path | None, as_json: bool) -> None:
    """Print the last report of MODELE: what moved, by how much, and how sure that is."""
    _check(plot)
    with drawing(), saying(*FAILURES):
        found = _report(modele, societe, version)
        if plot is not None:
            draw_report(found, plot, lang=lang)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for line in lines_of(found, lang):
        click.echo(line)
    if plot is not None:
        click.echo(f"{'Graphique :' if lang == 'fr' else 'Plot:'} {plot}")


@drift.command("list")
@SOCIETE
@AS_JSON
def list_(societe: int | None, as_json: bool) -> None:
    """List the last report of each model."""
    with drawing(), saying(*FAILURES):
        engine = open_database(get_settings().sql_url)
        found = list(DriftStore(engine).latest(societe))
        if not found:
            found = list(_on_topic(lambda one: societe in {None, one.societe_id}).values())
        names = {model.id: model.nom for model in ModelRegistry(engine).list()}
    if as_json:
        for one in found:
            click.echo(msgspec.json.encode(one).decode())
        return
    if not found:
        click.echo(f"no reports yet; {_next_check()}")
        return
    table = Table("Model", "Company", "Name", "Version", "Until", "Rows", "Drift", "What moved")
    for one in found:
        table.add_row(
            str(one.modele_id),
            str(one.societe_id),
            names.get(one.modele_id, ""),
            str(one.version),
            "" if one.au is None else one.au.isoformat(),
            "" if one.lignes is None else str(one.lignes),
            "yes" if one.derive else "no",
            _named(one),
        )
    plain_console().print(table)


@drift.command()
@MODELE
@SOCIETE
@click.option("--set", "changes", multiple=True, metavar="NAME=NUMBER", help="Set one; may be repeated.")
@click.option("--reset", is_flag=True, help="Have the defaults again.")
def thresholds(modele: str, societe: int | None, changes: Sequence[str], reset: bool) -> None:
    """Show how large a change of MODELE has to be to count, and how sure; or change that, from the next check on."""
    wanted = dict(_change(one) for one in changes)
    with drawing(), saying(*FAILURES):
        registry = ModelRegistry(open_database(get_settings().sql_url))
        model = registry.find(modele, societe)
        parametres = model.parametres_modele
        if reset:
            parametres = as_parameters(parametres, {})
        if wanted:
            parametres = as_parameters(parametres, wanted)
        if reset or wanted:
            model = _set(registry, model, parametres)
        valid = thresholds_of(model.parametres_modele)
    for name, value in msgspec.to_builtins(valid).items():
        click.echo(f"{name} {value:g}")


@audited
def _set(registry: ModelRegistry, model: Modele, parametres: Mapping[str, object]) -> Modele:
    """Change a model's parameters; only then the command is one that changes something."""
    tell(modele=model.id, societe=model.societe_id)
    return registry.update(model.id, parametres=parametres)


def _report(modele: str, societe: int | None, version: int | None) -> Derive:
    """Return the last report that is asked for.

    Raises
    ------
    click.ClickException
        Where there is none; the message says why, and when there will be.
    """
    engine = open_database(get_settings().sql_url)
    model: Modele | None = None
    try:
        model = ModelRegistry(engine).find(modele, societe)
    except ModelNotFound:
        if not modele.isdecimal():
            raise
        number = int(modele)
        if not (found := _of_topic(number, societe, version)):
            raise
        return found
    found = DriftStore(engine).last(model.id, version) or _of_topic(model.id, societe, version)
    if found is None:
        raise click.ClickException(_why_none(model, version))
    return found


def _of_topic(modele_id: int, societe: int | None, version: int | None) -> Derive | None:
    """Return the last report of a model on the topic; None where there is none, or no broker answers."""

    def wanted(one: Derive) -> bool:
        return one.modele_id == modele_id and societe in {None, one.societe_id} and version in {None, one.version}

    return _on_topic(wanted).get(modele_id)


def _on_topic(wanted: Callable[[Derive], bool]) -> dict[int, Derive]:
    settings = get_settings()
    try:
        return last_reports(reach_broker(settings), settings.topic_prefix, wanted)
    except (ConnectError, ReadError) as error:
        click.echo(f"the database has no report, and the topic cannot be read: {error}", err=True)
        return {}


def _why_none(model: Modele, version: int | None) -> str:
    """Return why there is no report of a model (or of a version), and what to do."""
    which = f"model {model.id} ({model.nom})" if version is None else f"version {version} of model {model.id}"
    number = version or model.version_courante
    if number is None:
        return f"{which} has no champion yet; train it with `wisebook-ml train {model.id} --wait`"
    if model.type_modele is not TypeModele.ISOLATION_FOREST:
        return (
            f"there are no reports of {which}: what a {model.type_modele.value} meets is not compared, only what "
            f"{TypeModele.ISOLATION_FOREST.value} models do"
        )
    key = VersionKey(model.societe_id, model.id, number)
    if reference_of_version(get_settings(), key) is None:
        return (
            f"version {number} of model {model.id} ({model.nom}) has no reference that days could be compared with: "
            f"train it again with `wisebook-ml train {model.id} --wait`"
        )
    return f"no report of {which} yet; {_next_check()}"


def _next_check() -> str:
    due = TIMERS[TIMER].schedule.after(utc_now()).astimezone(PARIS)
    return (
        f"models are checked by the timer {TIMER!r}, next on {due:%Y-%m-%d at %H:%M} (France), with workers of the "
        f"roles timers, scoring and drift; `wisebook-ml timers run {TIMER}` does it now"
    )


def _named(report: Derive) -> str:
    names = list(dict.fromkeys(one.variable for one in report.variables))
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _check(plot: Path | None) -> None:
    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"{plot} ends in none of {', '.join(sorted(PICTURES))}", param_hint="--plot")
    if plot is not None and not plot.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {plot.absolute().parent}", param_hint="--plot")


def _change(text: str) -> tuple[str, float]:
    name, mark, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not mark or not name or not math.isfinite(number):
        raise click.BadParameter(f"{text!r} is not NAME=NUMBER", param_hint="--set")
    return name.strip(), int(number) if number.is_integer() else number
