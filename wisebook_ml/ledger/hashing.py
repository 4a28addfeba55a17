"""Hashes of texts: what habits are kept under, so that no text has to be.

64 bits: among a hundred million texts of one partition, the chance that any two collide is 1 in 4,000. Not for
secrets: whoever can choose texts can make them collide.
"""

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.words import WORD, first_bytes, word_at

__all__ = ["hash_bytes", "hash_text", "mix"]

FACTOR = -7046029254386353131  # 2^64 / golden ratio, odd
SECOND = -4417276706812531889  # constants of xxHash64
LOW32 = 0xFFFFFFFF


@compiled
def mix(seed: int, value: int) -> int:
    """Return the hash of a number after others (`seed`): a 64-bit finaliser (Stafford 2011, variant 13)."""
    h = (seed ^ value) * FACTOR
    h ^= (h >> 29) & LOW32
    h *= SECOND
    h ^= (h >> 32) & LOW32
    return h


@compiled
def hash_bytes(data: Array, start: int, end: int) -> int:
    """Return the hash of ``data[start:end]``; 0 for no bytes, and for nothing else."""
    if end <= start:
        return 0
    h = (end - start) * FACTOR
    while end - start >= WORD:
        h = mix(h, word_at(data, start))
        start += WORD
    rest = 0
    if start + WORD <= len(data):
        rest = first_bytes(word_at(data, start), end - start)
    else:  # at the end of the buffer there is no whole word to read
        for k in range(start, end):
            rest |= data[k] << ((k - start) << 3)
    h = mix(h, rest)
    return h if h != 0 else 1


def hash_text(text: str) -> int:
    """Return the hash of a text's UTF-8 bytes.

    Examples
    --------
    >>> hash_text("") == 0, hash_text("411000") == hash_text("411000"), hash_text("a") != hash_text("b")
    (True, True, True)
    """
    data = np.frombuffer(text.encode(), dtype=np.uint8)
    return int(hash_bytes(data, 0, len(data)))
