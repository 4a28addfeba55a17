"""A label with a word from the watch list."""

import re
import unicodedata
from functools import lru_cache

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View

DEFAULT_WORDS = (
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
)
"""Words that auditors search entries for, without accents; ``*`` is any ending. A company's list replaces it."""


def plain(text: str) -> str:
    """Return a text in lower case without accents.

    Examples
    --------
    >>> plain("Pénalité")
    'penalite'
    """
    if text.isascii():
        return text.lower()
    return "".join(ch for ch in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(ch))


@lru_cache(maxsize=1024)
def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return the expression that finds any of the words as a whole; ``*`` at a word's end matches any ending."""
    found = (re.escape(plain(word.rstrip("*"))) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.compile(r"\b(?:" + "|".join(found) + r")\b")


@lru_cache(maxsize=16_384)
def search(words: tuple[str, ...], label: str) -> str | None:
    """Return the first of the words in a label."""
    match = pattern(words).search(plain(label))
    return match[0] if match else None


def watched(view: View) -> tuple[str, ...]:
    """Return the company's watch list; an empty word in it would match anywhere."""
    return tuple(word for word in view.parametres.mots_cles if word.strip()) or DEFAULT_WORDS


def measure(view: View) -> Finding:
    """Search the labels."""
    words = watched(view)
    found = np.array([search(words, line.ecriture_lib) is not None for line in view.batch.lines], dtype=np.bool_)
    return Finding(np.where(view.batch.any_per_entry(found), 1.0, 0.0), found)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Quote word and label."""
    for line in view.batch.entries[entry].lignes:
        word = search(watched(view), line.ecriture_lib)
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
