"""What is kept beside detections so that lists of them can be asked for: their reasons, and the verdict that stands."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Connection, Uuid, bindparam, delete, exists, select, text, update

from wisebook_ml.storage.tables import AvisDetection, Base, DetectionAnomalie, MotifTrouve

__all__ = ["note_reasons", "note_verdicts"]

DETECTIONS = Base.metadata.tables[DetectionAnomalie.__tablename__]
REASONS = Base.metadata.tables[MotifTrouve.__tablename__]
VERDICTS = Base.metadata.tables[AvisDetection.__tablename__]

CODES = {
    "sqlite": "json_extract(m.value, '$.code') FROM detection_anomalie d, json_each(d.motifs) m",
    "postgresql": "m.value ->> 'code' FROM detection_anomalie d, json_array_elements(d.motifs) m",
}
"""Read from the detections as they are stored, since of a batch that comes late some are not."""

STANDING = select(VERDICTS.c.verdict).where(VERDICTS.c.detection_id == DETECTIONS.c.detection_id, VERDICTS.c.en_vigueur)


def note_reasons(connection: Connection, ids: Sequence[uuid.UUID]) -> None:
    """Bring the reasons of some stored detections up to date."""
    connection.execute(delete(REASONS).where(REASONS.c.detection_id.in_(ids)))
    query = text(
        "INSERT INTO motif_trouve (detection_id, societe_id, score, ce_time, etat, severite, journal_code, code) "
        "SELECT DISTINCT d.detection_id, d.societe_id, d.score, d.ce_time, d.etat, d.severite, d.journal_code, "
        f"{CODES[connection.dialect.name]} "
        "WHERE d.detection_id IN :ids"
    )
    connection.execute(query.bindparams(bindparam("ids", expanding=True, type_=Uuid())), {"ids": list(ids)})


def note_verdicts(connection: Connection, ids: Sequence[uuid.UUID]) -> None:
    """Write beside some detections which verdict stands on each that was judged."""
    judged = exists().where(VERDICTS.c.detection_id == DETECTIONS.c.detection_id)
    connection.execute(
        update(DETECTIONS).where(DETECTIONS.c.detection_id.in_(ids), judged).values(verdict=STANDING.scalar_subquery())
    )
