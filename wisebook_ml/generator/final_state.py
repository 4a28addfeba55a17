"""What the books say in the end: the last revision of every entry."""

import datetime as dt
from collections.abc import Iterable

from msgspec.structs import replace

from schemas import Ecriture, Operation

__all__ = ["final_state"]

CLOSING_DAYS = 90
"""Days after the year's end at which the books are closed, and with them every entry validated."""


def final_state(ecritures: Iterable[Ecriture], *, cloture: bool = False) -> list[Ecriture]:
    """Return the last revision of every entry that was not deleted.

    Parameters
    ----------
    cloture : bool
        Give entries without a validation date the day on which their fiscal year was closed, as the FEC of a
        closed year has it.
    """
    last: dict[str, Ecriture] = {}
    for ecriture in ecritures:
        last[ecriture.ecriture_id] = ecriture
    kept = [one for one in last.values() if one.operation is not Operation.SUPPRESSION]
    if cloture:
        kept = [one if one.valid_date else replace(one, valid_date=_closing_day(one)) for one in kept]
    return kept


def _closing_day(ecriture: Ecriture) -> dt.date:
    end = dt.date.fromisoformat(str(ecriture.exercice).partition("/")[2])
    return end + dt.timedelta(days=CLOSING_DAYS)
