"""Errors in French, for who asks in French: `Accept-Language`, as browsers and French front ends send it.

The words of an error are made where it is found, in English. Here is what the ones that people meet mean in French, by
the sentence with its places. One that is not here is told as what its status means, with the English words behind.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

__all__ = ["Bilingual", "fault_in_french", "in_french", "wants_french"]

SENTENCES = {
    "Send the header `Authorization: Token …` with your token.": (
        "Envoyez votre jeton dans l’en-tête « Authorization: Token … »."
    ),
    "This token is not known here, or no longer.": (
        "Ce jeton est inconnu, expiré ou révoqué. Vérifiez qu’il a été copié en entier, ou demandez-en un autre."
    ),
    "This session has ended; sign in again.": "Cette session est terminée : reconnectez-vous.",
    "The body is longer than {most} MB, which is the most that is taken; send less at once.": (
        "Le corps dépasse {most} Mo, le maximum : envoyez-en moins à la fois."
    ),
    "Company {id} has a model named {name} already. Choose another name, or change that one.": (
        "La société {id} a déjà un modèle nommé {name}. Choisissez un autre nom, ou changez celui-là."
    ),
    "Model {model} has no champion yet; train it first.": (
        "Le modèle {model} n’a pas encore de version en service : faites-le d’abord apprendre."
    ),
    "There is nothing at {path}.": "Il n’y a rien à l’adresse {path}.",
    "{path} does not take {method}.": "{path} n’accepte pas {method}.",
    "This token sees no company {id}.": "Ce jeton ne voit aucune société {id}.",
    "This token sees no detection {id}.": "Ce jeton ne voit aucune détection {id}.",
    "This token sees no alert {id}.": "Ce jeton ne voit aucune alerte {id}.",
    "This token sees no model {id}.": "Ce jeton ne voit aucun modèle {id}.",
    "This token sees no campaign {id}.": "Ce jeton ne voit aucun entraînement {id}.",
    "This token sees no dead letter at {place}.": "Ce jeton ne voit aucun enregistrement écarté à la place {place}.",
    "This token has not the right `{right}`, which this needs.": (
        "Ce jeton n’a pas le droit « {right} », nécessaire ici."
    ),
    "This concerns all companies, and needs a token of all companies.": (
        "Ceci concerne toutes les sociétés et demande un jeton de toutes les sociétés."
    ),
    "A change from a browser needs the header {header} of its page.": (
        "La page est trop ancienne pour ce changement : rechargez-la, puis recommencez."
    ),
    "It was changed meanwhile: read it again, and send the change with its new ETag.": (
        "Cela a changé entre-temps : relisez, puis envoyez le changement avec le nouvel ETag."
    ),
    "The body is to be JSON: send it with `Content-Type: {kind}`.": (
        "Le corps doit être du JSON : envoyez-le avec « Content-Type: {kind} »."
    ),
    "{header}: it was used for another request; send a new one.": (
        "{header} : cette clé a servi pour une autre demande ; envoyez-en une nouvelle."
    ),
    "{header}: the same request is being answered; ask again in a moment.": (
        "{header} : la même demande est en cours ; redemandez dans un instant."
    ),
    "{given} contradicts {stands} by {who}, which stands for {what}; settle it between you, and give the verdict with "
    '"remplace": true (--replace) if it is to take its place.': (
        "{given} contredit l’avis {stands} donné par {who}, qui vaut encore. Mettez-vous d’accord ; pour remplacer cet "
        "avis, envoyez « remplace »."
    ),
    "entry {entry} was not missed: detection {id} is open; give that one a verdict (CONFIRMEE).": (
        "L’écriture {entry} n’a pas été manquée : elle a une détection ouverte ({id}). Donnez votre avis sur celle-ci."
    ),
    "detection {id} has revision {number}, and the verdict is about revision {other}, which was never stored; look at "
    "the detection again.": (
        "La détection {id} en est à la révision {number}, et l’avis porte sur la révision {other}, qui est inconnue. "
        "Regardez à nouveau la détection."
    ),
    "RECLASSEE names the right account in `compte_num`, such as 606300.": (
        "Un avis « autre compte » indique le compte qui convient (compte_num), par exemple 606300."
    ),
    "detection {id} is about {what}, which has no account to be corrected; give CONFIRMEE or FAUX_POSITIF.": (
        "La détection {id} porte sur {what}, qui n’a pas de compte à corriger : confirmez-la, ou dites que c’est un "
        "faux positif."
    ),
    "jusque: {last} is before {first}, the first day.": "jusque : {last} précède le premier jour, {first}.",
    "Detection {id} is about {what}, and about no one entry.": (
        "La détection {id} porte sur {what}, et sur aucune écriture."
    ),
    "Where the entry of detection {id} stands is not known: its record did not say.": (
        "La place de l’écriture de la détection {id} n’est pas connue : son enregistrement ne la donne pas."
    ),
    "The entry of detection {id} is not where it was: its topic was emptied or made anew.": (
        "L’écriture de la détection {id} n’est plus à sa place : son sujet Kafka a été vidé ou refait."
    ),
    "{header}: 1 to {most} characters that are new for each request.": (
        "{header} : de 1 à {most} caractères, nouveaux pour chaque demande."
    ),
    "Model {id} is archived; promote a version of it to bring it back, or create another.": (
        "Le modèle {id} est archivé : remettez une de ses versions en service, ou créez-en un autre."
    ),
    "du: {first} lies after {last}, which is `au`.": "du : {first} vient après {last} (au).",
    "Campaign {id} has ended as {state}.": "L’entraînement {id} est déjà terminé ({state}).",
    "{detail} It cannot be sent again from here.": "Il ne peut être renvoyé d’ici. Détail, en anglais : {detail}",
    "The database does not answer. Nothing is wrong with the request; send it again in a moment.": (
        "La base de données ne répond pas. La demande est correcte : renvoyez-la dans un instant."
    ),
    "The Kafka brokers do not answer. Nothing is wrong with the request; send it again in a moment.": (
        "Kafka ne répond pas. La demande est correcte : renvoyez-la dans un instant."
    ),
    "An error of this service, not of your request; its log has the details.": (
        "Une erreur du service, et non de votre demande ; son journal en donne le détail."
    ),
    "The store of the models does not answer; try again in a moment.": (
        "Le dépôt des modèles ne répond pas. Réessayez dans un instant."
    ),
    "All streams are taken; try again in a minute.": "Tous les flux sont occupés. Réessayez dans une minute.",
    "This token has {count} streams open, which is the most; close one.": (
        "Ce jeton a {count} flux ouverts, ce qui est le maximum : fermez-en un."
    ),
    "{detail} Try again in a minute.": "Trop de demandes en peu de temps. Réessayez dans une minute.",
}
"""In English, with places in braces: in French, with the same places or fewer."""

STATUSES = {
    400: "La demande est mal formée",
    401: "Le jeton manque, ou n’est pas ou plus valable",
    403: "Ce jeton n’a pas le droit de faire cela",
    404: "Il n’y a rien de tel, ou ce jeton ne le voit pas",
    409: "Cela contredit l’état actuel",
    412: "Cela a changé entre-temps",
    413: "La demande est trop volumineuse",
    422: "La demande est bien formée, mais n’a pas de sens",
    429: "Trop de demandes en peu de temps",
    501: "Il manque une bibliothèque à ce service",
    503: "Le service est momentanément indisponible",
}
"""What a status means; before words that are in English."""

FAULTS = {
    "missing": "il manque",
    "extra_forbidden": "ce paramètre n’existe pas",
    "json_invalid": "ce n’est pas du JSON",
    "too_deep": "les valeurs y sont imbriquées trop profondément",
    "unknown_cursor": "aucune page ne l’a donné : reprenez tel quel le « next » de la page précédente",
    "no_amount": "doit être un montant, comme 5000 ou 5000.50",
    "no_text": "contient le caractère U+0000, qu’aucun texte ne contient",
    "no_name": "doit avoir au moins une lettre",
    "no_number": "doit être un nombre",
    "no_day": "doit être une date, comme 2025-06-30",
    "greater_than": "doit être supérieur à {gt}",
    "greater_than_equal": "doit être d’au moins {ge}",
    "less_than": "doit être inférieur à {lt}",
    "less_than_equal": "doit être d’au plus {le}",
    "string_too_short": "doit avoir au moins {min_length} caractère(s)",
    "string_too_long": "doit avoir au plus {max_length} caractère(s)",
    "too_short": "doit avoir au moins {min_length} élément(s)",
    "too_long": "doit avoir au plus {max_length} élément(s)",
    "string_pattern_mismatch": "n’a pas la forme attendue ({pattern})",
    "string_type": "doit être un texte",
    "int_type": "doit être un nombre entier",
    "int_parsing": "doit être un nombre entier",
    "int_from_float": "doit être un nombre entier",
    "float_type": "doit être un nombre",
    "float_parsing": "doit être un nombre",
    "finite_number": "doit être un nombre fini",
    "decimal_parsing": "doit être un nombre",
    "decimal_type": "doit être un nombre",
    "bool_type": "doit être true ou false",
    "bool_parsing": "doit être true ou false",
    "date_parsing": "doit être une date, comme 2025-06-30",
    "date_from_datetime_parsing": "doit être une date, comme 2025-06-30",
    "date_type": "doit être une date, comme 2025-06-30",
    "enum": "doit être l’une de ces valeurs : {expected}",
    "literal_error": "doit être l’une de ces valeurs : {expected}",
    "list_type": "doit être une liste",
    "dict_type": "doit être un objet",
    "model_type": "doit être un objet",
    "model_attributes_type": "doit être un objet",
    "uuid_parsing": "n’est pas un identifiant",
}
"""Faults of a parameter, by pydantic's name of them, with the places of its context."""


class Bilingual(str):
    """English words that know themselves in French.

    Examples
    --------
    >>> in_french(Bilingual("There is no forecast.", "Pas de prévision."), 404)
    'Pas de prévision.'
    """

    fr: str

    def __new__(cls, en: str, fr: str) -> "Bilingual":
        """Return both."""
        made = super().__new__(cls, en)
        made.fr = fr
        return made


PLACE = re.compile(r"\\\{(\w+)\\\}")


def wants_french(accepted: str | None) -> bool:
    """Tell from `Accept-Language` whether a caller would rather have French than English.

    Examples
    --------
    >>> [wants_french(one) for one in ("fr-FR,fr;q=0.9,en;q=0.8", "en-GB,fr;q=0.5", "de, fr;q=0.4", "*", None)]
    [True, False, True, False, False]
    """
    wanted = {"fr": 0.0, "en": 0.0}
    for part in (accepted or "").split(","):
        language, *parameters = (one.strip().lower() for one in part.split(";"))
        language = language.partition("-")[0]
        if language in wanted:
            wanted[language] = max(wanted[language], _quality(parameters))
    return wanted["fr"] > wanted["en"]


def in_french(detail: str, status: int) -> str:
    """Return what is wrong, in French.

    Parameters
    ----------
    detail : str
        In English.
    status : int
        HTTP status.

    Examples
    --------
    >>> in_french("This token sees no company 7.", 404)
    'Ce jeton ne voit aucune société 7.'
    >>> in_french("Nobody knows.", 409)
    'Cela contredit l’état actuel. Détail, en anglais : Nobody knows.'
    """
    if isinstance(detail, Bilingual):
        return detail.fr
    for pattern, french in _patterns():
        found = pattern.fullmatch(detail)
        if found is not None:
            return french.format_map(found.groupdict())
    return f"{STATUSES.get(status, 'La demande a échoué')}. Détail, en anglais : {detail}"


def fault_in_french(kind: str, context: Mapping[str, Any], otherwise: str) -> str:
    """Return what is wrong with a parameter; what has no French is told as it is.

    Examples
    --------
    >>> fault_in_french("less_than_equal", {"le": 500}, "should be less than or equal to 500")
    'doit être d’au plus 500'
    """
    if "expected" in context:  # pydantic joins the values
        context = {**context, "expected": str(context["expected"]).replace(" or ", " ou ")}
    try:
        return FAULTS[kind].format_map(context)
    except KeyError:
        return otherwise


def _quality(parameters: list[str]) -> float:
    for one in parameters:
        name, _, value = one.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(PLACE.sub(lambda place: f"(?P<{place[1]}>.+?)", re.escape(english)), re.DOTALL), french)
        for english, french in SENTENCES.items()
    ]
