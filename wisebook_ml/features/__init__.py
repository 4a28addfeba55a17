"""The features of an entry: each defined once, here, for every model, explanation and drift report.

Adding a feature is adding one `Feature` to `FEATURES` (models trained before it must be trained anew: an artefact
names the features it was trained on, and is refused where they differ).
"""

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
from wisebook_ml.features.view import View
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.ledger.per_entry import largest_line

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
        ``View -> ndarray of shape (n,)``; NaN where not known, which counts as 0 (nothing unusual).
    """

    name: str
    attribute: str
    label_fr: str
    label_en: str
    high: float
    values: Callable[[View], Floats]


VAT = accounts_under(445)


def _size(view: View) -> Floats:
    logs: Floats = np.log10(np.maximum(view.batch.total, 1))
    return logs


def _lines(view: View) -> Floats:
    logs: Floats = np.log2(np.diff(view.batch.first))
    return logs


def _accounts(view: View) -> Floats:
    return _largest(view, account_deviation(view))


def _party_amount(view: View) -> Floats:
    return _largest(view, party_deviation(view))


def _journal_accounts(view: View) -> Floats:
    return _largest(view, journal_account_surprise(view))


def _sides(view: View) -> Floats:
    return _largest(view, side_surprise(view))


def _pairs(view: View) -> Floats:
    return view.habits.entry["pair_value"]


def _new_party(view: View) -> Floats:
    count = view.habits.line["party_count"]
    return _largest(view, np.where(count < 0, 0.0, 1.0 / (1.0 + np.maximum(count, 0.0))))


def _off_day(view: View) -> Floats:
    return view.facts.off_day.astype(np.float64)


def _month_end(view: View) -> Floats:
    share: Floats = (view.facts.month_day - 1) / 30
    return share


def _hour(view: View) -> Floats:
    return hour_surprise(view)


def _lag(view: View) -> Floats:
    return np.log2(1.0 + np.abs(view.habits.entry["lag"]))


def _piece_age(view: View) -> Floats:
    age = view.facts.piece_age
    return np.log2(np.where(age >= 0, age + 1.0, 1.0))


def _roundness(view: View) -> Floats:
    total = view.batch.total
    zeros = np.zeros(len(total))
    for k in range(1, 7):
        zeros += total % 10**k == 0
    return np.where(total > 0, zeros, 0.0)


def _label(view: View) -> Floats:
    return view.facts.label_length.astype(np.float64)


def _vat(view: View) -> Floats:
    batch = view.batch
    vat = batch.sum_per_entry(np.where(VAT[batch.root], batch.amount, 0))
    share: Floats = vat / np.maximum(batch.total, 1)
    return share


def _largest(view: View, values: Floats) -> Floats:
    largest: Floats = largest_line(values, view.batch.first)
    return largest


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


def feature_matrix(view: View) -> Floats:
    """Return the features of a batch.

    Returns
    -------
    ndarray of float64, shape (n, len(FEATURES))
        Finite, each column within [0, `high`].
    """
    columns = np.empty((len(FEATURES), len(view.batch)))
    for k, feature in enumerate(FEATURES):
        columns[k] = feature.values(view)
    columns[np.isnan(columns)] = 0.0
    matrix: Floats = np.ascontiguousarray(np.clip(columns, 0.0, _HIGHS[:, None]).T)
    return matrix


_HIGHS = np.array([feature.high for feature in FEATURES])


def scale(matrix: Floats) -> Floats:
    """Return a feature matrix scaled to [0, 1]."""
    scaled: Floats = matrix / _HIGHS
    return scaled
