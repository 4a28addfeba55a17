"""Subjects that follow a stream of entries without the rest of the scoring."""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from schemas import Ecriture, Ligne, Parametres, from_minor
from wisebook_ml.controls import CONTROLS, SettingsTable, View
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.observe import observe
from wisebook_ml.habits.store import Store
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.subjects import Subject, SubjectFinding

Found = list[tuple[int, SubjectFinding]]
"""Findings with the position of their entry in the stream; their own position is set to 0."""


class Follower:
    """A subject with its state, and the habits that it is shown."""

    def __init__(self, subject: Subject, parametres: Parametres | None = None) -> None:
        self.subject = subject
        self.state: Store = subject.new_state()
        self._habits = new_store()
        self._taken = 0
        self.set(parametres or Parametres(societe_id=0))

    def set(self, parametres: Parametres) -> None:
        """Put settings in force."""
        self._table = SettingsTable.of([parametres], CONTROLS)

    def take(self, entries: Sequence[Ecriture]) -> Found:
        """Show the next entries as one batch."""
        batch = EntryBatch.from_entries(entries)
        same = np.zeros(len(batch), np.int64)
        met = observe(batch, self._table.facts(batch, same), self._habits, self._table.limits(same))
        view = View(met.batch, met.facts, met.habits, self._table.settings, same[met.taken])
        found = []
        for finding in self.subject.take(view, met.first, self.state):
            at = self._taken + int(met.taken[finding.position])
            found.append((at, _placed(finding)))
        self._taken += len(entries)
        return found

    def cut(self, entries: Sequence[Ecriture], cuts: Sequence[int]) -> Found:
        """Show the next entries as batches that end at the cuts."""
        found: Found = []
        for start, end in pairwise([0, *sorted(cuts), len(entries)]):
            found += self.take(entries[start:end])
        return found

    def reload(self) -> None:
        """Go on from a dump of the state."""
        parts = {name: bytes(part) for name, part in self.state.dump()}
        self.state = self.subject.new_state()
        self.state.load(parts)


def _placed(finding: SubjectFinding) -> SubjectFinding:
    values = {name: getattr(finding, name) for name in finding.__slots__}
    return SubjectFinding(**(values | {"position": 0}))


def follow(subject: Subject, entries: Sequence[Ecriture], parametres: Parametres | None = None) -> list[SubjectFinding]:
    """Return what a new subject finds in entries."""
    return [finding for _, finding in Follower(subject, parametres).take(entries)]


def entry(
    ident: str,
    day: dt.date,
    *,
    journal: str = "HA",
    num: str = "",
    account: str = "606400",
    other: str = "401000",
    cents: int = 137_42,
    ref: str | None = "F",
    societe_id: int = 1,
    **fields: object,
) -> Ecriture:
    """Build an entry of two lines that nothing is wrong with, but for what a test names."""
    piece = {} if ref is None else {"piece_ref": f"{ref}{ident}", "piece_date": day}
    lines = [
        Ligne(compte_num=account, ecriture_lib="Fournitures", debit=from_minor(cents), **piece),
        Ligne(compte_num=other, ecriture_lib="Fournitures", credit=from_minor(cents), **piece),
    ]
    common = {"journal_code": journal, "ecriture_num": num, "ecriture_date": day, "lignes": lines}
    return Ecriture(societe_id=societe_id, ecriture_id=ident, **(common | fields))  # type: ignore[arg-type]
