"""A VAT amount that fits no legal French rate of its base."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.compiled import Array, compiled
from wisebook_ml.controls.base import Control, Finding, View, chosen
from wisebook_ml.controls.texts import euros_en, euros_fr, number_fr
from wisebook_ml.controls.vat import base_lines, has_vat, vat_lines

FUEL_RATE = 0.20 * 0.8 / (1 + 0.20 * 0.2)
"""VAT on fuel of passenger cars, of which four fifths are deductible: the fifth is part of the charge (CGI 298, 4)."""
RATES = (0.009, 0.0105, 0.0175, 0.021, 0.055, 0.07, 0.085, 0.10, 0.13, FUEL_RATE, 0.196, 0.20)
"""Legal rates of France, Corsica and the overseas departments, with those still found on credit notes."""
TOLERANCE = 0.0005
"""A rate is met within 0.05 point."""
ROUNDING_CENTS = 2
"""Each line may have been rounded on its own."""
MAX_BASES = 6
"""Sums of up to six base lines are tried: 63 combinations."""
MIXED = 0.7
"""Value where the VAT fits no combination but a mix of rates could still explain it."""


@compiled
def fits(vat: int, base: int) -> bool:
    """Return whether a VAT amount is that of a base at a legal rate (both in cents).

    Examples
    --------
    >>> fits(20_00, 100_00), fits(19_00, 100_00), fits(5_50, 100_00)
    (True, False, True)
    """
    slack = max(ROUNDING_CENTS, TOLERANCE * base)
    fit = False
    for rate in RATES:
        fit |= abs(vat - rate * base) <= slack
    return fit


@compiled
def implausibility(vats: Array, bases: Array) -> float:
    """Return 1 where VAT lines fit no base, `MIXED` where a mix of rates could explain them, else 0.

    Parameters
    ----------
    vats, bases : ndarray of int64
        Amounts in cents, none of them zero; bases with their sign, since a discount stands against what it reduces.
    """
    if len(vats) == 0 or len(bases) == 0 or len(bases) > MAX_BASES:
        return 0.0
    vat_total, base_total, fitted, total_fits = 0, 0, 0, False
    for vat in vats:
        vat_total += vat
    for base in bases:
        base_total += base
    for k in range(len(vats) + 1):
        vat = vats[k] if k < len(vats) else vat_total
        fit = False
        for subset in range(1, 1 << len(bases)):
            some = 0
            for j in range(len(bases)):
                some += bases[j] if subset >> j & 1 else 0
            if fits(vat, abs(some)):
                fit = True
                break
        if k == len(vats):
            total_fits = fit
        elif fit:
            fitted += 1
    if fitted == len(vats) or total_fits:
        return 0.0
    return MIXED if len(bases) > 1 and vat_total <= RATES[-1] * abs(base_total) else 1.0


@compiled
def _implausibilities(asked: Array, vat: Array, base: Array, net: Array, first: Array) -> Array:
    values = np.zeros(len(asked))
    for i in np.flatnonzero(asked):
        own = net[first[i] : first[i + 1]]
        given = own != 0
        vats = np.abs(own[vat[first[i] : first[i + 1]] & given])
        values[i] = implausibility(vats, own[base[first[i] : first[i + 1]] & given])
    return values


def measure(view: View) -> Finding:
    """Compare each entry's VAT with its bases."""
    batch, vat, base = view.batch, vat_lines(view), base_lines(view)
    return Finding(_implausibilities(has_vat(view), vat, base, batch.net, batch.first), vat)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name VAT, base and the implied rate."""
    batch = view.batch
    vat = int(batch.amount[chosen(view, entry, vat_lines(view))].sum())
    base = abs(int(batch.net[chosen(view, entry, base_lines(view))].sum()))
    rate = 100 * vat / base if base else 0.0
    return (
        f"TVA de {euros_fr(vat)} sur une base de {euros_fr(base)}, soit {number_fr(rate, 2)} %, qui n'est pas un taux "
        "légal.",
        f"VAT of {euros_en(vat)} on a base of {euros_en(base)}: {rate:.2f} %, which is no legal rate.",
    )


CONTROL = Control(
    code=CodeMotif.TVA_TAUX,
    attribute="montant",
    threshold=1.0,
    weight=0.75,
    source="CGI art. 278 to 281 nonies, 297 (rates)",
    measure=measure,
    explain=explain,
    rule=True,
)
