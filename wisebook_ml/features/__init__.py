"""The features of an entry: each defined once, here, for every model, explanation and drift report.

Adding a feature is adding one `Feature` to `FEATURES` (models trained before it must be trained anew: an artefact
names the features it was trained on, and is refused where they differ).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wisebook_ml.features.measures import (
    account_deviation,
    hour_surprise,
    journal_account_surprise,
    party_deviation,
    side_surprise,
)
from wisebook_ml.habits.observe import Habits
from wisebook_ml.ledger.batch import EntryBatch, Floats

__all__ = ["FEATURES", "FEATURE_NAMES", "Feature", "feature_matrix", "scale"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One number that describes an entry.

    Parameters
    ----------
    name : str
        Name in artefacts, importances and drift reports.
    attribute : str
        The accounting attribute that contributions are summed to (a field of the entry or of its lines).
    label_fr, label_en : str
        What an accountant calls it.
    high : float
        Values are clipped to [0, high], so that one absurd amount cannot hide the rest.
    values : callable
        ``(batch, habits) -> ndarray of shape (n,)``; NaN where not known, which counts as 0 (nothing unusual).
    """

    name: str
    attribute: str
    label_fr: str
    label_en: str
    high: float
    values: Callable[[EntryBatch, Habits], Floats]


def _size(batch: EntryBatch, habits: Habits) -> Floats:
    return np.log10(np.maximum(batch.total, 1).astype(np.float64))


def _lines(batch: EntryBatch, habits: Habits) -> Floats:
    return np.log2(np.diff(batch.first).astype(np.float64))


def _accounts(batch: EntryBatch, habits: Habits) -> Floats:
    return batch.max_per_entry(account_deviation(batch, habits))


def _party_amount(batch: EntryBatch, habits: Habits) -> Floats:
    return batch.max_per_entry(party_deviation(batch, habits))


def _journal_accounts(batch: EntryBatch, habits: Habits) -> Floats:
    return batch.max_per_entry(journal_account_surprise(habits))


def _sides(batch: EntryBatch, habits: Habits) -> Floats:
    return batch.max_per_entry(side_surprise(habits))


def _pairs(batch: EntryBatch, habits: Habits) -> Floats:
    return habits.entry["pair_value"]


def _new_party(batch: EntryBatch, habits: Habits) -> Floats:
    count = habits.line["party_count"]
    return batch.max_per_entry(np.where(count < 0, 0.0, 1.0 / (1.0 + np.maximum(count, 0.0))))


def _off_day(batch: EntryBatch, habits: Habits) -> Floats:
    return habits.entry["off_day"]


def _month_end(batch: EntryBatch, habits: Habits) -> Floats:
    days = [(entry.ecriture_date.day - 1) / 30 for entry in batch.entries]
    return np.array(days, dtype=np.float64)


def _hour(batch: EntryBatch, habits: Habits) -> Floats:
    return hour_surprise(habits)


def _lag(batch: EntryBatch, habits: Habits) -> Floats:
    return np.log2(1.0 + np.abs(habits.entry["lag"]))


def _piece_age(batch: EntryBatch, habits: Habits) -> Floats:
    ages = []
    for entry in batch.entries:
        piece = entry.lignes[0].piece_date
        ages.append(math.nan if piece is None else abs((entry.ecriture_date - piece).days))
    return np.log2(1.0 + np.array(ages, dtype=np.float64))


def _roundness(batch: EntryBatch, habits: Habits) -> Floats:
    zeros = sum((batch.total % 10**k == 0).astype(np.float64) for k in range(1, 7))
    return np.where(batch.total > 0, np.asarray(zeros, dtype=np.float64), 0.0)


def _label(batch: EntryBatch, habits: Habits) -> Floats:
    return np.array([len(entry.lignes[0].ecriture_lib.strip()) for entry in batch.entries], dtype=np.float64)


def _vat(batch: EntryBatch, habits: Habits) -> Floats:
    vat = batch.sum_per_entry(np.where(batch.root // 100 == 445, batch.amount, 0))
    share: Floats = vat / np.maximum(batch.total, 1)
    return share


FEATURES = (
    Feature("montant", "montant", "montant de l'écriture", "amount of the entry", 10.0, _size),
    Feature("nombre_lignes", "lignes", "nombre de lignes", "number of lines", 8.0, _lines),
    Feature("ecart_compte", "montant", "montant pour le compte", "amount for the account", 10.0, _accounts),
    Feature("ecart_tiers", "montant", "montant pour le tiers", "amount for the third party", 10.0, _party_amount),
    Feature("rarete_compte", "compte_num", "compte dans ce journal", "account in this journal", 5.0, _journal_accounts),
    Feature("sens", "compte_num", "sens des comptes", "side of the accounts", 4.0, _sides),
    Feature("rarete_paire", "compte_num", "association de comptes", "pair of accounts", 4.0, _pairs),
    Feature("nouveau_tiers", "comp_aux_num", "nouveauté du tiers", "newness of the third party", 1.0, _new_party),
    Feature("jour_non_ouvre", "ecriture_date", "jour non ouvré", "day off", 1.0, _off_day),
    Feature("jour_du_mois", "ecriture_date", "jour du mois", "day of the month", 1.0, _month_end),
    Feature("heure", "saisie_le", "heure de saisie", "time of entry", 4.0, _hour),
    Feature("delai_saisie", "saisie_le", "délai de saisie", "delay of entry", 9.0, _lag),
    Feature("age_piece", "piece_date", "date de la pièce", "date of the document", 9.0, _piece_age),
    Feature("rondeur", "montant", "montant rond", "roundness of the amount", 6.0, _roundness),
    Feature("longueur_libelle", "ecriture_lib", "libellé", "label", 40.0, _label),
    Feature("part_tva", "montant", "part de TVA", "share of VAT", 1.0, _vat),
)
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)


def feature_matrix(batch: EntryBatch, habits: Habits) -> Floats:
    """Return the features of a batch.

    Returns
    -------
    ndarray of float64, shape (n, len(FEATURES))
        Finite, each column within [0, `high`].
    """
    matrix = np.empty((len(batch), len(FEATURES)))
    for k, feature in enumerate(FEATURES):
        values = np.nan_to_num(feature.values(batch, habits), nan=0.0, neginf=0.0)
        np.clip(values, 0.0, feature.high, out=matrix[:, k])
    return matrix


_HIGHS = np.array([feature.high for feature in FEATURES])


def scale(matrix: Floats) -> Floats:
    """Return a feature matrix scaled to [0, 1]."""
    scaled: Floats = matrix / _HIGHS
    return scaled
