"""One subject, followed over the entries that a test posts."""

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from schemas import Ecriture, Etat, Ligne, Operation, Parametres, from_minor
from wisebook_ml.controls import CONTROLS, SettingsTable, View
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.observe import observe
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.subjects import Subject, SubjectFinding

DEFAULTS = Parametres(societe_id=0)
DAY = dt.timedelta(days=1)


class Followed:
    """A subject, its state and all that it has told."""

    def __init__(self, subject: Subject, parametres: Parametres = DEFAULTS) -> None:
        self.subject, self.parametres = subject, parametres
        self.state, self.habits = subject.new_state(), new_store()
        self.told: list[SubjectFinding] = []

    def post(self, *entries: Ecriture) -> list[SubjectFinding]:
        """Return what the next entries, in one batch, tell; positions are those of the entries given."""
        table = SettingsTable.of([self.parametres], CONTROLS)
        batch = EntryBatch.from_entries(entries)
        same = np.zeros(len(batch), np.int64)
        met = observe(batch, table.facts(batch, same), self.habits, table.limits(same))
        view = View(met.batch, met.facts, met.habits, table.settings, same[met.taken])
        found = self.subject.take(view, met.first, self.state)
        self.told += found
        return found

    def tick(self, day: dt.date, societe_id: int = 0) -> list[SubjectFinding]:
        """Return what a day tells."""
        found = self.subject.tick(societe_id, day, self.parametres, self.state)
        self.told += found
        return found

    def reload(self) -> None:
        """Go on with what was dumped of the state."""
        parts = {name: data.tobytes() for name, data in self.state.dump()}
        self.state = self.subject.new_state()
        self.state.load(parts)

    @property
    def standing(self) -> Mapping[str, SubjectFinding]:
        """What stands, by its id."""
        latest = {finding.id: finding for finding in self.told}
        return {name: finding for name, finding in latest.items() if finding.etat is Etat.OUVERTE}


def in_parts(
    subject: Subject, entries: Sequence[Ecriture], cuts: Sequence[int]
) -> tuple[list[tuple[object, ...]], str]:
    """Return all that is told of entries that come in parts, dumped and loaded between them, and the state's digest."""
    followed, told = Followed(subject), list[tuple[object, ...]]()
    bounds = [0, *sorted(cuts), len(entries)]
    for start, end in itertools.pairwise(bounds):
        told += [
            (start + found.position, found.id, found.etat, found.revision, found.montant, found.libelle_fr)
            for found in followed.post(*entries[start:end])
        ]
        followed.reload()
    return told, followed.state.digest()


def line(compte: str, cents: int, aux: str = "", letter: str = "", lettered: dt.date | None = None) -> Ligne:
    """Return a line: a debit of cents, a credit where they are negative."""
    return Ligne(
        compte_num=compte,
        comp_aux_num=aux,
        comp_aux_lib=aux.title(),
        ecriture_lib="",
        debit=from_minor(max(cents, 0)),
        credit=from_minor(max(-cents, 0)),
        ecriture_let=letter,
        date_let=lettered,
    )


def entry(
    ecriture_id: str,
    journal: str,
    day: dt.date,
    lines: Sequence[Ligne],
    *,
    label: str = "Opération",
    live: bool = True,
    entered: dt.date | None = None,
    revision: int = 1,
    operation: Operation = Operation.CREATION,
    valid: dt.date | None = None,
    societe_id: int = 1,
) -> Ecriture:
    """Return an entry; of live books (entered on its day, or on another one), or as a file has it."""
    when = day if entered is None else entered
    return Ecriture(
        societe_id=societe_id,
        ecriture_id=ecriture_id,
        revision=revision,
        operation=operation,
        journal_code=journal,
        ecriture_date=day,
        valid_date=valid,
        saisie_le=dt.datetime(when.year, when.month, when.day, 10, tzinfo=dt.UTC) if live else None,
        lignes=[
            Ligne(**{name: getattr(one, name) for name in one.__struct_fields__} | {"ecriture_lib": label})
            for one in lines
        ],
    )


def days_pass(
    first: dt.date, days: int, *, step: int = 1, live: bool = True, journal: str = "OD", lines: Sequence[Ligne] = ()
) -> list[Ecriture]:
    """Return an ordinary entry for every day (or every so many) that passes: it is about nothing that a test is."""
    lines = lines or [line("606400", 1234), line("467000", -1234)]
    return [
        entry(f"D{journal}{first + DAY * k}", journal, first + DAY * k, lines, label=f"Divers {k} x{k}", live=live)
        for k in range(0, days, step)
    ]
