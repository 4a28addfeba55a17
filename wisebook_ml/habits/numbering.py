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

    After a jump both places are followed, the new and the old one: a mistyped number is one finding and not two, and
    two sequences side by side (imports from 1,000 on) are found once, where they meet.
    """

    steps: int = 0
    irregular: int = 0
    last: int = -1
    other: int = -1
    jumped: bool = False

    def step(self, number: int) -> Step:
        """Take the next number."""
        if self.last < 0:
            self.last = number
            return NO_STEP
        jump = self._jump(number)
        step = Step(jump, self.steps, self.irregular)
        self.steps += 1
        self.irregular += jump != 0
        if jump == 0 and number != self.last + 1:
            self.last, self.other = number, self.last
        elif jump >= 0:
            self.other = self.last if jump else self.other
            self.last = number
        elif number != self.last:
            self.other = number
        self.jumped = jump > 0
        return step

    def _jump(self, number: int) -> int:
        """Return the distance from the expected number, 0 where either place goes on."""
        # Right after a jump, the number that was jumped for is the one that is missing at the old place.
        old_place = range(self.other + 1, self.other + (3 if self.jumped else 2)) if self.other >= 0 else ()
        return 0 if number in old_place else number - (self.last + 1)
