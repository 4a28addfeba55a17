"""What people write beside the figures (``notes.toml``): reasons of misses, and figures that no part prints."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

__all__ = ["NOTES", "Elsewhere", "Notes", "read_notes"]

NOTES = Path(__file__).with_name("notes.toml")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A target whose figure no part prints: a test shows it, or somebody measured it by hand.

    Parameters
    ----------
    what, target, command : str
        For people; `command` is what shows it.
    seen, when : str
        What was seen, and on which day; empty where nothing was yet.
    met : bool, optional
        Whether that is enough; None where nothing was seen.
    reason : str
        Why not, where it is not.
    """

    what: str
    target: str
    command: str
    seen: str = ""
    when: str = ""
    met: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """All notes.

    Parameters
    ----------
    reasons : mapping of str to str
        By a figure's name, which may be a pattern (``*``); with what it is compared with in brackets where a name
        stands for several figures: ``decode.entries.ratio (faust)``. The first that fits counts.
    together : mapping of str to str
        Patterns of figures that are shown as one row, the worst, and what they are; misses have rows of their own.
    elsewhere : sequence of Elsewhere
    """

    reasons: Mapping[str, str] = field(default_factory=dict)
    together: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Sequence[Elsewhere] = ()

    def reason(self, name: str, compared_with: str | None = None) -> str:
        """Return why a figure misses its target; empty where nobody has said.

        Examples
        --------
        >>> notes = Notes(reasons={"decode.*.ratio (faust)": "its events are small"})
        >>> notes.reason("decode.entries.ratio", "faust"), notes.reason("decode.entries.ratio", "bytewax")
        ('its events are small', '')
        """
        names = (f"{name} ({compared_with})", name) if compared_with else (name,)
        for pattern, reason in self.reasons.items():
            if any(fnmatchcase(one, pattern) or one == pattern for one in names):
                return reason
        return ""

    def group(self, name: str) -> str:
        """Return the pattern under which a figure is shown; empty where it has a row of its own."""
        return next((pattern for pattern in self.together if fnmatchcase(name, pattern)), "")


def read_notes(path: Path = NOTES) -> Notes:
    """Read the notes.

    Raises
    ------
    ValueError
        Where the file is no TOML or has something else in it; the message says what.
    """
    try:
        return _notes(tomllib.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error


def _notes(told: Mapping[str, Any]) -> Notes:
    if unknown := told.keys() - {"reasons", "together", "elsewhere"}:
        raise ValueError(f"there is no [{', '.join(sorted(unknown))}]")
    elsewhere = tuple(Elsewhere(**one) for one in told.get("elsewhere", ()))
    return Notes(told.get("reasons", {}), told.get("together", {}), elsewhere)
