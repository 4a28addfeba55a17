"""Settings from JSON, with errors that name what was meant."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from schemas import (
    Attenuation,
    CodeMotif,
    Destination,
    HeuresCalmes,
    Parametres,
    ReglageAlertes,
    ReglageControle,
    ReglageTresorerie,
)
from wisebook_ml.tuning.alerts import read_faults
from wisebook_ml.tuning.checks import nearest, placed
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.treasury import treasury_faults

__all__ = ["explain", "parse", "read_file"]

CODES = frozenset(code.value for code in CodeMotif)


def parse(data: bytes, *, societe_id: int | None = None) -> Parametres:
    """Return settings that a person wrote down as a JSON object.

    Unlike on a topic, where there may be fields that we do not know, such a field is an error here: it is misspelt.

    Parameters
    ----------
    data : bytes
        The object, as `wisebook-ml settings show --json` prints it.
    societe_id : int, optional
        The company, whatever the object says; by default its own, or 0.

    Raises
    ------
    Refusal
        With what is wrong, and where.
    """
    try:
        read = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(f"the settings are no JSON: {error}") from error
    if not isinstance(read, dict):
        raise Refusal("the settings are no JSON object ({...})")
    fields = {"societe_id": 0} | read | ({} if societe_id is None else {"societe_id": societe_id})
    wrong = [
        *_misspelt("", fields, Parametres.__struct_fields__),
        *_in_controls(fields, strict=True),
        *_in_treasury(fields, strict=True),
        *_in_alerts(fields, strict=True),
    ]
    if wrong:
        raise Refusal("; ".join(wrong))
    try:
        return msgspec.convert(fields, Parametres)
    except msgspec.ValidationError as error:
        raise Refusal(placed(error)) from error


def read_file(path: Path, *, societe_id: int | None = None) -> Parametres:
    """Return the settings in a file; see `parse`.

    Raises
    ------
    Refusal
        With the file, what is wrong, and where.
    OSError
        Where the file cannot be read.
    """
    try:
        return parse(path.read_bytes(), societe_id=societe_id)
    except Refusal as error:
        raise Refusal(f"{path}: {error}") from error


def explain(data: bytes, detail: str) -> str:
    """Return why a record cannot be read as settings, with the controls by name; else the decoder's own `detail`.

    Examples
    --------
    >>> print(explain(b'{"societe_id": 1, "controles": {"DOUBLONS": {}}}', "Invalid enum value"))
    DOUBLONS is no control; did you mean DOUBLON?
    """
    try:
        read = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return detail
    found = [*_in_controls(read), *_in_treasury(read), *_in_alerts(read)] if isinstance(read, dict) else []
    return "; ".join(found) or detail


def _misspelt(where: str, given: Mapping[str, object], known: tuple[str, ...]) -> Iterator[str]:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            yield f"unknown field {where}{name!r}; {hint}"


def _in_controls(fields: Mapping[str, object], *, strict: bool = False) -> Iterator[str]:
    """Tell what is wrong within the objects of controls, whose place msgspec does not name."""
    controls = fields.get("controles")
    for name, setting in controls.items() if isinstance(controls, dict) else ():
        if name not in CODES:
            yield f"{name} is no control; {nearest(name)}"
        if strict and isinstance(setting, dict):
            yield from _misspelt(f"{name}.", setting, ReglageControle.__struct_fields__)
        yield from _unfit(setting, ReglageControle, f"control {name}")
    attenuations = fields.get("attenuations")
    for k, one in enumerate(attenuations if isinstance(attenuations, list) else ()):
        code = one.get("code") if isinstance(one, dict) else None
        if isinstance(code, str) and code not in CODES:
            yield f"attenuation {k}: {code} is no control; {nearest(code)}"
        else:
            yield from _unfit(one, Attenuation, f"attenuation {k}")


class _Treasury(msgspec.Struct):
    """A `ReglageTresorerie` whose values may make no sense."""

    plancher: dict[str, str] = {}
    probabilite_alerte: float = 0.5
    pays: str = "FR"


def _in_treasury(fields: Mapping[str, object], *, strict: bool = False) -> Iterator[str]:
    """Tell what is wrong with what is set of the treasury, in the words of `treasury_faults` where it has any."""
    given = fields.get("tresorerie")
    if not isinstance(given, dict):
        return
    if strict:
        yield from _misspelt("tresorerie.", given, ReglageTresorerie.__struct_fields__)
    try:
        read = msgspec.convert(given, _Treasury)
    except msgspec.ValidationError as error:
        yield f"tresorerie.{placed(error)}"
    else:
        yield from treasury_faults(ReglageTresorerie(**msgspec.structs.asdict(read)))


def _in_alerts(fields: Mapping[str, object], *, strict: bool = False) -> Iterator[str]:
    """Tell what is wrong with what is set of alerts, in the words of `alert_faults`."""
    given = fields.get("alertes")
    if not isinstance(given, dict):
        return
    if strict:
        yield from _misspelt("alertes.", given, ReglageAlertes.__struct_fields__)
        for name, kind in (("calmes", HeuresCalmes), ("destinations", Destination)):
            items = given.get(name)
            for place, one in enumerate(items if isinstance(items, list) else (), start=1):
                if isinstance(one, dict):
                    yield from _misspelt(f"alertes.{name} {place}.", one, kind.__struct_fields__)
    yield from read_faults(given, nearest)


def _unfit(value: object, type_: type[ReglageControle] | type[Attenuation], what: str) -> Iterator[str]:
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$.")
        field = f", {where.rstrip('`')}" if where else ""
        yield f"{what}{field}: {said[0].lower()}{said[1:]}"
