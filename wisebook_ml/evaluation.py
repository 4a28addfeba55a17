"""How well detections match what was planted: in entries, and in objects that no single entry shows."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas import CodeMotif, Detection, Ecriture, Objet, TypeObjet
from wisebook_ml.generator import Label

__all__ = ["Case", "CodeResult", "Evaluation", "Found", "alert_of", "cases_of", "evaluate"]

SAME_TIME = dt.timedelta(days=35)
"""A detection about an object is of an anomaly's time within a month and some days: what is missing on the fifth may be
noticed at the end of the month, and a window of amounts is as long."""

Alert = tuple[Objet, dt.date | None]
"""An object that is not an entry, and the month that was found wrong of it."""


@dataclass(slots=True)
class Case:
    """One anomaly, or one twin: all that was labelled with one `cas`.

    Attributes
    ----------
    entries : dict of str to int
        Entries that show it, with the revision from which on they do.
    objects : set of Objet
        What else it is about.
    days : list of datetime.date
        When: dates of the entries, or the day on which something should have arrived.
    """

    code: CodeMotif
    jumeau: bool
    cas: str
    variante: str
    entries: dict[str, int] = field(default_factory=dict)
    objects: set[Objet] = field(default_factory=set)
    days: list[dt.date] = field(default_factory=list)

    def is_at(self, day: dt.date | None) -> bool:
        """Whether a day is of the case's time; one that is not known is."""
        return day is None or not self.days or min(self.days) - SAME_TIME <= day <= max(self.days) + SAME_TIME


def cases_of(labels: Iterable[Label], dates: Mapping[str, dt.date]) -> list[Case]:
    """Return the cases of some labels, in their order.

    Parameters
    ----------
    labels : iterable of Label
        What was planted.
    dates : mapping of str to datetime.date
        Dates of entries, by their ids; a missing one is not known.
    """
    cases: dict[tuple[CodeMotif, bool, str], Case] = {}
    for label in labels:
        key = (label.code, label.jumeau, label.cas)
        case = cases.setdefault(key, Case(*key, label.variante))
        if label.ecriture_id is not None:
            case.entries.setdefault(label.ecriture_id, label.revision)
        if label.objet_type is not None:
            case.objects.add(Objet(type=label.objet_type, id=label.objet_id))
        day = label.date_attendue or dates.get(label.ecriture_id or "")
        if day is not None:
            case.days.append(day)
    return list(cases.values())


class Found:
    """Detections that were open at some time, by what they are about.

    Parameters
    ----------
    detections : iterable of Detection
        Every record, or the open ones at the end; one without reasons closes another and is passed over.
    """

    def __init__(self, detections: Iterable[Detection]) -> None:
        self.entries: dict[str, list[Detection]] = defaultdict(list)
        self.objects: dict[Alert, list[Detection]] = defaultdict(list)
        for detection in detections:
            if not detection.motifs:
                continue
            if detection.objet.type is TypeObjet.ECRITURE:
                self.entries[detection.objet.id].append(detection)
            else:
                self.objects[alert_of(detection)].append(detection)

    def of(self, case: Case) -> list[Detection]:
        """Return the detections that a case was found by.

        Those of its entries, from the revision on that shows it; those about its objects, of its time; those about an
        object that name one of its entries. An object's id may go on behind a separator (a period, a letter).
        """
        found = [
            detection
            for ecriture_id, revision in case.entries.items()
            for detection in self.entries.get(ecriture_id, ())
            if detection.revision >= revision
        ]
        for (objet, _), detections in self.objects.items():
            about = any(_is_about(objet, sought) for sought in case.objects)
            found += [
                detection
                for detection in detections
                if detection.ecriture_id in case.entries or (about and case.is_at(detection.ecriture_date))
            ]
        return found

    def __len__(self) -> int:
        return len(self.entries) + len(self.objects)


def alert_of(detection: Detection) -> Alert:
    """Return what a person is alerted to: an object, each month anew."""
    day = detection.ecriture_date
    return detection.objet, None if day is None else day.replace(day=1)


def _is_about(objet: Objet, sought: Objet) -> bool:
    if objet.type is not sought.type or not objet.id.startswith(sought.id):
        return False
    rest = objet.id[len(sought.id) :]
    return not rest or not rest[0].isalnum()


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
        Share of what was flagged (entries, and objects in a month) that belongs to a planted anomaly.
    recall : float
        Share of planted anomalies of which at least one entry, or the object, was flagged.
    alert_rate : float
        What was flagged, for each entry.
    """

    precision: float
    recall: float
    alert_rate: float
    flagged: int
    planted: int
    codes: tuple[CodeResult, ...]


def evaluate(detections: Iterable[Detection], labels: Iterable[Label], entries: Iterable[Ecriture]) -> Evaluation:
    """Compare detections with labels.

    Parameters
    ----------
    detections : iterable of Detection
        See `Found`.
    labels : iterable of Label
        What was planted. Labels of one `cas` are one anomaly; one that is about no entry (something is missing, an
        account as a whole) is found by a detection about that object.
    entries : iterable of Ecriture
        All there are, whatever their revisions.
    """
    dates = {entry.ecriture_id: entry.ecriture_date for entry in entries}
    cases, found = cases_of(labels, dates), Found(detections)
    hits = [found.of(case) for case in cases]
    right = {alert_of(hit) for case, its in zip(cases, hits, strict=True) if not case.jumeau for hit in its}
    # A case of several entries makes all of them right, from their first revision on: nobody is misled by it.
    guilty = {id_ for case in cases if not case.jumeau for id_ in case.entries}
    rightly = len(guilty & found.entries.keys()) + len(right & found.objects.keys())
    codes = []
    for code in CodeMotif:
        planted, twins = (
            [bool(its) for case, its in zip(cases, hits, strict=True) if case.code is code and case.jumeau is twin]
            for twin in (False, True)
        )
        if planted or twins:
            codes.append(CodeResult(code, len(planted), sum(planted), len(twins), sum(twins)))
    total, hit = sum(result.planted for result in codes), sum(result.found for result in codes)
    return Evaluation(
        precision=_share(rightly, len(found)),
        recall=_share(hit, total),
        alert_rate=_share(len(found), len(dates)),
        flagged=len(found),
        planted=total,
        codes=tuple(codes),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
