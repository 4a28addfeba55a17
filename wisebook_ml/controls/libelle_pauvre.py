"""A missing or generic label."""

import re

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View

GENERIC = re.compile(
    r"^\W*(divers\w*|x+|test|tests|a voir|à voir|todo|tbd|sans libell[eé]|libell[eé]|n/?a|nc|vide|aucun|autres?|regul|"
    r"r[eé]gul|od|operation|op[eé]ration|ecriture|[eé]criture|inconnu\w*|\?+|\.+|-+|\d{1,3})?\W*$",
    re.I,
)
"""Labels that say nothing of what happened (PCG art. 911-2 asks for the origin and content of each entry)."""


def measure(view: View) -> Finding:
    """Check the labels; an entry is poor where all its lines are."""
    poor = np.array([GENERIC.match(line.ecriture_lib.strip()) is not None for line in view.batch.lines], dtype=np.bool_)
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
