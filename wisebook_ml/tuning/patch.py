"""Changes of settings as programs spell them: a JSON merge patch.

References
----------
RFC 7396, JSON Merge Patch.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas import Parametres
from wisebook_ml.tuning.checks import faults
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.reading import parse

__all__ = ["patched"]

NOT_SET = ("societe_id", "version", "auteur")
"""What tells a version; whoever asks for it does not choose it."""

DEPTH = 4
"""How deep settings have objects in objects; what lies deeper is taken as it is."""


def patched(base: Parametres, patch: Mapping[str, Any], *, auteur: str) -> Parametres:
    """Return settings with what a patch changes: objects are merged, null takes back to the default, lists replace.

    Parameters
    ----------
    base : Parametres
        What is in force.
    patch : mapping
        Fields of `Parametres`; `motif` says why.
    auteur : str
        Who wants it.

    Raises
    ------
    Refusal
        Where the result makes no sense; it says what is wrong, and where.

    Examples
    --------
    >>> base = Parametres(societe_id=7, budget_alertes=0.02)
    >>> changed = patched(base, {"controles": {"RAFALE": {"seuil": 3}}, "budget_alertes": None}, auteur="Claire")
    >>> changed.budget_alertes, changed.controles
    (0.01, {<CodeMotif.RAFALE: 'RAFALE'>: ReglageControle(actif=True, seuil=3.0, poids=None)})
    """
    for name in NOT_SET:
        if name in patch:
            raise Refusal(f"{name} is not for you to set: the version has it from the request")
    told = msgspec.to_builtins(base) | {"motif": ""}
    try:
        data = msgspec.json.encode(_merged(told, patch, DEPTH) | {"auteur": auteur})
    except (ValueError, OverflowError, RecursionError) as error:
        raise Refusal(f"the change cannot be read: {error}") from error
    wanted = parse(data, societe_id=base.societe_id)
    if found := faults(wanted):
        raise Refusal("; ".join(found))
    return wanted


def _merged(there: Mapping[str, Any], patch: Mapping[str, Any], depth: int) -> dict[str, Any]:
    merged = dict(there)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping) and depth > 1:
            before = merged.get(name)
            merged[name] = _merged(before if isinstance(before, Mapping) else {}, value, depth - 1)
        else:
            merged[name] = value
    return merged
