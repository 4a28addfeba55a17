"""The truth beside a generated ledger: what was planted where, and what only looks planted."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from schemas.codes import CodeMotif
from schemas.enums import TypeObjet

__all__ = ["Label", "PendingLabel"]


class Label(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the label file.

    Parameters
    ----------
    code : CodeMotif
        What was planted, or what the twin looks like.
    jumeau : bool
        True for a legitimate twin: it looks like `code` but is right, a detector should leave it alone.
    variante : str
        How it was done; free text, stable between versions as far as possible.
    cas : str
        The case. Several labels with one `cas` are one anomaly (a burst, a run of invented amounts).
    commentaire : str
        What an auditor would write next to it, in French.
    ecriture_id, revision : str or None, int
        The entry, and the revision at which the anomaly appears; no entry when something is missing.
    objet_type, objet_id : TypeObjet or None, str
        The account, journal or third party, for what is not about one entry alone.
    date_attendue : datetime.date or None
        When an absent entry should have arrived.
    ecriture_liee : str
        The other entry of a pair: the original of a duplicate, the entry that was reversed.
    """

    code: CodeMotif
    variante: str
    jumeau: bool
    cas: str
    commentaire: str = ""
    ecriture_id: str | None = None
    revision: int = 1
    objet_type: TypeObjet | None = None
    objet_id: str = ""
    date_attendue: dt.date | None = None
    ecriture_liee: str = ""

    # `jumeau` has no default, so that it is always written and a reader need not know the default.


class PendingLabel(Struct):
    """A label whose entry has no id yet; the publisher completes it when the entry is published."""

    label: Label
    liee: object | None = None
    """The draft of the linked entry, published before."""
