"""Alerts on a terminal, in French and English: headings, states, and the facts of one."""

import datetime as dt
from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from schemas import Detection, EtatAlerte
from wisebook_ml.alerting.records import record_of
from wisebook_ml.alerting.state import Alert, Member
from wisebook_ml.alerting.texts import cause_name
from wisebook_ml.cli.show import SEVERITIES, STYLES
from wisebook_ml.french_time import PARIS

__all__ = ["fact_lines", "list_table", "member_table", "none_text", "state_text", "title_of"]

SHORT_ID = 8
"""Characters of an id that are shown."""

LISTED = {
    "fr": ("Alerte", "Depuis", "État", "Gravité", "De quoi s'agit-il"),
    "en": ("Alert", "Since", "State", "Severity", "What"),
}
MEMBERS = {
    "fr": ("Détection", "Ouverte", "Journal", "Gravité", "De quoi s'agit-il"),
    "en": ("Detection", "Stands", "Journal", "Severity", "What"),
}
STATES = {
    "fr": {
        EtatAlerte.OUVERTE: "ouverte",
        EtatAlerte.ACQUITTEE: "prise en charge par {par}",
        EtatAlerte.RESOLUE: "résolue",
    },
    "en": {
        EtatAlerte.OUVERTE: "open",
        EtatAlerte.ACQUITTEE: "acknowledged by {par}",
        EtatAlerte.RESOLUE: "resolved",
    },
}
WORDS = {
    "fr": {
        "alert": "Alerte",
        "state": "État",
        "severity": "Gravité",
        "opened": "Ouverte le",
        "last": "Dernière détection",
        "detections": "Détections",
        "standing": "{n} (encore ouvertes : {open})",
        "causes": "Motifs",
        "told": "Messages",
        "escalated": "{n} (relances : {escalated})",
        "comment": "Commentaire",
        "colon": " :",
        "yes": "oui",
        "no": "non",
    },
    "en": {
        "alert": "Alert",
        "state": "State",
        "severity": "Severity",
        "opened": "Opened",
        "last": "Last detection",
        "detections": "Detections",
        "standing": "{n}, {open} of them stand",
        "causes": "Causes",
        "told": "Told",
        "escalated": "{n} times, {escalated} of them reminders",
        "comment": "Comment",
        "colon": ":",
        "yes": "yes",
        "no": "no",
    },
}


def title_of(alert: Alert, lang: str) -> str:
    """Return what an alert says in a line."""
    record = record_of(alert)
    return record.titre_fr if lang == "fr" else record.titre_en


def state_text(alert: Alert, lang: str) -> str:
    """Return where an alert stands, and who has taken note of it."""
    return STATES[lang][alert.etat].format(par=alert.acquittee_par)


def none_text(societe: int, everything: bool, lang: str) -> str:
    """Return what is said where there is none to list."""
    if lang == "fr":
        more = "" if everything else " ouverte ; --all montre aussi celles qui sont résolues"
        return f"la société {societe} n'a aucune alerte{more}"
    more = "" if everything else "; --all lists those that are resolved"
    return f"company {societe} has no {'' if everything else 'open '}alerts{more}"


def list_table(found: Sequence[Alert], lang: str) -> Table:
    """Return alerts, one a row."""
    table = Table()
    *narrow, last = LISTED[lang]
    for title in narrow:
        table.add_column(title, no_wrap=True)
    table.add_column(last)
    for one in found:
        table.add_row(
            str(one.alerte_id)[:SHORT_ID],
            _when(one.ouverte_le),
            escape(state_text(one, lang)),
            f"[{STYLES[one.severite]}]{SEVERITIES[lang][one.severite]}[/]",
            escape(title_of(one, lang)),
        )
    return table


def fact_lines(alert: Alert, lang: str) -> Iterator[str]:
    """Return what is known of an alert, a fact a line."""
    words = WORDS[lang]
    told = words["escalated"].format(n=alert.revision, escalated=alert.escalade) if alert.escalade else alert.revision
    facts = [
        ("alert", str(alert.alerte_id)),
        ("state", state_text(alert, lang)),
        ("severity", SEVERITIES[lang][alert.severite]),
        ("opened", _when(alert.ouverte_le)),
        ("last", _when(alert.derniere_le)),
        ("detections", words["standing"].format(n=alert.nombre, open=alert.ouvertes)),
        ("causes", ", ".join(f"{cause_name(code, lang)} ({count})" for code, count in sorted(alert.codes.items()))),
        ("told", str(told)),
    ]
    if alert.commentaire:
        facts.append(("comment", alert.commentaire))
    for name, value in facts:
        yield f"  {words[name] + words['colon']:<21}{value}"


def member_table(members: Sequence[Member], known: Sequence[Detection], lang: str) -> Table:
    """Return the detections of an alert, with their reasons as far as SQL knows them."""
    reasons = {one.detection_id: one.motifs[0] for one in known if one.motifs}
    table = Table(*MEMBERS[lang])
    for member in members:
        motif = reasons.get(member.detection_id)
        what = motif and (motif.libelle_fr if lang == "fr" else motif.libelle_en)
        table.add_row(
            str(member.detection_id),
            WORDS[lang]["yes" if member.ouverte else "no"],
            escape(member.journal),
            SEVERITIES[lang][member.severite],
            escape(what or cause_name(member.code, lang)),
        )
    return table


def _when(moment: dt.datetime) -> str:
    return f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}"
