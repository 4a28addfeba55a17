"""What two versions of settings have different."""

from typing import NamedTuple

import msgspec

from schemas import Parametres, ReglageAlertes
from wisebook_ml.access import shown
from wisebook_ml.ledger.vocabulary import DEFAULT_WATCHED
from wisebook_ml.tuning.alerts import quiet_text, target_text
from wisebook_ml.tuning.edit import USUAL_LIMITS

__all__ = ["USUAL", "Difference", "differences"]

APART = frozenset({"societe_id", "version", "auteur", "motif"})
"""What tells a version, not what it sets."""

TARGET = "alertes destinations "
"""What the name of a destination begins with; its address follows."""

USUAL = {"mots_cles": DEFAULT_WATCHED, "plafonds_approbation": USUAL_LIMITS}
"""What lists are that a company has not set."""


class Difference(NamedTuple):
    """A field with its values; None where a version leaves it at its default, or a list has no such item."""

    champ: str
    avant: object
    apres: object


def differences(before: Parametres, after: Parametres) -> list[Difference]:
    """Return what differs in what two versions set, field by field; of lists, item by item, in effect.

    Examples
    --------
    >>> from schemas import CodeMotif, Parametres, ReglageControle
    >>> before = Parametres(societe_id=1, mots_cles=["cadeau", "perso"])
    >>> after = Parametres(
    ...     societe_id=1, mots_cles=["cadeau"], controles={CodeMotif.RAFALE: ReglageControle(actif=False)}
    ... )
    >>> for one in differences(before, after):
    ...     print(one.champ, one.avant, one.apres)
    mots_cles perso perso None
    controles RAFALE actif None False
    """
    first, second = _flat(before), _flat(after)
    return [
        Difference(_champ(name), first.get(name), second.get(name))
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    ]


def _champ(name: str) -> str:
    """Return a field's name as it is told: a destination's is its address, which may hold a secret."""
    _, mark, address = name.partition(TARGET)
    return f"{mark}{shown(address)}" if mark else name


def _flat(parametres: Parametres) -> dict[str, object]:
    cash = parametres.tresorerie
    flat: dict[str, object] = {
        "budget_alertes": parametres.budget_alertes,
        "tresorerie probabilite_alerte": cash.probabilite_alerte,
        "tresorerie pays": cash.pays,
    }
    for name, value in msgspec.to_builtins(parametres).items():
        if name in APART:
            continue
        if name == "controles":
            flat |= {f"{name} {code} {field}": given for code, one in value.items() for field, given in one.items()}
        elif name == "attenuations":
            flat |= {f"{name} {one['code']} {one['journal_code']}": one["facteur"] for one in value}
        elif name == "tresorerie":
            flat |= {f"{name} plancher {devise}": floor for devise, floor in cash.plancher.items()}
        elif name == "alertes":
            flat |= _flat_alerts(parametres.alertes)
        elif isinstance(value, list):
            flat |= {f"{name} {item}": item for item in value or USUAL.get(name, ())}
        else:
            flat[name] = value
    return flat


def _flat_alerts(alerts: ReglageAlertes) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in msgspec.to_builtins(alerts).items():
        if name == "calmes":
            flat |= {f"alertes {name} {one.debut}-{one.fin}": quiet_text(one) for one in alerts.calmes}
        elif name == "destinations":
            flat |= {f"{TARGET}{one.adresse}": target_text(one) for one in alerts.destinations}
        elif isinstance(value, list):
            flat |= {f"alertes {name} {item}": item for item in value}
        else:
            flat[f"alertes {name}"] = value
    return flat
