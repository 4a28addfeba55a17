"""A missing or generic label."""

import re
from functools import lru_cache

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View

GENERIC = re.compile(
    r"^\W*(divers\w*|x+|test|tests|a voir|à voir|todo|tbd|sans libell[eé]|libell[eé]|n/?a|nc|vide|aucun|autres?|regul|"
    r"r[eé]gul|od|operation|op[eé]ration|ecriture|[eé]criture|inconnu\w*|\?+|\.+|-+|\d{1,3})?\W*$",
    re.I,
)
"""Labels that say nothing of what happened (PCG art. 911-2 asks for the origin and content of each entry)."""


MIN_LETTERS = 3
"""Fewer letters name nothing, unless figures (a document, a period) come with them."""

VOWELS = frozenset("aeiouyàâäéèêëîïôöùûü")
ABBREVIATION = 4
"""A label of this many letters without a vowel is no word, if it is not in capitals as abbreviations are."""


@lru_cache(maxsize=16_384)
def is_poor(label: str) -> bool:
    """Return whether a label says nothing.

    Examples
    --------
    >>> [is_poor(text) for text in ("", "divers", "xxz", "d*", "EDF", "FACT 2024-17")]
    [True, True, True, True, False, False]
    """
    if GENERIC.match(label):
        return True
    letters = [ch for ch in label if ch.isalpha()]
    if len(letters) < MIN_LETTERS:
        return not any(ch.isdigit() for ch in label)
    return len(letters) <= ABBREVIATION and not label.isupper() and VOWELS.isdisjoint("".join(letters).lower())


def measure(view: View) -> Finding:
    """Check the labels; an entry is poor where all its lines are."""
    poor = np.array([is_poor(line.ecriture_lib.strip()) for line in view.batch.lines], dtype=np.bool_)
    return Finding(np.where(view.batch.any_per_entry(~poor), 0.0, 1.0), poor)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Quote the label."""
    label = view.batch.entries[entry].lignes[0].ecriture_lib.strip()
    if not label:
        return "Libellé absent.", "No label."
    return f"Libellé sans information : « {label} ».", f"Label without information: “{label}”."


CONTROL = Control(
    code=CodeMotif.LIBELLE_PAUVRE,
    attribute="ecriture_lib",
    threshold=1.0,
    weight=0.4,
    source="PCG art. 921-2 (content of each entry); art. A47 A-1 LPF (EcritureLib)",
    measure=measure,
    explain=explain,
)
