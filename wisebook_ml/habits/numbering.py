"""Numbering of journals: whether each number is the one after the last."""

import re
from dataclasses import dataclass

__all__ = ["NO_STEP", "Sequence", "Step", "split_number"]


@dataclass(frozen=True, slots=True)
class Step:
    """One number after another.

    Attributes
    ----------
    jump : int
        Distance from the expected number: 0 regular, positive a gap, negative disorder (-1 a repetition).
    steps, irregular : int
        Steps of the sequence before, and how many of them were irregular.
    """

    jump: int = 0
    steps: int = 0
    irregular: int = 0


NO_STEP = Step()
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
    irregular: int = 0
    last: int = -1
    before_jump: int = -1

    def step(self, number: int) -> Step:
        """Take the next number."""
        if self.last < 0:
            self.last = number
            return NO_STEP
        jump = number - (self.last + 1)
        if number == self.before_jump + 1:
            jump = 0
        step = Step(jump, self.steps, self.irregular)
        self.steps += 1
        if jump == 0:
            self.last = number
        else:
            self.irregular += 1
            if jump > 0:
                self.before_jump, self.last = self.last, number
        return step
