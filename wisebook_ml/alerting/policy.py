"""Which detections a company wants to be alerted to."""

import datetime as dt
from dataclasses import dataclass, field

from schemas import Detection, MotifDetection, Parametres, ReglageAlertes, Severite, to_minor

__all__ = ["Policy", "cause_of", "passes", "policy_of", "rank", "strongest"]

RANKS = {severite: place for place, severite in enumerate(Severite)}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a company has set, and the days off of its quiet hours."""

    reglage: ReglageAlertes = field(default_factory=ReglageAlertes)
    days_off: frozenset[dt.date] = frozenset()


def policy_of(parametres: Parametres) -> Policy:
    """Return the policy in a company's settings."""
    return Policy(parametres.alertes, frozenset(parametres.jours_feries))


def rank(severite: Severite) -> int:
    """Return the place of a severity, from the least serious on.

    Examples
    --------
    >>> rank(Severite.INFO) < rank(Severite.MOYENNE) < rank(Severite.CRITIQUE)
    True
    """
    return RANKS[severite]


def strongest(detection: Detection) -> MotifDetection | None:
    """Return the reason with the most points; the first of several."""
    return max(detection.motifs, key=lambda motif: motif.poids, default=None)


def cause_of(detection: Detection) -> str:
    """Return what a detection has in common with others: the code of its strongest reason, else its domain."""
    motif = strongest(detection)
    return detection.domaine.value if motif is None else motif.code.value


def passes(detection: Detection, reglage: ReglageAlertes) -> bool:
    """Tell whether a company wants to be alerted to an open detection.

    Parameters
    ----------
    detection : Detection
        It is told by its strongest reason.
    reglage : ReglageAlertes
        The company's.
    """
    if not reglage.actif or rank(detection.severite) < rank(reglage.severite):
        return False
    if reglage.montant is not None and abs(to_minor(detection.montant)) < to_minor(reglage.montant):
        return False
    motif = strongest(detection)
    code = None if motif is None else motif.code
    return (not reglage.controles or code in reglage.controles) and code not in reglage.sauf_controles
