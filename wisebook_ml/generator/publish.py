"""From drafts to events: time order, numbers and ids, revisions, labels with their ids."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from schemas.entry import Ecriture, Ligne
from schemas.enums import Operation
from schemas.money import from_minor
from wisebook_ml.generator.company import JOURNAUX
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.labels import PendingLabel
from wisebook_ml.generator.people import Clock
from wisebook_ml.generator.timeline import JOUR, add_months
from wisebook_ml.generator.world import Revision, World

__all__ = ["MONTHLY_NUMBERING", "Publication", "Publisher", "validation_run"]

MONTHLY_NUMBERING = frozenset({"CA"})
"""Journals whose numbers start again every month, behind a prefix of year and month."""

VALIDATION_DAY = 20
"""Day of the month on which the entries of the month before are validated, in the evening."""

NO_AMOUNT = "0.00"


class Publication(NamedTuple):
    """An event and the moment at which WiseBook publishes it (its CloudEvents time)."""

    le: dt.datetime
    ecriture: Ecriture


def validation_run(saisie_le: dt.datetime, jour: dt.date) -> dt.datetime:
    """Return the first validation run that covers an entry."""
    month = add_months(max(jour, saisie_le.date()).replace(day=1), 1)
    return Clock.moment(month + JOUR * (VALIDATION_DAY - 1), 20 * 3600 + 1800)


class Publisher:
    """Holds drafts until their time has come, then numbers and publishes them.

    Parameters
    ----------
    world : World
        Where drafts, revisions and labels are taken from, month by month.
    validation_rate : float
        Share of the entries whose validation is published as a revision of its own.
    """

    def __init__(self, world: World, start: dt.date, validation_rate: float) -> None:
        self._world = world
        self._start = start
        self._rate = validation_rate
        self._rng = world.rng("publish")
        self._heap: list[tuple[dt.datetime, int, Draft | Revision]] = []
        self._seq = 0
        self._ids = 0
        self._next: dict[tuple[str, str], int] = {}
        self._taken: dict[tuple[str, str, int], list[PendingLabel]] = {}
        self._after: dict[tuple[str, str], list[PendingLabel]] = {}
        self._exercices: dict[tuple[int, int], str] = {}

    def take(self) -> None:
        """Move what the world has made into the queue."""
        for draft in self._world.drafts:
            self._push(draft.saisie_le, draft)
        for revision in self._world.revisions:
            self._push(revision.le, revision)
        self._world.drafts = []
        self._world.revisions = []

    def _push(self, when: dt.datetime, item: Draft | Revision) -> None:
        self._seq += 1
        heapq.heappush(self._heap, (when, self._seq, item))

    def until(self, limit: dt.datetime | None = None) -> Iterator[Publication]:
        """Yield what is published before a moment, or all that is left."""
        while self._heap and (limit is None or self._heap[0][0] < limit):
            when, _, item = heapq.heappop(self._heap)
            if isinstance(item, Draft):
                yield Publication(when, self._create(item))
            elif item.draft.revision == 0:
                # A planter moved the entry behind its revision: the revision waits for it.
                self._push(item.draft.saisie_le + dt.timedelta(seconds=2), item)
            elif not item.draft.supprimee:
                yield Publication(when, self._revise(item))

    def exercice(self, day: dt.date) -> str:
        """Return the fiscal year of a date."""
        key = (day.year, day.month)
        found = self._exercices.get(key)
        if found is None:
            months = (day.year - self._start.year) * 12 + day.month - self._start.month
            first = add_months(self._start, months - months % 12)
            found = f"{first.isoformat()}/{(add_months(first, 12) - JOUR).isoformat()}"
            self._exercices[key] = found
        return found

    def _create(self, draft: Draft) -> Ecriture:
        self._ids += 1
        draft.ecriture_id = f"E{self._world.company.societe_id}-{self._ids:08d}"
        draft.revision = 1
        if not draft.exercice:
            draft.exercice = self.exercice(draft.jour)
        self._number(draft)
        if draft.labels:
            for pending in draft.labels:
                self._label(pending, draft)
        if self._rate and not draft.sans_validation and self._rng.random() < self._rate:
            run = validation_run(draft.saisie_le, draft.jour)
            self._push(run, Revision(run, draft, Operation.VALIDATION, _validate(run.date())))
        return _event(draft, Operation.CREATION, self._world)

    def _revise(self, revision: Revision) -> Ecriture:
        draft = revision.draft
        draft.revision += 1
        draft.supprimee = revision.operation is Operation.SUPPRESSION
        revision.apply(draft)
        if revision.label is not None:
            self._label(revision.label, draft)
        return _event(draft, revision.operation, self._world)

    def _number(self, draft: Draft) -> None:
        monthly = draft.journal in MONTHLY_NUMBERING
        period = f"{draft.saisie_le:%y%m}" if monthly else draft.exercice
        key = (draft.journal, period)
        number = self._next.get(key, 1)
        if key in self._after:
            # Going back to where the journal was is the other half of the disorder.
            draft.labels = [*(draft.labels or ()), *self._after.pop(key)]
        directive = draft.numbering
        if directive is not None and directive.repete and number > 1:
            number -= 1
        elif directive is not None and directive.avance:
            number += directive.avance
            self._taken[*key, number] = list(draft.labels or ())
            self._after[key] = list(draft.labels or ())
        else:
            number += directive.saut if directive is not None else 0
            while (*key, number) in self._taken:
                # Where the journal steps over the number taken before, it seems to have a gap.
                draft.labels = [*(draft.labels or ()), *self._taken.pop((*key, number))]
                number += 1
            self._next[key] = number + 1
        draft.num = f"{draft.journal}{period}-{number:05d}" if monthly else str(number)

    def _label(self, pending: PendingLabel, draft: Draft) -> None:
        label = replace(pending.label, ecriture_id=draft.ecriture_id, revision=draft.revision)
        if isinstance(pending.liee, Draft):
            label = replace(label, ecriture_liee=pending.liee.ecriture_id)
        self._world.label(label)


class _validate:
    """The change that a validation run makes to an entry."""

    def __init__(self, day: dt.date) -> None:
        self._day = day

    def __call__(self, draft: Draft) -> None:
        draft.valid_date = self._day


def _event(draft: Draft, operation: Operation, world: World) -> Ecriture:
    label = world.chart.label
    return Ecriture(
        societe_id=world.company.societe_id,
        ecriture_id=draft.ecriture_id,
        revision=draft.revision,
        operation=operation,
        exercice=draft.exercice,
        journal_code=draft.journal,
        journal_lib=JOURNAUX[draft.journal],
        ecriture_num=draft.num,
        ecriture_date=draft.jour,
        valid_date=draft.valid_date,
        saisie_par=draft.auteur,
        saisie_le=draft.saisie_le,
        origine=draft.origine,
        lignes=[_line(draft, ligne, label(ligne.compte)) for ligne in draft.lignes],
    )


def _line(draft: Draft, ligne: DraftLine, compte_lib: str) -> Ligne:
    montant = ligne.montant
    on_debit = (montant > 0) is not ligne.negatif
    text = from_minor((-abs(montant) if ligne.negatif else abs(montant)) + ligne.contre)
    opposite = from_minor(ligne.contre) if ligne.contre else NO_AMOUNT
    devise = ligne.devise
    return Ligne(
        compte_num=ligne.compte,
        compte_lib=compte_lib,
        comp_aux_num=ligne.aux,
        comp_aux_lib=ligne.aux_lib,
        piece_ref=draft.piece,
        piece_date=draft.piece_date,
        ecriture_lib=draft.lib if ligne.lib is None else ligne.lib,
        debit=text if on_debit else opposite,
        credit=opposite if on_debit else text,
        ecriture_let=ligne.let,
        date_let=ligne.date_let,
        montant_devise=devise[0] if devise else None,
        idevise=devise[1] if devise else "",
        date_echeance=ligne.echeance,
        iban_empreinte=ligne.iban,
    )
