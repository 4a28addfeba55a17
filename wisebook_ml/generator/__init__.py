"""A ledger generator: plausible books of a made-up French company, with labelled anomalies and look-alikes.

The planting knows nothing of the controls that look for anomalies, so that neither flatters the other.
"""

from wisebook_ml.generator.company import Company
from wisebook_ml.generator.export import final_state, write_ledger
from wisebook_ml.generator.generate import (
    Ledger,
    LedgerStream,
    generate_ledger,
    stream_ledger,
)
from wisebook_ml.generator.labels import Label
from wisebook_ml.generator.publish import Publication

__all__ = [
    "Company",
    "Label",
    "Ledger",
    "LedgerStream",
    "Publication",
    "final_state",
    "generate_ledger",
    "stream_ledger",
    "write_ledger",
]
