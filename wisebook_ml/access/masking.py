"""What may be kept of what somebody sent: everything but secrets."""

import re

from wisebook_ml.access.secrets import TOKEN_PREFIX
from wisebook_ml.delivery.addresses import shown

__all__ = ["HIDDEN", "masked"]

HIDDEN = "…"
"""Stands for what is not told."""

SECRET_NAME = re.compile(
    r"secret|passw|passe$|token|jeton|api_?key|signing_key|authorization|cookie|credential", re.IGNORECASE
)
"""Names of fields whose texts are secrets, in both languages."""

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
TOKEN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]+")


def masked(value: object) -> object:
    """Return a value as JSON has it without its secrets: texts of fields named like one, parts of URLs, tokens.

    Examples
    --------
    >>> masked({"adresse": "https://anne:pw@example.fr/a?key=1", "mot_de_passe": "pw", "seuil": 3})
    {'adresse': 'https://example.fr/a?…', 'mot_de_passe': '…', 'seuil': 3}
    >>> masked(["see wbml_0123456789abcdef"])
    ['see wbml_…']
    """
    if isinstance(value, str):
        return TOKEN.sub(TOKEN_PREFIX + HIDDEN, URL.sub(lambda found: shown(found[0]), value))
    if isinstance(value, dict):
        return {masked(name): _of_field(str(name), one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    return value


def _of_field(name: str, value: object) -> object:
    # Numbers are counts and ids, such as `jeton_id`.
    if SECRET_NAME.search(name) and value and isinstance(value, str | list | tuple | dict):
        return HIDDEN
    return masked(value)
