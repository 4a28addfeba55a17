"""What companies have set for a kind of finding."""

import math

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls import CONTROLS
from wisebook_ml.features.view import View
from wisebook_ml.ledger.batch import Floats

__all__ = ["SHARED", "thresholds_of"]

SHARED = frozenset(control.code for control in CONTROLS)
"""Codes of controls, which judge single entries on a scale of their own: what a company sets of threshold and weight is
on that scale, and of a subject only whether it is followed."""


def thresholds_of(view: View, code: CodeMotif, default: float) -> Floats:
    """Return the threshold in force for each entry, shape (n,).

    Infinite where the company has switched the kind off or given it no weight: it is followed, and never found.
    """
    chosen = []
    for parametres in view.settings:
        setting = parametres.controles.get(code)
        if setting is None:
            chosen.append(default)
        elif not setting.actif or setting.poids == 0:
            chosen.append(math.inf)
        else:
            chosen.append(default if setting.seuil is None or code in SHARED else setting.seuil)
    thresholds: Floats = np.array(chosen, dtype=np.float64)[view.setting_of]
    return thresholds
