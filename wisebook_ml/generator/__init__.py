"""A ledger generator: plausible books of a made-up French company, with labelled anomalies and look-alikes.

The planting knows nothing of the controls that look for anomalies, so that neither flatters the other.
"""

from wisebook_ml.generator.company import Company
from wisebook_ml.generator.export import write_ledger
from wisebook_ml.generator.final_state import final_state
from wisebook_ml.generator.generate import (
    Ledger,
    LedgerStream,
    generate_ledger,
    stream_ledger,
)
from wisebook_ml.generator.labels import Label
from wisebook_ml.generator.publish import Publication
from wisebook_ml.generator.treasury import treasury_positions
from wisebook_ml.generator.verdicts import Judged, judge_ledger

__all__ = [
    "Company",
    "Judged",
    "Label",
    "Ledger",
    "LedgerStream",
    "Publication",
    "final_state",
    "generate_ledger",
    "judge_ledger",
    "stream_ledger",
    "treasury_positions",
    "write_ledger",
]
