"""The business of a month, one module per kind of flow; `FLOWS` is the order in which they run."""

from __future__ import annotations

from collections.abc import Callable

from wisebook_ml.generator.journals import (
    assets,
    bank,
    closing,
    corrections,
    expenses,
    miscellaneous,
    opening,
    payroll,
    purchases,
    recurring,
    retail,
    sales,
    taxes,
)
from wisebook_ml.generator.timeline import Month
from wisebook_ml.generator.world import World

__all__ = ["FLOWS", "Flow"]

Flow = Callable[[World, Month], None]

FLOWS: tuple[Flow, ...] = (
    opening.simulate,
    sales.simulate,
    purchases.simulate,
    assets.simulate,
    recurring.simulate,
    expenses.simulate,
    retail.simulate,
    payroll.simulate,
    miscellaneous.simulate,
    # The bank comes after what it pays, taxes and closing after what they sum up.
    bank.simulate,
    taxes.simulate,
    closing.simulate,
    corrections.simulate,
)
