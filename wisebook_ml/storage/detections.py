"""Stored detections: a copy of the `detections` topic that can be asked questions."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, and_, func, or_, select, tuple_

from schemas import Detection, Etat, ModeleUtilise, MotifDetection, Objet, Severite
from wisebook_ml.clock import utc_now
from wisebook_ml.storage.column_types import text
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.reasons import note_reasons, note_verdicts
from wisebook_ml.storage.tables import Base, DetectionAnomalie
from wisebook_ml.storage.upsert import upsert

__all__ = ["DetectionStore", "Societes", "StoredDetection", "not_its_own", "stored_of"]

Societes = int | Collection[int] | None
"""Whose detections: of one company, of several, or (None) of all."""

PAGE = 100
"""Detections that a person reads at once."""

ASKED_AT_ONCE = 500
"""Ids that a query names; databases bound them."""

TABLE = Base.metadata.tables[DetectionAnomalie.__tablename__]

SAME_NAME = tuple(name for name in Detection.__struct_fields__ if name in TABLE.c and name not in {"motifs", "modeles"})
"""Fields that are stored as they are; the others are objects."""


class StoredDetection(msgspec.Struct, frozen=True, kw_only=True):
    """A detection, when it was made, and where its record stands.

    Parameters
    ----------
    detection : Detection
        The record's value.
    ce_time : datetime
        When it was made, with its time zone.
    partition, offset : int
        Position of what caused it (an entry): of two records of one detection, the later cause holds.
    topic : str
        Topic of the cause. Positions of another topic do not compare: its records always replace.
    """

    detection: Detection
    ce_time: dt.datetime
    partition: int
    offset: int
    topic: str = ""


class DetectionStore:
    """Writes detections in batches, and answers what the API, the dashboard and the CLI ask.

    Writing is idempotent: a record that comes again, or a replay from any earlier offset, leaves the last
    record of each detection in place. So at-least-once delivery is enough for the table to equal the topic.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    clock : callable
        Tells the present moment, for `recent`.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._upsert = upsert(engine, TABLE, where=_replaces, kept=("verdict",))

    def write(self, batch: Sequence[StoredDetection]) -> Sequence[int]:
        """Store a batch in one transaction; return the places in it of records whose id another company's has.

        Of these nothing is stored: a detection stays the company's that had it first.

        Raises
        ------
        DatabaseUnreachable
            When the database does not answer; nothing of the batch is stored, and it may be written again.
        """
        last: dict[tuple[uuid.UUID, int], StoredDetection] = {}
        for record in batch:
            key = (record.detection.detection_id, record.detection.societe_id)
            before = last.get(key)
            if before is None or not _precedes(record, before):
                last[key] = record
        if not last:
            return []
        # In one order for everybody: two writers that share rows wait for each other and do not deadlock. Of several
        # companies with one id, the first in the batch comes first.
        rows = [_row(one) for _, one in sorted(last.items(), key=lambda item: item[0][0])]
        with writing(self._engine) as connection:
            connection.execute(self._upsert, rows)
            for ids in _cut({detection_id for detection_id, _ in last}):
                note_reasons(connection, ids)
                note_verdicts(connection, ids)
            owners = _owners(connection, {detection_id for detection_id, _ in last})
        ours = [one.detection for one in batch]
        return [place for place, one in enumerate(ours) if owners[one.detection_id] != one.societe_id]

    def get(self, detection_id: uuid.UUID, societe_id: Societes = None) -> StoredDetection | None:
        """Return a detection; None when there is none, or none of these companies."""
        query = _of(select(TABLE), societe_id, None).where(DetectionAnomalie.detection_id == detection_id)
        found = self._read(query)
        return found[0] if found else None

    def get_many(self, detection_ids: Collection[uuid.UUID]) -> Sequence[StoredDetection]:
        """Return those of some detections that there are."""
        found: list[StoredDetection] = []
        for ids in _cut(detection_ids):
            found += self._read(select(TABLE).where(DetectionAnomalie.detection_id.in_(ids)))
        return found

    def top(
        self, n: int, societe_id: Societes = None, *, etat: Etat | None = Etat.OUVERTE
    ) -> Sequence[StoredDetection]:
        """Return the `n` detections of the highest score, highest first.

        Parameters
        ----------
        n : int
            How many.
        societe_id : int, collection of int, or None
            Whose.
        etat : Etat or None
            Only those in this state; None for all.
        """
        query = _of(select(TABLE), societe_id, etat).order_by(
            DetectionAnomalie.score.desc(), DetectionAnomalie.ce_time.desc(), DetectionAnomalie.detection_id
        )
        return self._read(query.limit(n))

    def recent(
        self,
        days: float,
        societe_id: Societes = None,
        *,
        etat: Etat | None = Etat.OUVERTE,
        limit: int = PAGE,
        offset: int = 0,
    ) -> Sequence[StoredDetection]:
        """Return a page of the detections made in the last `days`, latest first.

        Parameters
        ----------
        days : float
            How far to look back.
        societe_id, etat
            As for `top`.
        limit, offset : int
            Size of the page, and how many detections to pass over before it.
        """
        query = _of(select(TABLE), societe_id, etat).where(self._since(days))
        query = query.order_by(DetectionAnomalie.ce_time.desc(), DetectionAnomalie.detection_id)
        return self._read(query.limit(limit).offset(offset))

    def count(
        self,
        societe_id: Societes = None,
        *,
        etat: Etat | None = Etat.OUVERTE,
        severite: Severite | None = None,
        days: float | None = None,
    ) -> int:
        """Return the number of detections, of a severity and of the last `days` where given."""
        query = _of(select(func.count()).select_from(TABLE), societe_id, etat)
        if severite is not None:
            query = query.where(DetectionAnomalie.severite == severite)
        if days is not None:
            query = query.where(self._since(days))
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def _since(self, days: float) -> ColumnElement[bool]:
        return DetectionAnomalie.ce_time >= self._clock() - dt.timedelta(days=days)

    def _read(self, query: Select[Any]) -> Sequence[StoredDetection]:
        with reading(self._engine) as connection:
            return [stored_of(row) for row in connection.execute(query).mappings()]


def not_its_own(detection: Detection) -> str:
    """Return why a record is refused whose id is that of another company's detection."""
    return (
        f"detection_id {detection.detection_id} is that of another company's detection, and not company "
        f"{detection.societe_id}'s: nothing of it is changed. Find out who publishes on the topic"
    )


def _of(query: Select[Any], societe_id: Societes, etat: Etat | None) -> Select[Any]:
    if isinstance(societe_id, int):
        query = query.where(DetectionAnomalie.societe_id == societe_id)
    elif societe_id is not None:
        query = query.where(DetectionAnomalie.societe_id.in_(societe_id))
    return query if etat is None else query.where(DetectionAnomalie.etat == etat)


def _precedes(record: StoredDetection, other: StoredDetection) -> bool:
    """Whether `record` is an earlier record of the same topic."""
    return record.topic == other.topic and (record.partition, record.offset) < (other.partition, other.offset)


def _replaces(new: Any, old: Any) -> ColumnElement[bool]:
    """Return the condition, in SQL, that a row is of the same company and not an earlier record of the same topic."""
    later = or_(
        new.record_topic != old.record_topic,
        tuple_(new.record_partition, new.record_offset) >= tuple_(old.record_partition, old.record_offset),
    )
    return and_(new.societe_id == old.societe_id, later)


def _owners(connection: Connection, detection_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return whose some detections are, which are there."""
    found: dict[uuid.UUID, int] = {}
    for ids in _cut(detection_ids):
        query = select(TABLE.c.detection_id, TABLE.c.societe_id).where(TABLE.c.detection_id.in_(ids))
        found.update((detection_id, societe_id) for detection_id, societe_id in connection.execute(query))
    return found


def _cut(detection_ids: Collection[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    wanted = sorted(detection_ids)
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        yield wanted[start : start + ASKED_AT_ONCE]


def _row(record: StoredDetection) -> dict[str, object]:
    detection = record.detection
    return {
        "detection_id": detection.detection_id,
        "societe_id": detection.societe_id,
        "domaine": detection.domaine,
        "objet_type": detection.objet.type,
        "objet_id": text(detection.objet.id),
        "etat": detection.etat,
        "revision": detection.revision,
        "ecriture_id": text(detection.ecriture_id),
        "journal_code": text(detection.journal_code),
        "ecriture_num": text(detection.ecriture_num),
        "ecriture_date": detection.ecriture_date,
        "montant": detection.montant,
        "score": detection.score,
        "severite": detection.severite,
        "motifs": detection.motifs,
        "contributions": detection.contributions,
        "modeles": detection.modeles,
        "parametres_version": detection.parametres_version,
        "ce_time": record.ce_time,
        "record_topic": record.topic,
        "record_partition": record.partition,
        "record_offset": record.offset,
    }


def stored_of(row: RowMapping) -> StoredDetection:
    """Return the detection of a row."""
    return StoredDetection(
        detection=Detection(
            **{name: row[name] for name in SAME_NAME},
            objet=Objet(type=row["objet_type"], id=row["objet_id"]),
            motifs=msgspec.convert(row["motifs"], list[MotifDetection]),
            modeles=msgspec.convert(row["modeles"], list[ModeleUtilise]),
        ),
        ce_time=row["ce_time"],
        partition=row["record_partition"],
        offset=row["record_offset"],
        topic=row["record_topic"],
    )
