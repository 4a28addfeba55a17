"""A label with a word from the watch list."""

import re
import unicodedata
from functools import lru_cache

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View

DEFAULT_WORDS = (
    "perso",
    "personnel dirigeant",
    "gerant",
    "a regulariser",
    "cadeau",
    "confidentiel",
    "selon demande",
    "sur ordre",
    "sur instruction",
    "ne pas",
    "mystere",
    "especes",
    "commission occulte",
    "dessous",
    "fictif",
    "bidon",
    "erreur",
    "ajustement",
    "forcer",
    "urgent",
    "plug",
    "en attente justificatif",
    "sans justificatif",
    "sans piece",
    "amende",
    "penalite",
)
"""Words that auditors search entries for, without accents; a company's own list replaces them."""


def plain(text: str) -> str:
    """Return a text in lower case without accents.

    Examples
    --------
    >>> plain("Pénalité")
    'penalite'
    """
    return "".join(ch for ch in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(ch))


@lru_cache(maxsize=1024)
def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return the expression that finds any of the words as a whole."""
    return re.compile(r"\b(?:" + "|".join(re.escape(plain(word)) for word in words) + r")\b")


def search(view: View, label: str) -> str | None:
    """Return the first watched word in a label."""
    if not label:
        return None
    words = tuple(word for word in view.parametres.mots_cles if word.strip())  # an empty one would match anywhere
    match = pattern(words or DEFAULT_WORDS).search(plain(label))
    return match[0] if match else None


def measure(view: View) -> Finding:
    """Search the labels."""
    found = np.array([search(view, line.ecriture_lib) is not None for line in view.batch.lines], dtype=np.bool_)
    return Finding(np.where(view.batch.any_per_entry(found), 1.0, 0.0), found)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Quote word and label."""
    for line in view.batch.entries[entry].lignes:
        word = search(view, line.ecriture_lib)
        if word:
            label = line.ecriture_lib.strip()
            return f"Mot surveillé « {word} » dans « {label} ».", f"Watched word “{word}” in “{label}”."
    raise AssertionError("explained without a finding")


CONTROL = Control(
    code=CodeMotif.MOT_CLE,
    attribute="ecriture_lib",
    threshold=1.0,
    weight=0.45,
    source="ISA 240 A45 (entries with little or no explanation); ACFE Fraud Examiners Manual",
    measure=measure,
    explain=explain,
)
