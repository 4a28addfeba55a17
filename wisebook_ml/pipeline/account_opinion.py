"""The Random Forest, asked about the lines whose account is chosen by judgement rather than by the kind of document."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wisebook_ml.datasets.lines import lines_of
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints
from wisebook_ml.models.opinion import Answers, Asked, Told

__all__ = ["AccountOpinion"]

CONFUSED = np.isin(np.arange(10), (2, 6, 7))
"""Classes of accounts (PCG) that say what was bought or sold: assets, expenses, income."""

MOST_ASKED = 4
"""Lines of an entry that are asked about, the largest: of many in one entry, few are wrong one by one."""

MOST_LINES = 100
"""Lines of an entry from which on it is not asked about: it sums up what was decided elsewhere."""

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
        batch, rows, of, before = asked.batch, [], [], 0
        for place, entry in enumerate(asked.entries.tolist()):
            start, end = int(batch.first[entry]), int(batch.first[entry + 1])
            lines = np.flatnonzero(_confused(batch.root[start:end]))
            largest = np.argsort(-batch.amount[start:end][lines], kind="stable")[:MOST_ASKED]
            rows.append(np.sort(lines[largest]) + before)
            of.append(np.full(len(largest), place))
            before += end - start
        frame = lines_of(batch.entry(entry) for entry in asked.entries.tolist()).iloc[np.concatenate(rows)]
        said = self.service.predict(frame)
        said["ligne"], said["compte_num"] = frame["ligne"], frame["compte_num"]
        used, best = (np.maximum(said[f"probabilite_{name}"].to_numpy(float), LEAST) for name in ("utilise", "1"))
        # Six decimals: far more than is meant, and no more than is the same whatever else is asked.
        doubts = np.where(said["compte_inconnu"], 0.0, np.maximum(0.0, np.round(np.log10(best / used), 6)))
        owner = np.concatenate(of)
        strongest = np.full(len(asked.entries), -1)
        values = np.zeros(len(asked.entries))
        for row, (place, doubt) in enumerate(zip(owner.tolist(), doubts.tolist(), strict=True)):
            if strongest[place] < 0 or doubt > values[place]:
                strongest[place], values[place] = row, doubt
        return _Accounts(values, said, strongest)


@dataclass(frozen=True, slots=True)
class _Accounts:
    values: Floats
    said: pd.DataFrame
    strongest: Ints

    def tell(self, place: int) -> Told:
        """See `Answers`."""
        line = self.said.iloc[int(self.strongest[place])]
        used, likely = line["compte_num"], _percent(line["probabilite_utilise"])
        usual, likelier = line["compte_1"], _percent(line["probabilite_1"])
        number = int(line["ligne"])
        return Told(
            f"Compte {used} improbable à la ligne {number} (probabilité {likely.replace('.', ',')} %) : de telles "
            f"lignes vont d'ordinaire au {usual} ({likelier.replace('.', ',')} %).",
            f"Account {used} is unlikely on line {number} (probability {likely}%): such lines usually go to {usual} "
            f"({likelier}%).",
            [number],
            [("compte_num", 1.0)],
        )


def _confused(root: Ints) -> npt.NDArray[np.bool_]:
    """Return which lines are on accounts that can be confused, by the first digits of their accounts."""
    found: npt.NDArray[np.bool_] = CONFUSED[np.maximum(root, 0) // 10_000]
    return found


def _percent(probability: float) -> str:
    return f"{100.0 * probability:.1f}" if probability < 0.1 else f"{100.0 * probability:.0f}"
