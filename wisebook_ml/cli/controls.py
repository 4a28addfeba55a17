"""``wisebook-ml controls``: what detections can be explained with, for people and programs."""

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from schemas import Parametres
from wisebook_ml.cli.inputs import inputs
from wisebook_ml.cli.settings_file import read_settings, settings_of
from wisebook_ml.cli.show import put, reading_console
from wisebook_ml.controls.texts import number_fr
from wisebook_ml.handbook.catalogue import Check, Kind, checks, find_check, near_codes
from wisebook_ml.handbook.examples import examples
from wisebook_ml.handbook.fields import named
from wisebook_ml.ledger.field_names import name_of

__all__ = ["controls"]

_WORDS = {
    "fr": {
        "code": "Code",
        "title": "Intitulé",
        "threshold": "Seuil",
        "weight": "Poids",
        "default": "défaut",
        "value": "Valeur mesurée",
        "needs": "Données requises",
        "attribute": "Attribut",
        "source": "Source",
        "kind": "Nature",
        "required": "exigé par la réglementation",
        "always_on": "ne peut pas être désactivé",
        "rule": "règle : signale l'écriture à elle seule, hors budget d'alertes",
        "systemic": "un seul constat quand tout un journal est concerné",
        "whole": "Tout un journal",
        "from": "un seul constat à partir de {} % de ses écritures, quels que soient le seuil et le poids fixés",
        "off": "désactivé",
        "found": "Exemples à signaler",
        "left": "Exemples légitimes, à ne pas signaler",
        "of": "Réglages de la société {}, version {}",
        Kind.CONTROL: "contrôle d'une écriture",
        Kind.SUBJECT: "constat sur un compte, un journal ou un tiers",
        Kind.MODEL: "modèle",
        Kind.TREASURY: "trésorerie",
    },
    "en": {
        "code": "Code",
        "title": "Title",
        "threshold": "Threshold",
        "weight": "Weight",
        "default": "default",
        "value": "Measured value",
        "needs": "Needs",
        "attribute": "Attribute",
        "source": "Source",
        "kind": "Kind",
        "required": "required by regulation",
        "always_on": "cannot be switched off",
        "rule": "rule: flags an entry by itself, whatever the alert budget",
        "systemic": "told once where a whole journal is so",
        "whole": "A whole journal",
        "from": "told once from {} % of its entries on, whatever threshold and weight are set",
        "off": "switched off",
        "found": "Examples to be found",
        "left": "Legitimate examples, to be left alone",
        "of": "Settings of company {}, version {}",
        Kind.CONTROL: "control of an entry",
        Kind.SUBJECT: "finding about an account, a journal or a third party",
        Kind.MODEL: "model",
        Kind.TREASURY: "treasury",
    },
}

lang_option = click.option(
    "--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language of texts."
)
settings_option = click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with settings of companies (JSON), whose overrides are shown.",
)
societe_option = click.option(
    "--societe", type=click.IntRange(min=0), default=0, show_default=True, help="Company of the settings; 0: of all."
)


@click.group()
def controls() -> None:
    """Show what detections can be explained with: controls, findings about accounts and journals, models."""


@controls.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@lang_option
@settings_option
@societe_option
def list_(as_json: bool, lang: str, settings_file: Path | None, societe: int) -> None:
    """List them with thresholds and weights, and what each needs and rests on."""
    parametres = _settings(settings_file, societe)
    found = checks(parametres)
    if as_json:
        for check in found:
            click.echo(json.dumps(_as_dict(check), ensure_ascii=False))
        return
    words, console = _WORDS[lang], reading_console()
    if settings_file is not None:
        console.print(words["of"].format(parametres.societe_id, parametres.version))
    table = Table(words["code"], words["title"], words["threshold"], words["weight"], box=box.HORIZONTALS)
    table.columns[0].no_wrap = True
    table.columns[2].justify = table.columns[3].justify = "right"
    for check in found:
        table.add_row(
            check.code.value,
            _title(check, lang),
            _figure(check.threshold, check.default_threshold, lang),
            _figure(check.weight, check.default_weight, lang),
            style="" if check.active else "dim",
        )
    put(console, table)


@controls.command()
@click.argument("code")
@lang_option
@settings_option
@societe_option
def explain(code: str, lang: str, settings_file: Path | None, societe: int) -> None:
    """Say what CODE looks for, with whose habit it compares, when it is silent, and what to do."""
    check = find_check(code, _settings(settings_file, societe))
    if check is None:
        near = near_codes(code)
        advice = f"did you mean {' or '.join(near)}?" if near else "see `wisebook-ml controls list`"
        raise click.ClickException(f"there is no control {code!r}; {advice}")
    words, about, console = _WORDS[lang], check.description, reading_console()
    console.print(Text.assemble((check.code.value, "bold"), " · ", (about.title(lang), "bold")))
    put(console, Padding(Text(about.about(lang)), (1, 0)))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    marks = _marks(check, lang)
    table.add_row(words["kind"], (" ; " if lang == "fr" else "; ").join([words[check.kind], *marks]))
    table.add_row(words["value"], about.unit(lang))
    table.add_row(words["threshold"], _figure(check.threshold, check.default_threshold, lang))
    table.add_row(words["weight"], _figure(check.weight, check.default_weight, lang))
    if check.systemic is not None:
        table.add_row(words["whole"], words["from"].format(_number(100 * check.systemic, lang)))
    if about.needs:
        table.add_row(words["needs"], named(about.needs, lang))
    if check.attribute:
        table.add_row(words["attribute"], f"{name_of(check.attribute, lang)} ({check.attribute})")
    table.add_row(words["source"], _source(check, lang))
    put(console, table)
    cases = examples(check.code, lang)
    for title, texts in ((words["found"], cases.found), (words["left"], cases.left)):
        _examples(title, texts)


controls.add_command(inputs)


def _examples(title: str, texts: Sequence[str]) -> None:
    if not texts:
        return
    console = reading_console()
    console.print(Text(f"\n{title}", style="dim"))
    table = Table.grid(padding=(0, 1))
    for text in texts:
        table.add_row("·", Text(text))
    put(console, Padding(table, (0, 0, 0, 2)))


def _settings(path: Path | None, societe: int) -> Parametres:
    return settings_of(read_settings(path) if path else [], societe)


def _title(check: Check, lang: str) -> Text:
    words, about = _WORDS[lang], check.description
    text = Text(about.title(lang))
    for mark in _marks(check, lang):
        text.append(f"\n{mark}", style="yellow")
    if about.needs:
        text.append(f"\n{words['needs']} : " if lang == "fr" else f"\n{words['needs']}: ", style="dim")
        text.append(", ".join(about.needs), style="dim")
    return text.append(f"\n{_source(check, lang)}", style="dim")


def _source(check: Check, lang: str) -> str:
    return check.source_fr if lang == "fr" else check.source


def _marks(check: Check, lang: str) -> list[str]:
    words = _WORDS[lang]
    given = {
        "required": check.required,
        "always_on": check.always_on and not check.required,
        "rule": check.rule,
        "systemic": check.systemic is not None,
        "off": not check.active,
    }
    return [words[name] for name, holds in given.items() if holds]


def _figure(value: float, default: float, lang: str) -> str:
    """Return a figure, and the default where it is another."""
    text = _number(value, lang)
    return text if value == default else f"{text} ({_WORDS[lang]['default']} {_number(default, lang)})"


def _number(value: float, lang: str) -> str:
    decimals = max(0, len(f"{value:g}".partition(".")[2]))
    return number_fr(value, decimals) if lang == "fr" else f"{value:g}"


def _as_dict(check: Check) -> dict[str, object]:
    about = check.description
    return {
        "code": check.code.value,
        "kind": check.kind.value,
        "title_fr": about.title_fr,
        "title_en": about.title_en,
        "threshold": check.threshold,
        "default_threshold": check.default_threshold,
        "weight": check.weight,
        "default_weight": check.default_weight,
        "active": check.active,
        "required": check.required,
        "always_on": check.always_on,
        "rule": check.rule,
        "systemic": check.systemic,
        "attribute": check.attribute,
        "needs": list(about.needs),
        "source": check.source,
        "source_fr": check.source_fr,
    }
