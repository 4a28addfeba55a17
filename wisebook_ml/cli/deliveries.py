"""``wisebook-ml alerts deliveries|secret|test``: whether alerts reach people and programs, and what receivers need."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

import click
import msgspec

from schemas import Alerte, Canal, Destination, Livraison, Severite, StatutLivraison
from wisebook_ml.access import shown
from wisebook_ml.cli.audited import audited
from wisebook_ml.cli.failures import saying
from wisebook_ml.clock import utc_now
from wisebook_ml.controls.texts import count_en
from wisebook_ml.delivery.addresses import channel_of
from wisebook_ml.delivery.schedule import Kind
from wisebook_ml.delivery.sender import Letter, Sender
from wisebook_ml.delivery.signing import secret_of, spelled
from wisebook_ml.french_time import PARIS
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import DeliveryLog, StorageError, StoredDelivery, open_database

__all__ = ["deliveries", "secret", "test"]

COMPANY = click.argument("societe", type=click.IntRange(min=0))

WORDS = {
    StatutLivraison.LIVREE: "delivered",
    StatutLivraison.ABANDONNEE: "given up",
    StatutLivraison.REMPLACEE: "replaced",
    StatutLivraison.A_REESSAYER: "to be tried",
}

TRIAL_FR = "Essai : les alertes de WiseBook arrivent ici"
TRIAL_EN = "A trial: alerts of WiseBook arrive here"


FAILURES = (StorageError, OSError)
"""What a person is told in a line."""


@click.command()
@COMPANY
@click.option("--alert", "alerte", help="Only those of this alert (its id, or how that begins), with every attempt.")
@click.option("--failed", is_flag=True, help="Only those that were given up, or whose last attempt failed.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, the latest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line a delivery, with its attempts.")
def deliveries(societe: int, alerte: str | None, failed: bool, limit: int, as_json: bool) -> None:
    """List how alerts of company SOCIETE were brought to webhooks and mailboxes, and why some were not.

    Each is one revision of an alert at one address. Exit status: 0, whatever became of them.
    """
    with saying(*FAILURES):
        log = DeliveryLog(open_database(get_settings().sql_url))
        rows = log.list(societe, alerte=alerte or "", failed=failed, limit=limit)
        attempts: Mapping[uuid.UUID, list[Livraison]] = defaultdict(list)
        if rows and (as_json or alerte is not None):
            for attempt in log.attempts([row.livraison_id for row in rows]):
                attempts[attempt.livraison_id].append(attempt)
    if as_json:
        for row in rows:
            told = [msgspec.to_builtins(one) for one in attempts[row.livraison_id]]
            click.echo(msgspec.json.encode({**msgspec.to_builtins(row), "essais": told}).decode())
        return
    if not rows:
        click.echo(f"No deliveries of company {societe} are recorded here{' that failed' if failed else ''}.")
        return
    _show(rows, attempts)


def _show(rows: Sequence[StoredDelivery], attempts: Mapping[uuid.UUID, Sequence[Livraison]]) -> None:
    """Print a block of lines each: addresses and answers are too long for a table."""
    for row in rows:
        waits = not row.tentatives and row.statut is StatutLivraison.A_REESSAYER
        channel = "webhook" if row.canal is Canal.WEBHOOK else "mail"
        click.echo(f"{_when(row.prevue_le)}  {'waits' if waits else WORDS[row.statut]}: {channel} {row.destination}")
        tried = count_en(row.tentatives, "attempt", "attempts")
        following = f", next {_when(row.prochaine)}" if row.prochaine and not waits else ""
        said = f": {row.detail}" if row.detail else ""
        click.echo(f"    alert {row.alerte_id}, revision {row.revision}; {tried}{following}{said}")
        for one in attempts.get(row.livraison_id, ()):
            outcome = "failed" if one.statut is StatutLivraison.A_REESSAYER else WORDS[one.statut]
            code = f" ({one.code})" if one.code else ""
            said = f": {one.detail}" if one.detail else ""
            click.echo(f"    - {_when(one.quand)}, no. {one.tentative}, {one.duree_ms} ms, {outcome}{code}{said}")


def _when(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M:%S}"


@click.command()
@COMPANY
@click.argument("adresse")
def secret(societe: int, adresse: str) -> None:
    """Print the secret with which webhooks to ADRESSE about company SOCIETE are signed, for their receiver.

    ADRESSE is the URL exactly as it is set. The secret follows from it, the company and WISEBOOK_ML_SIGNING_KEY, and is
    kept nowhere; another key makes other secrets. docs/deliveries.md tells how a receiver verifies.
    """
    _destination(adresse, "fr", only=Canal.WEBHOOK)
    click.echo(spelled(secret_of(_key(), societe, adresse)))


def _key() -> str:
    key = get_settings().signing_key.get_secret_value()
    if not key:
        raise click.ClickException("no key is set that secrets could follow from; set WISEBOOK_ML_SIGNING_KEY")
    return key


@click.command()
@COMPANY
@click.argument("adresse")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language of the mail.")
@audited
def test(societe: int, adresse: str, lang: str) -> None:
    """Send an alert that says that it is a trial to ADRESSE now, and say what came of it.

    ADRESSE is the URL of a webhook, or a mailbox. Nothing is recorded, and there is one attempt. The process needs the
    settings of the workers (WISEBOOK_ML_SIGNING_KEY, WISEBOOK_ML_SMTP_…). Exit status: 0 if it was delivered, else 1.
    """
    destination = _destination(adresse, lang)
    trial = Alerte(
        alerte_id=uuid.uuid4(),
        societe_id=societe,
        severite=Severite.INFO,
        detections=[uuid.UUID(int=0)],
        titre_fr=TRIAL_FR,
        titre_en=TRIAL_EN,
    )
    answer = Sender(get_settings()).send(
        Letter(
            livraison_id=uuid.uuid4(),
            alerte=trial,
            canal=destination.canal,
            adresse=adresse,
            langue=lang,
            emise_le=utc_now(),
            trial=True,
        )
    )
    if answer.kind is not Kind.DELIVERED:
        raise click.ClickException(f"{shown(adresse)}: {answer.detail}")
    said = f" (status {answer.code})" if answer.code else ": the mail server has taken it"
    click.echo(f"delivered to {shown(adresse)}{said}")


def _destination(adresse: str, lang: str, only: Canal | None = None) -> Destination:
    """Return the destination that an address names, one mailbox at most.

    Raises
    ------
    BadParameter
        Where it is none.
    """
    try:
        found = Destination(canal=only or channel_of(adresse), adresse=adresse, langue=lang)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="ADRESSE") from error
    if found.canal is Canal.EMAIL and "," in adresse:
        raise click.BadParameter("one mailbox at a time", param_hint="ADRESSE")
    return found
