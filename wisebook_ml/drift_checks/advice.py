"""What a check is told besides sketches: the model's thresholds, and what verdicts say of it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from wisebook_ml.drift.performance import Performance
from wisebook_ml.drift.thresholds import Thresholds
from wisebook_ml.drift_checks.usual import VersionKey

__all__ = ["NO_ADVICE", "Advice", "Advise"]


@dataclass(frozen=True, slots=True)
class Advice:
    """What was known at the time of a check.

    Attributes
    ----------
    thresholds : Thresholds
        The model's.
    performance : tuple of Performance
        What verdicts say, or let expect.
    remarks : tuple of (str, str)
        What could not be asked, in French and English.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    performance: tuple[Performance, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()


NO_ADVICE = Advice()

Advise = Callable[[VersionKey, dt.datetime], Advice]
"""Given a version and the due time of its check; raises nothing."""
