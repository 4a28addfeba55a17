"""How a pseudonym of a name is spelled: what tells one in a text, without any key.

A pseudonym is one word of small letters, so that it stays whole wherever labels are read word by word: `PREFIX`, the
key's id, and the encrypted name. Each byte is two of sixteen consonants: without vowels no word that somebody watches
for is spelled by chance, and without figures none is taken for a document's number.
"""

import re

__all__ = [
    "ALPHABET",
    "KEY_ID_LETTERS",
    "PATTERN",
    "PREFIX",
    "TAG_LETTERS",
    "from_letters",
    "key_id_of",
    "shortened",
    "to_letters",
]

PREFIX = "pseudo"

ALPHABET = "bcdfghjklmnpqrst"
"""Letters for 0 to 15."""

KEY_ID_LETTERS = 8
TAG_LETTERS = 32
"""The key's id, and the synthetic initialisation vector of RFC 5297 that begins what is encrypted; a kind follows."""

PATTERN = re.compile(rf"{PREFIX}(?:[{ALPHABET}]{{2}}){{{(KEY_ID_LETTERS + TAG_LETTERS) // 2 + 1},}}")
"""Finds pseudonyms in a text; one that was cut off in the middle of a byte is found without its last letter."""

HEX = "0123456789abcdef"
_TO, _FROM = str.maketrans(HEX, ALPHABET), str.maketrans(ALPHABET, HEX)

SHOWN_BYTES = 3


def to_letters(data: bytes) -> str:
    """Return bytes as letters of a pseudonym.

    Examples
    --------
    >>> to_letters(bytes([0, 31, 255]))
    'bbcttt'
    """
    return data.hex().translate(_TO)


def from_letters(letters: str) -> bytes:
    """Return the bytes that letters of a pseudonym stand for.

    Examples
    --------
    >>> from_letters(to_letters(b"Dupont"))
    b'Dupont'
    """
    return bytes.fromhex(letters.translate(_FROM))


def key_id_of(pseudonym: str) -> str:
    """Return the id of the key that a pseudonym was made with."""
    return pseudonym[len(PREFIX) : len(PREFIX) + KEY_ID_LETTERS]


def shortened(pseudonym: str) -> str:
    """Return what people are shown of a pseudonym that they cannot read, or may not.

    Six figures tell a company's few thousand names apart nearly always; whoever needs to be sure compares all of it.

    Examples
    --------
    >>> shortened(PREFIX + "bcdfghjk" + to_letters(bytes([0x7F, 0x3A, 0x09])) + "b" * 28)
    'pseudo-7F3A09…'
    """
    at = len(PREFIX) + KEY_ID_LETTERS
    return f"{PREFIX}-{from_letters(pseudonym[at : at + 2 * SHOWN_BYTES]).hex().upper()}…"
