"""Whether what is set of the treasury makes sense, and changing it as a person spells it: ``USD=10000``."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from schemas import ReglageTresorerie, from_minor, to_minor
from schemas.money import Montant
from wisebook_ml.business_calendar import has_holidays
from wisebook_ml.tuning.exceptions import Refusal

__all__ = ["edited_treasury", "treasury_faults"]

LEAST, MOST = 0.05, 0.95
"""Of the probability: it is a share of a few dozen paths, so that less is chance, and more comes too late."""

EUROS = "EUR"
CURRENCY = re.compile(r"[A-Z]{3}")
COUNTRY = re.compile(r"[A-Z]{2}")


def treasury_faults(reglage: ReglageTresorerie) -> Iterator[str]:
    """Yield what makes no sense, each as a sentence for a person.

    Examples
    --------
    >>> for fault in treasury_faults(ReglageTresorerie(plancher={"EUR": "5,5"}, probabilite_alerte=5.0)):
    ...     print(fault.partition(";")[0])
    floor of EUR: '5,5' is no amount
    probabilite_alerte 5 is not between 0.05 and 0.95
    >>> list(treasury_faults(ReglageTresorerie()))
    []
    """
    for devise, montant in reglage.plancher.items():
        if not CURRENCY.fullmatch(devise):
            yield f"{devise!r} is no currency that a floor could be in; give its code of three letters, such as EUR"
        if not _is_amount(montant):
            yield (
                f"floor of {devise}: {montant!r} is no amount; digits alone, with a dot for cents and a minus for an "
                "overdraft, such as 20000 or -5000.00"
            )
    probability = reglage.probabilite_alerte
    if not LEAST <= probability <= MOST:
        yield (
            f"probabilite_alerte {probability:g} is not between {LEAST} and {MOST}; it is the probability of passing "
            "the floor from which there is a warning, usual is 0.5"
        )
    if not COUNTRY.fullmatch(reglage.pays) or not has_holidays(reglage.pays):
        yield (
            f"no public holidays are known of the country {reglage.pays!r}; give its code of two letters, such as FR "
            "(ISO 3166-1)"
        )


def edited_treasury(
    base: ReglageTresorerie,
    *,
    planchers: Sequence[str] = (),
    probabilite: float | None = None,
    pays: str | None = None,
    default: str,
) -> ReglageTresorerie:
    """Return settings of the treasury with changes.

    Parameters
    ----------
    base : ReglageTresorerie
        What is set so far.
    planchers : sequence of str
        Floors: an amount in euros, or ``USD=10000``; `default` as the amount takes one back.
    probabilite, pays
        Instead of those there are.
    default : str
        What stands for the default.

    Raises
    ------
    Refusal
        Where a change cannot be understood.

    Examples
    --------
    >>> edited_treasury(ReglageTresorerie(), planchers=["20000", "usd=-5000.5"], default="defaut").plancher
    {'EUR': '20000.00', 'USD': '-5000.50'}
    """
    floors: Mapping[str, str] = base.plancher
    for text in planchers:
        before, mark, after = text.partition("=")
        devise, montant = (before.strip().upper(), after.strip()) if mark else (EUROS, text.strip())
        if not montant or not devise:
            raise Refusal(f"{text!r} is neither an amount nor CURRENCY=AMOUNT, such as 20000 or USD=10000")
        others = {other: floor for other, floor in floors.items() if other != devise}
        # One way of spelling an amount, so that the same one is no difference; what is none is told with all the rest.
        amount = from_minor(to_minor(montant)) if _is_amount(montant) else montant
        floors = others if montant == default else {**others, devise: amount}
    return replace(
        base,
        plancher=dict(floors),
        probabilite_alerte=base.probabilite_alerte if probabilite is None else probabilite,
        pays=base.pays if pays is None else pays.strip().upper(),
    )


def _is_amount(text: str) -> bool:
    try:
        msgspec.convert(text, Montant)
    except msgspec.ValidationError:
        return False
    return True
