"""What may be kept of what somebody sent: everything but secrets."""

import re
from urllib.parse import urlsplit

from wisebook_ml.access.secrets import TOKEN_PREFIX

__all__ = ["HIDDEN", "masked", "shown"]

HIDDEN = "…"
"""Stands for what is not told."""

SECRET_NAME = re.compile(
    r"secret|passw|passe$|token|jeton|api_?key|signing_key|authorization|cookie|credential", re.IGNORECASE
)
"""Names of fields whose texts are secrets, in both languages."""

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
TOKEN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]+")


LONGEST_SHOWN = 300
SECRET_PART = re.compile(r"(?<=/)([A-Za-z0-9_.~%-]{4})[A-Za-z0-9_.~%-]{16,}(?=/|$)")
"""A part of a path that is so long is rather a token than a word: chat services put theirs there."""


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


def shown(adresse: str) -> str:
    """Return an address without user, password, query and what looks like a token in its path.

    Examples
    --------
    >>> shown("https://anne:pw@erp.example.fr:8443/alertes?token=abc")
    'https://erp.example.fr:8443/alertes?…'
    >>> shown("https://chat.example.com/hook/T0123456789ABCDEF0123456789")
    'https://chat.example.com/hook/T012…'
    >>> shown("anne@example.fr")
    'anne@example.fr'
    """
    if "://" not in adresse:
        return adresse[:LONGEST_SHOWN]
    try:
        parts = urlsplit(adresse)
        place = parts.netloc.rpartition("@")[2]
    except ValueError:
        return f"{adresse.partition('://')[0]}://…"
    path = SECRET_PART.sub(r"\1…", parts.path)
    query = "?…" if parts.query or parts.fragment else ""
    return f"{parts.scheme}://{place}{path}{query}"[:LONGEST_SHOWN]
