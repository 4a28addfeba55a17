"""Candidates for a line's account, and the inputs of the forest for each pair of a line and a candidate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from wisebook_ml.services.account_history import BEST, AccountHistory, CodedLines
from wisebook_ml.services.chart import COUNTERPARTS, WORDS, stems
from wisebook_ml.services.line_keys import ATTRIBUTES, ROOT, TOKENS, VIEWS, LineKeys

__all__ = ["Accounts", "Pairs", "attribute_shares", "make_pairs"]

T = TypeVar("T")
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

BY_ROOT = (
    *("party_journal", "others", "others_journal", "beside", "label_journal", "first_word", "words", "other_accounts"),
    *("other_roots", "grams", "party_words", "others_roots", "others_roots_both_sides", "others_classes"),
    *("others_both_sides", "label", "words_both_sides", "words:best", "words_both_sides:best"),
    *("other_accounts_both_sides", "beside_both_sides", "others_roots_party", "position"),
)
"""Views that also say how often accounts of the candidate's kind (first three digits) were meant."""

TYPICAL = (
    *("journal", "journal_party_kind", "rates", "rates_journal", "others_roots", "others_classes", "position"),
    "party_kind",
)
"""Views that also say how usual it is for the candidate: an account never used with a rate is hardly meant by it."""

LABEL_WEIGHT, COUNTERPART_WEIGHT = 0.1, 0.5
"""What the chart of accounts counts in the choice of candidates, beside each view's share of at most 1."""

HABIT = "habitude"
"""How often an account is used at all: an attribute of the candidate, not of the line."""

CHART = ("L", "L", "O", "O")
"""The attributes that the columns of the chart of accounts are of."""


class Accounts:
    """The accounts that were learnt, and what the chart of accounts says of them.

    Parameters
    ----------
    numbers : ndarray of str
        In ascending order.
    """

    def __init__(self, numbers: npt.NDArray[np.str_]) -> None:
        self.numbers = numbers
        self.index = {str(number): place for place, number in enumerate(numbers)}
        roots = [str(number)[:ROOT] for number in numbers]
        changes = np.array([one != other for one, other in zip(roots[1:], roots, strict=False)], dtype=bool)
        self.root_starts = np.flatnonzero(np.concatenate([[True], changes]))
        self.root_of = np.concatenate([[0], np.cumsum(changes)])
        self._stems, self._words = _chart_words(numbers)
        opposite = [_longest(COUNTERPARTS, str(number)) for number in numbers]
        self._kinds = sorted({kind for kind in opposite if kind})
        places = {kind: place for place, kind in enumerate(self._kinds)}
        self._kind_of = np.array([places[kind] if kind else len(places) for kind in opposite])

    def __len__(self) -> int:
        return len(self.numbers)

    def meant_by(self, labels: Sequence[set[str]]) -> Floats:
        """Return how far the chart's words for each account are in each label (rows x accounts)."""
        found = [(row, self._stems[stem]) for row, some in enumerate(labels) for stem in some if stem in self._stems]
        rows, places = np.array(found, dtype=np.int64).reshape(-1, 2).T
        there = sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (rows, places)), shape=(len(labels), len(self._stems))
        )
        return np.asarray((there @ self._words).toarray(), dtype=np.float32)

    def opposite_of(self, others: Sequence[list[str]]) -> Floats:
        """Return which share of a row's other accounts is a usual counterpart of each account (rows x accounts)."""
        by_account: dict[str, Floats] = {}
        rows = np.zeros((len(others), len(self._kinds) + 1), np.float32)
        for row, some in enumerate(others):
            for token in some:
                if token not in by_account:
                    fits = [token.startswith(kind, 1) for kind in self._kinds]
                    by_account[token] = np.array([*fits, False], dtype=np.float32)
                rows[row] += by_account[token]
            rows[row] /= max(1, len(some))
        return rows[:, self._kind_of]

    def used_beside(self, lines: LineKeys) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Return whether another line has each account on the same side, and on the other (rows x accounts)."""
        same = np.zeros((len(lines), len(self)), bool)
        opposite = np.zeros((len(lines), len(self)), bool)
        for row, (some, debit) in enumerate(zip(lines.others, lines.debit, strict=True)):
            for token in some:
                place = self.index.get(token[1:])
                if place is not None:
                    (same if (token[0] == "D") == debit else opposite)[row, place] = True
        return same, opposite


def _longest(table: dict[str, T], number: str) -> T | None:
    """Return what a table has under the longest beginning of an account."""
    return next((table[number[:end]] for end in range(len(number), 0, -1) if number[:end] in table), None)


def _chart_words(numbers: npt.NDArray[np.str_]) -> tuple[dict[str, int], sparse.csr_matrix]:
    """Return the stems that the chart has for accounts, and their weights (stems x accounts)."""
    places: dict[str, int] = {}
    pairs = [
        (places.setdefault(stem, len(places)), account)
        for account, number in enumerate(numbers)
        for stem in sorted({stem for end in range(1, 7) for stem in stems(WORDS.get(str(number)[:end], ""))})
    ]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    shape = (len(places), len(numbers))
    there = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    often = np.asarray(there.sum(axis=1)).ravel()
    rare = sparse.diags(np.log1p(len(numbers) / np.maximum(often, 1)).astype(np.float32))
    return places, (rare @ there).tocsr()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows and their candidates.

    Attributes
    ----------
    candidates : ndarray of int
        Accounts by row, the most likely first (rows x candidates).
    inputs : ndarray
        What the forest sees (rows x candidates x columns).
    """

    candidates: Ints
    inputs: Floats


def make_pairs(
    history: AccountHistory,
    accounts: Accounts,
    keys: LineKeys,
    lines: CodedLines,
    count: int,
    besides: Ints | None = None,
) -> Pairs:
    """Return the candidates of lines with their inputs.

    Parameters
    ----------
    count : int
        How many candidates.
    besides : ndarray of int, optional
        For each row an account that is judged too, as the last of its candidates.
    """
    evidence = history.evidence(lines)
    label, opposite = accounts.meant_by(keys.stems), accounts.opposite_of(keys.others)
    total = LABEL_WEIGHT * label + COUNTERPART_WEIGHT * opposite
    for shares in evidence.shares.values():
        total += shares
    candidates = np.argsort(-total, axis=1, kind="stable")[:, : min(count, len(accounts))]
    if besides is not None:
        candidates = np.concatenate([candidates, besides[:, None]], axis=1)
    rows = np.arange(len(lines))[:, None]
    made: list[npt.NDArray[np.generic]] = []

    def value_and_lead(table: Floats) -> None:
        own = table[rows, candidates]
        made.extend((own, own - _rival(table, own)))

    for name, shares in evidence.shares.items():
        value_and_lead(shares)
        made.append(np.broadcast_to(evidence.support[name][:, None], candidates.shape))
        if name in BY_ROOT:
            made.append(np.add.reduceat(shares, accounts.root_starts, axis=1)[rows, accounts.root_of[candidates]])
    value_and_lead(total)
    for name in TYPICAL:
        seen = evidence.shares[name][rows, candidates] * (np.expm1(evidence.support[name]) + 0.5)[:, None]
        made.append(seen / (history.lines[candidates] + 0.5))
    value_and_lead(label)
    value_and_lead(opposite)
    made.append((lines.log_amounts[:, None] - history.amounts[candidates]) / history.spreads[candidates])
    made.extend(table[rows, candidates] for table in accounts.used_beside(keys))
    made.append(np.log1p(history.lines)[candidates])
    inputs = np.empty((*candidates.shape, len(made)), np.float32)
    for place, column in enumerate(made):
        inputs[:, :, place] = column
    return Pairs(candidates, inputs)


def _rival(table: Floats, own: Floats) -> Floats:
    """Return the largest value of the other accounts."""
    if table.shape[1] < 2:
        return np.zeros_like(own)
    top = np.partition(table, -2, axis=1)[:, -2:]
    return np.where(own >= top[:, 1:], top[:, :1], top[:, 1:])


def _kinds_of_columns() -> list[str]:
    """Return the letters of the attributes of each column, in the order of `make_pairs`; none for a habit."""
    kinds = []
    names = list(VIEWS)
    for name in TOKENS:
        names += [f"{name}:best", name] if name in BEST else [name]
    for name in names:
        letters = ({**VIEWS, **TOKENS})[name.partition(":")[0]][0]
        kinds += [letters] * (4 if name in BY_ROOT else 3)
    everything = "".join(ATTRIBUTES)
    kinds += [everything] * 2
    kinds += [VIEWS[name][0] for name in TYPICAL]
    return [*kinds, *CHART, "M", "O", "O", ""]


def attribute_shares() -> tuple[list[str], npt.NDArray[np.float64]]:
    """Return the accounting attributes, and how each column is shared among them (columns x attributes).

    A column that several attributes go into counts for each of them alike.
    """
    names = [*ATTRIBUTES.values(), HABIT]
    kinds = _kinds_of_columns()
    shares = np.zeros((len(kinds), len(names)))
    for row, letters in enumerate(kinds):
        places = [list(ATTRIBUTES).index(letter) for letter in letters] or [len(names) - 1]
        shares[row, places] = 1 / len(places)
    return names, shares
