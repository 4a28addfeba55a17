"""The state that business flows share while a month is simulated."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from random import Random

from msgspec import Struct

from schemas.enums import Operation, Origine
from wisebook_ml.generator.company import Company
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.labels import Label, PendingLabel
from wisebook_ml.generator.parties import Tiers
from wisebook_ml.generator.people import Auteur, Clock
from wisebook_ml.generator.timeline import JOUR, Month, next_business

__all__ = ["OpenItem", "Revision", "World"]

DUPLICATE_MEMORY = 90
"""Days within which the base ledger never repeats an amount of one third party."""

ENDINGS = (0, 0, 0, 50, 90, 99, 25, 40, 80)
"""Cents that price lists like."""


class OpenItem(Struct):
    """An invoice that waits for its payment; `du` is what is really owed, whatever was typed."""

    draft: Draft
    tiers: Tiers
    du: int
    mode: str
    compte: str


class Revision(Struct):
    """A later revision of an entry, to be published at a time."""

    le: dt.datetime
    draft: Draft
    operation: Operation
    apply: Callable[[Draft], None]
    label: PendingLabel | None = None


class World:
    """Drafts of the current month, what is planned for later, and the random streams of each flow."""

    def __init__(self, company: Company, months: list[Month], *, lettering_rate: float) -> None:
        self.company = company
        self.chart = company.chart
        self.months = months
        self.lettering_rate = lettering_rate
        self.clock = Clock(self.rng("clock"), company.auteurs)
        self.drafts: list[Draft] = []
        self.revisions: list[Revision] = []
        self.labels: list[Label] = []
        self.absences: set[tuple[str, int]] = set()
        """(contract kind, month index) of recurring entries that do not arrive."""
        self.soldes: dict[tuple[str, str], int] = defaultdict(int)
        """Balances by account and third party of everything posted so far in the fiscal year."""
        self._plans: dict[dt.date, list[Callable[[World, dt.date], None]]] = defaultdict(list)
        self.due: dict[dt.date, list[OpenItem]] = defaultdict(list)
        self._seen: dict[tuple[str, int], int] = {}
        self._tva: dict[tuple[int, str], int] = defaultdict(int)
        self._pieces: dict[str, int] = defaultdict(int)

    def rng(self, name: str) -> Random:
        """Return the random stream of a flow; a new flow does not disturb the others."""
        return Random(f"{self.company.seed}:{self.company.societe_id}:{name}")

    # -- time ---------------------------------------------------------------------------------------------------

    def at(self, day: dt.date, plan: Callable[[World, dt.date], None]) -> None:
        """Plan something that passes through the bank on a day (moved to the next business day)."""
        self._plans[next_business(day)].append(plan)

    def plans(self, day: dt.date) -> list[Callable[[World, dt.date], None]]:
        """Return, once, what was planned for a day."""
        return self._plans.pop(day, [])

    # -- entries ------------------------------------------------------------------------------------------------

    def post(self, draft: Draft) -> Draft:
        """Add an entry to the month."""
        self.drafts.append(draft)
        month = draft.jour.year * 12 + draft.jour.month
        declared = draft.nature == "tva"  # the return itself is nothing to declare
        for ligne in draft.lignes:
            self.soldes[ligne.compte, ligne.aux] += ligne.montant
            if ligne.compte.startswith("445") and not declared and draft.nature != "a_nouveaux":
                self._tva[month, ligne.compte] += ligne.montant
        return draft

    def typed(self, draft: Draft, role: str | Auteur, lag: int = 0) -> Draft:
        """Post an entry that a person types some days after its date."""
        day = draft.jour + JOUR * lag
        if isinstance(role, str):
            draft.auteur, draft.saisie_le = self.clock.somebody(role, day)
        else:
            draft.auteur, draft.saisie_le = role.login, self.clock.person(role, day)
        return self.post(draft)

    def by_robot(self, draft: Draft, login: str, day: dt.date, origine: Origine = Origine.IMPORT) -> Draft:
        """Post an entry that a program makes in its run of a day."""
        draft.auteur, draft.origine = login, origine
        draft.saisie_le = self.clock.robot(login, day)
        return self.post(draft)

    def label(self, label: Label) -> None:
        """Record a label that is about no entry."""
        self.labels.append(label)

    def tag(self, draft: Draft, label: Label, liee: Draft | None = None) -> None:
        """Label an entry; its id is filled in when it is published."""
        if draft.labels is None:
            draft.labels = []
        draft.labels.append(PendingLabel(label, liee))
        draft.touche = True

    # -- amounts ------------------------------------------------------------------------------------------------

    def amount(self, rng: Random, euros: float, sigma: float) -> int:
        """Return a plausible price in cents, not a large round one."""
        cents = int(rng.lognormvariate(0, sigma) * euros) * 100
        pick = rng.random()
        cents += ENDINGS[int(rng.random() * len(ENDINGS))] if pick < 0.6 else int(rng.random() * 100)
        if cents % 5000 == 0:
            cents += 100 * (1 + int(rng.random() * 8)) + 35
        return max(cents, 490)

    def fresh(self, aux: str, cents: int, day: dt.date) -> bool:
        """Whether a third party had no such amount lately, and remember it."""
        key, now = (aux, cents), day.toordinal()
        before = self._seen.get(key)
        if before is not None and now - before < DUPLICATE_MEMORY:
            return False
        self._seen[key] = now
        return True

    def forget(self, before: dt.date) -> None:
        """Drop what is too old to matter, to bound memory."""
        self.clock.forget(before - JOUR * 40)
        limit = before.toordinal() - DUPLICATE_MEMORY
        self._seen = {key: day for key, day in self._seen.items() if day >= limit}

    def below_limit(self, cents: int) -> bool:
        """Whether an amount lies within 6 % below an approval limit; honest purchases here avoid that."""
        return any(0.94 * limit * 100 <= cents < limit * 100 for limit in self.company.seuils)

    def piece(self, series: str) -> int:
        """Return the next number of a series of pieces."""
        self._pieces[series] += 1
        return self._pieces[series]

    def declare_vat(self, month: Month) -> dict[str, int]:
        """Return, once, what moved on every VAT account up to a month and was not declared before."""
        until = month.debut.year * 12 + month.debut.month
        due: dict[str, int] = defaultdict(int)
        for key in [key for key in self._tva if key[0] <= until]:
            due[key[1]] += self._tva.pop(key)
        return due

    # -- lettering ----------------------------------------------------------------------------------------------

    def letter(self, rng: Random, items: list[OpenItem], payment: Draft, ligne: DraftLine) -> bool:
        """Letter invoices with the payment line that settles them, if the sums agree.

        The payment carries the letter when it is published; each invoice gets it by a revision soon after.
        """
        lines = [
            next((one for one in item.draft.lignes if (one.compte, one.aux) == (item.compte, item.tiers.aux)), None)
            for item in items
        ]
        if any(one is None for one in lines):
            return False
        if sum(one.montant for one in lines if one) + ligne.montant or rng.random() > self.lettering_rate:
            return False
        code, when = items[0].tiers.next_letter(), payment.saisie_le.date()
        ligne.let, ligne.date_let = code, when
        for item in items:

            def apply(draft: Draft, key: tuple[str, str] = (item.compte, item.tiers.aux)) -> None:
                for one in draft.lignes:
                    if (one.compte, one.aux) == key and not one.let:
                        one.let, one.date_let = code, when

            after = max(payment.saisie_le, item.draft.saisie_le) + dt.timedelta(seconds=2)
            self.revisions.append(Revision(after, item.draft, Operation.MODIFICATION, apply))
        return True
