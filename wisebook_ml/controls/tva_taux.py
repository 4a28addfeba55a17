"""A VAT amount that fits no legal French rate of its base."""

from itertools import combinations

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import euros_en, euros_fr, number_fr
from wisebook_ml.controls.vat import base_lines, is_declaration, vat_lines

RATES = (0.009, 0.0105, 0.0175, 0.021, 0.055, 0.07, 0.085, 0.10, 0.13, 0.196, 0.20)
"""Legal rates of France, Corsica and the overseas departments, with those still found on credit notes."""
TOLERANCE = 0.0005
"""A rate is met within 0.05 point."""
ROUNDING_CENTS = 2
"""Each line may have been rounded on its own."""
MAX_BASES = 6
"""Sums of up to six base lines are tried: 63 combinations."""
MIXED = 0.7
"""Value where the VAT fits no combination but a mix of rates could still explain it."""


def fits(vat: int, base: int) -> bool:
    """Return whether a VAT amount is that of a base at a legal rate (both in cents).

    Examples
    --------
    >>> fits(20_00, 100_00), fits(19_00, 100_00), fits(5_50, 100_00)
    (True, False, True)
    """
    slack = max(ROUNDING_CENTS, TOLERANCE * base)
    return any(abs(vat - rate * base) <= slack for rate in RATES)


def implausibility(vats: list[int], bases: list[int]) -> float:
    """Return 1 where VAT lines fit no base, `MIXED` where a mix of rates could explain them, else 0."""
    if not vats or not bases or len(bases) > MAX_BASES:
        return 0.0
    sums = [sum(chosen) for size in range(1, len(bases) + 1) for chosen in combinations(bases, size)]
    if all(any(fits(vat, base) for base in sums) for vat in vats) or any(fits(sum(vats), base) for base in sums):
        return 0.0
    return MIXED if len(bases) > 1 and sum(vats) <= RATES[-1] * sum(bases) else 1.0


def measure(view: View) -> Finding:
    """Compare each entry's VAT with its bases."""
    batch = view.batch
    vat, base, values = vat_lines(batch), base_lines(batch), np.zeros(len(batch))
    for i in np.flatnonzero(batch.any_per_entry(vat) & batch.any_per_entry(base) & ~is_declaration(batch)).tolist():
        lines = batch.lines_of(i)
        vats = [int(batch.amount[k]) for k in lines if vat[k] and batch.amount[k]]
        bases = [int(batch.amount[k]) for k in lines if base[k] and batch.amount[k]]
        values[i] = implausibility(vats, bases)
    return Finding(values, vat)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name VAT, base and the implied rate."""
    batch = view.batch
    vat_mask, base_mask = vat_lines(batch), base_lines(batch)
    vat = sum(int(batch.amount[k]) for k in batch.lines_of(entry) if vat_mask[k])
    base = sum(int(batch.amount[k]) for k in batch.lines_of(entry) if base_mask[k])
    rate = 100 * vat / base if base else 0.0
    return (
        f"TVA de {euros_fr(vat)} sur une base de {euros_fr(base)} : {number_fr(rate, 2)} %, aucun taux légal.",
        f"VAT of {euros_en(vat)} on a base of {euros_en(base)}: {rate:.2f} %, no legal rate.",
    )


CONTROL = Control(
    code=CodeMotif.TVA_TAUX,
    attribute="montant",
    threshold=1.0,
    weight=0.6,
    source="CGI art. 278 to 281 nonies, 297 (rates)",
    measure=measure,
    explain=explain,
)
