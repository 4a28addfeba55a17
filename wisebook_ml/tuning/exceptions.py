"""What can be wrong with settings."""

__all__ = ["Refusal"]


class Refusal(ValueError):
    """Settings that are not put in force; the message says why, for a person, and what to do. The last ones hold."""
