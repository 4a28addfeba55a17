"""How often what a control or a model found was dismissed, and how sure that figure is."""

import math
from collections import defaultdict
from collections.abc import Iterable

import msgspec

from schemas import CodeMotif
from wisebook_ml.feedback.judgement import Judgement

__all__ = ["CONTROL", "MODEL", "VERSION", "Reliability", "reliability", "wilson"]

Z_95 = 1.959964
"""Half of a 95 % interval, in standard deviations."""

CONTROL, MODEL, VERSION = "control", "model", "version"
"""What a figure is about: a control, a kind of model among the reasons, or a version of a model that took part."""


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """The false-positive rate of one source in one journal, or in all of them.

    Attributes
    ----------
    genre : str
        `CONTROL`, `MODEL` or `VERSION`.
    nom : str
        The code; of a model's version, ``modele/version`` (``0/1``: the built-in online detector).
    journal_code : str or None
        None: all journals together.
    avis, rejets : int
        How many verdicts there are, and how many of them said false positive.
    taux, bas, haut : float
        Their share, and its 95 % interval.
    """

    genre: str
    nom: str
    journal_code: str | None
    avis: int
    rejets: int
    taux: float
    bas: float
    haut: float


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the 95 % interval of a share; it is honest where there are few, too.

    References
    ----------
    E. B. Wilson (1927). Probable inference, the law of succession, and statistical inference. JASA 22.

    Examples
    --------
    >>> low, high = wilson(8, 8)
    >>> round(low, 2), high
    (0.68, 1.0)
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if not whole:
        return 0.0, 1.0
    share, z2 = part / whole, Z_95 * Z_95
    centre = share + z2 / (2 * whole)
    spread = Z_95 * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    scale = 1 + z2 / whole
    low = 0.0 if part == 0 else (centre - spread) / scale
    return low, 1.0 if part == whole else (centre + spread) / scale


def reliability(judgements: Iterable[Judgement]) -> list[Reliability]:
    """Return the false-positive rates of controls, models and their versions, over all journals and in each.

    A verdict counts for the reasons that carried the detection (`Judgement.carried`), and for every version of a model
    that took part in its score. Missed entries count for nobody.

    Parameters
    ----------
    judgements : iterable of Judgement
        Those that stand, of one company.

    Returns
    -------
    list of Reliability
        By kind and name, all journals first.
    """
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in judgements:
        for genre, name in _sources(one):
            for journal in {"", one.journal_code or ""}:
                cell = counts[genre, name, journal]
                cell[0] += 1
                cell[1] += one.dismissed
    found = []
    for (genre, name, journal), (avis, rejets) in sorted(counts.items()):
        low, high = wilson(rejets, avis)
        found.append(
            Reliability(
                genre=genre,
                nom=name,
                journal_code=journal or None,
                avis=avis,
                rejets=rejets,
                taux=rejets / avis,
                bas=low,
                haut=high,
            )
        )
    return found


def _sources(one: Judgement) -> list[tuple[str, str]]:
    codes = [(MODEL if CodeMotif(code).is_model else CONTROL, str(code)) for code in one.carried]
    if not one.motifs:
        return codes
    return codes + [(VERSION, f"{model.modele_id}/{model.version}") for model in one.modeles]
