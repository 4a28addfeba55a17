"""All that the scoring of a partition's next entry depends on, besides its models and settings."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.store import Store, array_names, table_at
from wisebook_ml.models.online import online_dtype
from wisebook_ml.models.ranks import RANKS
from wisebook_ml.subjects import SUBJECTS

__all__ = [
    "LEVELS",
    "MAX_CONTROLS",
    "ScoringState",
    "detectors_of",
    "found_of",
    "rates_of",
    "repeats_of",
    "scales_of",
]

MAX_CONTROLS = 40
"""Room for the rates of so many controls."""

LEVELS = (0.5, 0.625, 0.75, 0.875, 1.0, 1.25, 1.5, 2.0)
"""Shares of a control's threshold at which findings are counted: a finding is compared with those as strong."""

RATES = np.dtype(
    [("judged", np.int32), ("fired", np.int32, (MAX_CONTROLS,)), ("lately", np.int32, (MAX_CONTROLS,))], align=True
)
"""How often each control found something in a journal, out of how many entries: a habit too; and whether it does so all
the time of late (a bucket that findings fill and other entries drain)."""

FOUND = np.dtype(
    [("judged", np.int32), ("repeats", np.int32), ("reached", np.int32, (MAX_CONTROLS * len(LEVELS),))], align=True
)
"""The same of a company: how often each control reached each of `LEVELS` (control after control); and how many
rows of `REPEATS` it has."""

REPEATS = np.dtype([("count", np.int32)], align=True)
"""How often a control found something about one third party, or about entries of one wording."""

ROWS: dict[str, np.dtype[Any]] = {
    "scales": RANKS,
    "detectors": online_dtype(len(FEATURE_NAMES)),
    "rates": RATES,
    "found": FOUND,
    "repeats": REPEATS,
}
"""Of companies: composite scores of all entries, which set the threshold that keeps the alert budget; the online
detector of one without a model. Of journals: their rates. Of companies: what was found, and of
their third parties how often again."""

NAMES = array_names(ROWS, {}, {})

scales_of = table_at(NAMES, "scales", ROWS["scales"])
detectors_of = table_at(NAMES, "detectors", ROWS["detectors"])
rates_of = table_at(NAMES, "rates", ROWS["rates"])
found_of = table_at(NAMES, "found", ROWS["found"])
repeats_of = table_at(NAMES, "repeats", ROWS["repeats"])

HABITS, JUDGED, SUBJECT = "habits/", "judged/", "subjects/"
"""Prefixes of the names of the parts."""


class ScoringState:
    """The fold of a partition's entries: the habits of its companies, and how their entries were judged.

    Attributes
    ----------
    habits : Store
        See `wisebook_ml.habits.layout`.
    judged : Store
        Tables `scales`, `detectors`, `rates`, `found` and `repeats`.
    subjects : dict of str to Store
        Of each of `wisebook_ml.subjects.SUBJECTS`, by its name.
    """

    def __init__(self) -> None:
        self.habits = new_store()
        self.judged = Store(ROWS, {}, {})
        self.subjects = {subject.name: subject.new_state() for subject in SUBJECTS}

    def _parts(self) -> Iterator[tuple[str, Store]]:
        yield HABITS, self.habits
        yield JUDGED, self.judged
        for name, store in self.subjects.items():
            yield f"{SUBJECT}{name}/", store

    def dump(self) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
        """Return copies of the bytes that make the state, with a name each."""
        for prefix, store in self._parts():
            for name, data in store.dump():
                yield prefix + name, data

    def load(self, parts: Mapping[str, bytes | memoryview]) -> None:
        """Take the state that was dumped.

        Raises
        ------
        StateError
            Where a part is missing or has a size that it cannot have; the state is then of no more use.
        """
        for prefix, store in self._parts():
            store.load({name.removeprefix(prefix): part for name, part in parts.items() if name.startswith(prefix)})

    def digest(self) -> str:
        """Return a hash of the state: the same after the same entries, however they came."""
        return "".join(store.digest() for _, store in self._parts())
