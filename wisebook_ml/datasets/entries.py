"""Entries as rows: features, what the controls measure, and plain descriptions, as each entry arrived."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas import Ecriture, Parametres
from wisebook_ml.controls import CONTROLS, SettingsTable, View
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.judgements import entry_labels
from wisebook_ml.datasets.reclassifications import reclassified
from wisebook_ml.entry_columns import ENTRY_COLUMNS, STRENGTHS, VALUES
from wisebook_ml.features import FEATURE_NAMES, feature_matrix
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.observe import Met, observe
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.scoring.entry_rows import descriptors
from wisebook_ml.scoring.fusion import strengths

__all__ = ["KEYS", "MIN_ROWS", "WARM_UP", "EntryFeatures", "entry_frame", "first_arrivals"]

KEYS = ("societe_id", "ecriture_id", "revision", "date", "premiere", "supprimee", "contenu", "validee")
"""What a row is about: the entry and its revision, its `ecriture_date`, whether it is the first arrival, whether it
withdraws the entry, a hash of its date, accounts and amounts (`contenu`: lettering and labels do not count), and
whether it is validated (one of the descriptors, too)."""

WARM_UP = 200
"""First entries of a ledger that are left out where there are plenty: they met no habits yet."""

MIN_ROWS = 200
"""Rows that must remain for the warm-up to be left out: twice a tree's subsample, near enough."""

CHUNK = 5_000
"""Entries flattened at once; keeps memory flat."""


class EntryFeatures:
    """The fold of a company's entries (or those of many companies) into rows.

    Each entry is seen against the habits of its moment, by the same code as scoring sees it, so that a row is what was
    known when the entry arrived, and nothing of what became of it. It needs some hundred entries before habits say
    anything: the first rows look more ordinary than they are.

    Parameters
    ----------
    parametres : Parametres, optional
        Settings: thresholds of the controls, approval limits, watched words.

    Examples
    --------
    >>> from wisebook_ml.generator import generate_ledger
    >>> fold = EntryFeatures()
    >>> rows = fold.take(generate_ledger(entries=60, seed=1).events[:5])
    >>> len(rows), rows["revision"].tolist()
    (5, [1, 1, 1, 1, 1])
    >>> later = EntryFeatures()
    >>> later.load(fold.dump())  # goes on where the other was
    """

    def __init__(self, parametres: Parametres | None = None) -> None:
        self._table = SettingsTable.of([Parametres(societe_id=0) if parametres is None else parametres], CONTROLS)
        self._habits = new_store()

    def take(self, entries: EntryBatch | Sequence[Ecriture]) -> pd.DataFrame:
        """Return one row for each entry that was not delivered before, in their order.

        Parameters
        ----------
        entries : EntryBatch or sequence of Ecriture
            The next ones of the stream; how a stream is cut does not matter.

        Returns
        -------
        DataFrame
            `KEYS` and `ENTRY_COLUMNS`.

        Raises
        ------
        ValueError
            Where an entry is not as its schema asks, which only one made by Python code can be.
        """
        batch = entries if isinstance(entries, EntryBatch) else EntryBatch.from_entries(entries)
        same = np.zeros(len(batch), np.int64)
        met = observe(batch, self._table.facts(batch, same), self._habits, self._table.limits(same))
        view = View(met.batch, met.facts, met.habits, self._table.settings, same[met.taken])
        measured = strengths(view, self._table)
        columns = _keys(met)
        columns.update(zip(FEATURE_NAMES, feature_matrix(view).T, strict=True))
        # In single precision, as scoring has them too: a ledger of a million entries has to fit.
        for names, matrix in ((VALUES, measured.values), (STRENGTHS, measured.strengths)):
            columns.update(zip(names, matrix.T.astype(np.float32), strict=True))
        columns.update(descriptors(view, measured.strengths, self._table.weights[same[met.taken]]))
        return pd.DataFrame(columns)

    def dump(self) -> bytes:
        """Return the state."""
        return msgspec.msgpack.encode({name: array.data for name, array in self._habits.dump()})

    def load(self, data: bytes) -> None:
        """Take a state that was dumped.

        Raises
        ------
        StateError
            Where it is none of this version; the fold is then of no more use.
        """
        try:
            parts = msgspec.msgpack.decode(data, type=dict[str, bytes])
        except msgspec.MsgspecError as error:
            raise StateError(f"no state of entry features: {error}") from error
        self._habits.load(parts)


def _keys(met: Met) -> dict[str, Any]:
    batch = met.batch
    ids = batch.texts("ecriture_id", np.arange(len(batch)))
    days = (batch.day - dt.date(1970, 1, 1).toordinal()).astype("datetime64[D]")
    return {
        "societe_id": batch.societe.copy(),
        "ecriture_id": pd.array([one.decode() for one in ids], dtype="str"),
        "revision": batch.revision.copy(),
        "date": days.astype("datetime64[s]"),
        "premiere": met.first.copy(),
        "supprimee": met.facts.deleted.copy(),
        "contenu": _content(met),
    }


def _content(met: Met) -> Ints:
    """Return a hash of each entry's date, accounts and amounts, whatever the order of the lines."""
    batch = met.batch
    if not len(batch):
        return np.zeros(0, np.int64)
    with np.errstate(over="ignore"):
        lines = met.facts.account.astype(np.uint64)
        for amounts in (batch.debit, batch.credit):
            lines = _mixed(lines + _mixed(amounts.astype(np.uint64)))
        entries = np.add.reduceat(lines, batch.first[:-1]) + _mixed(batch.day.astype(np.uint64))
    return entries.view(np.int64)


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return hashes of whole numbers (the finaliser of SplitMix64, Steele et al. 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _chunks(entries: Sequence[Ecriture]) -> Iterator[Sequence[Ecriture]]:
    for start in range(0, len(entries), CHUNK):
        yield entries[start : start + CHUNK]


def first_arrivals(
    entries: Sequence[Ecriture], parametres: Parametres | None = None, columns: Iterable[str] = ENTRY_COLUMNS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of entries on their first arrival, and the keys of all rows.

    Parameters
    ----------
    entries : sequence of Ecriture
        All of a company's, from the first on, in the order of publication.
    parametres : Parametres, optional
        Settings.
    columns : iterable of str
        Which of `ENTRY_COLUMNS` to keep.

    Returns
    -------
    (DataFrame, DataFrame)
        `KEYS` and `columns` of first arrivals that are no deletion; `KEYS` of every accepted revision.
    """
    fold, wanted = EntryFeatures(parametres), list(dict.fromkeys([*KEYS, *columns]))
    empty = EntryFeatures(parametres).take(())
    rows, keys = [empty[wanted]], [empty[list(KEYS)]]
    for chunk in _chunks(entries):
        taken = fold.take(chunk)
        rows.append(taken.loc[taken["premiere"] & ~taken["supprimee"], wanted])
        keys.append(taken[list(KEYS)])
    return _together(rows), _together(keys)


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    full = [frame for frame in frames if len(frame)]
    return pd.concat(full, ignore_index=True) if full else frames[0].reset_index(drop=True)


def between(frame: pd.DataFrame, du: dt.date | None, au: dt.date | None) -> pd.DataFrame:
    """Return the rows whose `date` lies in a range, both ends included."""
    inside = np.ones(len(frame), np.bool_)
    if du is not None:
        inside &= (frame["date"] >= pd.Timestamp(du)).to_numpy()
    if au is not None:
        inside &= (frame["date"] <= pd.Timestamp(au)).to_numpy()
    return frame[inside].reset_index(drop=True)


def entry_frame(collected: Collected) -> pd.DataFrame:
    """Return the rows an Isolation Forest learns from: entries on their first arrival, whatever became of them.

    Parameters
    ----------
    collected : Collected
        A company's entries; verdicts, as far as there are, to evaluate with.

    Returns
    -------
    DataFrame
        `KEYS`, the features of `wisebook_ml.features`, and `corrigee` (see `entry_labels`). The first `WARM_UP` rows
        are left out where there are plenty: they met no habits yet.
    """
    rows, keys = first_arrivals(collected.entries, columns=FEATURE_NAMES)
    rows = rows.join(entry_labels(keys, collected.avis, reclassified(collected.entries)), on="ecriture_id").drop(
        columns="classe"
    )
    rows = between(rows, collected.du, collected.au)
    return rows.iloc[WARM_UP:].reset_index(drop=True) if len(rows) >= 2 * WARM_UP + MIN_ROWS else rows
