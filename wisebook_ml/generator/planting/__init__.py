"""Anomalies of every kind and their legitimate twins, planted independently of the controls that look for them.

The modules are the registry: importing one registers its variants. A new kind is one file and one line here.
"""

from __future__ import annotations

from wisebook_ml.generator.planting import (  # noqa: F401 - imported to register their variants
    accounts,
    amounts,
    balance,
    benford,
    changes,
    conformity,
    dates,
    duplicates,
    hours,
    lettering,
    numbering,
    parties,
    recurrence,
    texts,
    thresholds,
    vat,
)
from wisebook_ml.generator.planting.base import VARIANTES, Variante
from wisebook_ml.generator.planting.plan import Plan

__all__ = ["VARIANTES", "Plan", "Variante"]
