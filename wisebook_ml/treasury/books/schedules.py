"""The expected payments that a company's records tell of, evening by evening: the highest revision of each counts."""

from dataclasses import dataclass

import numpy as np

from schemas import Echeancier, to_minor
from wisebook_ml.treasury.books.expected import AHEAD, Attendus
from wisebook_ml.treasury.exceptions import PositionRefused

__all__ = ["EVENINGS_KEPT", "FARTHEST", "KeptEvening", "Schedules"]

EVENINGS_KEPT = 5 * 366
"""Days back from the newest evening that are kept: models learn payments from no more."""

FARTHEST = 2 * 366
"""Days after its evening in which a payment can be expected: beyond them a year is mistyped. What lies beyond the
horizon (`expected.AHEAD`) is not kept."""

KeptEvening = tuple[int, int, bytes]
"""Ordinal, revision, and rows of (ordinal of the day, cents) as int64."""


@dataclass(frozen=True, slots=True)
class _Evening:
    revision: int
    rows: bytes


class Schedules:
    """What is expected in one currency, as it stood in each evening.

    What it holds does not depend on the order in which records came, but for evenings long before the newest one.

    Examples
    --------
    >>> import datetime as dt
    >>> from schemas import PaiementAttendu
    >>> known = Schedules()
    >>> due = PaiementAttendu(date=dt.date(2025, 3, 7), montant="120.00")
    >>> known.take(Echeancier(societe_id=7, date=dt.date(2025, 3, 3), paiements=[due]))
    True
    >>> len(known.attendus())
    1
    """

    def __init__(self) -> None:
        self._evenings: dict[int, _Evening] = {}
        self._attendus: Attendus | None = None

    def take(self, schedule: Echeancier) -> bool:
        """Take what was expected in an evening; say whether that changes anything.

        Raises
        ------
        PositionRefused
            A payment that is not after its evening or years after it, two of one sign on one day, or two different
            schedules of one evening under the same revision.
        """
        evening = schedule.date.toordinal()
        rows = _rows(schedule)
        known = self._evenings.get(evening)
        if known is not None and schedule.revision <= known.revision:
            if schedule.revision == known.revision and rows != known.rows:
                raise PositionRefused(
                    f"{_where(schedule)}: there are other expected payments of this evening with revision "
                    f"{known.revision} already; send a correction with a higher revision"
                )
            return False
        newest = max(self._evenings, default=evening)
        if evening <= newest - EVENINGS_KEPT:
            return False
        self._evenings[evening] = _Evening(schedule.revision, rows)
        self._attendus = None
        if evening > newest:
            self._evenings = {day: one for day, one in self._evenings.items() if day > evening - EVENINGS_KEPT}
        return known is None or known.rows != rows

    def attendus(self) -> Attendus:
        """Return all of it, as models read it."""
        if self._attendus is None:
            evenings = sorted(self._evenings)
            parts = [np.frombuffer(self._evenings[day].rows, dtype=np.int64).reshape(-1, 2) for day in evenings]
            table = np.concatenate([*parts, np.zeros((0, 2), dtype=np.int64)])
            starts = np.concatenate([[0], np.cumsum([len(one) for one in parts], dtype=np.int64)]).astype(np.int64)
            self._attendus = Attendus(
                np.array(evenings, dtype=np.int64), starts, table[:, 0].copy(), table[:, 1].copy()
            )
        return self._attendus

    def newest(self, until: int) -> int | None:
        """Return the last evening that is not after a day."""
        return max((day for day in self._evenings if day <= until), default=None)

    def kept(self) -> list[KeptEvening]:
        """Return all that it is made of."""
        return [(day, one.revision, one.rows) for day, one in self._evenings.items()]

    def restore(self, kept: list[KeptEvening]) -> None:
        """Become what was kept."""
        self._evenings = {day: _Evening(revision, rows) for day, revision, rows in kept}
        self._attendus = None


def _rows(schedule: Echeancier) -> bytes:
    """Return the payments within the horizon, by day, what goes out first.

    Raises
    ------
    PositionRefused
        Where they make no sense.
    """
    evening = schedule.date.toordinal()
    found: dict[tuple[int, bool], int] = {}
    for one in schedule.paiements:
        day, cents = one.date.toordinal(), to_minor(one.montant)
        if day <= evening:
            raise PositionRefused(
                f"{_where(schedule)}: a payment of {one.montant} is expected on {one.date.isoformat()}, which is not "
                "after that evening; what is overdue is expected on a day to come"
            )
        if day > evening + FARTHEST:
            raise PositionRefused(
                f"{_where(schedule)}: a payment of {one.montant} is expected on {one.date.isoformat()}, "
                f"{day - evening} days later; correct the year, or leave out what is due beyond {FARTHEST} days"
            )
        if (day, cents > 0) in found:
            raise PositionRefused(
                f"{_where(schedule)}: two payments of one direction are expected on {one.date.isoformat()}; send their "
                "sum"
            )
        found[day, cents > 0] = cents
    rows = sorted((day, cents) for (day, _), cents in found.items() if cents and day <= evening + AHEAD)
    return np.array(rows, dtype=np.int64).reshape(-1, 2).tobytes()


def _where(schedule: Echeancier) -> str:
    return f"expected payments of {schedule.date.isoformat()} in {schedule.devise}"
