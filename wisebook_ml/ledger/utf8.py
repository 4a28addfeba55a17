"""JSON strings in a byte buffer: checked as UTF-8, counted, and unescaped where they stand.

The buffer ends each record with a NUL, which no JSON string may contain: no loop runs past it.
"""

import numpy as np

from wisebook_ml.compiled import Array
from wisebook_ml.ledger.words import WORD, bytes_before, first_bytes, scanning, special_bytes, word_at

__all__ = ["FAILED", "QUOTE", "read_name", "read_text"]

FAILED = -1
"""Instead of the position after a value: the bytes are not surely what was looked for."""

QUOTE = ord('"')
BACKSLASH = ord("\\")
ZERO, NINE, LOWER_A, LOWER_F, LOWER_U = ord("0"), ord("9"), ord("a"), ord("f"), ord("u")
LOWER = 0x20
"""The bit that makes an ASCII letter lower case."""

PLAIN = np.array([32 <= byte < 128 and byte not in (QUOTE, BACKSLASH) for byte in range(256)])
"""Bytes that stand for themselves in a string: ASCII but quotes, backslashes and control characters."""

ESCAPES = np.full(128, FAILED, dtype=np.int64)
"""The code point of each escape of one letter."""
for _letter, _meaning in zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True):
    ESCAPES[ord(_letter)] = ord(_meaning)


@scanning
def _plain_end(data: Array, p: int) -> int:
    """Return the position of the first byte from `p` on that does not stand for itself."""
    while True:
        marks = special_bytes(word_at(data, p))
        if marks != 0:
            return p + bytes_before(marks)
        p += WORD


@scanning
def read_name(data: Array, p: int) -> tuple[int, int, int]:
    """Read a plain ASCII string whose first byte is at `p`.

    Returns
    -------
    tuple of int
        Position of the closing quote (or `FAILED`), and the string as two words (see `words.pack`); both are zero for
        one of more than 16 bytes.
    """
    one, two = word_at(data, p), 0
    marks = special_bytes(one)
    end = p + bytes_before(marks)
    if marks != 0:
        one = first_bytes(one, end - p)
    else:
        two = word_at(data, p + WORD)
        marks = special_bytes(two)
        end += bytes_before(marks)
        if marks != 0:
            two = first_bytes(two, end - p - WORD)
        else:
            end = _plain_end(data, end)
            if end > p + 2 * WORD:
                one, two = 0, 0
    return end if data[end] == QUOTE else FAILED, one, two


@scanning
def read_text(data: Array, p: int) -> tuple[int, int, int]:
    """Read a string whose opening quote should be at `p`; its bytes then start at ``p + 1``, without escapes.

    Returns
    -------
    tuple of int
        Position after the closing quote (or `FAILED`), length in bytes, length in code points.
    """
    if data[p] != QUOTE:
        return FAILED, 0, 0
    start = p + 1
    p = _plain_end(data, start)
    if data[p] == QUOTE:
        return p + 1, p - start, p - start
    return _read_rest(data, start, p)


@scanning
def _read_rest(data: Array, start: int, p: int) -> tuple[int, int, int]:
    """Read on from the first byte, at `p`, that does not stand for itself; `start` is the text's first byte."""
    to, points = p, p - start
    while data[p] != QUOTE:
        if PLAIN[data[p]]:
            size, after = 1, p + 1
        elif data[p] == BACKSLASH:
            after, code = _read_escape(data, p)
            size = _write(data, p, code)
        else:
            size = _sequence_size(data, p)
            after = p + size
        if size == 0:
            return FAILED, 0, 0
        for k in range(size):
            data[to + k] = data[p + k]
        to += size
        p = after
        points += 1
    return p + 1, to - start, points


@scanning
def _sequence_size(data: Array, p: int) -> int:
    """Return how many bytes the well-formed UTF-8 sequence of several bytes at `p` has (Unicode table 3-7), or 0."""
    lead, second = data[p], data[p + 1]
    if second & 0xC0 != 0x80:
        return 0
    if 0xC2 <= lead <= 0xDF:
        return 2
    if data[p + 2] & 0xC0 != 0x80:
        return 0
    if 0xE0 <= lead <= 0xEF:
        overlong, surrogate = lead == 0xE0 and second < 0xA0, lead == 0xED and second > 0x9F
        return 0 if overlong or surrogate else 3
    if 0xF0 <= lead <= 0xF4 and data[p + 3] & 0xC0 == 0x80:
        overlong, beyond = lead == 0xF0 and second < 0x90, lead == 0xF4 and second > 0x8F
        return 0 if overlong or beyond else 4
    return 0


@scanning
def _read_escape(data: Array, p: int) -> tuple[int, int]:
    """Return the position after the escape at `p` and its code point (`FAILED` where there is none)."""
    letter = data[p + 1]
    if letter != LOWER_U:
        return p + 2, ESCAPES[letter] if letter < 128 else FAILED
    code = 0
    for k in range(p + 2, p + 6):
        byte = data[k]
        if ZERO <= byte <= NINE:
            code = code * 16 + (byte - ZERO)
        elif LOWER_A <= byte | LOWER <= LOWER_F:
            code = code * 16 + ((byte | LOWER) - LOWER_A + 10)
        else:
            return p, FAILED
    return p + 6, code


@scanning
def _write(data: Array, p: int, code: int) -> int:
    """Write a code point of the basic plane at `p` as UTF-8; return its size, 0 for what is none (half a pair too)."""
    if code < 0 or 0xD800 <= code <= 0xDFFF:
        return 0
    if code < 0x80:
        data[p] = code
        return 1
    if code < 0x800:
        data[p] = 0xC0 | code >> 6
        data[p + 1] = 0x80 | code & 0x3F
        return 2
    data[p] = 0xE0 | code >> 12
    data[p + 1] = 0x80 | code >> 6 & 0x3F
    data[p + 2] = 0x80 | code & 0x3F
    return 3
