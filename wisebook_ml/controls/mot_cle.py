"""A label with a word from the watch list."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, any_of, chosen
from wisebook_ml.ledger.vocabulary import WATCHED, vocabulary


def measure(view: View) -> Finding:
    """Take the lines whose label has a word of the company's watch list, else of `DEFAULT_WATCHED`."""
    watched = view.facts.watched
    return Finding(any_of(view, watched).astype(np.float64), watched)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Quote word and label."""
    label = view.batch.line(chosen(view, entry, view.facts.watched)[0]).ecriture_lib
    word, quoted = vocabulary(tuple(view.parametres_of(entry).mots_cles)).find(WATCHED, label), label.strip()
    return f"Mot surveillé « {word} » dans « {quoted} ».", f"Watched word “{word}” in “{quoted}”."


CONTROL = Control(
    code=CodeMotif.MOT_CLE,
    attribute="ecriture_lib",
    threshold=1.0,
    weight=0.9,
    source="ISA 240 A45 (entries with little or no explanation); ACFE Fraud Examiners Manual",
    measure=measure,
    explain=explain,
    rule=True,
)
