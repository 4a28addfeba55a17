"""``wisebook-ml controls inputs``: which controls cannot work, since a company's entries do not give what they need."""

import json

import click
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wisebook_ml.cli.compile import announce_compiling
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.show import put, reading_console
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.handbook.catalogue import checks
from wisebook_ml.handbook.fields import switched_off, why_off
from wisebook_ml.ledger.supplied import Supplied
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.pipeline.supplied import supplied_on_topic
from wisebook_ml.settings import get_settings

__all__ = ["inputs"]

NONE = {
    "fr": "Tous les contrôles ont ce qu'il leur faut.",
    "en": "All controls have what they need.",
}


@click.command()
@click.option("--societe", type=click.IntRange(min=1), required=True, help="Company whose published entries are read.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per control.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language of texts.")
def inputs(societe: int, as_json: bool, lang: str) -> None:
    """Say which controls are off in the live system, for want of a field that no entry of a company gives.

    Reads what is on the topic `entries`. A control starts to work with the first entry that gives what it needs.
    """
    settings = get_settings()
    with saying(ConnectError, ReadError):
        bootstrap = reach_broker(settings)
        announce_compiling()
        supplied = supplied_on_topic(bootstrap, settings.topic_prefix, societe)
    if not supplied.entries(societe):
        raise click.ClickException(f"company {societe} has no entries on the topic; publish some first")
    if as_json:
        _print_json(supplied, societe)
    else:
        _show(supplied, societe, lang)


def _print_json(supplied: Supplied, societe: int) -> None:
    off = switched_off(supplied, societe)
    for check in checks():
        told = {
            "societe_id": societe,
            "entries": supplied.entries(societe),
            "code": check.code.value,
            "off": check.code in off,
            "needs": list(check.description.needs),
            "absent": list(off.get(check.code, ())),
        }
        click.echo(json.dumps(told))


def _show(supplied: Supplied, societe: int, lang: str) -> None:
    entries, off, console = supplied.entries(societe), switched_off(supplied, societe), reading_console()
    if lang == "fr":
        console.print(f"Société {societe} : {count_fr(entries, 'écriture lue', 'écritures lues')}.")
    else:
        console.print(f"Company {societe}: {count_en(entries, 'entry', 'entries')} read.")
    if not off:
        console.print(NONE[lang])
        return
    title = "Contrôles inactifs, faute de données" if lang == "fr" else "Controls switched off for want of data"
    console.print(Text(title, style="bold"))
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    for code, fields in off.items():
        table.add_row(f"{code.value}{' :' if lang == 'fr' else ':'}", why_off(fields, lang))
    put(console, Padding(table, (0, 0, 0, 2)))
