"""Random secrets, and what is kept of them.

Only digests are stored: who reads the database cannot call the API. A plain SHA-256 is enough, since tokens are
random and too long to be guessed; a slow password hash protects only what people make up.
"""

import hashlib
import hmac
import secrets

__all__ = ["csrf_of", "digest", "new_secret", "new_token"]

SECRET_BYTES = 32
"""Randomness of a secret: 256 bits, as much as its digest can tell apart."""

TOKEN_PREFIX = "wbml_"
"""So that scanners of source code recognise a token that was committed by mistake."""


def new_secret() -> str:
    """Return a secret that nobody has."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_token() -> str:
    """Return a token that nobody has."""
    return TOKEN_PREFIX + new_secret()


def digest(secret: str) -> str:
    """Return what is stored of a secret.

    Examples
    --------
    >>> digest("example")[:16]
    '50d858e0985ecc7f'
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_of(session: str) -> str:
    """Return what a page sends beside the cookie of its session, which another site's page cannot know.

    The signed double-submit of the OWASP cheat sheet on cross-site request forgery, keyed by the session itself.
    """
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()
