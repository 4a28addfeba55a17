"""Entries as rows for the models that learn from verdicts: one definition for data sets and for scoring."""

from typing import Any

import numpy as np
import numpy.typing as npt

from schemas import Origine, Parametres
from wisebook_ml.controls import CONTROLS, SettingsTable, View
from wisebook_ml.entry_columns import CLASSES, DESCRIPTORS, ENTRY_COLUMNS, ROOTS
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.ledger.facts import NO_LAG
from wisebook_ml.scoring.belief import ramp

__all__ = ["descriptors", "entry_rows"]

VAT = accounts_under(445)
BASES = accounts_under(2) | accounts_under(6) | accounts_under(7)

Bools = npt.NDArray[np.bool_]

_USUAL = SettingsTable.of([Parametres(societe_id=0)], CONTROLS)
"""Thresholds and weights that nobody has changed: models learn with these, whatever a company has set since."""


def entry_rows(view: View, features: Floats, values: Floats) -> Floats:
    """Return the rows of entries as `wisebook_ml.datasets.entries.EntryFeatures` has them for training.

    Parameters
    ----------
    view : View
        The entries, and no others.
    features : ndarray of float64, shape (n, features)
        Of `feature_matrix`.
    values : ndarray of float64, shape (n, controls)
        What the controls measured, without NaN.

    Returns
    -------
    ndarray of float64, shape (n, len(ENTRY_COLUMNS))
    """
    usual, strengths = np.zeros(len(values), np.int64), np.zeros_like(values)
    ramp(values.copy(), strengths, _USUAL.thresholds, _USUAL.weights, usual)
    rows = np.empty((len(values), len(ENTRY_COLUMNS)))
    here = 0
    for part in (features, values.astype(np.float32), strengths.astype(np.float32)):
        rows[:, here : here + part.shape[1]] = part
        here += part.shape[1]
    for k, column in enumerate(descriptors(view, strengths, _USUAL.weights[usual]).values()):
        rows[:, here + k] = column
    return rows


def descriptors(view: View, strengths: Floats, weights: Floats) -> dict[str, npt.NDArray[np.float32]]:
    """Return the columns of `DESCRIPTORS`, each of shape (n,).

    Parameters
    ----------
    view : View
        Entries against the habits of their moment.
    strengths, weights : ndarray of float64, shape (n, controls)
        How strongly the controls' values count, and the controls' weights.
    """
    batch, facts, habits = view.batch, view.facts, view.habits
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
        "evidence": 1.0 - np.prod(1.0 - weights * strengths, axis=1),
        "controles_passes": (strengths >= 1.0).sum(axis=1),
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
