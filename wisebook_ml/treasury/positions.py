"""The positions of one company: every bank account, every day, the latest revision of each."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from schemas import PositionTresorerie
from schemas.money import to_minor
from wisebook_ml.controls.texts import date_fr
from wisebook_ml.treasury.exceptions import PositionRefused

__all__ = ["EARLIEST", "LATEST", "DayPosition", "PositionBook", "Taken"]

EARLIEST, LATEST = dt.date(1970, 1, 1), dt.date(2999, 12, 31)
"""Days between which a position can lie: beyond them a year is mistyped, and some days of the calendar do not exist."""

AHEAD = dt.timedelta(days=1)
"""How far a position may lie after the day it was published: a bank east of here has tomorrow already."""


class Taken(StrEnum):
    """What a position did to the book."""

    NEW_DAY = "NEW_DAY"
    """The day was not there before, and is the last one."""

    PAST_DAY = "PAST_DAY"
    """The day was missing, and lies before the last one."""

    CORRECTION = "CORRECTION"
    """A later revision of a day that was there: what was forecast from it is to be forecast again."""

    UNCHANGED = "UNCHANGED"
    """A copy, or a revision that was overtaken already."""


@dataclass(frozen=True, slots=True)
class DayPosition:
    """One account on one day, in minor units; `revision` is that of the record it came with."""

    solde: int
    entrees: int
    sorties: int
    revision: int = 1

    def moves_like(self, other: "DayPosition") -> bool:
        """Tell whether as much came in and went out."""
        return (self.entrees, self.sorties) == (other.entrees, other.sorties)


@dataclass(slots=True)
class PositionBook:
    """What a company's banks said, day by day.

    What it holds does not depend on the order in which positions came, since the highest revision of a day counts.

    Parameters
    ----------
    societe_id : int
        The company.

    Examples
    --------
    >>> book = PositionBook(7)
    >>> day = PositionTresorerie(societe_id=7, compte_num="512000", date=dt.date(2025, 3, 3), solde="10.00")
    >>> book.take(day, dt.date(2025, 3, 3)).value
    'NEW_DAY'
    >>> book.take(day, dt.date(2025, 3, 3)).value
    'UNCHANGED'
    """

    societe_id: int
    accounts: dict[str, dict[dt.date, DayPosition]] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)

    def take(self, position: PositionTresorerie, published: dt.date) -> Taken:
        """Take one position.

        Parameters
        ----------
        position : PositionTresorerie
            A record that fits its schema.
        published : date
            The day of the event, which no position may lie after: the book knows no clock.

        Raises
        ------
        PositionRefused
            Another company, a day in the future, another currency than the account had, negative flows, or two
            different positions of one day under the same revision.
        """
        where = f"account {position.compte_num} on {position.date.isoformat()}"
        self._check(position, published, where)
        days = self.accounts.get(position.compte_num, {})
        value = DayPosition(
            to_minor(position.solde), to_minor(position.entrees), to_minor(position.sorties), position.revision
        )
        known = days.get(position.date)
        if known is not None and value.revision <= known.revision:
            if value.revision == known.revision and value != known:
                raise PositionRefused(
                    f"{where}: there is another position of this day with revision {known.revision} already "
                    f"({_told(known, ('balance', 'in', 'out'))}; now {_told(value, ('balance', 'in', 'out'))}); "
                    "send a correction with a higher revision",
                    f"compte {position.compte_num} au {date_fr(position.date)} : ce jour a déjà une autre position de "
                    f"révision {known.revision} ({_told(known, ('solde', 'entrées', 'sorties'))} ; désormais "
                    f"{_told(value, ('solde', 'entrées', 'sorties'))}) ; envoyer la correction avec une révision plus "
                    "élevée",
                )
            return Taken.UNCHANGED
        newest = not days or position.date > max(days)
        self.accounts.setdefault(position.compte_num, {})[position.date] = value
        self.currencies.setdefault(position.compte_num, position.devise)
        if known is not None:
            return Taken.CORRECTION
        return Taken.NEW_DAY if newest else Taken.PAST_DAY

    def accounts_of(self, devise: str) -> tuple[str, ...]:
        """Return the accounts that are kept in a currency, in order."""
        return tuple(sorted(account for account, kept_in in self.currencies.items() if kept_in == devise))

    def devises(self) -> Iterator[str]:
        """Yield the currencies of the accounts, in order."""
        yield from sorted(set(self.currencies.values()))

    def _check(self, position: PositionTresorerie, published: dt.date, where: str) -> None:
        if position.societe_id != self.societe_id:
            raise PositionRefused(f"{where}: is of company {position.societe_id}, not {self.societe_id}")
        if position.date > published + AHEAD:
            raise PositionRefused(
                f"{where}: lies in the future (published on {published.isoformat()}); a position is what a bank has "
                "booked: send it on its day, and what is planned as a scenario",
                f"compte {position.compte_num} au {date_fr(position.date)} : ce jour est à venir ; une position est ce "
                "que la banque a comptabilisé : l'envoyer le jour même, et ce qui est prévu comme scénario",
            )
        kept_in = self.currencies.get(position.compte_num, position.devise)
        if position.devise != kept_in:
            raise PositionRefused(
                f"{where}: is in {position.devise}, the account's other positions are in {kept_in}; "
                "an account has one currency: use another account number",
                f"compte {position.compte_num} au {date_fr(position.date)} : est en {position.devise}, les autres "
                f"positions du compte en {kept_in} ; un compte n'a qu'une devise : prendre un autre numéro de compte",
            )
        for name, amount in (("entrees", position.entrees), ("sorties", position.sorties)):
            if to_minor(amount) < 0:
                raise PositionRefused(
                    f"{where}: {name} is {amount}; flows are not negative: what went out belongs to sorties",
                    f"compte {position.compte_num} au {date_fr(position.date)} : {name} vaut {amount} ; un flux n'est "
                    "pas négatif : ce qui sort va dans sorties",
                )


def _told(position: DayPosition, names: tuple[str, str, str]) -> str:
    amounts = (position.solde, position.entrees, position.sorties)
    return ", ".join(f"{name} {cents / 100:.2f}" for name, cents in zip(names, amounts, strict=True))
