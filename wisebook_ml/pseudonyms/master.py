"""The master key, which keeps the companies' keys: what lies in the database is worth nothing without it.

Keys are wrapped with AES-SIV, which was made for that (RFC 5297), bound to their company and id, under a key that
HKDF (RFC 5869) derives from the master key.
"""

import base64
import binascii
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wisebook_ml.pseudonyms.cipher import KEY_BYTES, Pseudonymiser
from wisebook_ml.pseudonyms.exceptions import MasterKeyError

__all__ = ["VARIABLE", "MasterKey", "Wrapped"]

VARIABLE = "WISEBOOK_ML_PSEUDONYM_KEY"
BEFORE = "WISEBOOK_ML_PSEUDONYM_KEY_BEFORE"

MASTER_BYTES = 32
"""At least; more do no harm."""

HOW = "`openssl rand -base64 32` makes one"


class Wrapped(NamedTuple):
    """A company's key as it is kept: encrypted; None once it was erased."""

    societe_id: int
    key_id: str
    wrapped: bytes | None


class MasterKey:
    """Wraps and unwraps the keys of companies.

    Parameters
    ----------
    text : str
        32 random bytes or more, in base64.
    before : str
        The master key before this one, while it is being replaced: what it has wrapped is still opened, and nothing new
        is wrapped by it. Empty where there is none.

    Raises
    ------
    MasterKeyError
        Where there is none, or it is none.
    """

    def __init__(self, text: str, before: str = "") -> None:
        if not text.strip():
            raise MasterKeyError(f"There is no master key for pseudonyms: set {VARIABLE} ({HOW}).")
        self._cipher = _cipher(text, VARIABLE)
        self._before = _cipher(before, BEFORE) if before.strip() else None

    def wrap(self, societe_id: int, key_id: str, key: bytes) -> bytes:
        """Return a company's key as it may be kept."""
        return self._cipher.encrypt(key, _bound(societe_id, key_id))

    def pseudonymiser(self, kept: Wrapped) -> Pseudonymiser:
        """Return what makes and reads a company's pseudonyms.

        Raises
        ------
        MasterKeyError
            Where the key was kept with another master key, or is damaged, or was erased.
        """
        return Pseudonymiser(kept.societe_id, kept.key_id, self._unwrap(kept)[0])

    def wrapped_anew(self, kept: Wrapped) -> bytes | None:
        """Return a company's key as this master key keeps it; None where it is kept so already.

        Raises
        ------
        MasterKeyError
            Where neither this master key nor the one before opens it, or it was erased.
        """
        key, by = self._unwrap(kept)
        return None if by is self._cipher else self.wrap(kept.societe_id, kept.key_id, key)

    def _unwrap(self, kept: Wrapped) -> tuple[bytes, AESSIV]:
        """Return a company's key, and what has opened it."""
        if kept.wrapped is None:
            raise MasterKeyError(f"The key {kept.key_id} of company {kept.societe_id} was erased.")
        for cipher in (self._cipher, self._before):
            if cipher is not None:
                try:
                    return cipher.decrypt(kept.wrapped, _bound(kept.societe_id, kept.key_id)), cipher
                except InvalidTag:
                    continue
        nor = f", nor with {BEFORE}" if self._before is not None else ""
        raise MasterKeyError(
            f"The key {kept.key_id} of company {kept.societe_id} does not open with this {VARIABLE}{nor}: it is "
            "another master key than the one that the key was made with, or the database is damaged."
        )


def _cipher(text: str, variable: str) -> AESSIV:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) < MASTER_BYTES:
        raise MasterKeyError(f"{variable} is no key of {MASTER_BYTES} bytes or more in base64 ({HOW}).")
    return AESSIV(HKDF(SHA256(), KEY_BYTES, salt=None, info=b"wisebook-ml/pseudonym-keys").derive(secret))


def _bound(societe_id: int, key_id: str) -> list[bytes]:
    return [f"wisebook-ml/pseudonym-key/{societe_id}/{key_id}".encode()]
