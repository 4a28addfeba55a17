"""What an alert says in a line, in French and in English: what, how many, where, how much."""

from collections.abc import Mapping

from schemas import CodeMotif, Detection, TypeObjet, to_minor
from wisebook_ml.alerting.policy import strongest
from wisebook_ml.alerting.state import Alert
from wisebook_ml.handbook import DESCRIPTIONS
from wisebook_ml.number_texts import count_en, count_fr, euros_en, euros_fr

__all__ = ["cause_name", "first_texts", "titles"]

NAMED = 3
"""Causes and journals that a title names, the most frequent first; it counts the others."""

OBJECTS = {
    TypeObjet.ECRITURE.value: (("écriture", "écritures"), ("entry", "entries")),
    TypeObjet.COMPTE.value: (("compte", "comptes"), ("account", "accounts")),
    TypeObjet.JOURNAL.value: (("journal", "journaux"), ("journal", "journals")),
    TypeObjet.TIERS.value: (("tiers", "tiers"), ("third party", "third parties")),
    TypeObjet.COMPTE_BANCAIRE.value: (("compte bancaire", "comptes bancaires"), ("bank account", "bank accounts")),
    TypeObjet.TRESORERIE.value: (("prévision de trésorerie", "prévisions de trésorerie"), ("cash forecast",) * 2),
}
SEVERAL = (("détection", "détections"), ("detection", "detections"))

FR, EN = "fr", "en"


def first_texts(detection: Detection) -> tuple[str, str]:
    """Return what is said of a detection alone: what its strongest reason says, and of an entry, which one it is."""
    motif = strongest(detection)
    if motif is None:
        return "", ""
    if detection.objet.type is not TypeObjet.ECRITURE:
        return motif.libelle_fr, motif.libelle_en
    cents = abs(to_minor(detection.montant))
    french, english = [euros_fr(cents)], [euros_en(cents)]
    if detection.journal_code:
        french.insert(0, f"journal {detection.journal_code}")
        english.insert(0, f"journal {detection.journal_code}")
    if detection.ecriture_num:
        french.insert(0, f"écriture {detection.ecriture_num}")
        english.insert(0, f"entry {detection.ecriture_num}")
    return f"{motif.libelle_fr} ({', '.join(french)})", f"{motif.libelle_en} ({', '.join(english)})"


def titles(alert: Alert) -> tuple[str, str]:
    """Return the title of an alert, in French and in English."""
    if alert.nombre == 1 and alert.texte_fr:
        return alert.texte_fr, alert.texte_en
    return _title(alert, FR), _title(alert, EN)


def _title(alert: Alert, lang: str) -> str:
    where = [_objects(alert, lang), *_journals(alert.journaux, lang), _euros(alert.montant, lang)]
    if alert.cause:
        colon = " : " if lang == FR else ": "
        return f"{cause_name(alert.cause, lang)}{colon}{', '.join(where)}"
    held = ("en heures calmes", "of the quiet hours") if alert.calme else ("au-delà du budget d'alertes", "")
    ranked = sorted(alert.codes.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{cause_name(code, lang)} ({count})" for code, count in ranked[:NAMED]]
    left = len(ranked) - len(told)
    if lang == FR:
        more = f" et {count_fr(left, 'autre motif', 'autres motifs')}" if left else ""
        return f"Synthèse : {where[0]} {held[0]}, {where[-1]} : {', '.join(told)}{more}"
    more = f" and {count_en(left, 'other reason', 'other reasons')}" if left else ""
    kept = held[1] or "beyond the alert budget"
    return f"Digest: {where[0]} {kept}, {where[-1]}: {', '.join(told)}{more}"


def cause_name(code: str, lang: str) -> str:
    """Return how people call a cause.

    Examples
    --------
    >>> cause_name("DOUBLON", "fr"), cause_name("DOUBLON", "en")
    ('Doublon probable', 'Probable duplicate')
    """
    try:
        return DESCRIPTIONS[CodeMotif(code)].title(lang)
    except (ValueError, KeyError):
        return ("Sans motif détaillé", "Without a detailed reason")[lang == EN]


def _objects(alert: Alert, lang: str) -> str:
    kinds = [kind for kind in alert.objets if kind in OBJECTS]
    french, english = OBJECTS[kinds[0]] if len(kinds) == len(alert.objets) == 1 else SEVERAL
    return count_fr(alert.nombre, *french) if lang == FR else count_en(alert.nombre, *english)


def _journals(journaux: Mapping[str, int], lang: str) -> list[str]:
    """Return the journals, the most frequent first; nothing where none is known."""
    ranked = sorted((item for item in journaux.items() if item[0]), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return []
    if len(ranked) == 1:
        ((name, count),) = ranked
        return [f"journal {name}" if len(journaux) == 1 else f"journal {name} ({count})"]
    told = ", ".join(f"{name} ({count})" for name, count in ranked[:NAMED])
    left = len(ranked) - min(NAMED, len(ranked))
    if lang == FR:
        return [f"journaux {told}" + (f" et {count_fr(left, 'autre', 'autres')}" if left else "")]
    return [f"journals {told}" + (f" and {count_en(left, 'other', 'others')}" if left else "")]


def _euros(cents: int, lang: str) -> str:
    return euros_fr(cents) if lang == FR else euros_en(cents)
