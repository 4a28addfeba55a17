"""What names a window: a company, how long it is, and where it begins."""

import datetime as dt
from functools import lru_cache
from typing import NamedTuple

from schemas import Pas
from wisebook_ml.windows.calendar import moment, seconds

__all__ = ["WHOLE", "Cle", "cle_of", "key_of"]

WHOLE = ""
"""Stands for all journals of a company."""

REMEMBERED = 1 << 14
"""Keys that are remembered, as they are written again and again."""


class Cle(NamedTuple):
    """The key of a window; `debut` in seconds since 1970."""

    societe_id: int
    pas: Pas
    debut: int


@lru_cache(maxsize=REMEMBERED)
def key_of(cle: Cle) -> bytes:
    """Return a key as it stands on the topic.

    Examples
    --------
    >>> key_of(Cle(7, Pas.HEURE, 0))
    b'7/HEURE/1970-01-01T00:00:00Z'
    >>> cle_of(key_of(Cle(7, Pas.HEURE, 0)))
    Cle(societe_id=7, pas=<Pas.HEURE: 'HEURE'>, debut=0)
    """
    debut = moment(cle.debut).replace(tzinfo=None).isoformat()
    return f"{cle.societe_id}/{cle.pas.value}/{debut}Z".encode()


def cle_of(key: bytes) -> Cle:
    """Return what a key names.

    Raises
    ------
    ValueError
        Where it is no key of a window.
    """
    societe, pas, debut = key.decode().split("/")
    return Cle(int(societe), Pas(pas), seconds(dt.datetime.fromisoformat(debut)))
