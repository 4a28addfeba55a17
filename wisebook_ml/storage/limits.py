"""What a record can say that SQL cannot keep."""

import datetime as dt

from schemas import Record

__all__ = ["fault"]

MAX_BIGINT = 2**63 - 1


def fault(record: Record) -> str:
    """Return why a record of the contract cannot be a row, for a person; empty where it can.

    Examples
    --------
    >>> from schemas import Statistique
    >>> noon = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
    >>> hour = Statistique(societe_id=7, debut=noon, fin=noon, ecritures=2**70, detections={})
    >>> fault(hour)
    'ecritures is beyond 64 bits, and SQL keeps no such number'
    """
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, int) and abs(value) > MAX_BIGINT:
            return f"{name} is beyond 64 bits, and SQL keeps no such number"
        if isinstance(value, dt.datetime):
            if value.tzinfo is None:
                return f"{name} needs a time zone, or it names no moment"
            try:
                value.astimezone(dt.UTC)
            except OverflowError:
                return f"{name} is {value.isoformat()}, which lies outside the calendar in UTC; correct the year"
    return ""
