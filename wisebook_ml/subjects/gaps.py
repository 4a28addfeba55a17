"""RUPTURE_NUMEROTATION in a file: numbers that are missing once the journal has gone well past them."""

import datetime as dt
import math

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif, Etat, Parametres, TypeObjet
from wisebook_ml.controls.rupture_numerotation import THRESHOLD, closes_accounts
from wisebook_ml.controls.texts import count_en, count_fr, date_en, date_fr
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store
from wisebook_ml.ledger.facts import NO_LAG
from wisebook_ml.subjects import gaps_pass as passes
from wisebook_ml.subjects.base import SubjectFinding
from wisebook_ml.subjects.periods import year_id
from wisebook_ml.subjects.settings import thresholds_of

__all__ = ["SUBJECT", "Gaps"]

ROOM = 64
"""Series that room is made for at once."""


class _Output:
    """What a pass writes."""

    def __init__(self) -> None:
        self.events = np.zeros(4 * (passes.GAPS + 1), passes.EVENT)
        self.texts = np.zeros(len(self.events) * passes.TEXT_BYTES, np.uint8)
        self.used = np.zeros(2, np.int64)

    def drain(self, findings: list[SubjectFinding]) -> None:
        """Take what was written."""
        findings += [_finding(self.events[k], self.texts) for k in range(int(self.used[0]))]
        self.used[:] = 0


class Gaps:
    """Follows the numbers that are missing before entries without a time of entry, and tells when they never came.

    Entries that are typed follow one another, and a number that is left out shows at once: the control of single
    entries says so. A file has its entries in an order of its own, by date mostly: there, numbers that seem to be
    missing arrive some entries later. So a run of missing numbers waits until the journal has gone well past it, by
    more entries and days than its late numbers took so far; a tick tells after the days alone, and at the end of the
    fiscal year. A number that arrives after all closes the finding, and what is left of the run waits anew.

    Where more than one in some thirty numbers has a gap before it nothing is told here: the numbering as a whole is
    told of once it is of no use (`numbering`). Entries that close classes 6 and 7 are numbered apart.

    References
    ----------
    Art. A47 A-1 LPF (EcritureNum: continuous numbering); PCG art. 921-3.
    """

    name = "gaps"
    code = CodeMotif.RUPTURE_NUMEROTATION
    attribute = "ecriture_num"
    threshold = 1.5
    weight = 0.9
    source = "Art. A47 A-1 LPF (continuous numbering without gap); PCG art. 921-3"
    required = True

    def new_state(self) -> Store:
        """Return an empty state."""
        return passes.new_store()

    def take(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> list[SubjectFinding]:
        """Follow the numbers of a batch; see `wisebook_ml.subjects.base.Subject`."""
        batch, facts = view.batch, view.facts
        codes, nums, ids = (
            (span.start, span.length) for span in map(batch.text, ("journal_code", "ecriture_num", "ecriture_id"))
        )
        apart = closes_accounts(view)
        findings: list[SubjectFinding] = []
        output, cursor = _Output(), np.zeros(1, np.int64)
        while True:
            stopped = passes.follow_numbers(
                cursor,
                batch.data,
                batch.societe,
                facts.sequence,
                facts.number,
                (batch.day, facts.exercice_first, facts.exercice_last),
                batch.total,
                first & ~facts.deleted & (facts.number >= 0),
                (facts.lag == NO_LAG) & ~apart,
                apart,
                codes,
                nums,
                ids,
                thresholds_of(view, self.code, self.threshold),
                state.directory(),
                output.events,
                output.used,
                output.texts,
            )
            output.drain(findings)
            if stopped == passes.DONE:
                return findings
            if stopped == passes.ROOM:
                state.reserve({"companies": ROOM, "series": ROOM}, {"words": ROOM * passes.WORDS})

    def tick(self, societe_id: int, day: dt.date, parametres: Parametres, state: Store) -> list[SubjectFinding]:
        """Tell what a day makes certain; see `wisebook_ml.subjects.base.Subject`."""
        findings: list[SubjectFinding] = []
        output, cursor = _Output(), np.zeros(1, np.int64)
        setting = parametres.controles.get(self.code)
        threshold = self.threshold if setting is None or setting.actif else math.inf
        while True:
            stopped = passes.follow_tick(
                cursor, societe_id, day.toordinal(), threshold,
                state.directory(), output.events, output.used, output.texts,
            )  # fmt: skip
            output.drain(findings)
            if stopped == passes.DONE:
                return findings


def _finding(event: np.void, texts: npt.NDArray[np.uint8]) -> SubjectFinding:
    """Return the finding of what a pass has written."""
    at, parts = int(event["text"]), []
    for name in ("code", "num", "id"):
        parts.append(bytes(texts[at : at + int(event[name])]).decode())
        at += int(event[name])
    journal, num, ident = parts
    stands, value = int(event["kind"]) == passes.MISSING, float(event["value"])
    day = dt.date.fromordinal(int(event["day"]))
    french, english = _texts(journal, num, day, int(event["first"]), int(event["last"]), int(event["after"]))
    if not stands:
        french = f"Journal {journal} : des numéros qui manquaient avant le n° {num} sont arrivés."
        english = f"Journal {journal}: numbers that were missing before no. {num} have arrived."
    return SubjectFinding(
        position=int(event["position"]),
        societe_id=int(event["societe"]),
        type=TypeObjet.JOURNAL,
        id=f"{journal}/{year_id(int(event['year_first']), int(event['year_last']))}/{num}",
        etat=Etat.OUVERTE if stands else Etat.CLOSE,
        revision=int(event["revision"]),
        montant=int(event["stake"]) if stands else 0,
        value=value,
        threshold=Gaps.threshold,
        strength=min(1.0, value / THRESHOLD) if stands else 0.0,
        libelle_fr=french,
        libelle_en=english,
        journal_code=journal,
        date=day,
        ecriture_id=ident,
    )


def _texts(journal: str, num: str, day: dt.date, first: int, last: int, after: int) -> tuple[str, str]:
    """Say in French and in English which numbers are missing, and for how long."""
    count, behind = last - first + 1, after - 1
    which_fr, which_en = (f"{first}" if count == 1 else f"{first} {to} {last}" for to in ("à", "to"))
    missing_fr = count_fr(count, "numéro manque", "numéros manquent")
    missing_en = count_en(count, "number is missing", "numbers are missing")
    return (
        f"Rupture de numérotation (journal {journal}) : {missing_fr} ({which_fr}) avant le n° {num} du "
        f"{date_fr(day)} ; aucun n'est arrivé depuis ({count_fr(behind, 'écriture a suivi', 'écritures ont suivi')}).",
        f"Gap in the numbering (journal {journal}): {missing_en} ({which_en}) before no. {num} of {date_en(day)}; "
        f"none has come since ({count_en(behind, 'entry has', 'entries have')} followed).",
    )


SUBJECT = Gaps()
