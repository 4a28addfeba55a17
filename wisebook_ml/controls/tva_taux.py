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
MIXED, UNEXPLAINED, SURE = 0.7, 1.0, 2.0
"""Values of VAT that fits no combination of its bases: where several bases below the highest rate may each be mixed;
where one is; and where no mix of rates explains it."""

MIXTURE = 1 / 3
"""How far a rate below the highest is believed to be wrong. Bookkeepers write invoices that mix rates, or have a part
without VAT (fuel, energy, telephone, catering, deposits), as one base, and the tax is what the document says."""

STEPS = (0.01, 0.005, 0.001)
APPLIED_CENTS, CHANCE = 0.75, 0.05
"""A rate that somebody applied, or that another country has, is so many whole, half or tenth percents of the base, but
for the rounding of base and tax; it is taken for one where a mixture would be as near by chance once in twenty."""

MAIN_RATES = (0.20, 0.10, 0.055, 0.021)


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
def is_applied(vat: int, base: int) -> bool:
    """Return whether a VAT amount is its base at a round rate, nearer than a mixture is likely to be.

    Examples
    --------
    >>> is_applied(96_33, 507_00), is_applied(93_48, 507_63)
    (True, False)
    """
    applied = False
    for step in STEPS:
        steps = round(vat / (step * base))
        near = abs(vat - steps * step * base) <= APPLIED_CENTS
        applied |= near and CHANCE * step * base >= 2 * APPLIED_CENTS
    return applied


@compiled
def is_slip(one: int, other: int) -> bool:
    """Return whether two amounts of as many digits differ in one of them, or in two neighbours that are swapped.

    Examples
    --------
    >>> is_slip(12_345, 12_845), is_slip(12_345, 13_245), is_slip(12_345, 12_854)
    (True, True, False)
    """
    differ, first, second, third = 0, 0, 0, 0
    place = 0
    while one > 0 and other > 0:
        if one % 10 != other % 10:
            differ += 1
            if differ == 1:
                first, second, third = place, one % 10, other % 10
            elif differ > 2 or place != first + 1 or one % 10 != third or other % 10 != second:
                return False
        one, other, place = one // 10, other // 10, place + 1
    return differ > 0 and one == other


@compiled
def is_mistyped(vat: int, base: int) -> bool:
    """Return whether a VAT amount is a slip of the legal one of its base, or of its total (with a wrong base).

    Examples
    --------
    >>> is_mistyped(19_48, 97_20), is_mistyped(93_48, 507_63)
    (True, False)
    """
    mistyped = False
    for rate in MAIN_RATES:
        mistyped |= is_slip(vat, round(rate * base)) or is_slip(vat, round(rate / (1 + rate) * (base + vat)))
    return mistyped


@compiled
def implausibility(vats: Array, bases: Array) -> float:
    """Return 0 where VAT lines fit their bases; otherwise `MIXED`, `UNEXPLAINED` or `SURE`.

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
    base = abs(base_total)
    if vat_total > RATES[-1] * base:
        return SURE
    if len(bases) > 1:
        return MIXED
    return SURE if is_applied(vat_total, base) or is_mistyped(vat_total, base) else UNEXPLAINED


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
    values = _implausibilities(has_vat(view), vat, base, batch.net, batch.first)
    return Finding(values, vat, np.where(values < SURE, MIXTURE, 1.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name VAT, base and the implied rate."""
    batch = view.batch
    vat = int(batch.amount[chosen(view, entry, vat_lines(view))].sum())
    base = abs(int(batch.net[chosen(view, entry, base_lines(view))].sum()))
    rate = 100 * vat / base if base else 0.0
    french, english = (
        ("", "") if value >= SURE else (" ; un mélange de taux l'expliquerait", "; a mix of rates would explain it")
    )
    return (
        f"TVA de {euros_fr(vat)} sur une base de {euros_fr(base)}, soit {number_fr(rate, 2)} %, qui n'est pas un taux "
        f"légal{french}.",
        f"VAT of {euros_en(vat)} on a base of {euros_en(base)}: {rate:.2f} %, which is no legal rate{english}.",
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
