"""Changes of settings as a person spells them: ``RAFALE.actif=non``, a word more, a day off less."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from schemas import CodeMotif, Parametres, ReglageControle, to_minor
from wisebook_ml.controls.base import DEFAULT_LIMITS
from wisebook_ml.ledger.characters import plain
from wisebook_ml.ledger.vocabulary import DEFAULT_WATCHED
from wisebook_ml.tuning.alerts import edited_alerts
from wisebook_ml.tuning.checks import nearest
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.treasury import edited_treasury

__all__ = ["DEFAULT", "USUAL_LIMITS", "edited", "set_control", "with_items", "without_items"]

DEFAULT = "defaut"
"""Value that takes a control's field back to its default."""

USUAL_LIMITS = tuple(str(cents // 100) for cents in DEFAULT_LIMITS)
"""Approval limits of a company that has set none, in euros."""

YES = frozenset({"true", "oui", "yes", "1"})
NO = frozenset({"false", "non", "no", "0"})

T = TypeVar("T", str, dt.date)


def set_control(controles: Mapping[CodeMotif, ReglageControle], text: str) -> dict[CodeMotif, ReglageControle]:
    """Return the settings of controls with one field set.

    Parameters
    ----------
    controles : mapping
        What is set so far.
    text : str
        ``CODE.seuil=3``, ``CODE.poids=0.2``, ``CODE.actif=false``; the value ``defaut`` takes a field back.

    Raises
    ------
    Refusal
        With what was meant.

    Examples
    --------
    >>> set_control({}, "RAFALE.actif=non")
    {<CodeMotif.RAFALE: 'RAFALE'>: ReglageControle(actif=False, seuil=None, poids=None)}
    >>> set_control(set_control({}, "RAFALE.seuil=3"), "RAFALE.seuil=defaut")
    {}
    """
    place, mark, value = text.partition("=")
    name, dot, field = place.strip().partition(".")
    if not (mark and dot and name):
        raise Refusal(f"{text!r} is not CODE.FIELD=VALUE, such as MONTANT_ROND.seuil=3 or RAFALE.actif=false")
    try:
        code = CodeMotif(name.upper())
    except ValueError:
        raise Refusal(f"{name} is no control; {nearest(name)}") from None
    if field not in ReglageControle.__struct_fields__:
        raise Refusal(
            f"control {code} has no field {field!r}; there are {', '.join(ReglageControle.__struct_fields__)}"
        )
    default = getattr(ReglageControle(), field)
    given = default if value.strip() == DEFAULT else _value(field, value.strip(), text)
    changed = replace(controles.get(code, ReglageControle()), **{field: given})
    others = {other: setting for other, setting in controles.items() if other is not code}
    # What says nothing is left out, so that it is no difference either.
    return others if changed == ReglageControle() else {**others, code: changed}


def _value(field: str, value: str, text: str) -> bool | float:
    if field == "actif":
        if value.lower() not in YES | NO:
            raise Refusal(f"{text!r}: {value!r} is neither true nor false")
        return value.lower() in YES
    try:
        return float(value)
    except ValueError:
        raise Refusal(f"{text!r}: {value!r} is no number; decimals have a dot") from None


def with_items(there: Sequence[T], more: Sequence[T]) -> list[T]:
    """Return a list with what is new; what means the same as something there is passed over.

    Examples
    --------
    >>> with_items(["5000", "perso"], ["5000.00", "PERSO", "gérant"])
    ['5000', 'perso', 'gérant']
    """
    items = {_meaning(item): item for item in there}
    for item in more:
        items.setdefault(_meaning(item), item)
    return list(items.values())


def without_items(there: Sequence[T], less: Sequence[T]) -> list[T]:
    """Return a list without some items, however they are spelt.

    Raises
    ------
    Refusal
        Where there is no such item.
    """
    items = {_meaning(item): item for item in there}
    for item in less:
        if items.pop(_meaning(item), None) is None:
            listed = ", ".join(map(str, there)) or "none"
            raise Refusal(f"{item} is not in the list; there are: {listed}")
    return list(items.values())


def _meaning(item: str | dt.date) -> object:
    """Return what an item of a list stands for: a day, an amount in cents, or a word as it is searched for."""
    if isinstance(item, dt.date):
        return item
    if item.replace(".", "", 1).isdecimal():
        whole, _, cents = item.partition(".")
        return to_minor(item) if whole and len(cents) <= 2 else item
    return plain(item.rstrip("*")), item.endswith("*")


def _changed(own: Sequence[str], change: tuple[Sequence[str], Sequence[str]], usual: Sequence[str]) -> list[str]:
    """Return a list with what comes and without what goes; one that was never changed is the usual one."""
    more, less = change
    if not (more or less):
        return list(own)
    items = without_items(with_items(own or usual, more), less)
    if not items:
        raise Refusal("nothing would be left of the list, which would bring the usual one back; switch the control off")
    return [] if items == list(usual) else items


def edited(
    base: Parametres,
    *,
    controles: Sequence[str] = (),
    budget: float | None = None,
    signification: str | None = None,
    mots: tuple[Sequence[str], Sequence[str]] = ((), ()),
    plafonds: tuple[Sequence[str], Sequence[str]] = ((), ()),
    feries: tuple[Sequence[dt.date], Sequence[dt.date]] = ((), ()),
    planchers: Sequence[str] = (),
    probabilite_alerte: float | None = None,
    pays: str | None = None,
    alertes: Sequence[str] = (),
    calmes: tuple[Sequence[str], Sequence[str]] = ((), ()),
    destinations: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> Parametres:
    """Return settings with changes; of lists, what comes and what goes, beginning with the usual ones.

    Raises
    ------
    Refusal
        Where a change cannot be understood.
    """
    changed = dict(base.controles)
    for text in controles:
        changed = set_control(changed, text)
    floor = base.seuil_signification if signification is None else signification
    return replace(
        base,
        controles=changed,
        budget_alertes=base.budget_alertes if budget is None else budget,
        seuil_signification=None if floor == DEFAULT else floor,
        mots_cles=_changed(base.mots_cles, mots, DEFAULT_WATCHED),
        plafonds_approbation=_changed(base.plafonds_approbation, plafonds, USUAL_LIMITS),
        jours_feries=without_items(with_items(base.jours_feries, feries[0]), feries[1]),
        tresorerie=edited_treasury(
            base.tresorerie, planchers=planchers, probabilite=probabilite_alerte, pays=pays, default=DEFAULT
        ),
        alertes=edited_alerts(base.alertes, champs=alertes, calmes=calmes, destinations=destinations, default=DEFAULT),
    )
