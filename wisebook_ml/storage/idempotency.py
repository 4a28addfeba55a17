"""POST requests that may come again: the first one's answer is the answer to all.

After the IETF draft *The Idempotency-Key HTTP Header Field* (draft-ietf-httpapi-idempotency-key-header).
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import Enum, auto

from sqlalchemy import ColumnElement, Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from wisebook_ml.storage.access_tables import RequeteIdempotente as Row
from wisebook_ml.storage.engine import writing
from wisebook_ml.storage.tables import Base

__all__ = ["Answer", "IdempotencyStore", "Refusal", "Work"]

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


@dataclass(frozen=True, slots=True)
class Work:
    """A request that is the caller's to answer.

    Parameters
    ----------
    token_id, key
        Whose request it is.
    owner : UUID
        Who has it in work: another one, as soon as somebody takes it over.
    operation_id : UUID
        Id of what it brings about: drawn when the key is first used, and kept by whoever takes the request over.
    """

    token_id: int
    key: str
    owner: uuid.UUID
    operation_id: uuid.UUID


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

    def begin(self, token_id: int, key: str, fingerprint: str, now: dt.datetime) -> Answer | Refusal | Work:
        """Take a request into work.

        Returns
        -------
        Answer
            What the same request was answered before.
        Refusal
            It is in work, or its key was used for another.
        Work
            It is the caller's to answer; `finish`, `give_up` or `forget` must follow.
        """
        mine = (Row.jeton_id == token_id) & (Row.cle == key)
        work = Work(token_id, key, owner=uuid.uuid4(), operation_id=uuid.uuid4())
        row = {"jeton_id": token_id, "cle": key, "empreinte": fingerprint, "recue_le": now}
        begun = self._insert(TABLE).values(
            **row, operation_id=work.operation_id, proprietaire=work.owner, statut=None, entetes={}, corps=b""
        )
        while True:
            with writing(self._engine) as connection:
                connection.execute(delete(Row).where(Row.recue_le < now - KEPT))
                if connection.execute(begun.on_conflict_do_nothing().returning(TABLE.c.cle)).first() is not None:
                    return work
                found = connection.execute(select(TABLE).where(mine).with_for_update()).one_or_none()
                if found is None:
                    continue  # it was forgotten between the two
                if found.empreinte != fingerprint:
                    return Refusal.ANOTHER_REQUEST
                if found.statut is not None:
                    return Answer(found.statut, found.entetes, found.corps)
                if found.proprietaire is not None and found.recue_le >= now - AT_WORK_AT_MOST:
                    return Refusal.AT_WORK
                connection.execute(update(Row).where(mine).values(proprietaire=work.owner, recue_le=now))
                return Work(token_id, key, work.owner, found.operation_id)

    def finish(self, work: Work, answer: Answer) -> None:
        """Keep the answer for a day; that of one whose request was taken over is not kept."""
        values = {"statut": answer.status, "entetes": answer.headers, "corps": answer.body}
        with writing(self._engine) as connection:
            connection.execute(update(Row).where(_held(work)).values(**values, proprietaire=None))

    def give_up(self, work: Work) -> None:
        """Leave a request that failed to who asks again: what was brought about by then keeps its id."""
        with writing(self._engine) as connection:
            connection.execute(update(Row).where(_held(work)).values(proprietaire=None))

    def forget(self, work: Work) -> None:
        """Forget a request that was refused before anything was done: its key may serve for another."""
        with writing(self._engine) as connection:
            connection.execute(delete(Row).where(_held(work)))


def _held(work: Work) -> ColumnElement[bool]:
    return (Row.jeton_id == work.token_id) & (Row.cle == work.key) & (Row.proprietaire == work.owner)
