"""Eight bytes at a time: strings are short, and a step a byte costs more than all else in reading them.

Words are little-endian int64, as on every machine that numba and Kafka's clients are built for. Nothing is checked:
a caller's buffer ends with enough padding.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from wisebook_ml.compiled import Array

__all__ = ["WORD", "bytes_before", "first_bytes", "pack", "scanning", "special_bytes", "word_at"]

P = ParamSpec("P")
R = TypeVar("R")

WORD = 8
"""Bytes of a word."""


def _repeat(byte: int) -> int:
    """Return the word of eight times a byte, as a signed number."""
    return int.from_bytes(bytes([byte]) * WORD, "little", signed=True)


ONES, HIGH_BITS, SPACES = _repeat(0x01), _repeat(0x80), _repeat(ord(" "))
QUOTES, BACKSLASHES = _repeat(ord('"')), _repeat(ord("\\"))


def pack(name: bytes) -> tuple[int, int]:
    """Return a name of at most 16 bytes as two words, padded with zeros."""
    if len(name) > 2 * WORD:
        raise ValueError(f"{name!r} is longer than two words")
    padded = name.ljust(2 * WORD, b"\0")
    return int.from_bytes(padded[:WORD], "little", signed=True), int.from_bytes(padded[WORD:], "little", signed=True)


def scanning(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function as `wisebook_ml.compiled.compiled` does, but one that makes no arrays itself.

    So numba need not count references to the arrays that small functions hand on to each other, which takes a third of
    the time of a scan.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    return cast(Callable[P, R], numba.njit(**options)(function))


def _word_at(_typing: Any, data: Any, position: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        word = builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(64).as_pointer())
        return builder.load(word, align=1)

    return types.int64(data, types.int64), generate


def _zeros_below(_typing: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), generate


word_at = cast(Callable[[Array, int], int], intrinsic(_word_at))
"""Inside a compiled function: the eight bytes of a uint8 array from a position on."""

zeros_below = cast(Callable[[int], int], intrinsic(_zeros_below))
"""Inside a compiled function: how many zero bits stand below a word's lowest one bit; 64 for zero."""


@scanning
def special_bytes(word: int) -> int:
    """Return a word with the high bit set of its first byte that is not plain, if any; bytes before that one are zero.

    Plain are ASCII bytes that stand for themselves in JSON: no quote, backslash or control character. Bytes after the
    first special one may be marked in error (a borrow runs on): look at the first only. The tests for a zero byte and
    for a byte less than a constant are those of H. S. Warren, Hacker's Delight, section 6-1.
    """
    quote, backslash = word ^ QUOTES, word ^ BACKSLASHES
    is_quote = (quote - ONES) & ~quote
    is_backslash = (backslash - ONES) & ~backslash
    is_control = (word - SPACES) & ~word
    return (is_quote | is_backslash | is_control | word) & HIGH_BITS


@scanning
def bytes_before(marks: int) -> int:
    """Return how many bytes of a word stand before the first marked one; 8 where none is marked."""
    return zeros_below(marks) >> 3


@scanning
def first_bytes(word: int, count: int) -> int:
    """Return a word with only its first bytes, fewer than eight."""
    return word & ((1 << (count << 3)) - 1)
