"""What is the same to a reader: texts as UTF-8 bytes, without case, accents and punctuation.

Two tables over the code points of the Basic Multilingual Plane say what a character is and what it stands for:

* its *fold*: in lower case, by its compatibility decomposition (NFKD) without marks, so ``É``, ``é`` and ``e`` are one,
  as are ``²`` and ``2``. A character that decomposes into several (the ligature of f and i, ``½``) or into none (``œ``,
  ``ß``) stands for itself;
* its *kind*, bits below: a letter, a figure, in capitals, a vowel, white space. A combining mark is passed over.

A character that is neither letter, figure nor underscore is a separator: punctuation, the no-break spaces, typographic
apostrophes and dashes. Beyond the plane all are letters but the pictographs (U+1F000 to U+1FAFF).
"""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, compiled

__all__ = [
    "BLANK",
    "DIGIT",
    "LETTER",
    "LOWER",
    "MARK",
    "PLANE",
    "UPPER",
    "VOWEL",
    "WORD",
    "Characters",
    "characters",
    "code_point",
    "fold_of",
    "kind_of",
    "plain",
]

WORD, LETTER, DIGIT, UPPER, LOWER, BLANK, VOWEL, MARK = (1 << k for k in range(8))
"""Bits of a character's kind. `WORD`: letter, figure or underscore, as in ``\\w``; `LOWER`: also a title-case one."""

PLANE = 0x10000
PICTOGRAPHS = (0x1F000, 0x1FAFF)

UNIFORM = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4))
"""Chinese characters and Hangul: letters without case that stand for themselves; passed over to start faster."""

NOBODY = (0xD800, 0xF900)
"""Surrogates and private use: no characters."""

VOWELS = "aeiouy"


class Characters(NamedTuple):
    """The tables: `fold` (code points, int32) and `kind` (bits, uint8), both of shape (PLANE,)."""

    fold: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]


@lru_cache(maxsize=1)
def characters() -> Characters:
    """Return the tables; they are made when first asked for, in some hundredths of a second."""
    fold, kind = np.arange(PLANE, dtype=np.int32), np.zeros(PLANE, dtype=np.uint8)
    at = 0
    for start, end in (*UNIFORM, (PLANE, PLANE)):
        for code in range(at, start):
            if not NOBODY[0] <= code < NOBODY[1]:
                fold[code], kind[code] = _describe(chr(code))
        kind[start:end] = WORD | LETTER
        at = end
    return Characters(fold, kind)


def _describe(ch: str) -> tuple[int, int]:
    """Return what a character stands for, and its kind."""
    if unicodedata.combining(ch):
        return ord(ch), MARK
    lower = ch.lower()
    bare = [one for one in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(one)]
    base = bare[0] if len(bare) == 1 and ord(bare[0]) < PLANE else ch
    kind = BLANK if ch.isspace() else 0
    if ch.isupper():
        kind |= UPPER
    elif ch.islower() or ch.istitle():
        kind |= LOWER
    if base.isalpha():
        kind |= WORD | LETTER | (VOWEL if base in VOWELS else 0)
    elif base.isalnum() or base == "_":
        kind |= WORD | (DIGIT if base.isdigit() else 0)
    return ord(base), kind


@compiled
def code_point(data: Array, at: int) -> tuple[int, int]:
    """Return the code point at a place in valid UTF-8, and of how many bytes it is."""
    lead: int = data[at] + 0
    if lead < 0x80:
        return lead, 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (data[at + 1] & 0x3F), 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | (data[at + 2] & 0x3F), 3
    high = (lead & 0x07) << 18 | (data[at + 1] & 0x3F) << 12
    return high | (data[at + 2] & 0x3F) << 6 | (data[at + 3] & 0x3F), 4


@compiled
def kind_of(code: int, kind: Array) -> int:
    """Return the bits of a code point of any plane."""
    if code < 0x10000:
        bits: int = kind[code] + 0
        return bits
    return 0 if 0x1F000 <= code <= 0x1FAFF else 3  # WORD | LETTER


@compiled
def fold_of(code: int, fold: Array) -> int:
    """Return what a code point of any plane stands for."""
    folded: int = fold[code] + 0 if code < 0x10000 else code
    return folded


def plain(text: str) -> str:
    """Return a text by what its characters stand for, with one space between its words.

    Examples
    --------
    >>> plain(" N°4 — Pénalité d’août "), plain("n/a"), plain("...")
    ('n 4 penalite d aout', 'n a', '')
    """
    return " ".join(text.translate(_PLAIN).split())


class _Plain(dict[int, str]):
    """What each code point stands for in a plain text, as far as any was asked for."""

    def __missing__(self, code: int) -> str:
        fold, kind = characters()
        bits = kind_of(code, kind)
        self[code] = "" if bits & MARK else chr(fold_of(code, fold)) if bits & WORD else " "
        return self[code]


_PLAIN = _Plain()
