"""What the scoring role counts along the way, for statistics and drift: blocks of counts, and sketches of days."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import MAX_ID, Nombre, Record, SocieteId, SocieteOuGlobal
from schemas.money import MontantTotal

__all__ = ["CLASSES_SCORE", "CauseComptee", "Comptage", "Esquisse", "Fenetre", "FenetreJournal", "Pas"]

CLASSES_SCORE = 20
"""Bars of a histogram of composites: of equal width, from 0 to 1."""

Instant = Annotated[dt.datetime, Meta(tz=True)]
Compte = Annotated[int, Meta(ge=0, le=MAX_ID, description="Of one block: sums of many fit a `Nombre`.")]
Base64 = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]*={0,2}$(?!\n)", description="Bytes, in base64 (RFC 4648).")]
Histogramme = Annotated[list[Nombre], Meta(max_length=CLASSES_SCORE)]


class Pas(StrEnum):
    """How long a tumbling window is: an hour of UTC, or a day of the French calendar."""

    HEURE = "HEURE"
    JOUR = "JOUR"


class Comptage(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What was scored of a partition of `entries` in one block: offsets [`depuis`, `jusque`).

    Blocks end at the same offsets whenever they are counted, so that the same block has the same value. Entries that
    were delivered before (the same revision again) are not counted.

    The lists from `societes` on are columns of one length, with a row for each company, hour and journal, in this
    order: how many entries, with how many lines, the sum of their debits in cents, and their composites in
    `CLASSES_SCORE` bars up to the last that is not empty (no bars: all in the first). `heures` are counted from
    1970-01-01T00:00Z on, by event time; `journal` is the place of the journal's code among `journaux`.

    `battement` names the timer whose tick ended the block. `horloge` is the due time of the last tick of the partition:
    the only clock that no publisher sets.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.comptage.v1"

    partition: Nombre
    depuis: Nombre
    jusque: Nombre
    horloge: Instant | None = None
    battement: str = ""
    journaux: list[Annotated[str, Meta(max_length=64)]] = []
    societes: list[SocieteId] = []
    heures: list[int] = []
    journal: list[Nombre] = []
    ecritures: list[Compte] = []
    lignes: list[Compte] = []
    centimes: list[int] = []
    scores: list[Histogramme] = []


class Esquisse(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a model has met in one partition from one tick of the timer `drift` to the next (`echeance`), as a sketch.

    `societe_id` is the model's (0: a global one). `donnees` is a `wisebook_ml.drift.Sketch` in the layout of the
    version's reference; `scores` are the composites of those rows in their order, as 16-bit steps of 1/65,535,
    little-endian. A model that met nothing has `lignes` 0 and neither.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.esquisse.v1"

    modele_id: Annotated[int, Meta(ge=1)]
    version: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    partition: Nombre
    echeance: Instant
    lignes: Nombre = 0
    donnees: Base64 = ""
    scores: Base64 = ""


class CauseComptee(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far the detections of a topic are counted: the offset of the last cause, and hashes of what it led to."""

    offset: Nombre
    vues: list[int] = []


class FenetreJournal(Struct, kw_only=True, omit_defaults=True):
    """What one journal has of a window; `centimes` is the sum of its debits.

    The only struct that is not frozen: it is added to in place, since a table is written over and over.
    """

    ecritures: Nombre = 0
    lignes: Nombre = 0
    centimes: int = 0
    scores: Histogramme = []
    detections: dict[str, Nombre] = {}
    severites: dict[str, Nombre] = {}
    latences: list[Nombre] = []


class Fenetre(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One window of the statistics of a company, with its journals (`journaux`): a value of the table `windows`.

    What was counted says also how far (`jusque`: the offset of `entries`; `causes`, by topic; `avis_jusque`: the offset
    of `feedback`, and `avis_vus`: hashes of the last verdicts). So what comes again, by a crash or a mistake, is known,
    and counted once. `depuis` is the offset of the first block with entries of it: so it is known how far the company's
    clock was at an offset. `tardives` and `en_avance` are entries of other times that were met when the clock was here:
    too late for any window, or dated in the future. `journal_code` names the journal where one is taken out of its
    window to be read.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.fenetre.v1"

    societe_id: SocieteId
    journal_code: str = ""
    pas: Pas
    debut: Instant
    ecritures: Nombre = 0
    lignes: Nombre = 0
    montant: MontantTotal = "0.00"
    scores: Histogramme = []
    detections: dict[str, Nombre] = {}
    severites: dict[str, Nombre] = {}
    avis: dict[str, Nombre] = {}
    latences: list[Nombre] = []
    tardives: Nombre = 0
    en_avance: Nombre = 0
    depuis: Nombre | None = None
    jusque: Nombre = 0
    causes: dict[str, CauseComptee] = {}
    avis_jusque: Nombre = 0
    avis_vus: list[int] = []
    journaux: dict[str, FenetreJournal] = {}
    publiee: bool = False
