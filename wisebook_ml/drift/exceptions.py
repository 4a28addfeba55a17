"""What is said where drift cannot be judged."""

__all__ = ["DriftError", "NotEnoughReference", "OtherLayout"]


class DriftError(ValueError):
    """Drift cannot be judged; the message says why, and what to do."""


class NotEnoughReference(DriftError):
    """There are too few rows or days to know what is usual."""


class OtherLayout(DriftError):
    """A sketch was made with other cells than it is to be joined or compared with."""
