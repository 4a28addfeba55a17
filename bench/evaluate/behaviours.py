"""Third parties of known behaviour: a company's invoices, payments, letterings and credit notes.

Made for judging segments only, and apart from what measures behaviour, so that neither flatters the other.
"""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

import msgspec

from schemas import Ecriture, Operation
from schemas.entry import Ligne
from schemas.money import from_minor
from wisebook_ml.generator.parties import letter_code

__all__ = ["BEHAVIOURS", "ODD", "Behaviour", "make_ledger"]

START = dt.date(2023, 1, 2)

ODD = "ATYPIQUE"
"""Label of third parties that behave like no other."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How third parties of one kind trade and pay.

    Parameters
    ----------
    client : bool
        Whether they are customers; suppliers otherwise.
    per_month : float
        Invoices a month.
    clockwork : bool
        Whether invoices come at a fixed distance, give or take a day, or at random.
    median, spread : float
        Median invoice in euros, and standard deviation of its logarithm.
    delay, delay_spread : float
        Days to payment: median, and standard deviation.
    round_share, note_share, unpaid_share : float
        Shares of round invoices, of credit notes, and of invoices that are never paid.
    weekday : int, optional
        Day that all invoices fall on.
    """

    client: bool
    per_month: float
    clockwork: bool
    median: float
    spread: float
    delay: float
    delay_spread: float
    round_share: float = 0.0
    note_share: float = 0.0
    unpaid_share: float = 0.02
    weekday: int | None = None


BEHAVIOURS = {
    "CLIENT_PONCTUEL": Behaviour(True, 2.5, False, 600, 0.5, 30, 3),
    "CLIENT_RETARDATAIRE": Behaviour(True, 2.0, False, 800, 0.5, 80, 15, unpaid_share=0.1),
    "CLIENT_ABONNE": Behaviour(True, 1.0, True, 120, 0.02, 10, 2),
    "CLIENT_GRAND_COMPTE": Behaviour(True, 1.2, False, 9_000, 0.6, 50, 6, round_share=0.5),
    "CLIENT_RETOURS": Behaviour(True, 5.0, False, 250, 0.6, 32, 5, note_share=0.22),
    "FOURNISSEUR_ABONNEMENT": Behaviour(False, 1.0, True, 300, 0.01, 15, 1),
    "FOURNISSEUR_HEBDOMADAIRE": Behaviour(False, 4.3, True, 900, 0.35, 30, 3, weekday=2),
    "FOURNISSEUR_OCCASIONNEL": Behaviour(False, 0.6, False, 500, 0.9, 30, 8),
    "FOURNISSEUR_PROJET": Behaviour(False, 0.8, False, 7_000, 0.5, 45, 5, round_share=0.8),
    "FOURNISSEUR_COMPTANT": Behaviour(False, 3.0, False, 70, 0.5, 1, 1),
}


def make_ledger(
    seed: int,
    *,
    behaviours: Sequence[str] | None = None,
    each: int = 40,
    odd_share: float = 0.05,
    blur: float = 1.0,
    months: int = 24,
    societe_id: int = 1,
) -> tuple[list[Ecriture], dict[str, str]]:
    """Return a company's entries in the order of their publication, and the behaviour of each third party.

    Parameters
    ----------
    seed : int
        Seed of every random choice, among them which behaviours there are.
    behaviours : sequence of str, optional
        Names in `BEHAVIOURS`; five are drawn otherwise.
    each : int
        Third parties of each behaviour.
    odd_share : float
        Share of third parties, besides, that behave like no other.
    blur : float
        How much third parties of one behaviour differ: at 1, a usual amount by 35 %, a rhythm by 20 %, a delay by 12 %.
    months : int
        How long the company trades; a third of the third parties come in the first half of it.
    """
    rng = Random(seed)
    names = list(behaviours) if behaviours is not None else rng.sample(sorted(BEHAVIOURS), 5)
    truth: dict[str, str] = {}
    dated: list[tuple[dt.date, int, Ecriture]] = []
    kinds = [name for name in names for _ in range(each)] + [ODD] * round(len(names) * each * odd_share)
    rng.shuffle(kinds)
    for number, name in enumerate(kinds, start=1):
        behaviour = _odd(rng) if name == ODD else _individual(rng, BEHAVIOURS[name], blur)
        aux = f"{'C' if behaviour.client else 'F'}{number:04d}"
        truth[aux] = name
        since = START + dt.timedelta(days=rng.randrange(30))
        if rng.random() < 1 / 3:
            since += dt.timedelta(days=rng.randrange(months * 15))
        for place, (day, entry) in enumerate(
            _trade(rng, behaviour, aux, since, START + dt.timedelta(days=30 * months), societe_id)
        ):
            dated.append((day, number * 100_000 + place, entry))
    dated.sort(key=lambda item: item[:2])
    return [entry for _, _, entry in dated], truth


def _individual(rng: Random, kind: Behaviour, blur: float) -> Behaviour:
    def about(value: float, sigma: float) -> float:
        return value * math.exp(rng.gauss(0, sigma * blur))

    return replace(
        kind,
        per_month=kind.per_month if kind.clockwork else about(kind.per_month, 0.2),
        median=about(kind.median, 0.35),
        spread=about(kind.spread, 0.15),
        delay=about(kind.delay, 0.12),
        delay_spread=about(kind.delay_spread, 0.2),
        round_share=min(1.0, about(kind.round_share, 0.15)),
        note_share=min(0.5, about(kind.note_share, 0.2)),
    )


def _odd(rng: Random) -> Behaviour:
    return Behaviour(
        client=rng.random() < 0.5,
        per_month=math.exp(rng.uniform(math.log(0.4), math.log(12))),
        clockwork=rng.random() < 0.5,
        median=math.exp(rng.uniform(math.log(20), math.log(60_000))),
        spread=rng.uniform(0.0, 1.6),
        delay=rng.uniform(0, 150),
        delay_spread=rng.uniform(0, 40),
        round_share=rng.choice((0.0, rng.random())),
        note_share=rng.choice((0.0, rng.uniform(0.1, 0.45))),
        unpaid_share=rng.choice((0.02, rng.uniform(0.1, 0.7))),
        weekday=rng.choice((None, rng.randrange(5))),
    )


def _days(rng: Random, kind: Behaviour, since: dt.date, until: dt.date) -> Iterator[dt.date]:
    gap = 30.44 / kind.per_month
    at = 0.0
    while True:
        day = since + dt.timedelta(days=round(at) + (rng.choice((-1, 0, 0, 1)) if kind.clockwork else 0))
        if kind.weekday is not None:
            day += dt.timedelta(days=(kind.weekday - day.weekday()) % 7)
        elif not kind.clockwork and day.weekday() > 4:
            day += dt.timedelta(days=7 - day.weekday())
        if day > until:
            return
        yield day
        at += gap if kind.clockwork else max(1.0, rng.expovariate(1 / gap))


def _trade(
    rng: Random, kind: Behaviour, aux: str, since: dt.date, until: dt.date, societe_id: int
) -> Iterator[tuple[dt.date, Ecriture]]:
    """Yield the entries of one third party with the day of their publication."""
    letters = 0
    for number, day in enumerate(_days(rng, kind, since, until), start=1):
        net = kind.median / 1.2 * math.exp(rng.gauss(0, kind.spread)) * 100
        if rng.random() < kind.round_share:
            net = max(1, round(net / 10_000)) * 10_000
        net = max(100, round(net))
        note = rng.random() < kind.note_share
        ref = f"{aux}-{number}"
        invoice = _invoice(societe_id, kind.client, aux, ref, day, round(net * 0.4) if note else net, note)
        yield day, invoice
        if note or rng.random() < kind.unpaid_share:
            continue
        paid = day + dt.timedelta(days=max(0, round(rng.gauss(kind.delay, kind.delay_spread))))
        if paid > until:
            continue
        code = letter_code(letters)
        letters += 1
        yield paid, _payment(societe_id, kind.client, aux, ref, paid, net + round(net * 0.2), code)
        line = msgspec.structs.replace(invoice.lignes[0], ecriture_let=code, date_let=paid)
        yield (
            paid,
            msgspec.structs.replace(
                invoice, revision=2, operation=Operation.MODIFICATION, lignes=[line, *invoice.lignes[1:]]
            ),
        )


def _line(compte: str, cents: int, aux: str = "", code: str = "", day: dt.date | None = None) -> Ligne:
    """Return a line; `cents` is positive on the debit side."""
    return Ligne(
        compte_num=compte, comp_aux_num=aux, debit=from_minor(max(0, cents)), credit=from_minor(max(0, -cents)),
        ecriture_let=code, date_let=day,
    )  # fmt: skip


def _invoice(societe_id: int, client: bool, aux: str, ref: str, day: dt.date, net: int, note: bool) -> Ecriture:
    tax = round(net * 0.2)
    sign = (1 if client else -1) * (-1 if note else 1)
    party, other, vat = ("411000", "707000", "445710") if client else ("401000", "607000", "445660")
    return Ecriture(
        societe_id=societe_id, ecriture_id=f"F-{ref}", journal_code="VE" if client else "HA", ecriture_date=day,
        lignes=[_line(party, sign * (net + tax), aux), _line(other, -sign * net), _line(vat, -sign * tax)],
    )  # fmt: skip


def _payment(societe_id: int, client: bool, aux: str, ref: str, day: dt.date, cents: int, code: str) -> Ecriture:
    sign = 1 if client else -1
    return Ecriture(
        societe_id=societe_id, ecriture_id=f"R-{ref}", journal_code="BQ", ecriture_date=day,
        lignes=[
            _line("411000" if client else "401000", -sign * cents, aux, code, day),
            _line("512000", sign * cents),
        ],
    )  # fmt: skip
