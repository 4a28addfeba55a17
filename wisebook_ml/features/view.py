"""What controls and features see of a batch, and the measures that several of them share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from schemas import Parametres
from wisebook_ml.habits.observe import Habits
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.ledger.facts import Facts

__all__ = ["View", "once"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a control reads: entries as columns, what they say, the habits they met, and their companies' settings.

    `setting_of` has each entry's place in `settings`, shape (n,).
    """

    batch: EntryBatch
    facts: Facts
    habits: Habits
    settings: Sequence[Parametres]
    setting_of: Ints
    _measured: dict[Callable[["View"], Any], Any] = field(default_factory=dict, init=False, repr=False)

    def parametres_of(self, entry: int) -> Parametres:
        """Return the settings of an entry's company."""
        return self.settings[int(self.setting_of[entry])]

    def select(self, entries: Ints) -> "View":
        """Return the view of some entries, by ascending position."""
        return View(
            self.batch.select(entries),
            self.facts.select(entries, self.batch.first),
            self.habits.select(entries),
            self.settings,
            self.setting_of[entries],
        )


def once(measure: Callable[[View], T]) -> Callable[[View], T]:
    """Measure a view only once, however many controls, features and explanations ask."""

    @wraps(measure)
    def remembered(view: View) -> T:
        if measure not in view._measured:
            view._measured[measure] = measure(view)
        found: T = view._measured[measure]
        return found

    return remembered
