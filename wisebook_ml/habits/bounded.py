"""Tables that forget: what bounds the memory of a company, by the order of its entries."""

from collections.abc import MutableMapping
from typing import Any, TypeVar

__all__ = ["count", "forget_oldest"]

K = TypeVar("K")


def forget_oldest(table: MutableMapping[K, Any], limit: int) -> None:
    """Drop what was inserted first until a table is within its limit.

    Examples
    --------
    >>> table = {"a": 1, "b": 2, "c": 3}
    >>> forget_oldest(table, 2)
    >>> table
    {'b': 2, 'c': 3}
    """
    while len(table) > limit:
        del table[next(iter(table))]


def count(counter: MutableMapping[K, int], key: K, times: int) -> None:
    """Count a key `times` more (or, when negative, fewer) times; a key not counted takes no memory."""
    left = counter.get(key, 0) + times
    if left > 0:
        counter[key] = left
    else:
        counter.pop(key, None)
