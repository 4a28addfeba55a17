"""What keeps a file from being read, or written, as a FEC at all. Single bad lines are findings instead."""

from pathlib import Path

__all__ = ["FecError", "FecWriteError", "NotAFecError"]


class FecError(Exception):
    """Base of this package's errors.

    Parameters
    ----------
    path : Path
        The file.
    reason_en, reason_fr : str
        What was wrong and what to do, for people.
    line : int, optional
        Line in the file, counted from 1.
    """

    def __init__(self, path: Path, reason_en: str, reason_fr: str, *, line: int | None = None) -> None:
        self.path = path
        self.line = line
        self.reason_en = reason_en
        self.reason_fr = reason_fr
        super().__init__(self.message("en"))

    def message(self, lang: str = "en") -> str:
        """Return ``file:line: reason`` in French (``"fr"``) or English."""
        place = f"{self.path}:{self.line}" if self.line is not None else f"{self.path}"
        return f"{place}: {self.reason_fr if lang == 'fr' else self.reason_en}"


class NotAFecError(FecError):
    """The file is empty, something else (PDF, xlsx, ...), or has no line that could belong to a ledger."""


class FecWriteError(FecError):
    """An entry cannot be put into a FEC."""
