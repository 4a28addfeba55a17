"""Addresses: whom a destination names, and what identifies it. `access.shown` shows one without its secrets."""

import hashlib
from collections.abc import Iterator

from schemas import Canal, Destination

__all__ = ["channel_of", "digest", "recipients"]


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
