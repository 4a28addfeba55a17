"""What all records have in common."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

__all__ = ["Identifiant", "Nombre", "Record", "Revision", "SocieteId", "SocieteOuGlobal"]

MAX_ID = 2**31 - 1
"""Ids and revisions are SQL integers."""

MAX_NOMBRE = 2**53 - 1
"""Numbers that every reader of JSON reads exactly (RFC 8259, section 6), and that SQL has room for."""

Nombre = Annotated[int, Meta(ge=0, le=MAX_NOMBRE)]
SocieteId = Annotated[int, Meta(ge=1, le=MAX_ID, description="Company, as WiseBook numbers it.")]
SocieteOuGlobal = Annotated[int, Meta(ge=0, le=MAX_ID, description="Company; 0: all of them (global models).")]
Identifiant = Annotated[str, Meta(min_length=1, max_length=200)]
Revision = Annotated[int, Meta(ge=1, le=MAX_ID, description="Version of the object; a later one replaces the earlier.")]


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of an event. Unknown additional fields are accepted and ignored.

    `ce_type` is the CloudEvents type that announces the record in the message's headers.
    """

    ce_type: ClassVar[str] = ""
