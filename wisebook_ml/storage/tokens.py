"""Tokens and the sessions of browsers that signed in with one."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, Select, delete, insert, or_, select, update

from wisebook_ml.access import Caller, Right, digest, new_secret, new_token
from wisebook_ml.storage.access_tables import JetonApi, SessionWeb
from wisebook_ml.storage.engine import reading, writing

__all__ = ["StoredToken", "TokenStore"]

SESSION_LASTS = dt.timedelta(hours=12)
"""A working day; then the browser signs in again."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as the registry knows it, which is without the token."""

    caller: Caller
    created: dt.datetime
    expires: dt.datetime | None
    revoked: dt.datetime | None

    def valid(self, now: dt.datetime) -> bool:
        """Tell whether it lets in at a moment."""
        return self.revoked is None and (self.expires is None or now < self.expires)


class TokenStore:
    """Makes tokens, and knows them again.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self,
        name: str,
        companies: Iterable[int] | None,
        rights: Iterable[Right],
        *,
        now: dt.datetime,
        expires: dt.datetime | None = None,
    ) -> tuple[int, str]:
        """Make a token and return its number and the token itself, which is stored nowhere.

        Parameters
        ----------
        name : str
            Whose it is.
        companies : iterable of int, or None
            What it sees; None: all companies, also those to come.
        rights : iterable of Right
            What it may do.
        now, expires : datetime
            When it begins and, if ever, ends.
        """
        token = new_token()
        row = {
            "empreinte": digest(token),
            "nom": name,
            "societes": None if companies is None else sorted(set(companies)),
            "droits": sorted(set(rights)),
            "cree_le": now,
            "expire_le": expires,
        }
        with writing(self._engine) as connection:
            key = connection.execute(insert(JetonApi).values(row)).inserted_primary_key
        assert key is not None
        return int(key[0]), token

    def find(self, token: str, now: dt.datetime) -> Caller | None:
        """Return whose a token is; None where it is unknown, expired or revoked."""
        return self._valid(_tokens().where(JetonApi.empreinte == digest(token)), now)

    def list(self) -> Sequence[StoredToken]:
        """Return all tokens that there are and were, the latest last."""
        with reading(self._engine) as connection:
            return [_stored(row) for row in connection.execute(_tokens().order_by(JetonApi.id))]

    def revoke(self, token_id: int, now: dt.datetime) -> bool:
        """End a token, and the sessions that began with it; tell whether there was one to end."""
        there = (JetonApi.id == token_id) & JetonApi.revoque_le.is_(None)
        with writing(self._engine) as connection:
            connection.execute(delete(SessionWeb).where(SessionWeb.jeton_id == token_id))
            return bool(connection.execute(update(JetonApi).where(there).values(revoque_le=now)).rowcount)

    def sign_in(self, caller: Caller, now: dt.datetime) -> str:
        """Begin a browser's session and return the secret of its cookie; ended sessions are forgotten."""
        session = new_secret()
        row = {
            "empreinte": digest(session),
            "jeton_id": caller.token_id,
            "cree_le": now,
            "expire_le": now + SESSION_LASTS,
        }
        with writing(self._engine) as connection:
            connection.execute(delete(SessionWeb).where(SessionWeb.expire_le <= now))
            connection.execute(insert(SessionWeb).values(row))
        return session

    def of_session(self, session: str, now: dt.datetime) -> Caller | None:
        """Return whose a session is; None where it has ended, or its token has."""
        query = _tokens().join(SessionWeb, SessionWeb.jeton_id == JetonApi.id)
        return self._valid(query.where(SessionWeb.empreinte == digest(session), SessionWeb.expire_le > now), now)

    def sign_out(self, session: str) -> None:
        """End a browser's session."""
        with writing(self._engine) as connection:
            connection.execute(delete(SessionWeb).where(SessionWeb.empreinte == digest(session)))

    def _valid(self, query: Select[Any], now: dt.datetime) -> Caller | None:
        query = query.where(JetonApi.revoque_le.is_(None), or_(JetonApi.expire_le.is_(None), JetonApi.expire_le > now))
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _stored(row).caller


def _tokens() -> Select[Any]:
    columns: tuple[Any, ...] = (
        JetonApi.id,
        JetonApi.nom,
        JetonApi.societes,
        JetonApi.droits,
        JetonApi.cree_le,
        JetonApi.expire_le,
        JetonApi.revoque_le,
    )
    return select(*columns)


def _stored(row: Row[Any]) -> StoredToken:
    companies = None if row.societes is None else frozenset(row.societes)
    caller = Caller(row.id, row.nom, companies, frozenset(map(Right, row.droits)))
    return StoredToken(caller, row.cree_le, row.expire_le, row.revoque_le)
