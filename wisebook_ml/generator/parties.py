"""Customers and suppliers: who they are, how often and how much they trade, and since when."""

from __future__ import annotations

import datetime as dt
import hashlib
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random

from msgspec import Struct

from wisebook_ml.generator.names import Namer
from wisebook_ml.generator.timeline import JOUR

__all__ = ["PURCHASE_KINDS", "PartyBook", "PurchaseKind", "Tiers", "bank_print", "letter_code"]


class PurchaseKind(Struct, frozen=True):
    """What one kind of supplier sells: account, VAT rate in tenths of a percent, amounts, and how often."""

    code: str
    compte: str
    taux: int
    median: int
    """Typical amount before tax, in euros."""
    sigma: float
    poids: float
    lib: str


PURCHASE_KINDS: tuple[PurchaseKind, ...] = (
    PurchaseKind("marchandises", "607", 200, 640, 0.8, 26, "ACHAT MARCHANDISES"),
    PurchaseKind("marchandises_55", "607", 55, 310, 0.7, 8, "ACHAT DENREES"),
    PurchaseKind("intracom", "6072", -200, 1150, 0.7, 5, "ACHAT UE"),
    PurchaseKind("import", "6073", 0, 2300, 0.6, 3, "IMPORT"),
    PurchaseKind("prestations", "604", 200, 890, 0.7, 6, "PRESTATION"),
    PurchaseKind("sous_traitance", "611", 200, 1240, 0.7, 6, "SOUS-TRAITANCE"),
    PurchaseKind("transport", "6241", 200, 140, 0.6, 9, "TRANSPORT"),
    PurchaseKind("transport_ventes", "6242", 200, 95, 0.6, 8, "EXPEDITIONS"),
    PurchaseKind("carburant", "60614", 200, 74, 0.35, 7, "CARBURANT"),
    PurchaseKind("petit_equipement", "6063", 200, 120, 0.9, 8, "PETIT EQUIPEMENT"),
    PurchaseKind("fournitures", "6064", 200, 85, 0.7, 7, "FOURNITURES"),
    PurchaseKind("entretien", "6155", 200, 330, 0.8, 4, "REPARATION"),
    PurchaseKind("interim", "6211", 200, 1450, 0.5, 3, "MISSION INTERIM"),
    PurchaseKind("honoraires", "6226", 200, 780, 0.6, 2, "HONORAIRES"),
    PurchaseKind("publicite", "6231", 200, 460, 0.8, 3, "CAMPAGNE"),
    PurchaseKind("voyages", "6251", 100, 190, 0.6, 4, "DEPLACEMENT"),
    PurchaseKind("receptions", "6257", 100, 88, 0.5, 4, "RESTAURANT"),
    PurchaseKind("poste", "6261", 0, 62, 0.6, 2, "AFFRANCHISSEMENT"),
    PurchaseKind("presse", "6181", 21, 38, 0.4, 1, "ABONNEMENT REVUE"),
)
"""Negative rates stand for the reverse charge of an intra-EU purchase."""

ARRIVALS_PER_YEAR = 0.28
"""Share of new third parties a year, of those at the start: the usual churn of a small company."""

WEIGHT_CAP = 25.0
"""A heavy tail, but no single customer that is the whole company."""


class Tiers(Struct):
    """A customer or supplier and its bookkeeping state."""

    aux: str
    nom: str
    poids: float
    facteur: float
    """Multiplies typical amounts: some third parties trade bigger than others."""
    depuis: dt.date
    delai: int
    """Days to pay."""
    mode: str
    iban: str = ""
    genre: PurchaseKind | None = None
    zone: str = "FR"
    taux: int = 200
    devise: str = ""
    lettres: int = 0
    factures: int = 0
    limite: dt.date = dt.date.min
    """End of the last month with a purchase just below an approval limit."""

    def next_letter(self) -> str:
        """Return the next lettering code of this account: AA, AB, … ZZ, AAA."""
        self.lettres += 1
        return letter_code(self.lettres - 1)


def letter_code(index: int) -> str:
    """Return the n-th lettering code.

    Examples
    --------
    >>> letter_code(0), letter_code(27), letter_code(26 * 26)
    ('AA', 'BB', 'AAA')
    """
    length = 2
    while index >= 26**length:
        index -= 26**length
        length += 1
    letters = ""
    for _ in range(length):
        index, rest = divmod(index, 26)
        letters = chr(65 + rest) + letters
    return letters


def bank_print(seed: object) -> str:
    """Return a made-up fingerprint of bank details."""
    return hashlib.blake2b(repr(seed).encode(), digest_size=16).hexdigest()


class PartyBook:
    """All customers, or all suppliers, with the ones known at a date drawn by how much they trade."""

    def __init__(self, prefix: str, style: str) -> None:
        self.prefix = prefix
        self._style = style
        self.tous: list[Tiers] = []
        self.actifs: list[Tiers] = []
        self._cum: list[float] = []

    def aux(self, nom: str) -> str:
        """Return an account number for a new third party, in the company's style."""
        number = len(self.tous) + 1
        if self._style == "numero":
            return f"{self.prefix}{number:05d}"
        letters = "".join(char for char in nom if char.isalpha())[:5].ljust(5, "X")
        return f"{self.prefix}{letters}{number:04d}"

    def add(self, tiers: Tiers) -> Tiers:
        """Take in a new third party; it counts from the next `open_month` on."""
        self.tous.append(tiers)
        return tiers

    def open_month(self, until: dt.date) -> None:
        """Make those who have arrived by a date available to `draw`."""
        self.actifs = [tiers for tiers in self.tous if tiers.depuis <= until and tiers.poids > 0]
        self._cum = list(accumulate(tiers.poids for tiers in self.actifs))

    def draw(self, rng: Random, day: dt.date) -> Tiers:
        """Return one of those who had arrived by a day, the busier the likelier."""
        while True:
            tiers = self.actifs[bisect(self._cum, rng.random() * self._cum[-1])]
            if tiers.depuis <= day:
                return tiers


def _arrival(rng: Random, i: int, base: int, start: dt.date, days: int) -> dt.date:
    return dt.date.min if i < base else start + JOUR * rng.randint(4, max(5, days - 10))


def make_customers(rng: Random, namer: Namer, book: PartyBook, count: int, start: dt.date, days: int) -> None:
    """Fill the book of customers: a few big ones, many small ones, and those who come later."""
    total = count + round(count * ARRIVALS_PER_YEAR * days / 365)
    for i in range(total):
        nom = namer.company()
        zone = rng.choices(("FR", "UE", "HORS_UE"), (91, 6, 3))[0]
        book.add(
            Tiers(
                aux=book.aux(nom),
                nom=nom,
                poids=min(rng.paretovariate(1.2), WEIGHT_CAP),
                facteur=rng.lognormvariate(0, 0.55),
                depuis=_arrival(rng, i, count, start, days),
                delai=rng.choice((0, 15, 30, 30, 30, 45, 45, 60)),
                mode=rng.choices(("VIR", "CHQ", "CB"), (80, 14, 6))[0],
                zone=zone,
                taux=rng.choices((200, 100, 55, 21), (90, 4, 5, 1))[0] if zone == "FR" else 0,
            )
        )


def make_suppliers(
    rng: Random, namer: Namer, book: PartyBook, count: int, start: dt.date, days: int, seed: int,
    kinds: Sequence[PurchaseKind] = PURCHASE_KINDS,
) -> None:  # fmt: skip
    """Fill the book of suppliers, each selling one kind of thing."""
    total = count + round(count * ARRIVALS_PER_YEAR * days / 365)
    weights = [kind.poids for kind in kinds]
    for i in range(total):
        # The first ones cover every kind once, so that small companies buy everything too.
        kind = kinds[i] if i < min(len(kinds), count) else rng.choices(kinds, weights)[0]
        nom = namer.company()
        aux = book.aux(nom)
        book.add(
            Tiers(
                aux=aux,
                nom=nom,
                poids=min(rng.paretovariate(1.3), WEIGHT_CAP) * kind.poids,
                facteur=rng.lognormvariate(0, 0.4),
                depuis=_arrival(rng, i, count, start, days),
                delai=rng.choice((8, 15, 30, 30, 30, 45)),
                mode="CB" if kind.code in ("carburant", "receptions", "poste")
                else rng.choices(("VIR", "PRLV", "CHQ"), (76, 18, 6))[0],
                iban=bank_print((seed, aux)),
                genre=kind,
                zone={"intracom": "UE", "import": "HORS_UE"}.get(kind.code, "FR"),
                taux=kind.taux,
                devise=rng.choice(("USD", "USD", "GBP", "CHF")) if kind.code == "import" else "",
            )
        )  # fmt: skip
