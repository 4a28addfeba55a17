"""Texts in which pseudonyms stand, for those who may read the names and for those who may not."""

from collections.abc import Callable, Mapping

from schemas.pseudonym import PATTERN, key_id_of, shortened
from wisebook_ml.pseudonyms.cipher import Pseudonymiser
from wisebook_ml.pseudonyms.exceptions import PseudonymError

__all__ = ["key_ids", "replaced"]


def key_ids(text: str) -> set[str]:
    """Return the ids of the keys of all pseudonyms in a text."""
    return {key_id_of(found[0]) for found in PATTERN.finditer(text)}


def replaced(text: str, keys: Mapping[str, Pseudonymiser], spelled: Callable[[str], str] = str) -> str:
    """Return a text with names instead of pseudonyms where there is the key, and with short pseudonyms elsewhere.

    Parameters
    ----------
    text : str
        Any text.
    keys : mapping of str to Pseudonymiser
        The keys that may be used, by their ids.
    spelled : callable
        How a name is written there, such as escaped as in a JSON string.

    Examples
    --------
    >>> company = Pseudonymiser(7, "bcdfghjk", bytes(64))
    >>> token = company.seal("Dupont SARL")
    >>> replaced(f"Tiers : {token}.", {"bcdfghjk": company})
    'Tiers : Dupont SARL.'
    >>> replaced(f"Tiers : {token}.", {})
    'Tiers : pseudo-01C33B….'
    """

    def name_of(pseudonym: str) -> str:
        company = keys.get(key_id_of(pseudonym))
        if company is None:
            return shortened(pseudonym)
        try:
            return spelled(company.open(pseudonym))
        except PseudonymError:  # a text may have been cut off within one
            return shortened(pseudonym)

    return PATTERN.sub(lambda found: name_of(found[0]), text)
