"""What SQL need not keep for ever, and its removal: old rows that nothing in force depends on.

Detections that are open, verdicts (models learn from them), settings, models and tokens always stay. What is removed is
on its topic as long as that keeps it.
"""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Engine, Table, and_, delete, func, select

from schemas import Etat
from wisebook_ml.storage.access_tables import EntreeAudit
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.tables import (
    Base,
    DeriveModele,
    DetectionAnomalie,
    ExecutionMinuterie,
    MotifTrouve,
    StatistiqueDetection,
)

__all__ = ["count_old", "purge"]


def count_old(engine: Engine, before: dt.datetime) -> dict[str, int]:
    """Return how many rows of each table `purge` would remove.

    Parameters
    ----------
    engine : Engine
        The database.
    before : datetime
        Timezone-aware; what is older is removed.
    """
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table).where(old)).scalar_one()
            for table, old in _old(before).items()
        }


def purge(engine: Engine, before: dt.datetime) -> dict[str, int]:
    """Remove old rows, all or none; return how many of each table.

    Closed detections with their reasons, statistics, drift reports, the audit log, and runs of timers but for the last
    of each timer, which says how far it is.
    """
    with writing(engine) as connection:
        return {
            table.name: connection.execute(delete(table).where(old)).rowcount for table, old in _old(before).items()
        }


def _old(before: dt.datetime) -> Mapping[Table, ColumnElement[bool]]:
    runs = Base.metadata.tables[ExecutionMinuterie.__tablename__].alias()
    later = select(runs.c.debut).where(
        runs.c.minuterie == ExecutionMinuterie.minuterie, runs.c.debut > ExecutionMinuterie.debut
    )
    rules = {
        # Reasons have their detection's state and time beside them.
        MotifTrouve: and_(MotifTrouve.etat == Etat.CLOSE, MotifTrouve.ce_time < before),
        DetectionAnomalie: and_(DetectionAnomalie.etat == Etat.CLOSE, DetectionAnomalie.ce_time < before),
        StatistiqueDetection: StatistiqueDetection.fin < before,
        DeriveModele: DeriveModele.echeance < before,
        ExecutionMinuterie: and_(ExecutionMinuterie.debut < before, later.exists()),
        EntreeAudit: EntreeAudit.quand < before,
    }
    return {Base.metadata.tables[row.__tablename__]: old for row, old in rules.items()}
