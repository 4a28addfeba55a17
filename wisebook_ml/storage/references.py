"""Which model a person means."""

import difflib
from collections.abc import Sequence

from wisebook_ml.storage.champions import Modele
from wisebook_ml.storage.exceptions import ModelNotFound

__all__ = ["meant"]

SHOWN_NAMES = 10
"""How many names are told to who has mistaken one."""


def meant(reference: int | str, there: Sequence[Modele], societe_id: int | None = None) -> Modele:
    """Return the model with this id or name among those that are there (of a company, where it is given).

    Raises
    ------
    ModelNotFound
        With the nearest name that there is, or the companies that have one of this name.
    """
    text = str(reference).strip()
    whose = "" if societe_id is None else f" of company {societe_id}"
    if text.isdecimal():
        by_id = [model for model in there if model.id == int(text)]
        if by_id:
            return by_id[0]
    named = [model for model in there if model.nom == text]
    if len(named) > 1:
        which = ", ".join(f"{model.id} (company {model.societe_id})" for model in named)
        raise ModelNotFound(
            f"Several companies have a model {text!r}: {which}. Name the company (--societe), or the id."
        )
    if named:
        return named[0]
    names = sorted({model.nom for model in there})
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.6)
    if near:
        hint = f"Did you mean {near[0]!r}?"
    elif names:
        hint = f"There are {', '.join(names[:SHOWN_NAMES])}{', …' if len(names) > SHOWN_NAMES else ''}."
    else:
        hint = "There are none yet; create one."
    raise ModelNotFound(f"There is no model {text!r}{whose}. {hint}")
