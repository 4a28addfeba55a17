"""Alerts in words for a mailbox, in French and English: subject, plain text, simple HTML."""

import datetime as dt
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from schemas import Alerte, Detection, EtatAlerte, Severite, to_minor
from wisebook_ml.alerting.policy import rank
from wisebook_ml.alerting.texts import cause_name
from wisebook_ml.controls.texts import date_en, date_fr, euros_en, euros_fr
from wisebook_ml.french_time import PARIS
from wisebook_ml.pseudonyms.reading import replaced

__all__ = ["SEVERITIES", "SHOWN_DETECTIONS", "Mail", "mail_of"]

SHOWN_DETECTIONS = 5
"""Detections that a mail tells of; it names how many there are."""

SUBJECT_CHARACTERS = 150
LINE_CHARACTERS = 500

ELLIPSIS = "…"

SEVERITIES = {
    "fr": {
        Severite.CRITIQUE: "critique",
        Severite.ELEVEE: "élevée",
        Severite.MOYENNE: "moyenne",
        Severite.FAIBLE: "faible",
        Severite.INFO: "information",
    },
    "en": {
        Severite.CRITIQUE: "critical",
        Severite.ELEVEE: "high",
        Severite.MOYENNE: "medium",
        Severite.FAIBLE: "low",
        Severite.INFO: "information",
    },
}

WORDS = {
    "fr": {
        "societe": "Société",
        "all": "toutes",
        "severite": "Gravité",
        "nombre": "Détections",
        "montant": "Montant en jeu",
        "ouverte": "Ouverte le",
        "derniere": "Dernière le",
        "codes": "Motifs",
        "modele": "Modèle",
        "first": "Premières détections",
        "alerte": "Alerte",
        "revision": "révision",
        "escalated": "Relance {n} : personne n'en a pris acte",
        "worse": "{severite} désormais",
        "worse_why": "Elle est devenue plus grave : {severite}, et non plus {avant}.",
        "reopened": "Rouverte",
        "resolved": "Résolue",
        "resolved_why": "Les raisons de toutes ses détections ont disparu ; il n'y a plus rien à faire.",
        "acknowledged": "Prise en charge par",
        "trial": "Essai : il n'y a rien à faire.",
        "colon": " : ",
        "and": "et {n} autres",
        "entry": "écriture",
    },
    "en": {
        "societe": "Company",
        "all": "all",
        "severite": "Severity",
        "nombre": "Detections",
        "montant": "Amount at stake",
        "ouverte": "Opened",
        "derniere": "Last",
        "codes": "Reasons",
        "modele": "Model",
        "first": "First detections",
        "alerte": "Alert",
        "revision": "revision",
        "escalated": "Reminder {n}: nobody has taken note of it",
        "worse": "{severite} now",
        "worse_why": "It has become more serious: {severite}, no longer {avant}.",
        "reopened": "Open again",
        "resolved": "Resolved",
        "resolved_why": "The reasons of all its detections are gone; nothing is left to do.",
        "acknowledged": "Taken in charge by",
        "trial": "A trial: nothing need be done.",
        "colon": ": ",
        "and": "and {n} others",
        "entry": "entry",
    },
}


class Mail(msgspec.Struct, frozen=True):
    """What a person reads."""

    subject: str
    text: str
    html: str


def mail_of(
    alerte: Alerte,
    langue: str,
    detections: Sequence[Detection] = (),
    *,
    before: Alerte | None = None,
    trial: bool = False,
) -> Mail:
    """Return an alert as a mail.

    Parameters
    ----------
    alerte : Alerte
        The revision to be told.
    langue : str
        ``fr`` or ``en``.
    detections : sequence of Detection
        The first of them, as far as they are known; of others the ids are told.
    before : Alerte, optional
        The revision that the reader has: its subject says what is new.
    trial : bool
        Whether it only tries the way.
    """
    words = WORDS[langue]
    title = _line(alerte.titre_fr if langue == "fr" else alerte.titre_en)
    news = list(_news(alerte, before, words, langue))
    lead = [words["trial"]] if trial else []
    lead += [*(one.sentence for one in news if one.sentence), *_acknowledged(alerte, words)]
    facts = list(_facts(alerte, words, langue))
    told = [] if trial else list(_detections(alerte, words, langue, detections))
    foot = f"{words['alerte']} {alerte.alerte_id}, {words['revision']} {alerte.revision}"
    return Mail(
        subject=_subject(alerte, words, [one.kind for one in news], title),
        text=_plain(title, lead, facts, told, foot, words),
        html=_html(title, lead, facts, told, foot, words, langue),
    )


def _line(text: str, most: int = LINE_CHARACTERS) -> str:
    """Return text as one line without what ends a header or disturbs a terminal; pseudonyms are short ones."""
    text = replaced(text, {})
    clean = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return clean if len(clean) <= most else clean[: most - 1] + ELLIPSIS


class _New(NamedTuple):
    """What a mail tells beyond what its reader knows: in the subject, and as a sentence where that takes one."""

    kind: str
    sentence: str = ""


def _news(alerte: Alerte, before: Alerte | None, words: Mapping[str, str], langue: str) -> Iterator[_New]:
    """Return what is new against what has arrived; at least how serious it is."""
    names = SEVERITIES[langue]
    severite = names[alerte.severite]
    if alerte.etat is EtatAlerte.RESOLUE:
        yield _New(words["resolved"], words["resolved_why"])
        return
    found = []
    if alerte.etat is EtatAlerte.OUVERTE and alerte.escalade > (before.escalade if before else 0):
        reminder = words["escalated"].format(n=alerte.escalade)
        found.append(_New(reminder.partition(words["colon"])[0], f"{reminder}."))
    if before is not None and rank(alerte.severite) > rank(before.severite):
        why = words["worse_why"].format(severite=severite, avant=names[before.severite])
        found.append(_New(words["worse"].format(severite=severite), why))
    elif before is not None and before.etat is not EtatAlerte.OUVERTE and alerte.etat is EtatAlerte.OUVERTE:
        found.append(_New(words["reopened"]))
    yield from found or [_New(severite)]


def _subject(alerte: Alerte, words: Mapping[str, str], kinds: Sequence[str], title: str) -> str:
    told = ", ".join(kinds)
    return _line(f"[WiseBook {alerte.societe_id or words['all']}] {told}{words['colon']}{title}", SUBJECT_CHARACTERS)


def _acknowledged(alerte: Alerte, words: Mapping[str, str]) -> Iterator[str]:
    if alerte.acquittee_par:
        comment = f" ({_line(alerte.commentaire)})" if alerte.commentaire else ""
        yield f"{words['acknowledged']} {_line(alerte.acquittee_par)}{comment}."


def _facts(alerte: Alerte, words: Mapping[str, str], langue: str) -> Iterator[tuple[str, str]]:
    yield words["societe"], str(alerte.societe_id or words["all"])
    yield words["severite"], SEVERITIES[langue][alerte.severite]
    if alerte.nombre:
        yield words["nombre"], str(alerte.nombre)
    if alerte.montant is not None:
        yield words["montant"], _euros(alerte.montant, langue)
    if alerte.codes:
        often = sorted(alerte.codes.items(), key=lambda one: (-one[1], one[0]))
        yield words["codes"], _line(", ".join(f"{cause_name(code, langue)} ({count})" for code, count in often))
    if alerte.modele is not None:
        yield words["modele"], f"{alerte.modele.modele_id}, version {alerte.modele.version}"
    if alerte.ouverte_le is not None:
        yield words["ouverte"], _moment(alerte.ouverte_le, langue)
    if alerte.derniere_le is not None and alerte.derniere_le != alerte.ouverte_le:
        yield words["derniere"], _moment(alerte.derniere_le, langue)


def _detections(
    alerte: Alerte, words: Mapping[str, str], langue: str, detections: Sequence[Detection]
) -> Iterator[str]:
    known = {one.detection_id: one for one in detections}
    for number in alerte.detections[:SHOWN_DETECTIONS]:
        found = known.get(number)
        yield str(number) if found is None else _detection(found, words, langue)
    left = max(alerte.nombre, len(alerte.detections)) - SHOWN_DETECTIONS
    if left > 0:
        yield words["and"].format(n=left)


def _detection(detection: Detection, words: Mapping[str, str], langue: str) -> str:
    parts = []
    if detection.ecriture_num or detection.ecriture_id:
        journal = f" {detection.journal_code}" if detection.journal_code else ""
        parts.append(f"{words['entry']}{journal} {detection.ecriture_num or detection.ecriture_id}")
    else:
        parts.append(detection.objet.id)
    if detection.ecriture_date is not None:
        parts.append(date_fr(detection.ecriture_date) if langue == "fr" else date_en(detection.ecriture_date))
    parts.append(_euros(detection.montant, langue))
    motif = detection.motifs[0] if detection.motifs else None
    why = "" if motif is None else motif.libelle_fr if langue == "fr" else motif.libelle_en
    return _line(", ".join(parts) + (words["colon"] + why if why else ""))


def _euros(montant: str, langue: str) -> str:
    cents = to_minor(montant)
    return euros_fr(cents) if langue == "fr" else euros_en(cents)


def _moment(moment: dt.datetime, langue: str) -> str:
    here = moment.astimezone(PARIS)
    if langue == "fr":
        return f"{date_fr(here.date())} à {here:%H:%M}"
    return f"{date_en(here.date())}, {here:%H:%M} (Paris)"


def _plain(
    title: str,
    lead: Sequence[str],
    facts: Sequence[tuple[str, str]],
    told: Sequence[str],
    foot: str,
    words: Mapping[str, str],
) -> str:
    blocks = [title, *lead, "\n".join(f"{name}{words['colon']}{value}" for name, value in facts)]
    if told:
        head = f"{words['first']}{words['colon'].rstrip()}"
        blocks.append("\n".join([head, *(f"- {one}" for one in told)]))
    return "\n\n".join([*blocks, foot]) + "\n"


def _html(
    title: str,
    lead: Sequence[str],
    facts: Sequence[tuple[str, str]],
    told: Sequence[str],
    foot: str,
    words: Mapping[str, str],
    langue: str,
) -> str:
    escape = html.escape
    rows = "".join(f'<tr><th align="left">{escape(name)}</th><td>{escape(value)}</td></tr>\n' for name, value in facts)
    items = "".join(f"<li>{escape(one)}</li>\n" for one in told)
    parts = [
        f'<!DOCTYPE html>\n<html lang="{langue}">',
        f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>\n<body>',
        f"<h1>{escape(title)}</h1>",
        *(f"<p><strong>{escape(one)}</strong></p>" for one in lead),
        f"<table>\n{rows}</table>",
    ]
    if told:
        parts.append(f"<h2>{escape(words['first'])}</h2>\n<ul>\n{items}</ul>")
    return "\n".join([*parts, f"<p><small>{escape(foot)}</small></p>", "</body></html>\n"])
