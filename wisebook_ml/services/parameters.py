"""Parameters of an algorithm: typed, bounded, and with an error that names what was meant."""

import difflib
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

__all__ = ["DRIFT", "InvalidParameters", "Parameters", "near_name", "read_parameters"]

DRIFT = "derive"
"""Stands among the parameters of a model and is none of its algorithm's: the thresholds of its drift."""


class InvalidParameters(ValueError):
    """Parameters that an algorithm does not have, or values that it cannot take; the message says which it can."""


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the parameters of all algorithms: each field with a default and, by `msgspec.Meta`, its bounds."""


P = TypeVar("P", bound=Parameters)


def read_parameters(type_: type[P], given: Mapping[str, object]) -> P:
    """Return parameters as an algorithm's type has them.

    Parameters
    ----------
    type_ : type
        The algorithm's parameters.
    given : mapping
        Names and values, as stored in `ModeleML.parametres_modele`; what is missing has its default, and `DRIFT` is
        passed over.

    Raises
    ------
    InvalidParameters
        For a name that there is not (with the nearest one that there is) and a value out of bounds.

    Examples
    --------
    >>> class Trees(Parameters, frozen=True, kw_only=True):
    ...     n_estimators: int = 100
    >>> read_parameters(Trees, {"n_estimators": 500}).n_estimators
    500
    >>> read_parameters(Trees, {"n_estimator": 500})
    Traceback (most recent call last):
    ...
    wisebook_ml.services.parameters.InvalidParameters: unknown parameter 'n_estimator'; did you mean 'n_estimators'?
    """
    known = type_.__struct_fields__
    given = {name: value for name, value in given.items() if name != DRIFT}
    for name in given:
        if name not in known:
            raise InvalidParameters(f"unknown parameter {name!r}; {near_name(name, known)}")
    try:
        return msgspec.convert(given, type_)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        place = f"parameter {where.rstrip('`')!r}: " if where else ""
        raise InvalidParameters(f"{place}{what[0].lower()}{what[1:]}") from error


def near_name(name: str, known: Sequence[str]) -> str:
    """Return what to say of a name that there is not: the nearest one that there is, or all."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
