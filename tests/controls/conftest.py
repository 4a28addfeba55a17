"""Ordinary books of a small company, to which a test posts what it is about."""

import copy
import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from schemas import CodeMotif, Detection, Ecriture, Etat, Ligne, Origine, Parametres, from_minor
from wisebook_ml.controls import CONTROLS, SettingsTable
from wisebook_ml.features import FEATURES
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.calendar import is_off_day
from wisebook_ml.models.half_space_trees import grow_splits
from wisebook_ml.scoring.core import ONLINE, Scored, score_batch
from wisebook_ml.scoring.state import ScoringState

SUPPLIERS = ("DURAND", "MARTIN", "LEROY")
CUSTOMERS = ("ALPHA", "BETA", "GAMMA")
LAST_DAY = dt.date(2024, 11, 15)
"""A Friday; what is tested is posted on the Tuesday after."""
SPLITS = grow_splits(seed=1, features=len(FEATURES))
TABLE = SettingsTable.of([Parametres(societe_id=0)], CONTROLS)


class Books:
    """Entries as a small company makes them, and the state of a scorer that has seen ten and a half months of them.

    Every working day brings one purchase (by anne, in the morning), one sale and one payment (by luc, in the
    afternoon); every day of the week brings the till's takings (ten lines), without a document; three times a month
    wages are posted. Amounts lie between 80 and 300 euros and are not round.
    """

    def __init__(self) -> None:
        self.state = ScoringState()
        self.today = dt.date(2024, 11, 19)
        self._numbers: dict[str, int] = {}
        self._made = 0

    @classmethod
    def ordinary(cls) -> "Books":
        """Return books with their habits."""
        books, day = cls(), dt.date(2024, 1, 2)
        entries = []
        while day <= LAST_DAY:
            k = (day - dt.date(2024, 1, 1)).days
            if not is_off_day(day):
                supplier, customer = SUPPLIERS[k % 3], CUSTOMERS[k % 3]
                entries.append(books.purchase(day=day, supplier=supplier, euros=80 + (k * 37 % 219) + (k % 89) / 100))
                entries.append(books.sale(day=day, customer=customer, euros=80 + (k * 41 % 217) + (k % 83) / 100))
                entries.append(books.payment(day=day, supplier=supplier, euros=80 + (k * 43 % 213) + (k % 79) / 100))
                if day.day in (5, 15, 25):
                    entries.append(books.wages(day=day, euros=2000 + k % 77 + 0.37))
            entries.append(books.takings(day=day, euros=150 + (k * 47 % 101) + (k % 73) / 100))
            day += dt.timedelta(1)
        books.score(*entries)
        return books

    # What the company posts.

    def purchase(
        self,
        *,
        euros: float = 163.27,
        supplier: str = "DURAND",
        vat: float = 0.20,
        account: str = "606400",
        piece: str | None = None,
        label: str | None = None,
        iban: str = "",
        name: str = "",
        **fields: object,
    ) -> Ecriture:
        """Return a supplier's invoice of `euros` without VAT."""
        net, tax = round(euros * 100), round(euros * vat * 100)
        self._made += 1
        lines = [
            line(account, debit=net),
            *([line("445660", debit=tax)] if tax else []),
            line("401000", credit=net + tax, party=supplier, iban=iban, name=name),
        ]
        piece = f"FA{self._made * 7}{supplier[:1]}" if piece is None else piece
        return self.entry("AC", lines, piece=piece, label=label or f"Facture {supplier}", author="anne", **fields)

    def sale(self, *, euros: float = 163.27, customer: str = "ALPHA", **fields: object) -> Ecriture:
        """Return an invoice to a customer."""
        net, tax = round(euros * 100), round(euros * 20)
        lines = [
            line("411000", debit=net + tax, party=customer),
            line("707000", credit=net),
            line("445710", credit=tax),
        ]
        return self.entry("VE", lines, label=f"Vente {customer}", author="luc", hour=14, **fields)

    def payment(self, *, euros: float = 163.27, supplier: str = "DURAND", **fields: object) -> Ecriture:
        """Return a payment to a supplier."""
        lines = [line("401000", debit=round(euros * 100), party=supplier), line("512000", credit=round(euros * 100))]
        return self.entry("BQ", lines, label=f"Virement {supplier}", author="luc", hour=16, **fields)

    def wages(self, *, euros: float = 2012.37, **fields: object) -> Ecriture:
        """Return wages."""
        lines = [line("641000", debit=round(euros * 100)), line("421000", credit=round(euros * 100))]
        return self.entry("OD", lines, label="Salaires", author="anne", **fields)

    def takings(self, *, euros: float = 163.27, **fields: object) -> Ecriture:
        """Return a day's takings of the till, seven days a week, without a document."""
        cents = round(euros * 100)
        goods = [line(f"7071{k}0", credit=cents // k) for k in (1, 2, 3)]
        meals = [line(f"7072{k}0", credit=cents // k) for k in (1, 2, 3)]
        tax = [
            line("445711", credit=sum(round(cents // k * 0.20) for k in (1, 2, 3))),
            line("445712", credit=sum(round(cents // k * 0.10) for k in (1, 2, 3))),
        ]
        total = sum(round(float(one.credit) * 100) for one in (*goods, *meals, *tax))
        paid = [line("531000", debit=total // 3), line("511500", debit=total - total // 3)]
        lines = [*paid, *goods, *meals, *tax]
        fields = {"origine": Origine.AUTOMATIQUE} | fields
        return self.entry("CA", lines, piece="", label="Recettes du jour", author="caisse", hour=20, **fields)

    def entry(
        self,
        journal: str,
        lines: list[Ligne],
        *,
        day: dt.date | None = None,
        label: str = "Opération diverse de clôture",
        piece: str | None = None,
        author: str = "anne",
        hour: int = 10,
        minute: int | None = None,
        entered: dt.date | None = None,
        number: int | str | None = None,
        **fields: object,
    ) -> Ecriture:
        """Return any entry; what is not given is ordinary."""
        self._made += 1
        day = day or self.today
        if number is None:
            self._numbers[journal] = number = self._numbers.get(journal, 0) + 1
        time = dt.time(hour - 1, self._made * 11 % 60 if minute is None else minute, tzinfo=dt.UTC)
        piece = f"{journal}{self._made * 13}" if piece is None else piece
        common = {
            "ecriture_id": f"{journal}-{self._made}",
            "exercice": "2024",
            "ecriture_num": str(number),
            "ecriture_date": day,
            "saisie_par": author,
            "saisie_le": dt.datetime.combine(entered or day, time),
            "origine": Origine.MANUELLE,
            "lignes": [_labelled(one, label, piece) for one in lines],
        }
        return Ecriture(societe_id=1, journal_code=journal, **(common | fields))  # type: ignore[arg-type]

    # What is found.

    def score(self, *entries: Ecriture) -> list[Detection]:
        """Score the next entries, none of which contradicts what was posted before."""
        scored = self.score_all(entries)
        assert scored.conflicts == []
        return [detection for _, detection in scored.detections]

    def score_all(self, entries: Sequence[Ecriture]) -> Scored:
        """Score any entries."""
        batch, no_model = EntryBatch.from_entries(entries), np.full(len(entries), ONLINE, dtype=np.int64)
        same = np.zeros(len(batch), np.int64)
        return score_batch(batch, self.state, [], no_model, TABLE, same, SPLITS)

    def found(self, *entries: Ecriture) -> set[CodeMotif]:
        """Return the controls that pass their threshold in any of the next entries."""
        return {
            motif.code
            for detection in self.score(*entries)
            if detection.etat is Etat.OUVERTE
            for motif in detection.motifs
            if motif.valeur >= motif.seuil
        }


def line(account: str, *, debit: int = 0, credit: int = 0, party: str = "", iban: str = "", name: str = "") -> Ligne:
    """Return a line, with amounts in cents."""
    return Ligne(
        compte_num=account,
        comp_aux_num=party,
        comp_aux_lib=name,
        debit=from_minor(debit),
        credit=from_minor(credit),
        iban_empreinte=iban,
    )


def _labelled(one: Ligne, label: str, piece: str) -> Ligne:
    return Ligne(
        compte_num=one.compte_num,
        comp_aux_num=one.comp_aux_num,
        comp_aux_lib=one.comp_aux_lib,
        debit=one.debit,
        credit=one.credit,
        iban_empreinte=one.iban_empreinte,
        piece_ref=piece,
        ecriture_lib=label,
    )


@pytest.fixture(scope="session")
def ordinary_books() -> Books:
    """Return the ordinary books, to be copied."""
    return Books.ordinary()


@pytest.fixture
def books(ordinary_books: Books) -> Books:
    """Return ordinary books of one test alone."""
    copied = copy.copy(ordinary_books)
    copied.state = ScoringState()
    copied.state.load({name: data.tobytes() for name, data in ordinary_books.state.dump()})
    copied._numbers = dict(ordinary_books._numbers)
    return copied


@pytest.fixture(scope="session")
def new_books() -> type[Books]:
    """Return what makes the books of a new company."""
    return Books
