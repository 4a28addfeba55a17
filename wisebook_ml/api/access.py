"""Who calls, and whether they may: tokens, sessions of browsers, rights, companies, and requests a minute."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated, cast

from fastapi import HTTPException, Request, Security
from fastapi.security import APIKeyHeader
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from wisebook_ml.access import Caller, Right, csrf_of
from wisebook_ml.storage import TokenStore

__all__ = ["CSRF_HEADER", "SESSION_COOKIE", "Access", "Call", "Needs"]

SCHEME = "Token"
SESSION_COOKIE = "wisebook_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

FAILURES = parse("20/minute")
"""Wrong tokens from one address, after which its requests are refused unread."""

HEADER = APIKeyHeader(
    name="Authorization", scheme_name=SCHEME, description="`Token`, a space, and the token.", auto_error=False
)
"""The header as the OpenAPI document describes it; a missing one is refused below, in this API's words."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a caller that was let in."""

    request: Request
    caller: Caller

    @property
    def companies(self) -> frozenset[int] | None:
        """The companies that it may see; None: all of them."""
        return self.caller.companies

    def company(self, societe_id: int) -> int:
        """Return a company that this request is about, as far as the caller sees it.

        Raises
        ------
        HTTPException
            404 where it does not: the same whether there is such a company, since who may not see it must not learn
            that it exists.
        """
        if not self.caller.sees(societe_id):
            raise HTTPException(404, f"This token sees no company {societe_id}.")
        self.request.state.societe_id = societe_id
        return societe_id

    @property
    def operation_id(self) -> uuid.UUID:
        """An id for what this request brings about: the same when it comes again with its idempotency key."""
        found = getattr(self.request.state, "operation_id", None)
        return found if isinstance(found, uuid.UUID) else uuid.uuid4()


class Needs:
    """A dependency that gives the `Call` of a request, and refuses one without its right with 403.

    Parameters
    ----------
    access : Access
        Knows who calls.
    right : Right
        What the route needs.
    everywhere : bool
        Whether the token must be one of all companies.
    """

    def __init__(self, access: "Access", right: Right, *, everywhere: bool = False) -> None:
        self.right = right
        self._access = access
        self._everywhere = everywhere

    def __call__(self, request: Request, _header: Annotated[str | None, Security(HEADER)]) -> Call:
        """Return the call."""
        caller = self._access.identify(request)
        if not caller.may(self.right):
            raise HTTPException(403, f"This token has not the right `{self.right}`, which this needs.")
        if self._everywhere and caller.companies is not None:
            raise HTTPException(403, "This concerns all companies, and needs a token of all companies.")
        return Call(request, caller)


class Access:
    """The door of the API.

    Parameters
    ----------
    tokens : TokenStore
        Who is let in.
    rate : str
        How often a token may call, such as ``600/minute``.
    clock : callable
        Tells the present moment.

    Attributes
    ----------
    read, verdict, train, admin : Needs
        Dependencies that give the `Call` of a request, and refuse one without this right with 403.
    operate : Needs
        The same for what concerns all companies: `admin`, and a token of all of them.
    """

    def __init__(self, tokens: TokenStore, rate: str, clock: Callable[[], dt.datetime]) -> None:
        self.tokens = tokens
        self.clock = clock
        self._rate = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self.read = Needs(self, Right.READ)
        self.verdict = Needs(self, Right.VERDICT)
        self.train = Needs(self, Right.TRAIN)
        self.admin = Needs(self, Right.ADMIN)
        self.operate = Needs(self, Right.ADMIN, everywhere=True)

    def identify(self, request: Request) -> Caller:
        """Return who makes a request; asked twice, it is looked up once.

        Raises
        ------
        HTTPException
            401 where nobody known does, 403 where a page of another site may have made it, 429 where they call too
            often.
        """
        if (known := getattr(request.state, "caller", None)) is not None:
            return cast(Caller, known)
        request.state.caller = caller = self._from_header(request) or self._from_session(request)
        self.count(caller)
        return caller

    def count(self, caller: Caller) -> None:
        """Count a request of a token.

        Raises
        ------
        HTTPException
            429 where it calls too often.
        """
        if not self._limiter.hit(self._rate, str(caller.token_id)):
            raise too_often(f"This token may call {self._rate.amount} times in {self._rate.get_expiry()} seconds.")

    def token(self, request: Request, token: str) -> Caller:
        """Return whose a token is.

        Raises
        ------
        HTTPException
            401 where it is nobody's; 429 where its address has tried too many that were.
        """
        caller = self.tokens.find(token, self.clock())
        if caller is None:
            # Of those who share an address, only who guesses is kept waiting.
            if not self._limiter.hit(FAILURES, request.client.host if request.client else ""):
                raise too_often("Too many wrong tokens came from this address.")
            raise unauthorized("This token is not known here, or no longer.")
        return caller

    def still_lets_in(self, request: Request) -> bool:
        """Tell whether the token or session of a request is still valid: asked again while a stream is open."""
        header = request.headers.get("Authorization")
        if header is not None:
            return self.tokens.find(header.partition(" ")[2].strip(), self.clock()) is not None
        session = request.cookies.get(SESSION_COOKIE)
        return session is not None and self.tokens.of_session(session, self.clock()) is not None

    def _from_header(self, request: Request) -> Caller | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != SCHEME.lower() or not token.strip():
            raise unauthorized("Send the header `Authorization: Token …` with your token.")
        return self.token(request, token.strip())

    def _from_session(self, request: Request) -> Caller:
        session = request.cookies.get(SESSION_COOKIE)
        if session is None:
            raise unauthorized("Send the header `Authorization: Token …` with your token.")
        caller = self.tokens.of_session(session, self.clock())
        if caller is None:
            raise unauthorized("This session has ended; sign in again.")
        sent = request.headers.get(CSRF_HEADER, "")
        if request.method not in SAFE and not compare_digest(sent.encode(), csrf_of(session).encode()):
            raise HTTPException(403, f"A change from a browser needs the header {CSRF_HEADER} of its page.")
        return caller


def unauthorized(detail: str) -> HTTPException:
    """Return the refusal of who is not known."""
    return HTTPException(401, detail, headers={"WWW-Authenticate": SCHEME})


def too_often(detail: str) -> HTTPException:
    """Return the refusal of who calls too often."""
    return HTTPException(429, f"{detail} Try again in a minute.", headers={"Retry-After": "60"})
