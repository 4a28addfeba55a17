"""What a control is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif, Direction, Parametres, to_minor
from wisebook_ml.features.view import View
from wisebook_ml.ledger.batch import Floats, Ints
from wisebook_ml.ledger.per_entry import any_line, largest_line, lines_that_reach

__all__ = [
    "DEFAULT_LIMITS",
    "EPOCH",
    "Bools",
    "Control",
    "Finding",
    "View",
    "any_of",
    "approval_limits",
    "chosen",
    "on_lines",
    "strongest",
]

Bools = npt.NDArray[np.bool_]

EPOCH = 719_163
"""Ordinal of 1 January 1970, from which NumPy counts days."""

DEFAULT_LIMITS = tuple(euros * 100 for euros in (5_000, 10_000, 25_000, 50_000, 100_000))
"""Approval limits in cents where a company has set none: the usual steps of French delegations of authority."""


def approval_limits(parametres: Parametres) -> Ints:
    """Return a company's approval limits in cents, ascending."""
    limits = parametres.plafonds_approbation
    return np.array(sorted(map(to_minor, limits)) if limits else DEFAULT_LIMITS, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What a control measured in a batch.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        One value an entry, to compare with the threshold; NaN where the control cannot say anything.
    lines : ndarray of bool, shape (m,), or None
        The lines that the value comes from; None for the whole entry.
    certainty : ndarray of float64, shape (n,), or None
        In (0, 1], how far a finding that passes is believed beside others of its control: 1 (None) unless its facts
        leave room for something legitimate. It is told all the same.
    """

    values: Floats
    lines: Bools | None = None
    certainty: Floats | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A named check.

    Parameters
    ----------
    code : CodeMotif
        What it is called in detections, labels, settings and documentation.
    attribute : str
        The accounting attribute that its contribution is counted for.
    threshold : float
        Passing it flags the entry; a company can override it.
    weight : float
        Strength of the evidence in the composite, in [0, 1]; a company can override it. About the share of its findings
        that are right where one entry in a hundred is wrong (in generated books, and ordinary ones with planted
        errors): 0.9 where hardly anything else looks so, 0.75 where something legitimate can, less for habits.
    source : str
        The standard, paper or regulation it rests on.
    measure : callable
        ``View -> Finding``.
    explain : callable
        ``(View, entry, value) -> (French, English)`` with the figures that triggered it; called for findings only.
    lines : callable, optional
        ``(View, entry) -> lines of the batch`` that a finding comes from, where `measure` does not know them.
    shares : callable, optional
        ``(View, entry) -> [(attribute, share)]`` where a finding can be of one attribute or another; `attribute` then
        is what most are of.
    required : bool
        Asked for by regulation: no habit of the company and no verdict excuses it.
    rule : bool
        Whether passing its threshold flags an entry whatever the alert budget; the others share the budget. Either a
        fact decides, or a habit so strict that an auditor asks why it was left (a side, a number, a date of entry).
        Where a rule that is not `required` finds something in more than 2 % of a journal's entries, or in more than
        three of one third party, that is how the company works, and only evidence (`wisebook_ml.scoring.judge`).
    systemic : bool
        What a journal's entries habitually are is told as one finding of the journal and period (`wisebook_ml.subjects`
        has one with this code), and not of each entry, even where a regulation asks for it.
    cause : str
        Findings of one cause count once; by default those of one attribute.
    direction : callable, optional
        ``(View, entry) -> Direction``: whether an unusual amount is higher or lower than what was expected; called for
        findings only.
    """

    code: CodeMotif
    attribute: str
    threshold: float
    weight: float
    source: str
    measure: Callable[[View], Finding]
    explain: Callable[[View, int, float], tuple[str, str]]
    lines: Callable[[View, int], list[int]] | None = None
    shares: Callable[[View, int], list[tuple[str, float]]] | None = None
    required: bool = False
    rule: bool = False
    systemic: bool = False
    cause: str = ""
    direction: Callable[[View, int], Direction] | None = None


def on_lines(view: View, values: Floats) -> Finding:
    """Return the finding of line values: the largest of each entry, and the lines that reach it."""
    first = view.batch.first
    largest = largest_line(values, first)
    return Finding(largest, lines_that_reach(values, largest, first))


def any_of(view: View, mask: Bools) -> Bools:
    """Return whether any line of each entry is in a mask."""
    found: Bools = any_line(mask, view.batch.first)
    return found


def strongest(view: View, entry: int, values: Floats) -> int:
    """Return the line of an entry with the largest of some line values, the first of equals; NaN counts as 0."""
    lines = view.batch.lines_of(entry)
    return lines[int(np.argmax(np.nan_to_num(values[lines.start : lines.stop])))]


def chosen(view: View, entry: int, mask: Bools) -> list[int]:
    """Return the lines of an entry that a mask over all lines selects."""
    lines = view.batch.lines_of(entry)
    return (np.flatnonzero(mask[lines.start : lines.stop]) + lines.start).tolist()
