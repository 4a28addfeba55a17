"""What a request for detections may ask for."""

from pydantic import BaseModel, ConfigDict, Field

from schemas import Etat, Severite
from schemas.base import MAX_ID

__all__ = ["DetectionFilter", "RecentFilter"]

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
"""Detections on a page: what a person scrolls through, and at most a megabyte or so of JSON."""

DEFAULT_DAYS = 7

MAX_DAYS = 3660
"""Ten years: as long as French law has books kept."""


class DetectionFilter(BaseModel):
    """Filters of a list; a misspelt one is refused, since ignoring it would show more than was asked for."""

    model_config = ConfigDict(extra="forbid")

    societe: int | None = Field(None, ge=1, le=MAX_ID, description="Only this company's.")
    severite: Severite | None = Field(None, description="Only of this severity.")
    etat: Etat | None = Field(None, description="Only in this state.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Detections on a page.")
    offset: int = Field(0, ge=0, le=MAX_ID, description="Detections to pass over before it.")


class RecentFilter(DetectionFilter):
    """The same, and how far to look back."""

    days: int = Field(DEFAULT_DAYS, ge=1, le=MAX_DAYS, description="Only those made in the last days.")
