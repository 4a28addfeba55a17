"""What labels and references say, read from their bytes in compiled code."""

from functools import lru_cache

import numpy as np

from schemas.pseudonym import ALPHABET, KEY_ID_LETTERS, TAG_LETTERS
from schemas.pseudonym import PREFIX as PREFIX_LETTERS
from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.batch import Ints
from wisebook_ml.ledger.characters import (
    BLANK,
    DIGIT,
    LETTER,
    LOWER,
    MARK,
    UPPER,
    VOWEL,
    WORD,
    characters,
    code_point,
    fold_of,
    kind_of,
)
from wisebook_ml.ledger.hashing import mix

__all__ = ["PREFIX", "fillers", "is_piece", "label_length", "leading_words", "normal_form", "says_little"]

PREFIX = 24
"""Bytes that are kept of a document's reference, to tell a mistyped one from the next one."""

MIN_LETTERS = 3
"""Fewer letters name nothing, unless figures (a document, a period) come with them."""

ABBREVIATION = 4
"""A label of this many letters without a vowel is no word, if it is not in capitals as abbreviations are."""

MAX_FIGURES = 3
"""So many figures alone name nothing."""

MIN_WORD = 3
"""Letters of a word that tells who somebody is: "DE", "LA" or "SA" do not."""

PSEUDONYM = tuple(PREFIX_LETTERS.encode())
PSEUDONYM_LETTERS = np.isin(np.arange(256), np.frombuffer(ALPHABET.encode(), np.uint8))
BESIDE_THE_NAME = (len(PREFIX_LETTERS) + KEY_ID_LETTERS + TAG_LETTERS) // 2 + 1
"""How a pseudonym begins, the letters that follow, and how many pairs of them are not the name's."""

FILLERS = (
    "0",
    "NC",
    "NA",
    "ND",
    "SANS",
    "NEANT",
    "AUCUN",
    "AUCUNE",
    "INCONNU",
    "INCONNUE",
    "SANSPIECE",
    "SANSREF",
)
"""References that lead to no document, without punctuation."""


@compiled
def normal_form(
    data: Array, start: int, end: int, fold: Array, kind: Array, prefix: Array
) -> tuple[int, int, int, int, bool]:
    """Read a reference's normal form: its letters and figures, folded, without punctuation.

    Parameters
    ----------
    prefix : ndarray of uint8
        The first bytes of the normal form are written here (ASCII letters as capitals), zeros after it.

    Returns
    -------
    all_of_it, letters : int
        Hashes of the normal form, and of it without figures; 0 where it is empty.
    length, figures : int
        How many characters and how many figures it has.
    repeated : bool
        Whether it is one character again and again.
    """
    whole, letters, length, figures, written, first, repeated = 0, 0, 0, 0, 0, -1, True
    prefix[:] = 0
    at = start
    while at < end:
        code, size = code_point(data, at)
        at += size
        bits = kind_of(code, kind)
        if not bits & WORD or code == 0x5F:
            continue
        folded = fold_of(code, fold)
        length += 1
        whole = mix(whole, folded)
        if bits & DIGIT:
            figures += 1
        else:
            letters = mix(letters, folded)
        if first < 0:
            first = folded
        elif folded != first:
            repeated = False
        written = _write(folded, prefix, written)
    if length and whole == 0:
        whole = 1
    if length > figures and letters == 0:
        letters = 1
    return whole, letters, length, figures, repeated


@compiled
def _write(code: int, prefix: Array, written: int) -> int:
    """Write a character in UTF-8 where all of it still fits, and return how many bytes were written by then."""
    if 0x61 <= code <= 0x7A:
        code -= 0x20
    size = 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
    if written + size > len(prefix):
        return len(prefix)
    if size == 1:
        prefix[written] = code
    else:
        for k in range(size - 1, 0, -1):
            prefix[written + k] = 0x80 | (code & 0x3F)
            code >>= 6
        prefix[written] = (0xF00 >> size & 0xFF) | code
    return written + size


@compiled
def is_piece(whole: int, length: int, repeated: bool, fillers: Array) -> bool:
    """Return whether a reference (what `normal_form` returned of it) leads to a document."""
    leads = length > 0 and not (length > 1 and repeated)
    for filler in fillers:
        leads &= whole != filler
    return leads


@lru_cache(maxsize=1)
def fillers() -> Ints:
    """Return the hashes of the normal forms of `FILLERS`."""
    fold, kind = characters()
    prefix, hashes = np.zeros(PREFIX, dtype=np.uint8), []
    for filler in FILLERS:
        data = np.frombuffer(bytearray(filler.encode()), dtype=np.uint8)
        hashes.append(normal_form(data, 0, len(data), fold, kind, prefix)[0])
    return np.array(hashes, dtype=np.int64)


@compiled
def says_little(data: Array, start: int, end: int, fold: Array, kind: Array) -> bool:
    """Return whether a label has too few letters and figures to name anything (``xx``, ``12``, ``d*``)."""
    characters_, runs, exes, letters, figures, vowels, upper, lower = 0, 0, 0, 0, 0, 0, 0, 0
    inside = False
    at = start
    while at < end:
        code, size = code_point(data, at)
        at += size
        bits = kind_of(code, kind)
        upper += bits & UPPER
        lower += bits & LOWER
        if bits & MARK:
            continue
        if not bits & WORD:
            inside = False
            continue
        runs += not inside
        inside = True
        characters_ += 1
        letters += (bits & LETTER) != 0
        figures += (bits & DIGIT) != 0
        vowels += (bits & VOWEL) != 0
        exes += fold_of(code, fold) == 0x78
    if characters_ == 0:
        return True
    if runs == 1 and (exes == characters_ or (figures == characters_ and figures <= MAX_FIGURES)):
        return True
    if letters < MIN_LETTERS:
        return figures == 0
    return letters <= ABBREVIATION and vowels == 0 and not (upper > 0 and lower == 0)


@compiled
def label_length(data: Array, start: int, end: int, kind: Array) -> int:
    """Return the characters of a text without white space at its ends; a pseudonym has those of its name."""
    count, begin, stop = 0, -1, 0
    at = start
    while at < end:
        code, size = code_point(data, at)
        if code == PSEUDONYM[0]:
            letters = _pseudonym(data, at, end)
            if letters > 0:
                at += letters
                begin = count if begin < 0 else begin
                count += letters // 2 - BESIDE_THE_NAME
                stop = count
                continue
        at += size
        count += 1
        if not kind_of(code, kind) & BLANK:
            stop = count
            if begin < 0:
                begin = count - 1
    return stop - begin if begin >= 0 else 0


@compiled
def _pseudonym(data: Array, start: int, end: int) -> int:
    """Return the letters of the pseudonym that starts there (`schemas.pseudonym`); 0 where none does."""
    size = len(PSEUDONYM)
    if end - start < size:
        return 0
    for k in range(size):
        if data[start + k] != PSEUDONYM[k]:
            return 0
    at = start + size
    while at < end and PSEUDONYM_LETTERS[data[at]]:
        at += 1
    letters = at - start - (at - start - size) % 2
    return letters if letters // 2 >= BESIDE_THE_NAME else 0


@compiled
def leading_words(data: Array, start: int, end: int, fold: Array, kind: Array) -> tuple[int, int, int]:
    """Return hashes of a name's words of three letters or more: of all, of the first, and of the first two.

    0 where there are none, and for the first two where there is but one. Agencies of one house begin alike: with its
    whole name, or with its two first words.
    """
    whole, one, two, words, word, length = 0, 0, 0, 0, 0, 0
    at = start
    while at <= end:
        bits, code = 0, 0
        if at < end:
            code, size = code_point(data, at)
            bits = kind_of(code, kind)
            at += size
        else:
            at += 1
        if bits & MARK:
            continue
        if bits & WORD and code != 0x5F:
            word = mix(word, fold_of(code, fold))
            length += 1
            continue
        if length >= MIN_WORD:
            words += 1
            whole = mix(whole, word)
            if words == 1:
                one = whole
            elif words == 2:
                two = whole
        word, length = 0, 0
    return whole, one, two
