"""The fields that a publisher may leave out, as people read of them."""

from collections.abc import Sequence

from schemas import CodeMotif
from wisebook_ml.handbook.catalogue import checks
from wisebook_ml.ledger.field_names import name_of
from wisebook_ml.ledger.supplied import Supplied

__all__ = ["named", "switched_off", "why_off"]


def named(fields: Sequence[str], lang: str, glue: str = ", ") -> str:
    """Return the names of fields, with what accountants call them.

    Examples
    --------
    >>> named(("saisie_le", "saisie_par"), "en")
    'saisie_le (time of entry), saisie_par (author of the entry)'
    """
    return glue.join(f"{name} ({name_of(name, lang)})" for name in fields)


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
