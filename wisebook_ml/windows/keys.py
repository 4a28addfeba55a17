"""What names a window: a company, one of its journals or none, how long it is, and where it begins."""

import datetime as dt
from typing import NamedTuple

from schemas import Fenetre, Pas
from wisebook_ml.windows.calendar import moment, seconds

__all__ = ["WHOLE", "Cle", "cle_of", "key_of"]

WHOLE = ""
"""The journal of a window that counts all of a company."""


class Cle(NamedTuple):
    """The key of a window; `debut` in seconds since 1970."""

    societe_id: int
    journal: str
    pas: Pas
    debut: int


def key_of(cle: Cle) -> bytes:
    """Return a key as it stands on the topic.

    Examples
    --------
    >>> key_of(Cle(7, "VE/2", Pas.HEURE, 0))
    b'7/VE/2/HEURE/1970-01-01T00:00:00Z'
    >>> cle_of(key_of(Cle(7, "VE/2", Pas.HEURE, 0)))
    Cle(societe_id=7, journal='VE/2', pas=<Pas.HEURE: 'HEURE'>, debut=0)
    """
    debut = moment(cle.debut).replace(tzinfo=None).isoformat()
    return f"{cle.societe_id}/{cle.journal}/{cle.pas.value}/{debut}Z".encode()


def cle_of(key: bytes) -> Cle:
    """Return what a key names; a journal's code may have slashes of its own.

    Raises
    ------
    ValueError
        Where it is no key of a window.
    """
    societe, _, rest = key.decode().partition("/")
    journal, pas, debut = rest.rsplit("/", 2)
    return Cle(int(societe), journal, Pas(pas), seconds(dt.datetime.fromisoformat(debut)))


def cle_of_window(window: Fenetre) -> Cle:
    """Return the key of a record."""
    return Cle(window.societe_id, window.journal_code, window.pas, seconds(window.debut))
