"""From names to pseudonyms and back, with the key of one company.

AES-SIV (RFC 5297) is deterministic and authenticated: the same name of the same company always gives the same
pseudonym, so that habits, duplicates and series stay what they are; who lacks the key learns only that two names are
the same, and how long they are; and a wrong key or a changed letter gives an error, never a wrong name.

References
----------
RFC 5297; Rogaway, Shrimpton: A provable-security treatment of the key-wrap problem. EUROCRYPT 2006.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from schemas.pseudonym import KEY_ID_LETTERS, PATTERN, PREFIX, from_letters, key_id_of, to_letters
from wisebook_ml.pseudonyms.exceptions import DamagedPseudonym, KeyUnknown

__all__ = ["KEY_BYTES", "Pseudonymiser", "new_key"]

KEY_BYTES = 64
"""AES-256-SIV: one half authenticates, the other encrypts."""

SHORT, WIDE = b"\x00", b"\x01"
"""How a name is written: a byte a letter (Latin-1) where that can be, so that the pseudonym tells its length in
letters; else UTF-8."""


def new_key() -> tuple[str, bytes]:
    """Return the id and the bytes of a key that nobody has."""
    return to_letters(secrets.token_bytes(KEY_ID_LETTERS // 2)), AESSIV.generate_key(KEY_BYTES * 8)


class Pseudonymiser:
    """Makes and reads the pseudonyms of one company.

    Parameters
    ----------
    societe_id : int
        The company: part of what is authenticated, so that no pseudonym can be passed off as another company's.
    key_id : str
        Id of its key, which each pseudonym names.
    key : bytes, length 64
        The key.

    Examples
    --------
    >>> company = Pseudonymiser(7, "bcdfghjk", bytes(64))
    >>> token = company.seal("Dupont SARL")
    >>> token == company.seal("Dupont SARL"), company.open(token)
    (True, 'Dupont SARL')
    """

    def __init__(self, societe_id: int, key_id: str, key: bytes) -> None:
        self.societe_id = societe_id
        self.key_id = key_id
        self._cipher = AESSIV(key)
        self._bound = [f"wisebook-ml/pseudonym/{societe_id}/{key_id}".encode()]
        self._known: dict[str, str] = {}

    def seal(self, name: str) -> str:
        """Return a name's pseudonym; a pseudonym of this key stays as it is, so that doing it twice changes nothing."""
        if name.startswith(PREFIX) and self._opens(name):
            return name
        if (found := self._known.get(name)) is None:
            try:
                written = SHORT + name.encode("latin-1")
            except UnicodeEncodeError:
                written = WIDE + name.encode()
            found = PREFIX + self.key_id + to_letters(self._cipher.encrypt(written, self._bound))
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[name] = found
        return found

    def open(self, pseudonym: str) -> str:
        """Return the name of a pseudonym.

        Raises
        ------
        DamagedPseudonym
            Where it is none, or not as it was made.
        KeyUnknown
            Where it was made with another key.
        """
        if PATTERN.fullmatch(pseudonym) is None:
            raise DamagedPseudonym(f"{pseudonym!r} is no pseudonym, or a part of one.")
        if key_id_of(pseudonym) != self.key_id:
            raise KeyUnknown(f"{pseudonym} was made with the key {key_id_of(pseudonym)}, which is not this company's.")
        try:
            written = self._cipher.decrypt(from_letters(pseudonym[len(PREFIX) + KEY_ID_LETTERS :]), self._bound)
        except InvalidTag:
            raise DamagedPseudonym(
                f"{pseudonym} is not as it was made: a letter was changed, or the end is missing."
            ) from None
        return written[1:].decode("latin-1" if written[:1] == SHORT else "utf-8")

    def _opens(self, text: str) -> bool:
        try:
            self.open(text)
        except (DamagedPseudonym, KeyUnknown):
            return False
        return True


MOST_KNOWN = 50_000
"""Names whose pseudonym is remembered: about as many as a large company has."""
