"""Where a replay begins and ends, as a person says it: an offset, a day or a moment."""

import datetime as dt

from wisebook_ml.french_time import PARIS

__all__ = ["Bound", "parse_bound"]

Bound = int | dt.datetime
"""An offset, the same in each partition, or a moment of publication."""

DAY = dt.timedelta(days=1)


def parse_bound(text: str, *, end: bool = False) -> Bound:
    """Return the bound that a text means.

    Parameters
    ----------
    text : str
        An offset; a day (of France), with all of it; or a moment, in French time unless it says another.
    end : bool
        Whether it is the end of a range.

    Raises
    ------
    ValueError
        Where it is none of them.

    Examples
    --------
    >>> parse_bound("1200")
    1200
    >>> parse_bound("2025-03-31").isoformat()
    '2025-03-31T00:00:00+02:00'
    >>> parse_bound("2025-03-31", end=True).isoformat()
    '2025-04-01T00:00:00+02:00'
    >>> parse_bound("2025-03-31T08:00Z").isoformat()
    '2025-03-31T08:00:00+00:00'
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return dt.datetime.combine(day + DAY if end else day, dt.time(), PARIS)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no offset (1200), day (2025-03-31) or moment (2025-03-31T08:00)") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=PARIS)
