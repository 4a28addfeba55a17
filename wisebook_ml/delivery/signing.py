"""Signatures by which a receiver knows that a webhook comes from here, and is no repetition of an old one.

References
----------
Standard Webhooks specification 1.0.0, https://www.standardwebhooks.com: "Signature scheme", symmetric.
"""

import base64
import hashlib
import hmac

__all__ = ["SECRET_PREFIX", "secret_of", "signature", "spelled"]

SIGNED = "wisebook-ml/webhook/1"
"""What secrets are derived for; anything else that is ever derived from the same key says something else here."""

SECRET_PREFIX = "whsec_"


def secret_of(signing_key: str, societe_id: int, adresse: str) -> bytes:
    """Return the secret of a company and an address: 32 bytes that tell nothing of the key or of other secrets."""
    about = f"{SIGNED}\0{societe_id}\0{adresse}".encode()
    return hmac.new(signing_key.encode(), about, hashlib.sha256).digest()


def spelled(secret: bytes) -> str:
    """Return a secret as receivers take it.

    Examples
    --------
    >>> spelled(bytes(24))
    'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    """
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, id_: str, timestamp: int, body: bytes) -> str:
    """Return the header `webhook-signature`.

    Parameters
    ----------
    secret : bytes
        The receiver's.
    id_ : str
        The header `webhook-id`, the same for all attempts.
    timestamp : int
        The header `webhook-timestamp`: seconds since 1970, of this attempt.
    body : bytes
        What is sent.

    Examples
    --------
    The example of the specification's reference libraries:

    >>> secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    >>> signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = hmac.new(secret, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()
