"""Promotions of replays: what a replay found takes the place of what was published, in the fold like all else."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from schemas import DetectionReprise, Ecriture, Etat, Ligne, Reprise, TypeObjet
from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import entries_of
from wisebook_ml.habits.store import StateError, Store
from wisebook_ml.habits.tables import find
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.vocabulary import vocabulary

__all__ = ["PART", "Reprises", "settle"]

PART = "reprises"
"""Part of a dump with the parts of promotions whose last one has not come."""

SOME_LINE = Ligne(compte_num="471000")


class Reprises:
    """The parts of each company's promotion that have come, until its last one does: one at a time."""

    def __init__(self) -> None:
        self._parts: dict[int, list[Reprise]] = {}

    def take(self, marker: Reprise) -> Sequence[DetectionReprise]:
        """Take a part; return all detections of the promotion with its last one, and none before.

        Raises
        ------
        ValueError
            Where a part is missing before it, or a detection is another company's: nothing of it takes effect.
        """
        company = marker.societe_id
        before = self._parts.pop(company, [])
        if marker.numero == 1:  # one whose last part never came is as if it had not begun
            before = []
        fits = all(one.reprise_id == marker.reprise_id and one.nombre == marker.nombre for one in before)
        if not fits or marker.numero != len(before) + 1 or marker.numero > marker.nombre:
            raise ValueError(
                f"part {marker.numero} of {marker.nombre} of replay {marker.reprise_id} does not follow the part "
                "before it; promote the replay again"
            )
        foreign = [one.detection.societe_id for one in marker.detections if one.detection.societe_id != company]
        if foreign:
            raise ValueError(
                f"replay {marker.reprise_id} of company {company} has detections of company {foreign[0]}; a promotion "
                "concerns one company"
            )
        if marker.numero < marker.nombre:
            self._parts[company] = [*before, marker]
            return []
        return [one for part in (*before, marker) for one in part.detections]

    def dump(self) -> bytes:
        """Return the bytes that say what is waited for."""
        return msgspec.json.encode([part for company in sorted(self._parts) for part in self._parts[company]])

    def load(self, parts: Mapping[str, bytes | memoryview]) -> None:
        """Take what was dumped.

        Raises
        ------
        StateError
            Where it is none of this version.
        """
        if PART not in parts:
            raise StateError(f"part {PART} is missing")
        try:
            found = msgspec.json.decode(parts[PART], type=list[Reprise])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StateError(f"part {PART}: {error}") from error
        for part in found:
            self._parts.setdefault(part.societe_id, []).append(part)


def settle(found: Sequence[DetectionReprise], habits: Store) -> Iterator[DetectionReprise]:
    """Have the state agree with what a replay found, and yield what is to be published.

    What is about an entry of which a later revision has come is left as it is: that revision was judged, and what was
    said of it stands. An entry that is not remembered any more has nothing that could be said of it otherwise.

    Parameters
    ----------
    found : sequence of DetectionReprise
        Of one company, one of each detection.
    habits : Store
        Of `wisebook_ml.habits.layout`; whether an entry's detection is open is noted there.
    """
    about = [one for one in found if one.detection.objet.type is TypeObjet.ECRITURE]
    stands = dict.fromkeys(map(id, found), True)
    if about:
        batch = EntryBatch.from_entries([_entry(one) for one in about])
        keys = facts_of(batch, vocabulary()).key
        revisions = np.array([one.detection.revision for one in about], np.int64)
        opened = np.array([one.detection.etat is Etat.OUVERTE for one in about])
        told = np.zeros(len(about), np.bool_)
        mark_entries(habits.directory(), keys, revisions, opened, told)
        stands |= {id(one): bool(told[k]) for k, one in enumerate(about)}
    yield from (one for one in found if stands[id(one)])


def _entry(one: DetectionReprise) -> Ecriture:
    """Return an entry with the same key as the one that a detection is about."""
    found = one.detection
    return Ecriture(
        societe_id=found.societe_id,
        ecriture_id=found.objet.id,
        journal_code=found.journal_code or "?",
        ecriture_date=one.instant.date() if found.ecriture_date is None else found.ecriture_date,
        lignes=[SOME_LINE],
    )


@compiled
def mark_entries(habits: Array, keys: Array, revisions: Array, opened: Array, told: Array) -> None:
    """Note of entries whether their detection is open, and in `told` whether that holds: no later revision has come."""
    entries = entries_of(habits)
    for i in range(len(keys)):
        row = find(entries.slots, entries.keys, keys[i])
        told[i] = row == 0 or entries.rows[row].revision <= revisions[i]
        if row != 0 and told[i]:
            entries.rows[row].open = 1 if opened[i] else 0
