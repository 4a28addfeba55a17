"""What accountants call the fields of an entry, and what else evidence is counted for."""

from types import MappingProxyType

__all__ = ["NAMES", "name_of"]

NAMES = MappingProxyType(
    {
        "exercice": ("exercice comptable", "fiscal year"),
        "journal_code": ("journal", "journal"),
        "ecriture_num": ("numéro d'écriture", "number of the entry"),
        "ecriture_date": ("date d'écriture", "date of the entry"),
        "valid_date": ("date de validation", "date of validation"),
        "saisie_par": ("auteur de la saisie", "author of the entry"),
        "saisie_le": ("date et heure de saisie", "time of entry"),
        "origine": ("origine de la saisie", "origin of the entry"),
        "revision": ("révisions successives", "successive revisions"),
        "lignes": ("nombre de lignes", "number of lines"),
        "compte_num": ("compte", "account"),
        "comp_aux_num": ("tiers", "third party"),
        "piece_ref": ("référence de pièce", "document reference"),
        "piece_date": ("date de pièce", "date of the document"),
        "ecriture_lib": ("libellé", "label"),
        "montant": ("montant", "amount"),
        "ecriture_let": ("lettrage", "lettering"),
        "iban_empreinte": ("empreinte de l'IBAN", "fingerprint of the IBAN"),
        "controles": ("nombre et force des constats", "number and strength of findings"),
    }
)
"""By name of the field or attribute, in French and in English."""


def name_of(field: str, lang: str) -> str:
    """Return what accountants call a field, in ``"fr"`` or ``"en"``; its own name where they have none.

    Examples
    --------
    >>> name_of("compte_num", "fr"), name_of("piece_ref", "en")
    ('compte', 'document reference')
    """
    return NAMES.get(field, (field, field))[0 if lang == "fr" else 1]
