"""Cases of a code, as people come across them: what must be found, and the look-alikes that must be left alone."""

from dataclasses import dataclass

from schemas import CodeMotif
from wisebook_ml.generator.planting import VARIANTES
from wisebook_ml.handbook import cases_amounts, cases_facts

__all__ = ["CASES", "Examples", "examples"]

CASES = {**cases_amounts.CASES, **cases_facts.CASES}
"""What each variant that the generator plants looks like in books, in French and in English."""

USUAL = {
    CodeMotif.DOUBLON: (
        "Deux licences du même éditeur au même prix : deux contrats, deux pièces, chaque mois.",
        "Two licences of one publisher at one price: two contracts, two documents, every month.",
    ),
    CodeMotif.POSTDATEE: (
        "Échéance que le logiciel comptabilise toujours quelques jours avant sa date.",
        "An instalment that the program always books some days before its date.",
    ),
}
"""Contracts of ordinary books that look wrong by their nature, month after month."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Cases of a code, each in a sentence.

    Attributes
    ----------
    found : tuple of str
        What must be found.
    left : tuple of str
        Legitimate look-alikes.
    """

    found: tuple[str, ...]
    left: tuple[str, ...]


def examples(code: CodeMotif, lang: str) -> Examples:
    """Return examples of a code in a language, ``"fr"`` or ``"en"``; none where the generator plants none.

    Examples
    --------
    >>> examples(CodeMotif.IBAN_PARTAGE, "en").left[1]
    "A supplier who changes banks: the new account is nobody else's."
    """
    place = 0 if lang == "fr" else 1
    found, left = (
        tuple(CASES[variant.nom][place] for variant in VARIANTES if variant.code is code and variant.jumeau is twin)
        for twin in (False, True)
    )
    usual = (USUAL[code][place],) if code in USUAL else ()
    return Examples(found, left + usual)
