"""Anomalies and their legitimate twins, planted into the entries of a real ledger.

The generator plants while it makes a ledger, and knows what every entry is for; here there are only the entries. Each
stays as it is but for the one thing that is wrong with it. The modules are the registry: importing one registers its
variants. A new kind is one file and one line here.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from random import Random
from typing import NamedTuple

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.implant import (  # noqa: F401 - imported to register their variants
    accounts,
    amounts,
    balance,
    changes,
    copies,
    dates,
    lettering,
    numbering,
    parties,
    recurrence,
    texts,
    thresholds,
    vat,
)
from wisebook_ml.generator.implant.base import VARIANTES, Case, Variante
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.labels import Label

__all__ = ["VARIANTES", "Implanted", "Variante", "implant"]

FRUITLESS = 3
"""Times that a kind finds no place in a row before it is given up."""


class Implanted(NamedTuple):
    """A ledger with anomalies: events in the order of their arrival, and what was planted where."""

    events: list[Ecriture]
    labels: list[Label]


def implant(
    entries: Sequence[Ecriture],
    *,
    seed: int,
    anomaly_rate: float = 0.01,
    twin_rate: float = 0.01,
    codes: Collection[CodeMotif] | None = None,
) -> Implanted:
    """Plant anomalies and legitimate look-alikes into a real ledger.

    What is a matter of habit is planted behind the first quarter, in journals that have some entries by then; kinds
    that the ledger has no place for (no times of entry, no bank details, no usable numbering) are left out.

    Parameters
    ----------
    entries : sequence of Ecriture
        One company's, in the order of their arrival.
    seed : int
        The same seed, entries and parameters give the same result.
    anomaly_rate, twin_rate : float
        Cases for each entry; at least one where the rate is not 0.
    codes : collection of CodeMotif or None
        The kinds to plant; all by default.

    Examples
    --------
    >>> from wisebook_ml.generator import generate_ledger
    >>> clean = generate_ledger(entries=300, seed=1, anomaly_rate=0.0, twin_rate=0.0).events
    >>> implanted = implant(clean, seed=3, codes=[CodeMotif.DESEQUILIBRE], twin_rate=0.0)
    >>> {label.code.value for label in implanted.labels}, len(implanted.labels) == round(0.01 * len(clean))
    ({'DESEQUILIBRE'}, True)
    """
    rng = Random(seed)
    book = Book(entries, rng)
    labels: list[Label] = []
    for jumeau, rate in ((False, anomaly_rate), (True, twin_rate)):
        cases = max(1, round(len(entries) * rate)) if rate and entries else 0
        labels += _plant(book, rng, cases, jumeau=jumeau, codes=codes)
    return Implanted(book.finish(), labels)


def _plant(
    book: Book, rng: Random, cases: int, *, jumeau: bool, codes: Collection[CodeMotif] | None
) -> list[Label]:  # fmt: skip
    """Deal a number of cases evenly to the kinds, and those of a kind to its variants."""
    variants: dict[CodeMotif, deque[Variante]] = defaultdict(deque)
    for variante in VARIANTES:
        if variante.jumeau is jumeau and (codes is None or variante.code in codes):
            variants[variante.code].append(variante)
    order = list(variants)
    rng.shuffle(order)
    for its in variants.values():
        its.rotate(rng.randrange(len(its)))
    failures = dict.fromkeys(order, 0)
    labels: list[Label] = []
    planted = 0
    while planted < cases and (open_ := [code for code in order if failures[code] < FRUITLESS]):
        for code in open_:
            if planted == cases:
                break
            found = _try(book, variants[code], f"{'jumeau' if jumeau else 'anomalie'}-{planted:05d}")
            failures[code] = 0 if found else failures[code] + 1
            planted += bool(found)
            labels += found
    return labels


def _try(book: Book, variants: deque[Variante], cas: str) -> list[Label]:
    for _ in range(len(variants)):
        case = Case(variants[0], cas)
        variants.rotate(-1)
        if case.variante.plant(book, case):
            return case.labels
    return []
