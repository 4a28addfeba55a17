"""A field that the French audit file (FEC) requires is missing, or is not as it must be."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.fec_fields import ATTRIBUTES, FAULTS, fec_faults, fec_line_faults

LINE_BITS = range(len(FAULTS))


def measure(view: View) -> Finding:
    """Count the ways in which an entry is not as the file must be."""
    faults = fec_faults(view)
    count = np.zeros(len(faults))
    if faults.any():
        for k in LINE_BITS:
            count += (faults >> k) & 1
    return Finding(count)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name what is missing or wrong."""
    faults = int(fec_faults(view)[entry])
    found = [texts for k, texts in enumerate(FAULTS) if faults >> k & 1]
    record = view.batch.entry(entry)
    where_fr = f"journal {record.journal_code}, n° {record.ecriture_num or '(aucun)'}"
    where_en = f"journal {record.journal_code}, no. {record.ecriture_num or '(none)'}"
    return (
        f"Écriture non conforme au fichier des écritures comptables ({where_fr}) : {', '.join(fr for fr, _ in found)}.",
        f"Entry not as the audit file (FEC) must be ({where_en}): {', '.join(en for _, en in found)}.",
    )


def lines(view: View, entry: int) -> list[int]:
    """Return the lines at fault; all where the entry itself is."""
    among = view.batch.lines_of(entry)
    faults = fec_line_faults(view)[among.start : among.stop]
    chosen: list[int] = (np.flatnonzero(faults) + among.start).tolist()
    return chosen or list(among)


def shares(view: View, entry: int) -> list[tuple[str, float]]:
    """Return the attributes at fault, in equal parts of the faults."""
    faults, counts = int(fec_faults(view)[entry]), dict[str, float]()
    for k, attribute in enumerate(ATTRIBUTES):
        if faults >> k & 1:
            counts[attribute] = counts.get(attribute, 0.0) + 1.0
    return list(counts.items())


CONTROL = Control(
    code=CodeMotif.FEC_NON_CONFORME,
    attribute="compte_num",
    threshold=1.0,
    weight=0.7,
    source="Art. A47 A-1 LPF; BOI-CF-IOR-60-40-20",
    measure=measure,
    explain=explain,
    lines=lines,
    shares=shares,
    required=True,
    rule=True,
    cause="fec",
    systemic=True,
)
