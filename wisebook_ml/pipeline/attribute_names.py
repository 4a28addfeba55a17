"""What an accountant calls the attributes that a model's columns belong to."""

from types import MappingProxyType

from wisebook_ml.entry_columns import ATTRIBUTES, ENTRY_COLUMNS
from wisebook_ml.ledger.batch import Floats

__all__ = ["NAMES", "attribute_shares", "named"]

NAMES = MappingProxyType(
    {
        "montant": ("montant", "amount"),
        "lignes": ("lignes", "lines"),
        "compte_num": ("comptes", "accounts"),
        "comp_aux_num": ("tiers", "third party"),
        "ecriture_date": ("date", "date"),
        "saisie_le": ("moment de la saisie", "time of entry"),
        "saisie_par": ("auteur", "author"),
        "piece_ref": ("pièce", "document"),
        "piece_date": ("date de la pièce", "date of the document"),
        "ecriture_lib": ("libellé", "label"),
        "ecriture_num": ("numéro", "number"),
        "ecriture_let": ("lettrage", "lettering"),
        "journal_code": ("journal", "journal"),
        "valid_date": ("validation", "validation"),
        "iban_empreinte": ("coordonnées bancaires", "bank details"),
        "origine": ("origine", "origin"),
        "controles": ("nombre et force des contrôles", "number and strength of findings"),
    }
)

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
    ('montant, comptes', 'amount, accounts')
    >>> named([])
    ('aucun critère isolé', 'no single attribute')
    """
    if not shares:
        return "aucun critère isolé", "no single attribute"
    both = [NAMES.get(name, (name, name)) for name, _ in shares[:NAMED]]
    return ", ".join(french for french, _ in both), ", ".join(english for _, english in both)
