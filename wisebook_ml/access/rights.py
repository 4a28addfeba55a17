"""What a token allows."""

from enum import StrEnum

__all__ = ["Right"]


class Right(StrEnum):
    """A right of a token; each stands by itself, but ADMIN, which includes the others."""

    READ = "read"
    """See detections, models, forecasts, statistics, alerts of its companies; have its models predict."""

    VERDICT = "verdict"
    """Judge detections, report missed entries, take note of alerts."""

    TRAIN = "train"
    """Request and cancel trainings, create and change models."""

    ADMIN = "admin"
    """Change settings, run timers, retry dead letters, read the audit log; and all of the others."""

    NAMES = "names"
    """Read the names of authors and third parties where they are published as pseudonyms."""
