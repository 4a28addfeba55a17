"""The treasury of a partition: positions of many companies in one order, and what follows from each."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from schemas import Alerte, Detection, Objet, PositionTresorerie, Prediction, TypeObjet
from wisebook_ml.snapshots.format import Buffer
from wisebook_ml.treasury.basis import TREASURY_FOLD
from wisebook_ml.treasury.consistency import affected, incoherent
from wisebook_ml.treasury.currency import CurrencyFold, Followed, Withdrawn
from wisebook_ml.treasury.dump import KeptCompany, book_of, keep_book, keep_fold, restore_fold
from wisebook_ml.treasury.exceptions import PositionRefused, TreasuryError
from wisebook_ml.treasury.findings import Findings, of_balance
from wisebook_ml.treasury.forecast import QUANTITIES, Forecast
from wisebook_ml.treasury.learning import Start, at_once
from wisebook_ml.treasury.positions import PositionBook, Taken
from wisebook_ml.treasury.predictions import predictions_of, subject

__all__ = ["Made", "StateError", "TreasuryState"]

UNTOLD = dt.timedelta(days=366)
"""How far a position may lie after the newest one that is known, where its event does not tell when it was published:
one mistyped year would otherwise make the past of all that follows."""

EARLIEST, LATEST = dt.date(1970, 1, 1), dt.date(2999, 12, 31)
"""Days between which a position can lie: beyond them a year is mistyped, and some days of the calendar do not exist."""

ENCODER = msgspec.msgpack.Encoder()
DECODER = msgspec.msgpack.Decoder(list[KeptCompany])


class StateError(TreasuryError):
    """A dump that is none of this version."""


@dataclass(frozen=True, slots=True)
class Made:
    """One record that follows; without one, what stood under the key is withdrawn."""

    key: str
    record: Detection | Alerte | Prediction | None


class _Company:
    """One company: what its banks said, what follows in each currency, and what was told."""

    def __init__(self, book: PositionBook, start: Start, plancher: float) -> None:
        self.book = book
        self.findings = Findings(book.societe_id)
        self.folds: dict[str, CurrencyFold] = {}
        self._start = start
        self._plancher = plancher

    def fold(self, devise: str) -> CurrencyFold:
        """Return the fold of a currency."""
        if devise not in self.folds:
            self.folds[devise] = CurrencyFold(self.book, devise, self.findings, self._start, self._plancher)
        return self.folds[devise]

    def newest(self) -> dt.date | None:
        """Return the last day of any account."""
        return max((max(days) for days in self.book.accounts.values() if days), default=None)


class TreasuryState:
    """The companies of a partition: a function of their positions, in the order in which they came, and nothing else.

    However positions are cut into calls, whenever a model is there, and wherever a dump was taken, the same follows.

    Parameters
    ----------
    start : callable
        Has a model learnt from a series, here or elsewhere, and returns what waits for it.
    plancher : float
        The floor that balances should not fall under.
    """

    def __init__(self, start: Start = at_once, plancher: float = 0.0) -> None:
        self._start = start
        self._plancher = plancher
        self._companies: dict[int, _Company] = {}

    def take(self, position: PositionTresorerie, published: dt.date | None) -> list[Made]:
        """Take one position; return what follows from it, in order.

        Parameters
        ----------
        position : PositionTresorerie
            A record that fits its schema.
        published : date, optional
            The day of the event, where it tells.

        Raises
        ------
        PositionRefused
            Where it makes no sense; then it leaves no trace.
        """
        company = self._companies.get(position.societe_id)
        if company is None:
            company = _Company(PositionBook(position.societe_id), self._start, self._plancher)
        if published is None:
            newest = company.newest()
            published = position.date if newest is None else newest + UNTOLD
        if position.date < EARLIEST:
            raise PositionRefused(
                f"account {position.compte_num} on {position.date.isoformat()}: lies before {EARLIEST.isoformat()}; "
                "correct the year"
            )
        taken = company.book.take(position, min(published, LATEST))
        self._companies[position.societe_id] = company
        if taken is Taken.UNCHANGED:
            return []
        made = list(_balances(company, position))
        fold = company.fold(position.devise)
        for followed in fold.take(position.date):
            made += _made(followed, position, fold.version)
        return made

    # State

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the positions."""
        return f"{TREASURY_FOLD} floor {self._plancher!r}"

    def dump(self) -> Iterator[tuple[str, Buffer]]:
        """Return copies of the bytes that make the state, with a name each."""
        kept = [
            KeptCompany(
                societe_id,
                keep_book(company.book),
                [keep_fold(devise, fold) for devise, fold in company.folds.items()],
                company.findings.told,
            )
            for societe_id, company in self._companies.items()
        ]
        yield "companies", ENCODER.encode(kept)

    def load(self, parts: Mapping[str, memoryview]) -> None:
        """Take a state that was dumped; this one must not have taken any positions.

        Raises
        ------
        StateError
            Where the parts are none of this version; the state is then of no more use.
        """
        if "companies" not in parts:
            raise StateError("missing part: companies")
        try:
            companies = DECODER.decode(parts["companies"])
            for kept in companies:
                company = _Company(book_of(kept), self._start, self._plancher)
                company.findings.told = dict(kept.told)
                for one in kept.folds:
                    restore_fold(company.fold(one.devise), one, self._start)
                self._companies[kept.societe_id] = company
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise StateError(str(error)) from error


def _balances(company: _Company, position: PositionTresorerie) -> Iterator[Made]:
    """Yield what changes about balances that do not follow from the day before."""
    days = company.book.accounts[position.compte_num]
    for day in affected(days, position.date):
        reason = incoherent(days, day)
        objet = Objet(type=TypeObjet.COMPTE_BANCAIRE, id=f"{position.compte_num}/{day.isoformat()}")
        detection = company.findings.tell(objet, None if reason is None else of_balance(reason, day), 0)
        if detection is not None:
            yield Made(str(detection.detection_id), detection)


def _made(followed: Followed, position: PositionTresorerie, version: int) -> Iterator[Made]:
    if isinstance(followed, Detection):
        yield Made(str(followed.detection_id), followed)
    elif isinstance(followed, Alerte):
        yield Made(str(followed.societe_id), followed)
    elif isinstance(followed, Forecast):
        for prediction in predictions_of(followed, version):
            yield Made(prediction.sujet, prediction)
    elif isinstance(followed, Withdrawn):
        for quantity in QUANTITIES:
            yield Made(subject(position.societe_id, position.devise, quantity), None)
