"""Which accounting attributes counted most to a model, from its columns."""

from wisebook_ml.entry_columns import ATTRIBUTES, ENTRY_COLUMNS
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.ledger.field_names import name_of

__all__ = ["attribute_shares", "named"]

NAMED = 3
"""Attributes that a reason names: more is no reason."""


def attribute_shares(columns: Floats) -> list[tuple[str, float]]:
    """Return what each accounting attribute counted for, largest first, where it is positive.

    Parameters
    ----------
    columns : ndarray of float64, shape (len(ENTRY_COLUMNS),)
        What each column counted for.
    """
    sums: dict[str, float] = {}
    for name, value in zip(ENTRY_COLUMNS, columns.tolist(), strict=True):
        sums[ATTRIBUTES[name]] = sums.get(ATTRIBUTES[name], 0.0) + value
    positive = [(name, share) for name, share in sums.items() if share > 0.0]
    return sorted(positive, key=lambda pair: (-pair[1], pair[0]))


def named(shares: list[tuple[str, float]]) -> tuple[str, str]:
    """Return the attributes that counted most, in French and in English.

    Examples
    --------
    >>> named([("montant", 2.0), ("compte_num", 1.0)])
    ('montant, compte', 'amount, account')
    >>> named([])
    ('aucun critère isolé', 'no single attribute')
    """
    if not shares:
        return "aucun critère isolé", "no single attribute"
    french, english = (", ".join(name_of(name, lang) for name, _ in shares[:NAMED]) for lang in ("fr", "en"))
    return french, english
