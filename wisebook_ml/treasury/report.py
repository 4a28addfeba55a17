"""A forecast as programs read it: every day with its intervals, the risk, and who says so."""

from collections.abc import Iterator

from wisebook_ml.treasury.forecasting.forecast import QUANTITIES, Expected, Forecast
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.selection import Choice
from wisebook_ml.treasury.liquidity import ALERT_PROBABILITY, liquidity
from wisebook_ml.treasury.series import DailySeries

__all__ = ["choices", "forecast_json", "gain_of", "models_json"]


def forecast_json(
    series: DailySeries,
    forecast: Forecast,
    plancher: float,
    *,
    derived: bool,
    probabilite_alerte: float = ALERT_PROBABILITY,
) -> dict[str, object]:
    """Return a forecast as one JSON object: every day with its intervals, and the risk.

    Parameters
    ----------
    series : DailySeries
        What it was made from.
    forecast : Forecast
        What is expected.
    plancher : float
        The floor, in units of the currency.
    derived : bool
        Whether the positions come from the books.
    probabilite_alerte : float
        Probability from which there is a date of alert.
    """
    dry = liquidity(forecast, plancher, probabilite_alerte)
    when = dry.date()
    return {
        "societe_id": forecast.societe_id,
        "compte": forecast.compte,
        "devise": forecast.devise,
        "premier_jour": series.first.isoformat(),
        "dernier_jour": forecast.origin.isoformat(),
        "positions_des_ecritures": derived,
        "solde": round(forecast.solde_initial, 2),
        "horizon": len(forecast),
        "liquidite": {
            "plancher": plancher,
            "probabilite": round(dry.probabilite, 4),
            "date_alerte": when.isoformat() if when else None,
            "point_bas": round(dry.lowest, 2),
            "date_point_bas": dry.lowest_date.isoformat(),
        },
        "jours": [
            {"date": date.isoformat()} | {name: _values(getattr(forecast, name), place) for name in QUANTITIES}
            for place, date in enumerate(forecast.dates)
        ],
    }


def models_json(model: TreasuryModel) -> dict[str, object]:
    """Return who forecasts what, and how much better than the best baseline it was on past days."""
    return {
        what: {
            "modele": choice.name,
            "reference": choice.baseline,
            "gain": None if (gain := gain_of(choice)) is None else round(gain, 4),
        }
        for what, choice in choices(model)
    }


def choices(model: TreasuryModel) -> Iterator[tuple[str, Choice]]:
    """Yield who forecasts single days and sums of each flow."""
    yield "entrees", model.entrees.daily
    yield "entrees_cumul", model.entrees.sums
    yield "sorties", model.sorties.daily
    yield "sorties_cumul", model.sorties.sums


def gain_of(choice: Choice) -> float | None:
    """Return by which share of the best baseline's error the choice errs less; None where it is that baseline."""
    before = choice.errors[choice.baseline]
    return 1 - choice.errors[choice.name] / before if choice.promoted and before > 0 else None


def _values(expected: Expected, place: int) -> dict[str, object]:
    found: dict[str, object] = {
        "median": round(float(expected.typical[place]), 2),
        "moyenne": round(float(expected.mean[place]), 2),
    }
    for coverage, (low, high) in expected.bounds.items():
        found[f"intervalle_{100 * coverage:.0f}"] = [round(float(low[place]), 2), round(float(high[place]), 2)]
    return found
