"""Positions of a company with habits, and what follows from them."""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from schemas import Alerte, Detection, PositionTresorerie, Prediction, from_minor
from wisebook_ml.treasury.learning import Join
from wisebook_ml.treasury.series import DailySeries
from wisebook_ml.treasury.state import Made, TreasuryState
from wisebook_ml.treasury.training import train


def quick(series: DailySeries) -> Join:
    """Learn with few candidates."""
    model = train(series, candidates=("weekly", "running_mean", "business_day"))
    return lambda: model


def positions(series: DailySeries, *, societe_id: int = 1, compte: str = "512000") -> list[PositionTresorerie]:
    """Return a position of each working day of a series, balances to the cent."""
    balance = int(series.solde[0]) + np.cumsum(series.flux) - int(series.flux[0])
    return [
        PositionTresorerie(
            societe_id=societe_id,
            compte_num=compte,
            date=day,
            solde=from_minor(int(balance[at])),
            entrees=from_minor(int(series.entrees[at])),
            sorties=from_minor(int(series.sorties[at])),
        )
        for at in range(len(series))
        if (day := series.first + dt.timedelta(days=at)).weekday() < 5
    ]


def changed(position: PositionTresorerie, **fields: object) -> PositionTresorerie:
    """Return a position with other fields."""
    return msgspec.structs.replace(position, **fields)


def follow(state: TreasuryState, given: Iterable[PositionTresorerie]) -> list[Made]:
    """Return what follows from positions, each published on its day."""
    return [made for one in given for made in state.take(one, one.date)]


def detections(made: Sequence[Made]) -> list[Detection]:
    return [one.record for one in made if isinstance(one.record, Detection)]


def alerts(made: Sequence[Made]) -> list[Alerte]:
    return [one.record for one in made if isinstance(one.record, Alerte)]


def predictions(made: Sequence[Made]) -> list[Prediction]:
    return [one.record for one in made if isinstance(one.record, Prediction)]


def told(made: Sequence[Made]) -> list[tuple[str, bytes]]:
    """Return keys and bytes."""
    return [(one.key, msgspec.json.encode(one.record)) for one in made]
