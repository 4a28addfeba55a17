"""The words that labels are searched for."""

from functools import lru_cache

from wisebook_ml.ledger.automaton import Words

__all__ = ["CREDIT_NOTE", "DEFAULT_WATCHED", "GENERIC", "RETURN", "WATCHED", "vocabulary"]

CREDIT_NOTE, RETURN, GENERIC, WATCHED = range(4)
"""The lists, by their place in `vocabulary`."""

CREDIT_NOTE_WORDS = (
    "av",
    "avoir",
    "annul*",
    "extourne",
    "ristourne",
    "remb*",
    "rbt",
    "contrepass*",
    "rejet",
    "impaye",
)
"""Entries that rightly move accounts on the other side."""

RETURN_WORDS = ("avoir", "av", "retour", "ristourne")
"""Goods that came back."""

GENERIC_WORDS = (
    "divers*",
    "test",
    "tests",
    "a voir",
    "todo",
    "tbd",
    "sans libelle",
    "libelle",
    "na",
    "n/a",
    "nc",
    "vide",
    "aucun",
    "autre",
    "autres",
    "regul",
    "od",
    "operation",
    "ecriture",
    "inconnu*",
)
"""Labels that say nothing of what happened (PCG art. 911-2 asks for the origin and content of each entry)."""

DEFAULT_WATCHED = (
    "perso",
    "gerant",
    "a regulariser",
    "regularisation a justifier",
    "cadeau",
    "confidentiel*",
    "selon demande",
    "sur demande de",
    "sur ordre",
    "sur instruction",
    "ne pas",
    "mystere",
    "occulte*",
    "dessous de table",
    "fictif*",
    "fictive*",
    "bidon",
    "pour equilibrer",
    "forcer",
    "plug",
    "en attente justificatif",
    "sans justificatif",
    "sans piece",
    "a justifier",
    "a annuler",
    "pret personnel",
    "pret dirigeant",
    "antidat*",
    "dissimul*",
    "maquill*",
    "surfactur*",
    "fausse facture",
    "pot de vin",
    "caisse noire",
    "au noir",
)
"""Words that auditors search entries for. A company's list replaces it."""


@lru_cache(maxsize=64)
def vocabulary(watched: tuple[str, ...] = ()) -> Words:
    """Return all lists as one automaton, with a company's own watch list where it has one."""
    own = tuple(word for word in watched if word.strip())
    return Words((CREDIT_NOTE_WORDS, RETURN_WORDS, GENERIC_WORDS, own or DEFAULT_WATCHED))
