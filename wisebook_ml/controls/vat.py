"""Which lines carry VAT and which its base (PCG class 44 and classes 2, 6, 7)."""

from wisebook_ml.controls.base import Bools, any_of
from wisebook_ml.features.view import View, once
from wisebook_ml.ledger.accounts import accounts_under

__all__ = ["base_lines", "has_vat", "is_declaration", "taxable_lines", "vat_lines"]

INVOICED = accounts_under(44562, 44566, 44571, 4457)
"""VAT on assets, on goods and services, and collected: what stands on an invoice."""

TAXED = accounts_under(2, 6, 7)
"""Assets, expenses, income: what VAT is a share of."""

TAXABLE = TAXED | accounts_under(3, 4091, 4096, 4191, 4196)
"""With stock, and advances and deposits: VAT can be due before there is an invoice."""

SETTLING = accounts_under(4455, 4458, 44567, 1)
"""VAT to pay, to regularise and carried forward; and equity, in entries that carry balances forward."""

DEDUCTIBLE, COLLECTED, REVERSE_CHARGE = accounts_under(4456), accounts_under(4457), accounts_under(4452)


@once
def vat_lines(view: View) -> Bools:
    """Return the lines with invoiced VAT."""
    return INVOICED[view.batch.root]


@once
def base_lines(view: View) -> Bools:
    """Return the lines whose amount is taxed: assets, expenses, income."""
    return TAXED[view.batch.root]


def taxable_lines(view: View) -> Bools:
    """Return the lines that can stand for a base: those of `base_lines`, stock, and advances (4091, 4191)."""
    return TAXABLE[view.batch.root]


@once
def has_vat(view: View) -> Bools:
    """Return the entries with invoiced VAT that do not declare it."""
    return any_of(view, vat_lines(view)) & ~is_declaration(view)


def is_declaration(view: View) -> Bools:
    """Return the entries that declare, carry or regularise VAT, or carry balances forward."""
    root, net = view.batch.root, view.batch.net
    both_sides = any_of(view, DEDUCTIBLE[root] & (net > 0)) & any_of(view, COLLECTED[root] & (net < 0))
    return any_of(view, SETTLING[root]) | (both_sides & ~any_of(view, REVERSE_CHARGE[root]))
