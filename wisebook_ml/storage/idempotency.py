"""POST requests that may come again: the first one's answer is the answer to all.

After the IETF draft *The Idempotency-Key HTTP Header Field* (draft-ietf-httpapi-idempotency-key-header).
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum, auto

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from wisebook_ml.storage.access_tables import RequeteIdempotente as Row
from wisebook_ml.storage.engine import writing
from wisebook_ml.storage.tables import Base

__all__ = ["Answer", "IdempotencyStore", "Refusal"]

TABLE = Base.metadata.tables[Row.__tablename__]

KEPT = dt.timedelta(hours=24)
AT_WORK_AT_MOST = dt.timedelta(minutes=2)
"""After that, who had the request in work is taken for dead; doing it again is up to the one who asks again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was given."""

    status: int
    headers: dict[str, str]
    body: bytes


class Refusal(Enum):
    """Why a request with a known key is not answered."""

    AT_WORK = auto()
    ANOTHER_REQUEST = auto()


class IdempotencyStore:
    """Knows requests again by token and key.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def begin(self, token_id: int, key: str, fingerprint: str, now: dt.datetime) -> Answer | Refusal | None:
        """Take a request into work.

        Returns
        -------
        Answer
            What the same request was answered before.
        Refusal
            It is in work, or its key was used for another.
        None
            It is the caller's to answer; then `finish` or `give_up` must follow.
        """
        mine = (Row.jeton_id == token_id) & (Row.cle == key)
        with writing(self._engine) as connection:
            connection.execute(delete(Row).where(Row.recue_le < now - KEPT))
            connection.execute(delete(Row).where(mine, Row.statut.is_(None), Row.recue_le < now - AT_WORK_AT_MOST))
            row = {"jeton_id": token_id, "cle": key, "empreinte": fingerprint, "recue_le": now}
            begun = self._insert(TABLE).values(**row, statut=None, entetes={}, corps=b"").on_conflict_do_nothing()
            if connection.execute(begun.returning(TABLE.c.cle)).first() is not None:
                return None
            found = connection.execute(select(Row.empreinte, Row.statut, Row.entetes, Row.corps).where(mine)).one()
        if found.empreinte != fingerprint:
            return Refusal.ANOTHER_REQUEST
        return Refusal.AT_WORK if found.statut is None else Answer(found.statut, found.entetes, found.corps)

    def finish(self, token_id: int, key: str, answer: Answer) -> None:
        """Keep the answer for a day."""
        values = {"statut": answer.status, "entetes": answer.headers, "corps": answer.body}
        with writing(self._engine) as connection:
            connection.execute(update(Row).where(Row.jeton_id == token_id, Row.cle == key).values(values))

    def give_up(self, token_id: int, key: str) -> None:
        """Forget a request that changed nothing, so that it may be made again."""
        with writing(self._engine) as connection:
            connection.execute(delete(Row).where(Row.jeton_id == token_id, Row.cle == key))
