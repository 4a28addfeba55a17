"""What keeps a replay from being done."""

__all__ = ["ReplayError"]


class ReplayError(Exception):
    """What was asked for cannot be replayed; the message says what is wrong, and what to do."""
