"""Numbering of journals: whether each number is the one after the last."""

import math
import re
from dataclasses import dataclass

__all__ = ["NO_STEP", "Sequence", "split_number"]

NO_STEP = (math.nan, 0)
"""Of an entry whose number says nothing: none, or the first of its sequence."""

_TRAILING_DIGITS = re.compile(r"^(.*?)([0-9]{1,15})$", re.DOTALL)


def split_number(number: str) -> tuple[str, int] | None:
    """Split an entry's number into its prefix and its counter; None where it does not end with digits.

    Examples
    --------
    >>> split_number("VE-2024-00012"), split_number("12"), split_number("A")
    (('VE-2024-', 12), ('', 12), None)
    """
    match = _TRAILING_DIGITS.match(number)
    return (match[1], int(match[2])) if match else None


@dataclass(slots=True)
class Sequence:
    """One sequence of numbers (a journal, a fiscal year, a prefix), and how regular it has been.

    After a jump both the new and the old place are followed, so that one mistyped number is one finding and not two.
    """

    steps: int = 0
    regular: int = 0
    last: int = -1
    before_jump: int = -1

    def step(self, number: int) -> tuple[float, int]:
        """Take the next number.

        Returns
        -------
        share : float
            Share of regular steps until now, where this one is irregular; NaN where it is regular or the first.
        jump : int
            Distance from the expected number: 0 regular, positive a gap, negative disorder or a repetition.
        """
        if self.last < 0:
            self.last = number
            return NO_STEP
        jump = number - (self.last + 1)
        regular = jump == 0 or number == self.before_jump + 1
        share = math.nan if regular else self.regular / max(self.steps, 1)
        self.steps += 1
        if regular:
            self.regular += 1
            self.last = number
        elif jump > 0:
            self.before_jump = self.last
            self.last = number
        return share, 0 if regular else jump
