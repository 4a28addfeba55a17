"""French time: the clock that accountants work, and books are kept, by."""

from zoneinfo import ZoneInfo

__all__ = ["PARIS"]

PARIS = ZoneInfo("Europe/Paris")
"""Moments are kept in UTC; what a person reads, and when a day begins, is by this clock: two days of a year have 23 and
25 hours."""
