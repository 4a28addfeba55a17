"""Which lines carry VAT and which its base (PCG class 44 and classes 2, 6, 7)."""

import numpy as np

from wisebook_ml.controls.base import Bools
from wisebook_ml.ledger.batch import EntryBatch

__all__ = ["base_lines", "is_declaration", "taxable_lines", "vat_lines"]

INVOICED_VAT = (44562, 44566, 44571)
"""VAT on assets, on goods and services, and collected: what stands on an invoice."""

SETTLEMENT = (4455, 4458)
"""VAT to pay, and to regularise: entries that move VAT already invoiced."""

ADVANCES = (4091, 4096, 4191, 4196)
"""Advances and deposits: VAT can be due before there is an invoice."""

CREDIT_CARRIED = 44567


def vat_lines(batch: EntryBatch) -> Bools:
    """Return the lines with invoiced VAT."""
    carries: Bools = np.isin(batch.root, INVOICED_VAT) | (batch.root // 10 == 4457)
    return carries


def base_lines(batch: EntryBatch) -> Bools:
    """Return the lines whose amount is taxed: assets, expenses, income."""
    return np.isin(batch.root // 10_000, (2, 6, 7))


def taxable_lines(batch: EntryBatch) -> Bools:
    """Return the lines that can stand for a base: those of `base_lines`, stock, and advances (4091, 4191)."""
    taxable: Bools = base_lines(batch) | (batch.root // 10_000 == 3) | np.isin(batch.root // 10, ADVANCES)
    return taxable


def is_declaration(batch: EntryBatch) -> Bools:
    """Return the entries that declare, carry or regularise VAT, or carry balances forward."""
    settles = np.isin(batch.root // 10, SETTLEMENT) | (batch.root == CREDIT_CARRIED)
    opening = batch.any_per_entry(batch.root // 10_000 == 1)
    both_sides = batch.any_per_entry((batch.root // 10 == 4456) & (batch.net > 0)) & batch.any_per_entry(
        (batch.root // 10 == 4457) & (batch.net < 0)
    )
    reverse_charge = batch.any_per_entry(batch.root // 10 == 4452)
    return batch.any_per_entry(settles) | opening | (both_sides & ~reverse_charge)
