"""The Random Forest, asked about the lines whose account is chosen by judgement rather than by the kind of document."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wisebook_ml.datasets.lines import lines_of
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints
from wisebook_ml.models.opinion import Answers, Asked, Told
from wisebook_ml.services.line_keys import LineKeys, line_keys

__all__ = ["AccountOpinion"]

CONFUSED = np.isin(np.arange(10), (2, 6, 7))
"""Classes of accounts (PCG) that say what was bought or sold: assets, expenses, income."""

MOST_ASKED = 4
"""Lines of an entry that are asked about, the largest: of many in one entry, few are wrong one by one."""

MOST_LINES = 100
"""Lines of an entry from which on it is not asked about: it sums up what was decided elsewhere."""

LINES = "lines"
"""Name of the lines that the forests of all companies share."""

LEAST = 1e-4
"""Probability that is not told from none: what a forest of two hundred trees can say at all."""


@dataclass(frozen=True, slots=True)
class AccountOpinion:
    """Random Forest: how much less likely the account that was used is than the one that it would recommend.

    A line counts by the decimal logarithm of the two probabilities' ratio, an entry by its strongest line. So where the
    forest does not know better itself, it says nothing; nor does it of an account that it has never seen.
    """

    service: Any
    """A fitted `RandomForestService`."""

    def chosen(self, batch: EntryBatch, entries: Ints) -> Ints:
        """See `Opinion`: entries with a line on an account that can be confused."""
        if not len(entries):
            return entries
        there: npt.NDArray[np.bool_] = np.logical_or.reduceat(_confused(batch.root), batch.first[:-1])
        return entries[there[entries] & (np.diff(batch.first)[entries] < MOST_LINES)]

    def answer(self, asked: Asked) -> Answers:
        """See `Opinion`."""
        lines = asked.shared.get(LINES)
        if lines is None:  # reading them costs as much as judging them: once for all companies
            lines = asked.shared[LINES] = _Lines.of(asked.batch, asked.together)
        mine = np.flatnonzero(np.isin(lines.entry, asked.entries))
        used = lines.account[mine]
        found, probability, of_used = self.service.judged(lines.keys.take(mine), used)
        best, likely = np.maximum(probability[:, 0], LEAST), np.maximum(of_used, LEAST)
        # Six decimals: far more than is meant.
        doubts = np.maximum(0.0, np.round(np.log10(best / likely), 6))
        doubts[~np.isin(used, self.service.state().accounts)] = 0.0
        places = np.searchsorted(asked.entries, lines.entry[mine])
        strongest, values = np.full(len(asked.entries), -1), np.zeros(len(asked.entries))
        for row, (place, doubt) in enumerate(zip(places.tolist(), doubts.tolist(), strict=True)):
            if strongest[place] < 0 or doubt > values[place]:
                strongest[place], values[place] = row, doubt
        usual = self.service.state().accounts[found[:, 0]]
        return _Accounts(values, strongest, lines.number[mine], used, of_used, usual, probability[:, 0])


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of entries that are asked about: their entry's position, their number from 1, account, and keys."""

    entry: Ints
    number: Ints
    account: npt.NDArray[np.str_]
    keys: LineKeys

    @classmethod
    def of(cls, batch: EntryBatch, entries: Ints) -> "_Lines":
        rows, of, before = [], [], 0
        for entry in entries.tolist():
            start, end = int(batch.first[entry]), int(batch.first[entry + 1])
            lines = np.flatnonzero(_confused(batch.root[start:end]))
            largest = np.argsort(-batch.amount[start:end][lines], kind="stable")[:MOST_ASKED]
            rows.append(np.sort(lines[largest]) + before)
            of.append(np.full(len(largest), entry))
            before += end - start
        frame = lines_of(batch.entry(entry) for entry in entries.tolist()).iloc[np.concatenate(rows)]
        return cls(np.concatenate(of), frame["ligne"].to_numpy(), frame["compte_num"].to_numpy(str), line_keys(frame))


@dataclass(frozen=True, slots=True)
class _Accounts:
    """What was found: by entry the value and its row; by row the line's number, accounts, and probabilities."""

    values: Floats
    strongest: Ints
    number: Ints
    used: npt.NDArray[np.str_]
    likely: Floats
    usual: npt.NDArray[np.str_]
    likelier: Floats

    def tell(self, place: int) -> Told:
        """See `Answers`."""
        row = int(self.strongest[place])
        number, used, usual = int(self.number[row]), self.used[row], self.usual[row]
        likely, likelier = _percent(float(self.likely[row])), _percent(float(self.likelier[row]))
        return Told(
            f"Compte {used} improbable à la ligne {number} (probabilité {likely.replace('.', ',')} %) : de telles "
            f"lignes vont d'ordinaire au {usual} ({likelier.replace('.', ',')} %).",
            f"Account {used} is unlikely on line {number} (probability {likely} %): such lines usually go to {usual} "
            f"({likelier} %).",
            [number],
            [("compte_num", 1.0)],
        )


def _confused(root: Ints) -> npt.NDArray[np.bool_]:
    """Return which lines are on accounts that can be confused, by the first digits of their accounts."""
    found: npt.NDArray[np.bool_] = CONFUSED[np.maximum(root, 0) // 10_000]
    return found


def _percent(probability: float) -> str:
    return f"{100.0 * probability:.1f}" if probability < 0.1 else f"{100.0 * probability:.0f}"
