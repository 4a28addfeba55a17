"""What is watched: the features of entries, what models say of them, and what an accountant calls each."""

from enum import StrEnum

from msgspec import Struct

from wisebook_ml.features import FEATURES

__all__ = ["ENTRY_VARIABLES", "Scale", "Variable"]


class Scale(StrEnum):
    """How a variable's numbers are told to people."""

    PLAIN = "plain"
    SHARE = "share"
    """A share or a yes/no: told in percent."""
    LOG10_CENTS = "log10_cents"
    """The decimal logarithm of an amount in cents: told as an amount, and its changes as factors."""
    LOG2 = "log2"
    """The binary logarithm of a number: told as the number."""
    LOG2_AFTER_ONE = "log2_after_one"
    """The binary logarithm of one more than a number."""
    CATEGORY = "category"
    """No number: one of several values."""


class Variable(Struct, frozen=True):
    """One thing that is watched.

    Attributes
    ----------
    name : str
        Its name in reports.
    label_fr, label_en : str
        What an accountant calls it.
    scale : Scale
        How its numbers are told.
    """

    name: str
    label_fr: str
    label_en: str
    scale: Scale = Scale.PLAIN


_SCALES = {
    "montant": Scale.LOG10_CENTS,
    "nombre_lignes": Scale.LOG2,
    "jour_non_ouvre": Scale.SHARE,
    "delai_saisie": Scale.LOG2_AFTER_ONE,
    "age_piece": Scale.LOG2_AFTER_ONE,
    "part_tva": Scale.SHARE,
}

ENTRY_VARIABLES = tuple(
    Variable(feature.name, feature.label_fr, feature.label_en, _SCALES.get(feature.name, Scale.PLAIN))
    for feature in FEATURES
)
"""The features of an entry (`wisebook_ml.features`), to be watched."""
