"""``wisebook-ml settings``: what companies have set, and changing it while the stream runs."""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec.structs import replace
from rich.table import Table

from schemas import Parametres, ReglageAlertes
from wisebook_ml.access import shown
from wisebook_ml.cli.alert_reach import Reach, reach_of
from wisebook_ml.cli.audited import audited
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.show import plain_console
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import SettingsStore, StorageError, StoredSettings, open_database
from wisebook_ml.storage.parametres import ALL_COMPANIES
from wisebook_ml.tuning.alerts import quiet_text, target_text
from wisebook_ml.tuning.checks import faults, settable
from wisebook_ml.tuning.differences import USUAL, differences
from wisebook_ml.tuning.edit import DEFAULT, edited
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.reading import read_file
from wisebook_ml.tuning.request import Changed, change_settings

__all__ = ["settings"]

BY = "cli"
"""Who sets, in the history, where nobody is named."""

NOT_YET = 3
"""Exit status where a change is published and not in force yet."""

SOCIETE = click.option(
    "--societe", type=click.IntRange(min=0), required=True, help="Company; 0 for the default of all companies."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
VERSION = click.IntRange(min=0)
DAY = click.DateTime(["%Y-%m-%d"])


FAILURES = (ConnectError, ReadError, PublishError, StorageError, Refusal, OSError)
"""What a person is told in a line."""


def _store() -> SettingsStore:
    return SettingsStore(open_database(get_settings().sql_url))


@click.group()
def settings() -> None:
    """Show and change what a company has set: thresholds, weights, words, limits, days off, cash, alerts.

    Every change is a new version, which takes effect at its marker among the company's entries and bank positions,
    without a restart. A company without settings of its own has those of all companies (--societe 0).
    """


@settings.command()
@SOCIETE
@click.option("--version", type=VERSION, help="Another version than the last one; 0: the built-in defaults.")
@AS_JSON
def show(societe: int, version: int | None, as_json: bool) -> None:
    """Show the settings of a company; --json prints what `settings set --file` and `score --settings` read.

    Addresses are shown without what may be a secret, but whole in --json: keep that as you keep a password.
    """
    with saying(*FAILURES):
        store = _store()
        stored = store.last(societe) if version is None else None
        found = store.in_force(societe) if version is None else _version(store, societe, version)
        if stored is None and version:
            stored = store.get(societe, version)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    click.echo(_about(societe, stored, found))
    table = Table("Setting", "Value", "Default")
    for row in _rows(found):
        table.add_row(*row)
    plain_console().print(table)


@settings.command("set")
@SOCIETE
@click.option("--budget", type=float, help="Share of entries to look at (0.01: 1 %).")
@click.option(
    "--seuil-signification", "signification", help=f"Materiality in euros; `{DEFAULT}`: learnt from the books."
)
@click.option(
    "--control", "controls", multiple=True, metavar="CODE.FIELD=VALUE",
    help=f"Field `seuil`, `poids` or `actif` of a control; the value `{DEFAULT}` takes it back. May be repeated.",
)  # fmt: skip
@click.option("--mot-cle", "words", multiple=True, help="Watch this word, too.")
@click.option("--sans-mot-cle", "no_words", multiple=True, help="Watch this word no longer.")
@click.option("--plafond", "limits", multiple=True, metavar="EUROS", help="Approval limit besides those there are.")
@click.option("--sans-plafond", "no_limits", multiple=True, metavar="EUROS", help="No approval limit any more.")
@click.option("--ferie", "days", multiple=True, type=DAY, help="Day off besides those of France.")
@click.option("--sans-ferie", "no_days", multiple=True, type=DAY, help="No day off any more.")
@click.option(
    "--plancher", "floors", multiple=True, metavar="[CURRENCY=]AMOUNT",
    help=f"Balance that all accounts of a currency (EUR) should not pass; the amount `{DEFAULT}`: 0.",
)  # fmt: skip
@click.option(
    "--probabilite-alerte", "probability", type=float,
    help="Probability of passing it within 90 days from which there is a warning (0.05 to 0.95).",
)  # fmt: skip
@click.option("--pays", "country", metavar="CODE", help="Country whose public holidays its cash keeps (FR).")
@click.option(
    "--alerte", "alerts", multiple=True, metavar="FIELD=VALUE",
    help="Field of the alerts: actif, severite, montant, controles, sauf_controles, regroupement (minutes), "
    f"budget_horaire, escalade (minutes), escalades; the value `{DEFAULT}` takes it back.",
)  # fmt: skip
@click.option("--calmes", "quiet", multiple=True, metavar="HH:MM-HH:MM [jours=1,2] [feries] [sauf=SEVERITE]",
              help="Quiet hours more, by French clocks.")  # fmt: skip
@click.option("--sans-calmes", "no_quiet", multiple=True, metavar="HH:MM-HH:MM", help="These quiet hours no longer.")
@click.option("--destination", "targets", multiple=True,
              metavar="ADDRESS [severite=SEVERITE] [langue=en] [escalade]",
              help="Bring alerts to this URL (https) or mail address, too.")  # fmt: skip
@click.option("--sans-destination", "no_targets", multiple=True, metavar="ADDRESS", help="Not there any more.")
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Start from this file (JSON) instead of the last version.")  # fmt: skip
@click.option("--par", default=BY, show_default=True, help="Who wants it, for the history.")
@click.option("--motif", default="", help="Why, for the history.")
@click.option("--timeout", type=float, default=15.0, show_default=True, help="Longest wait for a worker, in seconds.")
@AS_JSON
@click.pass_context
@audited
def set_(
    context: click.Context, /, societe: int, file: Path | None, timeout: float, as_json: bool, **given: Any
) -> None:
    """Change the settings of a company from its next entry on; what is said of its cash changes at once.

    Exit status: 0 when the new version is in force, 1 when it is refused, 3 when it is published, but no worker of the
    role `tuning` has put it in force yet.
    """
    with saying(*FAILURES):
        deployment, store = get_settings(), _store()

        def edit(base: Parametres) -> Parametres:
            return _wanted(base, file, given)

        before = store.in_force(societe)
        wanted = edit(before)
        _check(wanted)  # a mistake needs no broker
        if wanted.alertes.actif and wanted.alertes != before.alertes:
            _tell_reach(reach_of(store.engine, societe, wanted.alertes))
        bootstrap = reach_broker(deployment)
        changed = change_settings(deployment, bootstrap, store, societe, edit, timeout=timeout)
    _tell(changed, timeout)
    if as_json:
        version = changed.parametres.version
        told = {"societe_id": societe, "version": version, "en_vigueur": changed.in_force}
        click.echo(msgspec.json.encode(told).decode())
    if not changed.in_force:
        context.exit(NOT_YET)


def _tell_reach(reach: Reach) -> None:
    """Say what alerts let through, and warn where that is nothing."""
    if reach.seen and not reach.passing:
        click.echo(f"warning: {reach.text('en')}: nobody will be alerted to anything like them", err=True)
    elif reach.seen:
        click.echo(reach.text("en"), err=True)


def _tell(changed: Changed, timeout: float) -> None:
    """Say what became of a change."""
    societe, version = changed.parametres.societe_id, changed.parametres.version
    told = []
    if not changed.is_new:
        told.append(f"company {societe}: nothing to change, version {version} says so")
    elif changed.in_force:
        told.append(f"version {version} of company {societe} is in force from its marker on")
        if version == 1 and societe != ALL_COMPANIES:
            told.append(f"company {societe} has settings of its own now: those of all companies (0) no longer reach it")
    if not changed.in_force:
        told.append(
            f"version {version} of company {societe} is published and not in force: no worker has taken it within "
            f"{timeout:g} s. Start `wisebook-ml worker tuning`; it need not be set again"
        )
    click.echo("\n".join(told), err=True)


@settings.command()
@SOCIETE
@AS_JSON
def history(societe: int, as_json: bool) -> None:
    """List the versions of a company's settings: who wanted each, why, and what it changed."""
    with saying(*FAILURES):
        store = _store()
        found = store.history(societe)
    if as_json:
        for one in found:
            click.echo(msgspec.json.encode(replace(one, parametres=_without_secrets(one.parametres))).decode())
        return
    if not found:
        click.echo(_about(societe, None, store.in_force(societe)))
        return
    table = Table("Version", "Recorded (UTC)", "By", "Why", "Changes", "In force")
    before = Parametres(societe_id=societe)
    for one in found:
        changes = "\n".join(_changes(before, one.parametres))
        since = f"{one.marquee_le:%Y-%m-%d %H:%M:%S}" if one.marquee_le else "not yet"
        recorded = f"{one.enregistree_le:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(one.version), recorded, one.parametres.auteur, one.parametres.motif, changes, since)
        before = one.parametres
    plain_console().print(table)


@settings.command()
@click.argument("avant", type=VERSION, required=False)
@click.argument("apres", type=VERSION, required=False)
@SOCIETE
@AS_JSON
def diff(avant: int | None, apres: int | None, societe: int, as_json: bool) -> None:
    """Show what changed from version AVANT to APRES; by default from the one before the last to the last.

    Version 0 stands for the built-in defaults.
    """
    with saying(*FAILURES):
        store = _store()
        last = store.last(societe)
        newest = 0 if last is None else last.version
        second = newest if apres is None else apres
        first = max(second - 1, 0) if avant is None else avant
        found = differences(_version(store, societe, first), _version(store, societe, second))
    if as_json:
        for one in found:
            click.echo(msgspec.json.encode(one._asdict()).decode())
        return
    table = Table("Setting", f"Version {first}", f"Version {second}")
    for one in found:
        table.add_row(one.champ, _shown(one.avant), _shown(one.apres))
    plain_console().print(table if found else f"versions {first} and {second} set the same")


def _version(store: SettingsStore, societe: int, version: int) -> Parametres:
    if version == 0:
        return Parametres(societe_id=societe)
    stored = store.get(societe, version)
    if stored is None:
        last = store.last(societe)
        raise Refusal(
            f"company {societe} has no version {version} of its settings; the last is {last.version if last else 0}"
        )
    return stored.parametres


def _wanted(base: Parametres, file: Path | None, given: dict[str, Any]) -> Parametres:
    """Return the version that follows a base, as the options say."""
    start = base
    if file is not None:
        start = read_file(file, societe_id=base.societe_id)
        if "attenuations" not in msgspec.json.decode(file.read_bytes()):
            # What verdicts have taught goes only where somebody says so.
            start = replace(start, attenuations=base.attenuations)
    changed = edited(
        start,
        controles=given["controls"],
        budget=given["budget"],
        signification=given["signification"],
        mots=(given["words"], given["no_words"]),
        plafonds=(given["limits"], given["no_limits"]),
        feries=(_dates(given["days"]), _dates(given["no_days"])),
        planchers=given["floors"],
        probabilite_alerte=given["probability"],
        pays=given["country"],
        alertes=given["alerts"],
        calmes=(given["quiet"], given["no_quiet"]),
        destinations=(given["targets"], given["no_targets"]),
    )
    return replace(changed, auteur=given["par"], motif=given["motif"])


def _check(wanted: Parametres) -> None:
    found = faults(wanted)
    if found:
        raise Refusal("\n".join(found))


def _dates(moments: Sequence[dt.datetime]) -> list[dt.date]:
    return [moment.date() for moment in moments]


def _without_secrets(found: Parametres) -> Parametres:
    targets = [replace(one, adresse=shown(one.adresse)) for one in found.alertes.destinations]
    return replace(found, alertes=replace(found.alertes, destinations=targets))


def _about(societe: int, stored: StoredSettings | None, found: Parametres) -> str:
    if stored is not None:
        since = (
            f"in force from {stored.marquee_le:%Y-%m-%d %H:%M:%S} UTC on" if stored.marquee_le else "not in force yet"
        )
        why = f": {found.motif}" if found.motif else ""
        return f"company {societe}, version {stored.version}, {since}, by {found.auteur or 'nobody named'}{why}"
    if found == Parametres(societe_id=societe):
        return f"company {societe}: the built-in defaults"
    return f"company {societe} has no settings of its own; those of all companies (0) hold"


def _rows(found: Parametres) -> Iterator[tuple[str, str, str]]:
    """Return name, value and default of each setting; of controls and attenuations, those that are set."""
    default = Parametres(societe_id=found.societe_id)
    yield "budget_alertes", f"{found.budget_alertes:g}", f"{default.budget_alertes:g}"
    yield "seuil_signification", found.seuil_signification or "learnt from the books", "learnt from the books"
    for name in ("plafonds_approbation", "mots_cles", "jours_feries"):
        usual = ", ".join(USUAL.get(name, ())) or "none"
        yield name, ", ".join(str(item) for item in getattr(found, name)) or usual, usual
    cash, usually_cash = found.tresorerie, default.tresorerie
    for devise, floor in (cash.plancher or {"EUR": "0"}).items():
        yield f"tresorerie.plancher {devise}", floor, "0"
    yield "tresorerie.probabilite_alerte", f"{cash.probabilite_alerte:g}", f"{usually_cash.probabilite_alerte:g}"
    yield "tresorerie.pays", cash.pays, usually_cash.pays
    yield from _alert_rows(found)
    known = settable()
    for code, setting in found.controles.items():
        given: dict[str, object] = msgspec.to_builtins(setting)
        control = known.get(code)
        usually = {"seuil": control.threshold, "poids": control.weight, "actif": True} if control else {}
        for field, value in given.items():
            yield f"{code}.{field}", _shown(value), _shown(usually.get(field))
    for one in found.attenuations:
        said = f"×{one.facteur:g} ({one.rejets} of {one.avis} verdicts: false positive)"
        yield f"{one.code} in journal {one.journal_code}", said, "×1"


def _alert_rows(found: Parametres) -> Iterator[tuple[str, str, str]]:
    alerts, usually = found.alertes, ReglageAlertes()
    for name in ReglageAlertes.__struct_fields__:
        value, default = getattr(alerts, name), getattr(usually, name)
        if name == "calmes":
            value = [quiet_text(one) for one in value]
        elif name == "destinations":
            value = [target_text(one) for one in value]
        yield f"alertes.{name}", _listed(value), _listed(default)


def _listed(value: object) -> str:
    return (", ".join(map(str, value)) or "none") if isinstance(value, list) else _shown(value)


def _changes(before: Parametres, after: Parametres) -> Iterator[str]:
    for one in differences(before, after):
        yield f"{one.champ}: {_shown(one.avant)} → {_shown(one.apres)}"


def _shown(value: object) -> str:
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
