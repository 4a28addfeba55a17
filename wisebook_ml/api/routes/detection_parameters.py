"""What a request for detections may ask for."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from schemas import CodeMotif, Etat, Severite, Verdict
from schemas.base import MAX_ID
from wisebook_ml.api.days import Day
from wisebook_ml.storage.detection_pages import Cursor, UnknownCursor

__all__ = ["DetectionFilter", "RecentFilter"]

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
"""Detections on a page: what a person scrolls through, and at most a megabyte or so of JSON."""

MAX_OFFSET = 10_000
"""What is passed over is read all the same; `cursor` goes further."""

DEFAULT_DAYS = 7

MAX_DAYS = 3660
"""Ten years: as long as French law has books kept."""

AMOUNT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,2})?")


def _amount(text: str) -> str:
    if AMOUNT.fullmatch(text) is None:
        raise PydanticCustomError("no_amount", "is no amount, such as 5000 or 5000.50")
    return text


def _cursor(text: str) -> str:
    try:
        Cursor.read(text)
    except UnknownCursor as error:
        raise PydanticCustomError(
            "unknown_cursor", "no page has given this one; {todo}", {"todo": str(error)}
        ) from error
    return text


Amount = Annotated[str, AfterValidator(_amount), Field(json_schema_extra={"pattern": f"^{AMOUNT.pattern}$"})]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class DetectionFilter(BaseModel):
    """Filters of a list; a misspelt one is refused, since ignoring it would show more than was asked for."""

    model_config = ConfigDict(extra="forbid")

    societe: int | None = Field(None, ge=1, le=MAX_ID, description="Only this company's.")
    severite: Severite | None = Field(None, description="Only of this severity.")
    etat: Etat | None = Field(None, description="Only in this state.")
    code: CodeMotif | None = Field(None, description="Only those with this control or model among their reasons.")
    journal: Text | None = Field(None, description="Only of this journal.")
    numero: Text | None = Field(None, description="Only of the entry of this number.")
    depuis: Day | None = Field(None, description="Only of entries of this date or later.")
    jusque: Day | None = Field(None, description="Only of entries of this date or earlier.")
    score_min: float | None = Field(None, ge=0, le=100, allow_inf_nan=False, description="Only from this score on.")
    montant_min: Amount | None = Field(None, description="Only from this amount on.")
    montant_max: Amount | None = Field(None, description="Only up to this amount.")
    avis: Verdict | None = Field(None, description="Only those on which this verdict stands.")
    juge: bool | None = Field(None, description="Only those that were judged (true), or not yet (false).")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Detections on a page.")
    offset: int = Field(0, ge=0, le=MAX_OFFSET, description="Detections to pass over before it.")
    cursor: Annotated[str, Field(max_length=400), AfterValidator(_cursor)] | None = Field(
        None, description="`next` of the page before: begin after it. Quick at any depth, which `offset` is not."
    )


class RecentFilter(DetectionFilter):
    """The same, and how far to look back."""

    days: int = Field(DEFAULT_DAYS, ge=1, le=MAX_DAYS, description="Only those made in the last days.")
