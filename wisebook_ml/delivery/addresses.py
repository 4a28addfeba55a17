"""Addresses: whom a destination names, what identifies it, and how it is shown without its secrets."""

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from schemas import Canal, Destination

__all__ = ["channel_of", "digest", "recipients", "shown"]

LONGEST_SHOWN = 300
SECRET_PART = re.compile(r"(?<=/)([A-Za-z0-9_.~%-]{4})[A-Za-z0-9_.~%-]{16,}(?=/|$)")
"""A part of a path that is so long is rather a token than a word: chat services put theirs there."""


def recipients(destination: Destination) -> Iterator[str]:
    """Return the single addresses of a destination: a URL, or each of its mailboxes."""
    if destination.canal is Canal.WEBHOOK:
        yield destination.adresse
        return
    for one in destination.adresse.split(","):
        yield one.strip()


def channel_of(adresse: str) -> Canal:
    """Return the channel that an address is of."""
    return Canal.WEBHOOK if "://" in adresse else Canal.EMAIL


def digest(societe_id: int, canal: Canal, adresse: str) -> str:
    """Return what identifies a company's destination, 32 hexadecimal digits.

    An address that several companies give is as many destinations: failures, pauses and the one attempt at a time
    belong to each apart, since a receiver may refuse one company's secret, or ask one company to wait.
    """
    return hashlib.blake2b(f"{societe_id}\0{canal.value}\0{adresse}".encode(), digest_size=16).hexdigest()


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
