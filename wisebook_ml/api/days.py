"""Days in requests: those that are written as such."""

import datetime as dt
import re
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

__all__ = ["Day"]

WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}")


def _written(value: object) -> object:
    """Refuse what pydantic would read as a day and its schema does not let through, such as seconds since 1970."""
    if isinstance(value, str) and WRITTEN.fullmatch(value):
        return value
    if value is None or isinstance(value, dt.date):  # a default
        return value
    raise PydanticCustomError("no_day", "should be a day, such as 2025-06-30")


Day = Annotated[dt.date, BeforeValidator(_written)]
"""A day of the calendar, as ISO 8601 writes it."""
