"""What can be wrong with positions and series; every message says what, where, and what to do."""

__all__ = ["NotEnoughHistory", "PositionRefused", "ScenarioRefused", "SeriesRefused", "TreasuryError"]


class TreasuryError(ValueError):
    """Something about the treasury data that a person has to look at."""


class PositionRefused(TreasuryError):
    """A position that cannot be taken; it belongs on the dead-letter topic with this message."""


class SeriesRefused(TreasuryError):
    """A table of positions that is no series of one account."""


class NotEnoughHistory(TreasuryError):
    """A series that nothing can be forecast from: too short, or nothing moves in it."""


class ScenarioRefused(TreasuryError):
    """A stated change that cannot be applied to a forecast."""
