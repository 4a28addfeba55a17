"""Which entries are new, which are a later revision, and which were delivered before."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas import Ecriture
from wisebook_ml.habits.profiles import CompanyHabits
from wisebook_ml.habits.trace import content_digest, identity, record_digest

__all__ = ["Arrival", "Conflict", "arrivals"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry to be taken.

    Its position in what was given, its identity, the digest of what validation freezes, and whether it arrives for the
    first time.
    """

    position: int
    key: int
    content: int
    first: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """An entry that cannot be taken: its position in what was given, and why, for a person."""

    position: int
    reason: str


def arrivals(entries: Sequence[Ecriture], habits: CompanyHabits) -> tuple[list[Arrival], list[Conflict]]:
    """Tell new entries and later revisions from those delivered before, and remember them.

    What was delivered before (the same revision with the same content, or an older revision) is left out; the same
    revision with other content is a contradiction.

    Parameters
    ----------
    entries : sequence of Ecriture
        Of one company, in the order of their publication.
    habits : CompanyHabits
        Its `seen` is updated in place.
    """
    taken, conflicts = [], []
    for position, entry in enumerate(entries):
        key, content = identity(entry.ecriture_id), content_digest(entry)
        digest = record_digest(entry, content)
        before = habits.seen.get(key)
        if before is None or entry.revision > before[0]:
            habits.see(key, entry.revision, digest)
            taken.append(Arrival(position, key, content, before is None))
        elif entry.revision == before[0] and digest != before[1]:
            reason = (
                f"entry {entry.ecriture_id!r} of company {entry.societe_id} was published before as revision "
                f"{entry.revision} with other content; publish a change as revision {entry.revision + 1}"
            )
            conflicts.append(Conflict(position, reason))
    return taken, conflicts
