"""What a company has set of its treasury, for who asks about it outside the stream."""

from wisebook_ml.storage import SettingsStore
from wisebook_ml.treasury.rules import Rules

__all__ = ["rules_of"]


def rules_of(store: SettingsStore, societe_id: int) -> Rules:
    """Return the rules of a company: its own, else those of all, else the built-in ones.

    Raises
    ------
    StorageError
        Where the database does not tell.
    """
    parametres = store.in_force(societe_id)
    return Rules.of(parametres.tresorerie, parametres.version)
