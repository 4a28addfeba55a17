"""How well detections match what was planted."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas import CodeMotif
from wisebook_ml.generator import Label

__all__ = ["CodeResult", "Evaluation", "evaluate"]


@dataclass(frozen=True, slots=True)
class CodeResult:
    """One kind of anomaly: cases planted and found, twins and how many of them were flagged."""

    code: CodeMotif
    planted: int
    found: int
    twins: int
    flagged_twins: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All kinds together.

    Attributes
    ----------
    precision : float
        Share of flagged entries that belong to a planted anomaly.
    recall : float
        Share of planted anomalies of which at least one entry was flagged.
    alert_rate : float
        Share of all entries that were flagged.
    """

    precision: float
    recall: float
    alert_rate: float
    flagged: int
    planted: int
    codes: tuple[CodeResult, ...]


def evaluate(flagged: Iterable[str], labels: Iterable[Label], entries: int) -> Evaluation:
    """Compare flagged entries with labels.

    Parameters
    ----------
    flagged : iterable of str
        Ids of entries with an open detection.
    labels : iterable of Label
        What was planted. Labels of one `cas` are one anomaly; one that is about no entry (something is missing, an
        account as a whole) can only be found by a detection about that object, and counts as missed.
    entries : int
        How many entries there are.
    """
    found = set(flagged)
    cases: dict[tuple[CodeMotif, bool, str], set[str]] = {}
    for label in labels:
        entries_of = cases.setdefault((label.code, label.jumeau, label.cas), set())
        if label.ecriture_id is not None:
            entries_of.add(label.ecriture_id)
    guilty = set[str]().union(*(ids for (_, twin, _), ids in cases.items() if not twin)) if cases else set()
    codes = []
    for code in CodeMotif:
        planted = [ids for (of, twin, _), ids in cases.items() if of is code and not twin]
        twins = [ids for (of, twin, _), ids in cases.items() if of is code and twin]
        if planted or twins:
            hits, wrong = (sum(bool(ids & found) for ids in group) for group in (planted, twins))
            codes.append(CodeResult(code, len(planted), hits, len(twins), wrong))
    total, hit = sum(result.planted for result in codes), sum(result.found for result in codes)
    return Evaluation(
        precision=_share(len(found & guilty), len(found)),
        recall=_share(hit, total),
        alert_rate=_share(len(found), entries),
        flagged=len(found),
        planted=total,
        codes=tuple(codes),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
