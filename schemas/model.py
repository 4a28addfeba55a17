"""What a model version is, and what the `models` topic announces of it."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Record, SocieteOuGlobal
from schemas.enums import DomaineApplication, TypeModele

__all__ = ["AnnonceModele", "VersionModele"]


class VersionModele(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One immutable version of a model, and how to get and verify its artefact."""

    modele_id: Annotated[int, Meta(ge=1)]
    version: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    type_modele: TypeModele
    artefact: Annotated[str, Meta(min_length=1, description="Path of the artefact below the artefact store.")]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    signature: Annotated[str, Meta(description="HMAC-SHA256 of the digest with the store's key, hex.")] = ""


class AnnonceModele(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The champion (and the challenger, if any) of one model: the value of the compacted topic `models`."""

    ce_type: ClassVar[str] = "fr.wisebook.ml.modele.v1"

    modele_id: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    domaine_application: DomaineApplication
    champion: VersionModele | None = None
    challenger: VersionModele | None = None
    promu_le: dt.datetime | None = None
