"""Which partitions' states this process is bringing up to date before it goes on with them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["recovering", "under_recovery"]

_places: set[tuple[str, int]] = set()
"""Additions and removals are atomic; a partition is recovered by one thread at a time."""


@contextmanager
def recovering(topic: str, partition: int) -> Iterator[None]:
    """Say so while the state of a partition is recovered."""
    place = topic, partition
    _places.add(place)
    try:
        yield
    finally:
        _places.discard(place)


def under_recovery() -> Sequence[str]:
    """Return the partitions under recovery, in words.

    Examples
    --------
    >>> with recovering("wisebook.entries", 3):
    ...     under_recovery()
    ['The state of wisebook.entries partition 3 is being recovered.']
    """
    return [f"The state of {topic} partition {number} is being recovered." for topic, number in sorted(_places.copy())]
