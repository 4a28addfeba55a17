"""All that the scoring of a company's next entry depends on, besides its models and settings."""

from dataclasses import dataclass, field

from schemas import CodeMotif
from wisebook_ml.habits.bounded import forget_oldest
from wisebook_ml.habits.profiles import CompanyHabits
from wisebook_ml.habits.ranks import RankHistogram
from wisebook_ml.models.online import OnlineDetector

__all__ = ["CompanyState"]

MAX_OPEN = 50_000
"""Open detections that a later revision can close: at an alert budget of 1 %, those of five million entries."""


@dataclass(slots=True)
class CompanyState:
    """The fold of a company's entries: its habits, its online detector, its scale of scores, its open detections.

    Attributes
    ----------
    fired : dict
        How often each control found something in each journal, out of how many entries (`judged`): a habit too.
    composites : RankHistogram
        Composite scores of all entries, which set the threshold that keeps the alert budget.
    open : dict
        Entries (by identity) with an open detection.
    """

    habits: CompanyHabits = field(default_factory=CompanyHabits)
    online: OnlineDetector = field(default_factory=OnlineDetector)
    composites: RankHistogram = field(default_factory=RankHistogram)
    fired: dict[tuple[str, CodeMotif], int] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)
    open: dict[int, None] = field(default_factory=dict)

    @classmethod
    def new(cls, seed: int) -> "CompanyState":
        """Return the state of a company seen for the first time."""
        return cls(online=OnlineDetector(seed=seed))

    def mark_open(self, key: int) -> None:
        """Remember that an entry has an open detection."""
        self.open[key] = None
        forget_oldest(self.open, MAX_OPEN)

    def mark_closed(self, key: int) -> bool:
        """Forget an open detection; return whether there was one."""
        return self.open.pop(key, False) is None
