"""What keeps a model from predicting."""

__all__ = ["NoChampion", "RowsRefused"]


class RowsRefused(ValueError):
    """Rows that a model cannot read; the message says which field of which row, and what it may be."""


class NoChampion(Exception):
    """A model of which no version is in charge yet."""
