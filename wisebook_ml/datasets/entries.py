"""Entries as rows: features, what the controls measure, and plain descriptions, as each entry arrived."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas import Ecriture, Origine, Parametres
from wisebook_ml.controls import CONTROLS, SettingsTable, View
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.judgements import entry_labels
from wisebook_ml.datasets.reclassifications import reclassified
from wisebook_ml.entry_columns import CLASSES, DESCRIPTORS, ENTRY_COLUMNS, ROOTS, STRENGTHS, VALUES
from wisebook_ml.features import FEATURE_NAMES, feature_matrix
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.observe import Met, observe
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints
from wisebook_ml.ledger.facts import NO_LAG
from wisebook_ml.scoring.fusion import Measured, strengths

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

VAT = accounts_under(445)
BASES = accounts_under(2) | accounts_under(6) | accounts_under(7)

Bools = npt.NDArray[np.bool_]


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
        # What is not shared with scoring is kept in single precision: a ledger of a million entries has to fit.
        for names, matrix in ((VALUES, measured.values), (STRENGTHS, measured.strengths)):
            columns.update(zip(names, matrix.T.astype(np.float32), strict=True))
        columns.update(_descriptors(met, measured))
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
    ids = batch.text("ecriture_id")
    data = batch.data.tobytes()
    spans = zip(ids.start.tolist(), ids.length.tolist(), strict=True)
    days = (batch.day - dt.date(1970, 1, 1).toordinal()).astype("datetime64[D]")
    return {
        "societe_id": batch.societe.copy(),
        "ecriture_id": pd.array([data[start : start + length].decode() for start, length in spans], dtype="str"),
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


def _descriptors(met: Met, measured: Measured) -> dict[str, Floats]:
    """Return the columns of `DESCRIPTORS`."""
    batch, facts, habits = met.batch, met.facts, met.habits
    first, entry = batch.first[:-1], habits.entry
    whole = np.maximum(batch.total, 1)
    digit = np.where(batch.root >= 0, batch.root // 10_000, 0)

    def share(mask: Bools) -> Floats:
        result: Floats = np.clip(batch.sum_per_entry(np.where(mask, batch.amount, 0)) / whole, 0.0, 2.0)
        return result

    def any_of(mask: Bools) -> Floats:
        found: Floats = np.logical_or.reduceat(mask, first).astype(np.float64) if len(batch) else np.zeros(0)
        return found

    def most(values: Floats, reduce: Any = np.maximum) -> Floats:
        found: Floats = reduce.reduceat(np.maximum(np.nan_to_num(values), 0.0), first) if len(batch) else np.zeros(0)
        return found

    def logs(values: Floats) -> Floats:
        known = np.nan_to_num(values)
        result: Floats = np.sign(known) * np.log2(1.0 + np.abs(known))
        return result

    manual, imported, automatic = (
        (batch.origine == tuple(Origine).index(one)).astype(np.float64)
        for one in (Origine.MANUELLE, Origine.IMPORT, Origine.AUTOMATIQUE)
    )
    base = batch.sum_per_entry(np.where(BASES[batch.root], batch.amount, 0))
    tax = batch.sum_per_entry(np.where(VAT[batch.root], batch.amount, 0))
    columns = {
        "evidence": 1.0 - np.prod(1.0 - measured.table.weights[measured.setting_of] * measured.strengths, axis=1),
        "controles_passes": (measured.strengths >= 1.0).sum(axis=1),
        "ecart_debit_credit": np.log10(1.0 + np.abs(batch.total_debit - batch.total_credit)),
        "lignes_negatives": any_of((batch.debit < 0) | (batch.credit < 0)),
        "taux_tva": np.clip(tax / np.maximum(base, 1), 0.0, 1.0),
        "proche_plafond": np.nan_to_num(entry["near_limit"]),
        "origine_manuelle": manual,
        "origine_import": imported,
        "origine_automatique": automatic,
        **{f"debit_classe_{k}": share((digit == k) & batch.on_debit) for k in CLASSES},
        **{f"credit_classe_{k}": share((digit == k) & ~batch.on_debit) for k in CLASSES},
        **{f"compte_{root}": any_of(accounts_under(root)[batch.root]) for root in ROOTS},
        "lignes_compte": logs(most(habits.line["account_count"], np.minimum)),
        "avec_tiers": any_of(facts.party != 0),
        "lignes_tiers": logs(most(habits.line["party_count"])),
        "ecritures_journal": logs(entry["journal"]),
        "ecritures_auteur": logs(entry["author"]),
        "rafale": logs(entry["burst"]),
        "heure_de_saisie": np.where(facts.hour >= 0, (facts.hour % 24) / 24.0, 0.5),
        "delai_signe": logs(np.where(facts.lag == NO_LAG, 0, facts.lag)),
        "avec_piece": facts.has_piece.astype(np.float64),
        "repetitions": logs(entry["duplicate_repeats"]),
        "jours_doublon": logs(np.where(np.nan_to_num(entry["duplicate"]) > 0.0, 1.0 + entry["duplicate_days"], 0.0)),
        "jours_extourne": logs(np.where(np.nan_to_num(entry["reversal"]) > 0.0, 1.0 + entry["reversal_days"], 0.0)),
        "libelle_avoir": facts.named.astype(np.float64),
        "saut_numero": logs(np.nan_to_num(entry["number_jump"])),
        "lettree": any_of(batch.date_let > 0),
        "validee": facts.validated.astype(np.float64),
    }
    assert tuple(columns) == tuple(DESCRIPTORS)
    return {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()}


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
