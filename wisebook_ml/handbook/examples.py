"""Cases that the generator plants of a code: what must be found, and the look-alikes that must be left alone."""

from dataclasses import dataclass
from functools import lru_cache

from schemas import CodeMotif
from wisebook_ml.generator import generate_ledger
from wisebook_ml.generator.planting.base import VARIANTES, Variante

__all__ = ["Examples", "examples"]

ENTRIES, RATE, SEED = 1_500, 0.02, 1
"""A made-up ledger large enough for nearly every variant to be planted, and made in a tenth of a second."""

POINT_AT = "Point at "
"""How a planter's text begins that only chooses an ordinary entry; a reader wants what follows."""


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
    """Return examples of a code in a language, ``"fr"`` or ``"en"``; none where the generator plants none."""
    found, left = (
        tuple(dict.fromkeys(_told(code, twin) if lang == "fr" else map(_english, _variants(code, twin))))
        for twin in (False, True)
    )
    return Examples(found, left)


def _variants(code: CodeMotif, twin: bool) -> list[Variante]:
    return [variant for variant in VARIANTES if variant.code is code and variant.jumeau is twin]


@lru_cache
def _told(code: CodeMotif, twin: bool) -> tuple[str, ...]:
    """Return what an auditor would write next to a case of each variant, as planted in a made-up ledger."""
    if not any(variant.code is code for variant in VARIANTES):
        return ()
    ledger = generate_ledger(entries=ENTRIES, seed=SEED, codes=(code,), anomaly_rate=RATE, twin_rate=RATE)
    told: dict[str, str] = {}
    for label in ledger.labels:
        if label.code is code and label.jumeau is twin and label.commentaire:
            told.setdefault(label.variante, label.commentaire)
    return tuple(told.values())


def _english(variant: Variante) -> str:
    text = " ".join((variant.plant.__doc__ or variant.nom).split()).removeprefix(POINT_AT)
    return text[:1].upper() + text[1:]
