"""What was collected of a company: the input of every data set."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas import Avis, Echeancier, Ecriture, PositionTresorerie

__all__ = ["Collected"]


@dataclass(frozen=True, slots=True)
class Collected:
    """A company's records in the order of their publication, from the first on.

    Attributes
    ----------
    entries : sequence of Ecriture
        Every revision of every entry.
    avis : sequence of Avis
        Verdicts.
    positions : sequence of PositionTresorerie
        Treasury positions, every revision.
    echeanciers : sequence of Echeancier
        What the books let expect, evening by evening.
    du, au : date, optional
        First and last date of the rows that a data set makes; what is earlier still forms habits and histories.
    """

    entries: Sequence[Ecriture] = ()
    avis: Sequence[Avis] = ()
    positions: Sequence[PositionTresorerie] = field(default=())
    echeanciers: Sequence[Echeancier] = ()
    du: dt.date | None = None
    au: dt.date | None = None
