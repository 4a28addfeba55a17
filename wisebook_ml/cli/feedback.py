"""``wisebook-ml feedback``: verdicts on the command line, and what they say of controls and models."""

import json
import uuid
from collections.abc import Sequence

import click
import msgspec
from rich.table import Table

from schemas import Avis, Verdict
from topics.incoming import avis_event
from wisebook_ml.cli.audited import audited, tell
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.show import plain_console
from wisebook_ml.clock import utc_now
from wisebook_ml.controls.texts import number_fr
from wisebook_ml.feedback.giving import missed_entry, outcome_of, verdict_on
from wisebook_ml.feedback.judgement import Judgement, Refused
from wisebook_ml.feedback.reliability import CONTROL, MODEL, Reliability
from wisebook_ml.feedback.standing import Outcome
from wisebook_ml.messaging.connect import ConnectError
from wisebook_ml.messaging.postbox import Postbox
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import DetectionStore, StorageError, VerdictStore, open_database

__all__ = ["feedback"]

SOURCE = "wisebook-ml/feedback"

GIVEN = [verdict.value for verdict in Verdict if verdict is not Verdict.MANQUEE]

BY = click.option("--par", required=True, help="Who says so.")
COMMENT = click.option("--commentaire", default="", help="Why.")
REPLACE = click.option("--replace", "remplace", is_flag=True, help="Take the place of the verdict that stands.")
LANG = click.option("--lang", type=click.Choice(["fr", "en"]), default="en", show_default=True, help="Language.")

_HEADS = {
    "fr": ("Contrôle, modèle", "Journal", "Faux positifs", "Verdicts", "Taux", "Intervalle à 95 %"),
    "en": ("Control, model", "Journal", "False positives", "Verdicts", "Rate", "95 % interval"),
}
_TITLES = {
    "fr": "Société {societe} : {avis} verdicts en vigueur ({details})",
    "en": "Company {societe}: {avis} verdicts stand ({details})",
}
_VERDICTS = {
    "fr": {
        Verdict.CONFIRMEE: "confirmées",
        Verdict.FAUX_POSITIF: "faux positifs",
        Verdict.RECLASSEE: "reclassées",
        Verdict.MANQUEE: "manquées",
    },
    "en": {
        Verdict.CONFIRMEE: "confirmed",
        Verdict.FAUX_POSITIF: "false positives",
        Verdict.RECLASSEE: "reclassified",
        Verdict.MANQUEE: "missed",
    },
}
_KINDS = {"fr": {MODEL: "modèle", "version": "version de modèle"}, "en": {MODEL: "model", "version": "model version"}}
_ALL = {"fr": "tous", "en": "all"}
_NONE = {"fr": "Aucun verdict.", "en": "No verdicts."}


FAILURES = (ConnectError, ReadError, PublishError, StorageError, ValueError, OSError)
"""What a person is told in a line."""


@click.group()
def feedback() -> None:
    """Give verdicts on detections, list them, and see how often controls and models were wrong."""


@feedback.command()
@click.argument("detection", type=click.UUID, metavar="DETECTION_ID")
@click.argument("verdict", type=click.Choice(GIVEN))
@BY
@click.option("--compte", help="The right account; RECLASSEE needs it.")
@COMMENT
@REPLACE
@audited
def give(detection: uuid.UUID, verdict: str, par: str, compte: str | None, commentaire: str, remplace: bool) -> None:
    """Say of a detection that it is right (CONFIRMEE), wrong (FAUX_POSITIF), or which account is right (RECLASSEE).

    The first verdict on a revision of a detection stands. Exit status: 0 if it is published, or stands already; 1 if it
    contradicts the one that stands (--replace takes its place), or there is no such detection.
    """
    said = Verdict(verdict)
    if said is Verdict.RECLASSEE and not compte:
        raise click.UsageError("RECLASSEE names the right account: add --compte, such as --compte 606300")
    if said is not Verdict.RECLASSEE and compte:
        raise click.UsageError(f"--compte goes with RECLASSEE, not with {verdict}")
    with saying(*FAILURES):
        engine = open_database(get_settings().sql_url)
        stored = DetectionStore(engine).get(detection)
        if stored is None:
            raise Refused(
                f"there is no detection {detection} in the database; `wisebook-ml worker storage` stores what scoring "
                "publishes, and the API lists what there is"
            )
        tell(societe=stored.detection.societe_id)
        avis = verdict_on(
            stored.detection, said, auteur=par, compte_num=compte, commentaire=commentaire, remplace=remplace
        )
        if outcome_of(avis, DetectionStore(engine), VerdictStore(engine)) is Outcome.REPEATED:
            click.echo(f"{verdict} stands already for detection {detection}; nothing is published.")
            return
        _publish(avis)
    click.echo(f"{verdict} published for detection {detection}, revision {avis.revision}.")


@feedback.command()
@click.argument("ecriture", metavar="ECRITURE_ID")
@click.option("--societe", type=click.IntRange(min=1), required=True, help="Company of the entry.")
@BY
@click.option("--compte", help="The right account, if that is what is wrong.")
@COMMENT
@REPLACE
@audited
def missed(ecriture: str, societe: int, par: str, compte: str | None, commentaire: str, remplace: bool) -> None:
    """Say of an entry that it should have been detected (MANQUEE).

    Exit status: 0 if it is published, or stands already; 1 if it was detected, or said otherwise of.
    """
    with saying(*FAILURES):
        avis = missed_entry(
            societe, ecriture, auteur=par, compte_num=compte, commentaire=commentaire, remplace=remplace
        )
        engine = open_database(get_settings().sql_url)
        if outcome_of(avis, DetectionStore(engine), VerdictStore(engine)) is Outcome.REPEATED:
            click.echo(f"MANQUEE stands already for entry {ecriture}; nothing is published.")
            return
        _publish(avis)
    click.echo(f"MANQUEE published for entry {ecriture} of company {societe}.")


@feedback.command("list")
@click.option("--societe", type=click.IntRange(min=1), help="Company; by default all.")
@click.option("--verdict", type=click.Choice([verdict.value for verdict in Verdict]), help="Only these.")
@click.option("--all", "replaced", is_flag=True, help="Those that were replaced, too.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, the latest first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_(societe: int | None, verdict: str | None, replaced: bool, limit: int, as_json: bool) -> None:
    """List the verdicts that were accepted, the latest first."""
    with saying(*FAILURES):
        store = VerdictStore(open_database(get_settings().sql_url))
        kind = None if verdict is None else Verdict(verdict)
        found = store.list(societe, verdict=kind, standing=not replaced, limit=limit)
    if as_json:
        for one in found:
            click.echo(msgspec.json.encode(one).decode())
        return
    if not found:
        click.echo(_NONE["en"])
        return
    table = Table("Given", "Company", "Verdict", "Detection or entry", "Reasons", "By", "Comment")
    for one in found:
        table.add_row(*_cells(one))
    plain_console().print(table)


@feedback.command()
@click.option("--societe", type=click.IntRange(min=1), help="Company; by default all, one after the other.")
@LANG
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a company.")
def stats(societe: int | None, lang: str, as_json: bool) -> None:
    """Show how often what controls and models found was dismissed, and how sure that is.

    A verdict counts for the reasons that carried the detection: those with at least a tenth of its points.
    """
    with saying(*FAILURES):
        store = VerdictStore(open_database(get_settings().sql_url))
        found = [(one, counts, store.reliability(one)) for one, counts in store.counts(societe).items()]
    if as_json:
        for one, counts, rates in found:
            told = {verdict.value: number for verdict, number in counts.items()}
            click.echo(json.dumps({"societe_id": one, "avis": told, "taux": msgspec.to_builtins(rates)}))
        return
    if not found:
        click.echo(_NONE[lang])
    for one, counts, rates in found:
        details = ", ".join(f"{number} {_VERDICTS[lang][verdict]}" for verdict, number in counts.items())
        click.echo(_TITLES[lang].format(societe=one, avis=sum(counts.values()), details=details))
        if rates:
            plain_console().print(_table(rates, lang))


def _table(rates: Sequence[Reliability], lang: str) -> Table:
    table = Table(*_HEADS[lang])
    for column in table.columns[2:]:
        column.justify = "right"
    for rate in rates:
        kind = "" if rate.genre == CONTROL else f" ({_KINDS[lang][rate.genre]})"
        table.add_row(
            f"{rate.nom}{kind}",
            rate.journal_code or _ALL[lang],
            str(rate.rejets),
            str(rate.avis),
            _percent(rate.taux, lang),
            f"{_percent(rate.bas, lang)} – {_percent(rate.haut, lang)}",
        )
    return table


def _percent(share: float, lang: str) -> str:
    return f"{number_fr(100 * share, 0)}\u202f%" if lang == "fr" else f"{100 * share:.0f} %"


def _cells(one: Judgement) -> list[str]:
    account = f" {one.avis.compte_num}" if one.avis.compte_num else ""
    return [
        f"{one.donne_le:%Y-%m-%d %H:%M}",
        str(one.avis.societe_id),
        f"{one.avis.verdict.value}{account}{'' if one.en_vigueur else ' (replaced)'}",
        f"entry {one.ecriture_id}" if one.avis.verdict is Verdict.MANQUEE else f"{one.detection_id} r{one.revision}",
        ", ".join(f"{code.value} {points:.0f}" for code, points in one.motifs.items()),
        one.avis.auteur,
        one.avis.commentaire,
    ]


def _publish(avis: Avis) -> None:
    Postbox(get_settings()).send(avis_event(avis, SOURCE, utc_now()))
