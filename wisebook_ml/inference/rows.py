"""Rows that somebody sent, as the columns that an algorithm reads."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas import TypeModele
from wisebook_ml.inference.exceptions import RowsRefused
from wisebook_ml.inference.fields import FIELDS, FREE, Field, Kind, names_of
from wisebook_ml.services.parameters import near_name

__all__ = ["Row", "table_of"]

Row = Mapping[str, str | float | bool | None]

LARGEST = 1e15
"""Larger numbers are no amounts, and more than single precision takes once they are squared."""

FIRST_DAY, LAST_DAY = dt.date(1970, 1, 1), dt.date(2100, 12, 31)

NUMBERS = frozenset({int, float, bool})

ALONE = {"ligne": 1.0, "lignes": 1.0}
"""Numbers of a line that is the only one of its entry; the others are 0."""


def table_of(type_modele: TypeModele, rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a table with a column for each field that is there, or that has a value of its own.

    Raises
    ------
    RowsRefused
        Where a field is unknown, missing or none of its kind; the message names it, its row, and what there is.

    Examples
    --------
    >>> table_of(TypeModele.LSTM, [{"entrees": 10, "sorties": 4}]).to_dict("records")
    [{'entrees': 10.0, 'sorties': 4.0}]
    """
    there = {name for row in rows for name in row}
    _check_names(type_modele, rows, there)
    columns: dict[str, Any] = {}
    for field in FIELDS[type_modele]:
        if field.nom in there:
            columns[field.nom] = _column(field, [row.get(field.nom) for row in rows])
        elif type_modele is TypeModele.RANDOM_FOREST and field.nom != "compte_num":
            columns[field.nom] = "" if field.type is Kind.TEXT else ALONE.get(field.nom, 0.0)
    for name in sorted(there - columns.keys()):  # what a company's own rows have besides
        columns[name] = _free(name, [row.get(name) for row in rows])
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


def _check_names(type_modele: TypeModele, rows: Sequence[Row], there: set[str]) -> None:
    known = names_of(type_modele)
    for name in sorted(there - set(known)):
        if not name.startswith(tuple(FREE.get(type_modele, ()))):
            raise RowsRefused(f"{type_modele.value} knows no field {name!r}; {near_name(name, known)}")
    needed = names_of(type_modele, needed=True)
    for number, row in enumerate(rows, 1):
        missing = [name for name in needed if name not in row]
        if missing:
            raise RowsRefused(
                f"row {number} has not all fields that {type_modele.value} needs; missing: {', '.join(missing)}"
            )


def _column(field: Field, values: Sequence[object]) -> npt.NDArray[Any]:
    if field.type is Kind.NUMBER:
        return _numbers(field.nom, values)
    if field.type is Kind.DATE:
        return _dates(field.nom, values)
    return _texts(field.nom, values)


def _numbers(name: str, values: Sequence[object]) -> npt.NDArray[np.float64]:
    if not set(map(type, values)) <= NUMBERS | {type(None)}:
        number, wrong = next((k, v) for k, v in enumerate(values, 1) if type(v) not in NUMBERS and v is not None)
        raise RowsRefused(f"row {number}: {name!r} is {wrong!r}, and should be a number")
    column = np.array(values, dtype=np.float64)  # None is not a number: NaN
    if (np.abs(column) > LARGEST).any():
        number = int(np.flatnonzero(np.abs(column) > LARGEST)[0]) + 1
        raise RowsRefused(f"row {number}: {name!r} is beyond {LARGEST:g}, which is the most that is taken")
    return column


def _texts(name: str, values: Sequence[object]) -> npt.NDArray[np.object_]:
    for number, value in enumerate(values, 1):
        if value is not None and not isinstance(value, str):
            raise RowsRefused(f"row {number}: {name!r} is {value!r}, and should be a text")
    return np.array([value or "" for value in values], dtype=object)


def _dates(name: str, values: Sequence[object]) -> npt.NDArray[np.datetime64]:
    found = []
    for number, value in enumerate(values, 1):
        try:
            day = dt.date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise RowsRefused(f"row {number}: {name!r} is {value!r}, and should be a day, such as 2025-06-30") from None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise RowsRefused(f"row {number}: {name!r} is {day}, and should lie between {FIRST_DAY} and {LAST_DAY}")
        found.append(day)
    return np.array(found, dtype="datetime64[s]")


def _free(name: str, values: Sequence[object]) -> npt.NDArray[Any]:
    return _texts(name, values) if any(isinstance(value, str) for value in values) else _numbers(name, values)
