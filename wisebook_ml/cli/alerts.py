"""``wisebook-ml alerts``: what a company was alerted to, who has taken note of it, and how it was brought to people."""

import time
import uuid
from collections.abc import Sequence

import click
import msgspec

from schemas import EtatAlerte
from wisebook_ml.alerting.acknowledging import acknowledgement, acknowledgement_event
from wisebook_ml.alerting.records import record_of
from wisebook_ml.alerting.state import Alert
from wisebook_ml.cli.alert_reach import reach_of
from wisebook_ml.cli.alert_texts import fact_lines, list_table, member_table, none_text, state_text, title_of
from wisebook_ml.cli.audited import audited
from wisebook_ml.cli.deliveries import deliveries, secret, test
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.show import plain_console
from wisebook_ml.messaging.connect import ConnectError
from wisebook_ml.messaging.postbox import Postbox
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import AlertStore, DetectionStore, SettingsStore, StorageError, open_database

__all__ = ["alerts", "find_alert"]

SOURCE = "wisebook-ml/cli"

NOT_YET = 3
"""Exit status where an acknowledgement is published and no worker has taken it yet."""

SHOWN_DETECTIONS = 20
POLL_SECONDS = 0.2
SCANNED = 10_000
"""Alerts of a company among which one is found by the beginning of its id."""

SOCIETE = click.argument("societe", type=click.IntRange(min=0))
ALERTE = click.argument("alerte")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, a line an alert.")
LANG = click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language.")
ALL = click.option("--all", "everything", is_flag=True, help="The resolved ones, too.")


FAILURES = (ConnectError, ReadError, PublishError, StorageError, ValueError)
"""What a person is told in a line."""


def _store() -> AlertStore:
    return AlertStore(open_database(get_settings().sql_url))


@click.group()
def alerts() -> None:
    """Show what companies are alerted to, and take note of it. Workers of the role `alerting` make the alerts.

    SOCIETE is a company's number, ALERTE the id of one of its alerts, or the beginning of it.
    """


@alerts.command("list")
@SOCIETE
@ALL
@LANG
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Alerts at most.")
@AS_JSON
def list_(societe: int, everything: bool, lang: str, limit: int, as_json: bool) -> None:
    """List the alerts of company SOCIETE that are not resolved, the latest first."""
    with saying(*FAILURES):
        store = _store()
        found = store.list(societe, everything=everything, limit=limit)
        count = store.count(societe, everything=everything)
        reach = reach_of(store.engine, societe, SettingsStore(store.engine).in_force(societe).alertes)
    if as_json:
        _print_json(found)
        return
    if reach.passing < reach.seen:
        click.echo(reach.text(lang), err=True)
    if not found:
        click.echo(none_text(societe, everything, lang))
        return
    plain_console().print(list_table(found, lang))
    if count > len(found):
        click.echo(f"… and {count - len(found)} more; --limit lists them", err=True)


@alerts.command()
@SOCIETE
@ALERTE
@LANG
@AS_JSON
def show(societe: int, alerte: str, lang: str, as_json: bool) -> None:
    """Show alert ALERTE of company SOCIETE, and the detections in it."""
    with saying(*FAILURES):
        store = _store()
        found = find_alert(store, societe, alerte)
        members = store.members(found.alerte_id, limit=SHOWN_DETECTIONS)
        stored = DetectionStore(store.engine).get_many([one.detection_id for one in members])
    if as_json:
        _print_json([found])
        return
    click.echo(title_of(found, lang))
    for line in fact_lines(found, lang):
        click.echo(line)
    plain_console().print(member_table(members, [one.detection for one in stored], lang))
    if found.nombre > len(members):
        click.echo(f"… and {found.nombre - len(members)} more", err=True)


@alerts.command()
@SOCIETE
@ALERTE
@click.option("--by", "par", required=True, help="Who has taken note of it.")
@click.option("--comment", default="", help="What they say of it.")
@click.option("--timeout", type=float, default=15.0, show_default=True, help="Longest wait for a worker, in seconds.")
@AS_JSON
@click.pass_context
@audited
def ack(
    context: click.Context, /, societe: int, alerte: str, par: str, comment: str, timeout: float, as_json: bool
) -> None:
    """Say that somebody has taken note of alert ALERTE of company SOCIETE: it is not escalated any more.

    Exit status: 0 when it is acknowledged, 1 when that is refused, 3 when it is published and no worker of the role
    `alerting` has taken it yet.
    """
    with saying(*FAILURES):
        store = _store()
        found = find_alert(store, societe, alerte)
        if found.etat is not EtatAlerte.OUVERTE:
            click.echo(f"alert {found.alerte_id} is {state_text(found, 'en')} already", err=True)
        else:
            wanted = acknowledgement(found, par, comment)
            Postbox(get_settings()).send(acknowledgement_event(wanted, str(uuid.uuid4()), SOURCE))
            found = _wait(store, found, timeout)
    taken = found.etat is not EtatAlerte.OUVERTE
    if as_json:
        _print_json([found])
    elif taken:
        click.echo(f"alert {found.alerte_id} is {state_text(found, 'en')}")
    if not taken:
        click.echo(
            f"the acknowledgement is published, but no worker has taken it within {timeout:g} s. Start `wisebook-ml "
            "worker alerting`; it need not be given again",
            err=True,
        )
        context.exit(NOT_YET)


def find_alert(store: AlertStore, societe_id: int, text: str) -> Alert:
    """Return the alert of a company whose id is or begins with a text.

    Raises
    ------
    click.ClickException
        Where there is none, or more than one.
    """
    wanted = text.strip().lower()
    try:
        found = [one] if (one := store.get(uuid.UUID(wanted), societe_id)) else []
    except ValueError:
        listed = store.list(societe_id, everything=True, limit=SCANNED)
        found = [one for one in listed if str(one.alerte_id).startswith(wanted)]
    if not found:
        raise click.ClickException(
            f"company {societe_id} has no alert {text!r}; `wisebook-ml alerts list {societe_id} --all` tells which it "
            "has"
        )
    if len(found) > 1:
        raise click.ClickException(f"{len(found)} alerts of company {societe_id} begin with {text!r}; give more of it")
    return found[0]


def _wait(store: AlertStore, alert: Alert, timeout: float) -> Alert:
    """Wait until an alert is open no longer; return it as it is by then."""
    deadline = time.monotonic() + timeout
    while True:
        found = store.get(alert.alerte_id)
        assert found is not None  # alerts never go
        if found.etat is not EtatAlerte.OUVERTE or time.monotonic() > deadline:
            return found
        time.sleep(POLL_SECONDS)


def _print_json(found: Sequence[Alert]) -> None:
    for one in found:
        click.echo(msgspec.json.encode(record_of(one)).decode())


for command in (deliveries, secret, test):
    alerts.add_command(command)
