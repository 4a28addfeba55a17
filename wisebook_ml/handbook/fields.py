"""What accountants call the fields that a publisher may leave out."""

from collections.abc import Sequence

from schemas import CodeMotif
from wisebook_ml.handbook.catalogue import checks
from wisebook_ml.ledger.supplied import Supplied

__all__ = ["FIELD_NAMES", "named", "switched_off", "why_off"]

FIELD_NAMES = {
    "exercice": ("exercice comptable", "fiscal year"),
    "ecriture_num": ("numéro d'écriture", "number of the entry"),
    "valid_date": ("date de validation", "date of validation"),
    "saisie_par": ("auteur de la saisie", "author of the entry"),
    "saisie_le": ("date et heure de saisie", "time of entry"),
    "revision": ("révisions successives", "successive revisions"),
    "comp_aux_num": ("tiers", "third party"),
    "piece_ref": ("référence de pièce", "document reference"),
    "ecriture_lib": ("libellé", "label"),
    "ecriture_let": ("lettrage", "lettering"),
    "iban_empreinte": ("empreinte de l'IBAN", "fingerprint of the IBAN"),
}
"""By the names of `wisebook_ml.ledger.supplied.FIELDS`, in French and in English."""


def named(fields: Sequence[str], lang: str, glue: str = ", ") -> str:
    """Return the names of fields, with what accountants call them.

    Examples
    --------
    >>> named(("saisie_le", "saisie_par"), "en")
    'saisie_le (time of entry), saisie_par (author of the entry)'
    """
    return glue.join(f"{name} ({FIELD_NAMES[name][0 if lang == 'fr' else 1]})" for name in fields)


def switched_off(supplied: Supplied, societe_id: int) -> dict[CodeMotif, tuple[str, ...]]:
    """Return the controls that can find nothing in a company's books, and the fields that no entry of it gives."""
    absent = {check.code: supplied.absent(societe_id, check.description.needs) for check in checks()}
    return {code: fields for code, fields in absent.items() if fields}


def why_off(fields: Sequence[str], lang: str) -> str:
    """Return why a control is switched off.

    Examples
    --------
    >>> why_off(("saisie_le",), "en")
    'no entry gives saisie_le (time of entry)'
    """
    if lang == "fr":
        return f"aucune écriture ne donne {named(fields, lang, ' ni ')}"
    return f"no entry gives {named(fields, lang, ' or ')}"
