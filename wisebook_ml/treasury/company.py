"""The treasury of one company: what its banks or its books say, what follows in each currency, and what was told."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas import Detection, Objet, PositionTresorerie, Prediction, TypeModele, TypeObjet
from wisebook_ml.treasury.consistency import affected, incoherent
from wisebook_ml.treasury.currency import CurrencyFold, Followed, Withdrawn
from wisebook_ml.treasury.findings import Findings, of_balance
from wisebook_ml.treasury.forecasting.forecast import QUANTITIES, Forecast
from wisebook_ml.treasury.forecasting.learning import Start
from wisebook_ml.treasury.forecasting.promoted import Promoted
from wisebook_ml.treasury.positions import PositionBook
from wisebook_ml.treasury.predictions import predictions_of, subject
from wisebook_ml.treasury.rules import Rules

__all__ = ["Company", "Made"]


@dataclass(frozen=True, slots=True)
class Made:
    """One record that follows; without one, what stood under the key is withdrawn."""

    key: str
    record: Detection | Prediction | None


class Company:
    """One company.

    Parameters
    ----------
    book : PositionBook
        Its positions.
    start : callable
        Has a model learnt.
    rules : Rules
        What it has set.
    """

    def __init__(self, book: PositionBook, start: Start, rules: Rules) -> None:
        self.book = book
        self.banked = False
        """Whether a bank has said anything: from then on the books no longer count (`sources.py`)."""
        self.findings = Findings(book.societe_id)
        self.folds: dict[str, CurrencyFold] = {}
        self.promoted: dict[TypeModele, Promoted] = {}
        self._start = start
        self._rules = rules
        self.findings.parametres_version = rules.version

    def fold(self, devise: str) -> CurrencyFold:
        """Return the fold of a currency."""
        if devise not in self.folds:
            self.folds[devise] = CurrencyFold(self.book, devise, self.findings, self._start, self._rules, self.promoted)
        return self.folds[devise]

    def newest(self) -> dt.date | None:
        """Return the last day of any account."""
        return max((max(days) for days in self.book.accounts.values() if days), default=None)

    def settle(self, rules: Rules) -> Iterator[Made]:
        """Put what is set in force; yield what follows."""
        self._rules = rules
        self.findings.parametres_version = rules.version
        for devise, fold in self.folds.items():
            yield from self.made(devise, fold.settle(rules))

    def begin_anew(self) -> Iterator[Made]:
        """Drop positions that were derived from the books, yield what takes back what was told of them.

        Versions go on counting, and what the books let expect still stands.
        """
        before, self.folds = self.folds, {}
        self.book = PositionBook(self.book.societe_id)
        for devise, fold in before.items():
            if fold.published:
                yield from self.made(devise, [Withdrawn()])
            anew = self.fold(devise)
            anew.version, anew.schedules = fold.version, fold.schedules
        version = max((fold.version for fold in before.values()), default=0)
        for detection in self.findings.close_all(version):
            yield Made(str(detection.detection_id), detection)

    def balances(self, position: PositionTresorerie) -> Iterator[Made]:
        """Yield what changes about balances that do not follow from the day before."""
        days = self.book.accounts[position.compte_num]
        for day in affected(days, position.date):
            reason = incoherent(days, day)
            objet = Objet(type=TypeObjet.COMPTE_BANCAIRE, id=f"{position.compte_num}/{day.isoformat()}")
            detection = self.findings.tell(objet, None if reason is None else of_balance(reason, day), 0)
            if detection is not None:
                yield Made(str(detection.detection_id), detection)

    def made(self, devise: str, followed: Iterable[Followed]) -> Iterator[Made]:
        """Yield the records of what follows in a currency."""
        for one in followed:
            if isinstance(one, Detection):
                yield Made(str(one.detection_id), one)
            elif isinstance(one, Forecast):
                fold = self.fold(devise)
                for prediction in predictions_of(one, fold.version, fold.used):
                    yield Made(prediction.sujet, prediction)
            elif isinstance(one, Withdrawn):
                for quantity in QUANTITIES:
                    yield Made(subject(self.book.societe_id, devise, quantity), None)
