"""Tokens, and the companies that each of them sees.

Only digests are configured: who reads the settings cannot call the API. A plain SHA-256 is enough, since tokens are
random and too long to be guessed; a slow password hash protects only what people make up.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import HTTPException, Security
from fastapi.security import APIKeyHeader

from wisebook_ml.settings import TokenCompanies

__all__ = ["NEW_TOKEN_HINT", "Scope", "digest", "new_token", "token_check"]

Scope = frozenset[int] | None
"""The companies that a request may see; None: all of them."""

NEW_TOKEN_HINT = "`wisebook-ml api --new-token 1,2` makes one for the companies 1 and 2 (`all`: for all)."

TOKEN_BYTES = 32
"""Randomness of a token: 256 bits, as much as its digest can tell apart."""

SCHEME = "Token"


def digest(token: str) -> str:
    """Return what the settings hold of a token.

    Examples
    --------
    >>> digest("example")[:16]
    '50d858e0985ecc7f'
    """
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Return a token that nobody has."""
    return secrets.token_urlsafe(TOKEN_BYTES)


HEADER = APIKeyHeader(
    name="Authorization", scheme_name=SCHEME, description="`Token`, a space, and the token.", auto_error=False
)
"""The header as the OpenAPI document describes it; a missing one is refused below, in this API's words."""


def token_check(tokens: Mapping[str, TokenCompanies]) -> Callable[[str | None], Scope]:
    """Return the dependency that checks a request's token and gives its scope.

    Parameters
    ----------
    tokens : mapping
        The setting `api_tokens`.
    """

    def scope(header: Annotated[str | None, Security(HEADER)]) -> Scope:
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != SCHEME.lower() or not token.strip():
            raise _unauthorized("Send the header `Authorization: Token …` with your token.")
        # Looked up by digest: how long that takes tells nothing about a token.
        companies = tokens.get(digest(token.strip()))
        if companies is None:
            raise _unauthorized("This token is not known here, or no longer.")
        return None if companies == "*" else companies

    return scope


def _unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": SCHEME})
