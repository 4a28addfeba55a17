"""The keys at hand: those that the database has and the master key opens."""

import logging
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from wisebook_ml.pseudonyms.cipher import Pseudonymiser
from wisebook_ml.pseudonyms.exceptions import MasterKeyError
from wisebook_ml.pseudonyms.master import MasterKey, Wrapped
from wisebook_ml.pseudonyms.reading import key_ids, replaced

__all__ = ["Keyring", "Keys"]

LOGGER = logging.getLogger(__name__)


class Keys(Protocol):
    """Where the keys are kept; `wisebook_ml.storage.PseudonymKeys` does."""

    def find(self, key_ids: Collection[str]) -> Sequence[Wrapped]:
        """Return the keys with some ids, but for those that were erased."""


class Keyring:
    """Shows texts with names instead of pseudonyms.

    Keys are looked up each time, and never remembered: once a key is erased, the next text is without its names.

    Parameters
    ----------
    keys : Keys
        Where they are kept.
    master : str
        The master key; empty where this process has none, and shows no names.
    before : str
        The one before it, while it is being replaced.
    """

    def __init__(self, keys: Keys, master: str, before: str = "") -> None:
        self._keys = keys
        self._master = master
        self._before = before
        self._said = False

    def shown(self, text: str, sees: Callable[[int], bool], spelled: Callable[[str], str] = str) -> str:
        """Return a text with names where the reader may see the company's, and with short pseudonyms elsewhere.

        Parameters
        ----------
        text : str
            Any text.
        sees : callable
            Tells whether the names of a company may be seen.
        spelled : callable
            How a name is written there, such as escaped as in a JSON string.

        Raises
        ------
        StorageError
            Where the database does not answer.
        """
        wanted = key_ids(text)
        return replaced(text, self._open(wanted, sees), spelled) if wanted else text

    def _open(self, wanted: set[str], sees: Callable[[int], bool]) -> dict[str, Pseudonymiser]:
        try:
            master = MasterKey(self._master, self._before) if self._master else None
            if master is None:
                return {}
            return {one.key_id: master.pseudonymiser(one) for one in self._keys.find(wanted) if sees(one.societe_id)}
        except MasterKeyError as error:
            if not self._said:  # once: it is the same for each text
                LOGGER.warning("names stay pseudonyms: %s", error)
                self._said = True
            return {}
