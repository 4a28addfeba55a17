"""The thresholds of one model: part of its parameters (`ModeleML.parametres_modele`), under the name `derive`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wisebook_ml.drift.thresholds import Thresholds
from wisebook_ml.services.parameters import DRIFT, InvalidParameters, near_name

__all__ = ["as_parameters", "thresholds_of"]


def thresholds_of(parametres: Mapping[str, object]) -> Thresholds:
    """Return the thresholds among a model's parameters; what it does not set has its default.

    Raises
    ------
    InvalidParameters
        For a name that there is not (with the nearest one) and a value that cannot be one.

    Examples
    --------
    >>> thresholds_of({"n_estimators": 200, "derive": {"psi": 0.2}}).psi
    0.2
    >>> thresholds_of({"derive": {"pso": 0.2}})
    Traceback (most recent call last):
    ...
    wisebook_ml.services.parameters.InvalidParameters: unknown threshold of drift 'pso'; did you mean 'psi'?
    """
    given = parametres.get(DRIFT, {})
    if not isinstance(given, Mapping):
        raise InvalidParameters(
            f"the parameter {DRIFT!r} is {given!r}; it takes thresholds of drift by name, as in "
            f'{{"{DRIFT}": {{"psi": 0.2}}}}'
        )
    known = Thresholds.__struct_fields__
    for name in given:
        if name not in known:
            raise InvalidParameters(f"unknown threshold of drift {name!r}; {near_name(str(name), known)}")
    try:
        return msgspec.convert(dict(given), Thresholds)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        place = f" {where.strip('.`')!r}" if where.strip(".`") else ""
        raise InvalidParameters(f"threshold of drift{place}: {what[0].lower()}{what[1:]}") from error


def as_parameters(parametres: Mapping[str, object], changes: Mapping[str, float]) -> dict[str, Any]:
    """Return a model's parameters with some thresholds set; without changes, with none.

    Raises
    ------
    InvalidParameters
        As `thresholds_of`.
    """
    rest = {name: value for name, value in parametres.items() if name != DRIFT}
    if not changes:
        return rest
    before = parametres.get(DRIFT, {})
    wanted = {**rest, DRIFT: {**(before if isinstance(before, Mapping) else {}), **changes}}
    thresholds_of(wanted)
    return wanted
