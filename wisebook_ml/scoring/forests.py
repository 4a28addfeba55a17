"""The models that score every entry, and how far a company's settings and verdicts have them heard."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif
from wisebook_ml.controls import SettingsTable, View
from wisebook_ml.scoring.belief import MODEL_WEIGHT, TAIL_FULL, Heard

__all__ = ["FORESTS", "Forest", "hear"]


@dataclass(frozen=True, slots=True)
class Forest:
    """A model that scores every entry.

    Parameters
    ----------
    code : CodeMotif
        What its evidence is called.
    source : str
        What it rests on.
    threshold : float
        Rarity (-log10 of the tail probability) from which the evidence counts fully.
    weight : float
        Strength of the evidence in the composite, in [0, 1].
    required : bool
        Never: models are no regulation's.
    """

    code: CodeMotif
    source: str
    threshold: float = TAIL_FULL
    weight: float = MODEL_WEIGHT
    required: bool = False


FORESTS = (
    Forest(CodeMotif.FORET_ISOLATION, "Liu, Ting, Zhou: Isolation Forest, ICDM 2008"),
    Forest(CodeMotif.DETECTEUR_EN_LIGNE, "Tan, Ting, Liu: Fast anomaly detection for streaming data, IJCAI 2011"),
)
"""The company's own model, and what stands in for one."""

TRAINED, ONLINE = range(2)
"""Their places."""


def hear(table: SettingsTable, view: View, online: npt.NDArray[np.bool_]) -> Heard:
    """Return how far the model of each entry is heard.

    Parameters
    ----------
    table : SettingsTable
        Thresholds and weights of `FORESTS` in the settings in force.
    view : View
        The batch of n entries.
    online : ndarray of bool, shape (n,)
        Which of them the online detector scores.
    """
    which, factors = np.where(online, ONLINE, TRAINED), np.ones((len(online), len(FORESTS)))
    table.damp(factors, view.facts.journal, view.setting_of)
    return Heard(
        table.thresholds[view.setting_of, which],
        table.weights[view.setting_of, which],
        factors[np.arange(len(online)), which],
    )
