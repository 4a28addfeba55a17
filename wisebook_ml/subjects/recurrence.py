"""RECURRENTE_ABSENTE: what came regularly, was expected and did not come."""

import datetime as dt

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif, Etat, Parametres, TypeObjet
from wisebook_ml.controls.texts import date_en, date_fr, euros_en, euros_fr
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.ledger.characters import characters
from wisebook_ml.subjects import recurrence_due as due
from wisebook_ml.subjects import recurrence_pass as passes
from wisebook_ml.subjects.base import SubjectFinding
from wisebook_ml.subjects.recurrence_layout import EVENT, RING, new_store

__all__ = ["SUBJECT", "Recurrence"]

LATE_DAYS = 14.0
"""Days after the expected date at which something is missing: two weeks hold a weekend, a holiday and a forgotten
letter."""

CERTAIN = 8
"""Occurrences in a row after which nothing is said by chance."""

EVERY = {
    1: ("chaque mois", "every month"),
    2: ("tous les deux mois", "every two months"),
    3: ("chaque trimestre", "every quarter"),
    6: ("chaque semestre", "every half-year"),
    12: ("chaque année", "every year"),
}
"""How a period of so many months reads."""

ROOM = 64
"""Entries that room is made for at once."""


class _Output:
    """What a pass writes, and how it grows."""

    def __init__(self) -> None:
        self.events = np.zeros(256, EVENT)
        self.texts = np.zeros(256 * due.TEXT_BYTES, np.uint8)
        self.used = np.zeros(2, np.int64)

    def drain(self, findings: list[SubjectFinding]) -> None:
        """Take what was written."""
        findings += [_finding(self.events[k], self.texts) for k in range(int(self.used[0]))]
        self.used[:] = 0


class Recurrence:
    """Learns what comes again and again (every month, two, three, six or twelve), and tells what does not come.

    A series is what one third party invoices in one journal, or entries with the same words in their label in one
    journal (figures and the names of months do not count). It has a rhythm when at least three dates in a row are a
    month or a year apart, or four for other periods; the fewer there are, the closer dates and amounts must be.

    Notes
    -----
    Something is missing when the expected date has passed by two weeks (the threshold, in days), by what its own dates
    vary, and by the days that its entries usually take to be entered. Time is that at which entries are entered; a
    tick counts too, but only up to the date that the journal has come to: books that are not kept yet miss nothing. In
    a file, where no time of entry is known, it is the date of the journal's entries.

    Of some in a row the first is told, and the others when it goes on. It closes when the entry comes late. After three
    or four in a row it has ended, which closes what was told, unless it goes on later; a label like « résiliation » or
    « dernière échéance » ends it at once. What was missing in the same month of another year is a season, and is not
    told. Two series of one subject and month are one absence. VAT that is paid is not followed: some months have none
    to pay.

    Good for rents, leases, subscriptions, loans, wages, declarations. It fails where a third party invoices several
    things in one journal at different dates: no rhythm is seen then, and nothing is told.
    """

    name = "recurrence"
    code = CodeMotif.RECURRENTE_ABSENTE
    attribute = "ecriture_date"
    threshold = LATE_DAYS
    weight = 0.7
    source = "NEP 520 (analytical procedures); ISA 520 par. 5 to 7; C. com. art. L123-14 (completeness)"
    required = False

    def new_state(self) -> Store:
        """Return an empty state."""
        return new_store()

    def take(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> list[SubjectFinding]:
        """Follow the series of a batch; see `wisebook_ml.subjects.base.Subject`."""
        batch, facts = view.batch, view.facts
        findings: list[SubjectFinding] = []
        if not len(batch):
            return findings
        chosen = [self._setting(parametres) for parametres in view.settings]
        bases, active = (np.array([one[k] for one in chosen])[view.setting_of] for k in range(2))
        output, cursor, scratch = _Output(), np.zeros(2, np.int64), np.zeros((4, RING), np.int64)
        while True:
            stopped = passes.follow_entries(
                cursor,
                batch.data,
                batch.societe,
                batch.first,
                facts.key,
                facts.journal,
                batch.day,
                facts.stamp,
                batch.valid,
                batch.operation,
                facts.deleted,
                first,
                _span(batch, "journal_code"),
                batch.total,
                batch.net,
                batch.amount,
                batch.root,
                facts.party,
                facts.account,
                _span(batch, "compte_num"),
                _span(batch, "comp_aux_num"),
                _span(batch, "ecriture_lib"),
                *characters(),
                bases,
                active,
                state.directory(),
                scratch,
                output.events,
                output.used,
                output.texts,
            )
            if stopped != passes.DONE:
                self._reserve(state)
            output.drain(findings)
            if stopped == passes.DONE:
                return findings

    def tick(self, societe_id: int, day: dt.date, parametres: Parametres, state: Store) -> list[SubjectFinding]:
        """Tell what a day makes overdue; see `wisebook_ml.subjects.base.Subject`."""
        findings: list[SubjectFinding] = []
        output, cursor = _Output(), np.zeros(2, np.int64)
        base, active = self._setting(parametres)
        while True:
            stopped = passes.follow_tick(
                cursor, societe_id, day.toordinal(), base, active,
                state.directory(), output.events, output.used, output.texts,
            )  # fmt: skip
            if stopped != passes.DONE:
                self._reserve(state)
            output.drain(findings)
            if stopped == passes.DONE:
                return findings

    def _setting(self, parametres: Parametres) -> tuple[int, bool]:
        """Return the days that a company waits, and whether it is told."""
        chosen = parametres.controles.get(self.code)
        if chosen is None:
            return round(self.threshold), True
        return round(self.threshold if chosen.seuil is None else chosen.seuil), chosen.actif

    @staticmethod
    def _reserve(state: Store) -> None:
        rows = dict.fromkeys(("companies", "journals", "series", "members", "told"), ROOM)
        state.reserve(rows, {"words": ROOM * due.WORDS})


def _span(batch: EntryBatch, name: str) -> tuple[Ints, Ints]:
    """Return where a text of each entry or line starts, and its length, as compiled functions take them."""
    span = batch.text(name)
    return span.start, span.length


def _finding(event: np.void, texts: npt.NDArray[np.uint8]) -> SubjectFinding:
    """Return the finding of what a pass has written."""
    at, parts = int(event["text"]), []
    for name in ("id", "code", "label"):
        parts.append(bytes(texts[at : at + int(event[name])]).decode())
        at += int(event[name])
    ident, journal, label = parts
    kind, expected = int(event["kind"]), dt.date.fromordinal(int(event["expected"]))
    missed = kind == due.MISSED
    french, english = _texts(event, ident, journal, label, expected)
    return SubjectFinding(
        position=int(event["position"]),
        societe_id=int(event["societe"]),
        type=TypeObjet.TIERS if event["tiers"] else TypeObjet.COMPTE,
        id=f"{ident}/{expected:%Y-%m}",
        etat=Etat.OUVERTE if missed else Etat.CLOSE,
        revision=int(event["revision"]),
        montant=int(event["amount"]),
        value=float(event["late"]),
        threshold=float(event["limit"]),
        strength=_strength(int(event["length"]), int(event["steady"])) if missed else 0.0,
        libelle_fr=french,
        libelle_en=english,
        journal_code=journal,
        date=expected,
    )


def _strength(length: int, steady: int) -> float:
    """Return how sure a rhythm is: by how often it was kept, and by how many percent of its amounts are equal."""
    return min(1.0, 0.6 + 0.3 * min(1.0, length / CERTAIN) + 0.1 * steady / 100)


def _texts(event: np.void, ident: str, journal: str, label: str, expected: dt.date) -> tuple[str, str]:
    """Say in French and in English what is missing, or what became of it."""
    kind, amount = int(event["kind"]), int(event["amount"])
    every_fr, every_en = EVERY.get(int(event["period"]), EVERY[1])
    since = dt.date.fromordinal(max(1, int(event["since"])))
    french = f"« {label} » ({ident}, journal {journal})" if label else f"{ident} (journal {journal})"
    english = f'"{label}" ({ident}, journal {journal})' if label else f"{ident} (journal {journal})"
    if kind == due.CAME:
        return f"{french} : comptabilisé depuis, en retard.", f"{english}: posted since, late."
    if kind == due.ENDED:
        return (
            f"{french} : plus rien depuis le {date_fr(expected)}, l'échéance a pris fin.",
            f"{english}: nothing since {date_en(expected)}, it has ended.",
        )
    return (
        f"{french} : {euros_fr(amount)} attendu vers le {date_fr(expected)}, non comptabilisé "
        f"{int(event['late'])} jours après ; reçu {every_fr} depuis {since:%m/%Y}.",
        f"{english}: {euros_en(amount)} expected about {date_en(expected)}, not posted {int(event['late'])} days "
        f"later; it came {every_en} since {since:%Y-%m}.",
    )


SUBJECT = Recurrence()
