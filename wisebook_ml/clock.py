"""The clock of the edges; the core has none. What needs the time takes this as a default, so that tests can set it."""

import datetime as dt

__all__ = ["utc_now"]


def utc_now() -> dt.datetime:
    """Return the present moment, with its time zone."""
    return dt.datetime.now(dt.UTC)
