"""One book measured: what was found, by whom, how it ranks, and what was flagged wrongly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.evaluate.detections.core import Book, Scored, Scores
from schemas import CodeMotif, Detection
from wisebook_ml.evaluation import Case, Found, alert_of, cases_of, evaluate

__all__ = ["OURS", "MeasuredBook", "MeasuredCase", "measure"]

OURS = "wisebook-ml"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeasuredCase:
    """A case, whether it was found, whether one of the reasons names its kind, and how everybody scores it.

    `dealt` is False for twins that ordinary life brings whether any were asked for or not.
    """

    code: CodeMotif
    variante: str
    dealt: bool
    jumeau: bool
    entries: tuple[str, ...]
    found: bool
    named: bool
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class MeasuredBook:
    """What came out of one book.

    Attributes
    ----------
    cases : tuple of MeasuredCase
    innocent : dict of str to ndarray
        By method, the scores of the entries that no anomaly touches (twins among them), and of what else was flagged.
    guilty : dict of str to ndarray
        By method, the scores of the entries that an anomaly touches.
    precision, alert_rate : float
        See `wisebook_ml.evaluation.Evaluation`.
    absent_false : int
        Missing entries that were reported and not missing.
    wrong : tuple of (str, str)
        Entries or objects that were flagged wrongly, and the first reason.
    """

    source: str
    group: str
    rate: float
    seed: int
    entries: int
    years: float
    cases: tuple[MeasuredCase, ...]
    innocent: dict[str, Floats]
    guilty: dict[str, Floats]
    precision: float
    alert_rate: float
    absent_false: int
    wrong: tuple[tuple[str, str], ...]


def measure(book: Book, scored: Scored, peers: dict[str, Scores]) -> MeasuredBook:
    """Compare what was scored with the labels.

    A case counts with the highest score of its entries, from the revision on that shows it, and of the detections about
    its object; an entry with the highest over its revisions. What peers cannot score (something that is missing) is the
    last in their ranking.
    """
    dates = {event.ecriture_id: event.ecriture_date for event in book.events}
    cases, found = cases_of(book.labels, dates), Found(scored.detections)
    hits = [found.of(case) for case in cases]
    planted = [(case, its) for case, its in zip(cases, hits, strict=True) if not case.jumeau]
    touched = {id_ for case, _ in planted for id_ in case.entries}
    right = {alert_of(hit) for _, its in planted for hit in its}
    wrong_objects = {alert: its for alert, its in found.objects.items() if alert not in right}
    methods = {OURS: scored.scores, **peers}
    lifted = {id_: max((hit.score / 100 for hit in its), default=0.0) for case, its in planted for id_ in case.entries}
    innocent, guilty = {}, {}
    for name, scores in methods.items():
        clean = [max(score for _, score in its) for id_, its in scores.items() if id_ not in touched]
        own = {id_: max((score for _, score in scores.get(id_, [(1, 0.0)])), default=0.0) for id_ in sorted(touched)}
        if name == OURS:
            clean += [max(hit.score for hit in its) / 100 for its in wrong_objects.values()]
            own = {id_: max(score, lifted[id_]) for id_, score in own.items()}
        innocent[name], guilty[name] = np.array(clean), np.array(list(own.values()))
    judged = evaluate(scored.detections, book.labels, book.events)
    absent = [its for its in wrong_objects.values() if _named(its, CodeMotif.RECURRENTE_ABSENTE)]
    return MeasuredBook(
        book.source,
        book.group,
        book.rate,
        book.seed,
        len(dates),
        book.years,
        tuple(
            MeasuredCase(
                case.code,
                case.variante,
                case.cas.startswith(("anomalie", "jumeau")),
                case.jumeau,
                tuple(case.entries),
                bool(its),
                _named(its, case.code),
                {name: _score(case, its if name == OURS else [], scores) for name, scores in methods.items()},
            )
            for case, its in zip(cases, hits, strict=True)
        ),
        innocent,
        guilty,
        judged.precision,
        judged.alert_rate,
        len(absent),
        _wrong(found, touched, list(wrong_objects.values())),
    )


def _score(case: Case, hits: list[Detection], scores: Scores) -> float:
    own = [
        score
        for id_, revision in case.entries.items()
        for seen, score in scores.get(id_, ())
        if seen >= revision  # before it, the entry was right
    ]
    return max([*own, *(hit.score / 100 for hit in hits)], default=-np.inf)


def _named(hits: list[Detection], code: CodeMotif) -> bool:
    return any(motif.code is code for hit in hits for motif in hit.motifs)


def _wrong(found: Found, touched: set[str], objects: list[list[Detection]]) -> tuple[tuple[str, str], ...]:
    entries = [its[-1] for id_, its in found.entries.items() if id_ not in touched]
    return tuple((one.objet.id, one.motifs[0].code.value) for one in [*entries, *(its[-1] for its in objects)])
