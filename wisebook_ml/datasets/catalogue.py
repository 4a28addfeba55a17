"""Which data set an algorithm learns from, and which topics it is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

import pandas as pd

from schemas import TypeModele
from topics import ENTRIES, FEEDBACK, TREASURY, Topic
from wisebook_ml.datasets.collected import Collected

__all__ = ["DATASETS", "Dataset"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """One kind of row.

    Parameters
    ----------
    made_by : str
        ``module:function``; the function takes a `Collected` and returns a frame with a column `date`.
    topics : sequence of Topic
        What has to be collected for it.
    """

    made_by: str
    topics: Sequence[Topic]

    def build(self, collected: Collected) -> pd.DataFrame:
        """Return the rows."""
        module, _, name = self.made_by.partition(":")
        make: Callable[[Collected], pd.DataFrame] = getattr(import_module(module), name)
        return make(collected)


LINES = Dataset("wisebook_ml.datasets.lines:line_frame", (ENTRIES, FEEDBACK))
INVOICES = Dataset("wisebook_ml.datasets.invoices:invoice_frame", (ENTRIES,))
THIRD_PARTIES = Dataset("wisebook_ml.datasets.third_parties:third_party_frame", (ENTRIES,))
VERDICTS = Dataset("wisebook_ml.datasets.verdicts:verdict_frame", (ENTRIES, FEEDBACK))
ENTRY_FEATURES = Dataset("wisebook_ml.datasets.entries:entry_frame", (ENTRIES, FEEDBACK))
FLOWS = Dataset("wisebook_ml.datasets.flows:flow_frame", (TREASURY,))

DATASETS = {
    TypeModele.LSTM: FLOWS,
    TypeModele.RANDOM_FOREST: LINES,
    TypeModele.XGBOOST: INVOICES,
    TypeModele.GRADIENT_BOOSTING: VERDICTS,
    TypeModele.DBSCAN: THIRD_PARTIES,
    TypeModele.PROPHET: FLOWS,
    TypeModele.ISOLATION_FOREST: ENTRY_FEATURES,
    TypeModele.SVM: VERDICTS,
}
"""The data set of each algorithm; adding an algorithm is adding its line here."""
