"""Positions of a company with habits, and what follows from them."""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from schemas import (
    Detection,
    Parametres,
    PositionTresorerie,
    Prediction,
    Reglage,
    ReglageTresorerie,
    from_minor,
)
from wisebook_ml.treasury.forecasting.learning import Join, Lesson
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.series import DailySeries
from wisebook_ml.treasury.state import Made, TreasuryRecord, TreasuryState


def quick(lesson: Lesson) -> Join:
    """Learn with few candidates."""
    model = train(lesson.series, country=lesson.pays, candidates=("weekly", "running_mean", "business_day"))
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


def follow(state: TreasuryState, given: Iterable[TreasuryRecord]) -> list[Made]:
    """Return what follows from records, each position published on its day."""
    return [
        made for one in given for made in state.take(one, one.date if isinstance(one, PositionTresorerie) else None)
    ]


def settings(version: int, societe_id: int = 1, **tresorerie: object) -> Reglage:
    """Return the marker of settings of the treasury."""
    reglage = ReglageTresorerie(**tresorerie)  # type: ignore[arg-type]
    parametres = Parametres(societe_id=societe_id, version=version, tresorerie=reglage)
    return Reglage(societe_id=societe_id, parametres=parametres)


def detections(made: Sequence[Made]) -> list[Detection]:
    return [one.record for one in made if isinstance(one.record, Detection)]


def predictions(made: Sequence[Made]) -> list[Prediction]:
    return [one.record for one in made if isinstance(one.record, Prediction)]


def told(made: Sequence[Made]) -> list[tuple[str, bytes]]:
    """Return keys and bytes."""
    return [(one.key, msgspec.json.encode(one.record)) for one in made]
