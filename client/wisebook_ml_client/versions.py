"""What becomes of an entry that was published: later versions of it, under the same id.

wisebook_ml keeps the version with the highest `revision`. It judges the entry anew under the id of its detection, and
closes the detection when its reason is gone. An older version that comes late is ignored, and so is the same version
that comes again; another content under the same revision is refused as a contradiction.
"""

from typing import Any

from msgspec.structs import replace

from schemas import Ecriture, Operation

__all__ = ["close", "correct", "delete"]


def correct(entry: Ecriture, **changes: Any) -> Ecriture:
    """Return the next version of an entry, with fields changed.

    Parameters
    ----------
    entry : Ecriture
        The version that was published last.
    **changes
        Fields with their new values, such as ``lignes=[...]``; `lignes` are given whole.

    Raises
    ------
    ValueError
        Where a change would make it another entry, or is of the version itself.

    Examples
    --------
    >>> import datetime as dt
    >>> from schemas import Ligne
    >>> lines = [Ligne(compte_num="606100", debit="120.00"), Ligne(compte_num="401000", credit="120.00")]
    >>> first = Ecriture(
    ...     societe_id=7, ecriture_id="E-1", journal_code="HA", ecriture_date=dt.date(2025, 3, 3), lignes=lines
    ... )
    >>> second = correct(first, ecriture_date=dt.date(2025, 3, 4))
    >>> second.revision, second.operation.value, second.ecriture_date.isoformat()
    (2, 'MODIFICATION', '2025-03-04')
    >>> delete(second).revision, delete(second).operation.value
    (3, 'SUPPRESSION')
    """
    for name in ("societe_id", "ecriture_id"):
        if name in changes and changes[name] != getattr(entry, name):
            raise ValueError(f"{name} is what the entry is known by; delete this one and publish another")
    for name in ("revision", "operation"):
        if name in changes:
            raise ValueError(f"{name} follows from what is done; leave it out (`close` validates, `delete` deletes)")
    return _next(entry, Operation.MODIFICATION, **changes)


def close(entry: Ecriture, **changes: Any) -> Ecriture:
    """Return the version of an entry that is validated, and must not change any more (`valid_date=...`)."""
    return _next(entry, Operation.VALIDATION, **changes)


def delete(entry: Ecriture) -> Ecriture:
    """Return the version of an entry that says it is deleted; it keeps its lines, so that a reader sees what went."""
    return _next(entry, Operation.SUPPRESSION)


def _next(entry: Ecriture, operation: Operation, **changes: Any) -> Ecriture:
    if entry.operation is Operation.SUPPRESSION:
        raise ValueError(f"entry {entry.ecriture_id} is deleted (revision {entry.revision}); it has no later version")
    return replace(entry, revision=entry.revision + 1, operation=operation, **changes)
