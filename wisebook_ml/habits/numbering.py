"""Numbering of journals: whether each number is the one after the last.

A sequence is that of a journal, a fiscal year and a prefix. After a jump both places are followed, the new and the old
one: a mistyped number is one finding and not two, and two sequences side by side (imports from 1,000 on) are found
once, where they meet.
"""

from wisebook_ml.compiled import Array, compiled

__all__ = ["REPETITION", "begin", "step"]

NOWHERE = -1

REPETITION = -1
"""Distance of a number that is the last one again."""


@compiled
def begin(sequence: Array, number: int) -> None:
    """Start a sequence at its first number."""
    sequence.last = number
    sequence.other = NOWHERE
    sequence.steps = 0
    sequence.irregular = 0
    sequence.repeated = 0
    sequence.jumped = 0


@compiled
def step(sequence: Array, number: int) -> int:
    """Take the next number; return its distance from the expected one.

    0 is regular, positive a gap, negative disorder (-1 a repetition).
    """
    jump = _jump(sequence, number)
    sequence.steps += 1
    if jump != 0:
        sequence.irregular += 1
    if jump == REPETITION:
        sequence.repeated += 1
    if jump == 0 and number != sequence.last + 1:
        sequence.other = sequence.last
        sequence.last = number
    elif jump >= 0:
        if jump > 0:
            sequence.other = sequence.last
        sequence.last = number
    elif number != sequence.last:
        sequence.other = number
    sequence.jumped = 1 if jump > 0 else 0
    return jump


@compiled
def _jump(sequence: Array, number: int) -> int:
    """Return the distance from the expected number, 0 where either place goes on."""
    # Right after a jump, the number that was jumped for is the one that is missing at the old place.
    reach = 2 if sequence.jumped else 1
    if sequence.other >= 0 and sequence.other < number <= sequence.other + reach:
        return 0
    return int(number - (sequence.last + 1))
