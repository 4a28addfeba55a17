"""A forecast as subscribers get it: one prediction a quantity, by date, under a key that stays."""

from collections.abc import Iterator, Sequence

from schemas import DomaineApplication, Objet, Prediction, TypeModele, TypeObjet
from wisebook_ml.treasury.findings import BUILT_IN
from wisebook_ml.treasury.forecasting.forecast import QUANTITIES, Forecast
from wisebook_ml.treasury.forecasting.promoted import Promoted

__all__ = ["predictions_of", "subject"]

TYPES = {
    "calendar_forest": TypeModele.RANDOM_FOREST,
    "calendar_boosting": TypeModele.GRADIENT_BOOSTING,
    "prophet": TypeModele.PROPHET,
    "lstm": TypeModele.LSTM,
}
"""Algorithms of the candidates; baselines are none."""


def subject(societe_id: int, devise: str, quantity: str) -> str:
    """Return the key of a forecast on `predictions`.

    Examples
    --------
    >>> subject(7, "EUR", "solde")
    '7/TRESORERIE/EUR/SOLDE'
    """
    return f"{societe_id}/TRESORERIE/{devise}/{quantity.upper()}"


def predictions_of(forecast: Forecast, version: int, promoted: Sequence[Promoted] = ()) -> Iterator[Prediction]:
    """Yield what is published of a forecast: balance, receipts, payments and net flow, each with its 80 % interval.

    Parameters
    ----------
    forecast : Forecast
        Of all accounts of a currency.
    version : int
        Of the model that made it.
    promoted : sequence of Promoted
        Versions of the registry that this model was made of. A quantity that comes from one of them, alone or together
        with others, names it.
    """
    for quantity in QUANTITIES:
        names = _names(forecast, quantity)
        named = next((one for one in promoted if one.name in names), None)
        values, low, high = forecast.by_date(quantity)
        yield Prediction(
            sujet=subject(forecast.societe_id, forecast.devise, quantity),
            societe_id=forecast.societe_id,
            domaine=DomaineApplication.FLUX_TRESORERIE,
            type_modele=_type_of(forecast, quantity) if named is None else named.type_modele,
            modele_id=BUILT_IN if named is None else named.modele_id,
            version=version if named is None else named.version,
            objet=Objet(type=TypeObjet.TRESORERIE, id=forecast.devise),
            valeurs=values,
            bas=low,
            haut=high,
        )


def _type_of(forecast: Forecast, quantity: str) -> TypeModele | None:
    """Return the algorithm that a quantity mainly comes from; None where that is a baseline."""
    sides = [quantity] if quantity in forecast.modeles else ["sorties", "entrees"]
    names = [name for side in sides for name in forecast.modeles[side].split("+")]
    return next((TYPES[name] for name in TYPES if name in names), None)


def _names(forecast: Forecast, quantity: str) -> set[str]:
    """Return the candidates that the values of a quantity are made of: days of flows, and their sums for a balance."""
    sides = [quantity] if quantity in forecast.modeles else ["entrees", "sorties"]
    if quantity == "solde":
        sides += ["entrees_cumul", "sorties_cumul"]
    return {name for side in sides for name in forecast.modeles[side].split("+")}
