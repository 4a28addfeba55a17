"""References of documents, and what is typed where there is none."""

import re

__all__ = ["normal_reference", "piece_of"]

FILLERS = frozenset(
    ["0", "NC", "NA", "ND", "SANS", "NEANT", "AUCUN", "AUCUNE", "INCONNU", "INCONNUE", "SANSPIECE", "SANSREF"]
)
"""References that lead to no document, without punctuation."""

_PUNCTUATION = re.compile(r"[\W_]+")
_ONE_LETTER = re.compile(r"(.)\1*")


def normal_reference(text: str) -> str:
    """Return a reference without punctuation, in capitals.

    Examples
    --------
    >>> normal_reference("fa-2024/00017 ")
    'FA202400017'
    """
    return _PUNCTUATION.sub("", text).upper()


def piece_of(reference: str) -> str:
    """Return a document's reference in its normal form; empty where it leads to no document.

    Examples
    --------
    >>> piece_of("FA 17"), piece_of("n.c."), piece_of("XXX")
    ('FA17', '', '')
    """
    normal = normal_reference(reference)
    repeated = len(normal) > 1 and _ONE_LETTER.fullmatch(normal) is not None
    return "" if normal in FILLERS or repeated else normal
