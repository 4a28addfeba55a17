"""A journal and fiscal year whose entries are habitually not as the French audit file (FEC) must be."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif
from wisebook_ml.controls.fec_fields import ATTRIBUTES, FAULTS, fec_faults
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store
from wisebook_ml.subjects.journal_years import JournalYears, Texts, shares
from wisebook_ml.subjects.tallies import Counted

__all__ = ["SUBJECT", "Conformity"]


class Conformity(JournalYears):
    """Counts entries with a fault of form (`wisebook_ml.controls.fec_fields`).

    The control of the single entry is silent where a journal's entries are habitually so; this finding is what is said
    instead, since a regulation asks for it.

    References
    ----------
    Art. A47 A-1 LPF; BOI-CF-IOR-60-40-20.
    """

    name = "conformity"
    code = CodeMotif.FEC_NON_CONFORME
    attribute = "journal_code"
    threshold = 0.10
    weight = 0.7
    source = "Art. A47 A-1 LPF; BOI-CF-IOR-60-40-20"
    required = True
    suffix: ClassVar[str] = "/fec"

    def count(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> Counted:
        """Count new entries by their faults."""
        return Counted(first & ~view.facts.deleted, fec_faults(view), np.zeros(len(first), np.bool_))

    def attributes(self, told: np.void) -> tuple[tuple[str, float], ...]:
        """Return the attributes at fault, and how many entries each is wrong in."""
        counts = dict[str, float]()
        for attribute, count in zip(ATTRIBUTES, told["causes"].tolist(), strict=True):
            if count:
                counts[attribute] = counts.get(attribute, 0.0) + float(count)
        return tuple(counts.items())

    def explain(self, told: np.void, where: Texts) -> Texts:
        """Name the journal, the share, and the faults by how common they are."""
        fr, en = shares(told)
        counts = [(int(count), k) for k, count in enumerate(told["causes"].tolist()) if count]
        counts.sort(key=lambda pair: -pair[0])
        details_fr = ", ".join(f"{FAULTS[k][0]} ({count})" for count, k in counts)
        details_en = ", ".join(f"{FAULTS[k][1]} ({count})" for count, k in counts)
        return (
            f"{where[0]} : {fr} ne sont pas conformes au fichier des écritures comptables : {details_fr}.",
            f"{where[1]}: {en} are not as the audit file (FEC) must be: {details_en}.",
        )


SUBJECT = Conformity()
