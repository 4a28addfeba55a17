"""What has moved, in a sentence for an accountant."""

import math

from wisebook_ml.controls.texts import about_en, about_fr, count_en, count_fr, number_en, number_fr
from wisebook_ml.drift.histogram import quantile
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.variables import Scale, Variable

__all__ = ["Sentence", "told", "told_missing"]

Sentence = tuple[str, str]
"""In French, and in English."""

UNMOVED = 0.1
"""Standard deviations by which a mean has to move to be told as having moved."""

NOISE = 3.0
"""Standard errors of the window's mean by which it has to move, too."""

SPREAD = 1.25
"""So many times wider, or narrower, and the spread is what is told."""

DOUBLED = (1.9, 2.1)
NAMED = 3
"""Values of a category that a sentence names."""

LEAST = 0.005
"""Share below which the change of a category is not told beside others; nor below half of the largest change."""


def told(before: Sketch, after: Sketch, place: int, days: int) -> Sentence:
    """Return how a variable has moved.

    Parameters
    ----------
    before, after : Sketch
        The reference and the window.
    place : int
        The variable.
    days : int
        Days of the window.
    """
    variable, grid = before.layout.variables[place], before.layout.grids[place]
    if grid is None:
        french, english = _category(before, after, place)
    else:
        means = (before.mean(place), after.mean(place))
        here = before.layout.cells(place)
        widths = [
            quantile(grid, one.counts[here], 0.9) - quantile(grid, one.counts[here], 0.1) for one in (before, after)
        ]
        wider = max(widths[1] / widths[0], 1.0) if widths[0] > 0 else 1.0
        noise = NOISE * wider / math.sqrt(max(after.present(place), 1))
        if abs(means[1] - means[0]) >= max(UNMOVED, noise) * grid.sd:
            french, english = _moved(variable, *means)
        elif widths[0] > 0 and not 1 / SPREAD < widths[1] / widths[0] < SPREAD:
            grown = widths[1] > widths[0]
            factor = widths[1] / widths[0] if grown else widths[0] / max(widths[1], 1e-12)
            french = f"les valeurs sont {number_fr(factor)} fois plus {'dispersées' if grown else 'resserrées'}"
            english = f"values are spread {number_en(factor)} times more {'widely' if grown else 'narrowly'}"
        else:
            french, english = (
                "la répartition a changé, la moyenne non",
                "its distribution has changed, its mean has not",
            )
    return _framed(variable, french, english, days)


def told_missing(before: Sketch, after: Sketch, place: int, days: int) -> Sentence:
    """Return how much of a variable is missing."""
    shares = [int(one.missing[place]) / one.rows for one in (before, after)]
    french = f"manque dans {_percent_fr(shares[1])} des écritures, contre {_percent_fr(shares[0])} avant"
    english = f"missing in {_percent_en(shares[1])} of entries, {_percent_en(shares[0])} before"
    return _framed(before.layout.variables[place], french, english, days)


def _framed(variable: Variable, french: str, english: str, days: int) -> Sentence:
    since_fr = "le dernier jour" if days == 1 else f"sur {count_fr(days, 'jour', 'jours')}"
    since_en = "on the last day" if days == 1 else f"over {count_en(days, 'day', 'days')}"
    return (
        f"{_capital(variable.label_fr)} : {french} ({since_fr}).",
        f"{_capital(variable.label_en)}: {english} ({since_en}).",
    )


def _moved(variable: Variable, before: float, after: float) -> Sentence:
    """Return by how much a mean has moved, in the terms of its scale."""
    match variable.scale:
        case Scale.LOG10_CENTS:
            cents = [round(10.0 ** min(value, 15.0)) for value in (before, after)]
            factor = 10.0 ** (after - before)
            return (
                f"le montant courant {_times_fr(factor)}, de {about_fr(cents[0])} à {about_fr(cents[1])}",
                f"the usual amount {_times_en(factor)}, from {about_en(cents[0])} to {about_en(cents[1])}",
            )
        case Scale.SHARE:
            return (
                f"passe de {_percent_fr(before)} à {_percent_fr(after)} en moyenne",
                f"goes from {_percent_en(before)} to {_percent_en(after)} on average",
            )
        case Scale.LOG2 | Scale.LOG2_AFTER_ONE:
            less = 1.0 if variable.scale is Scale.LOG2_AFTER_ONE else 0.0
            before, after = (2.0 ** min(value, 60.0) - less for value in (before, after))
    digits = 1 if max(abs(before), abs(after)) >= 10 else 2
    return (
        f"la moyenne passe de {number_fr(before, digits)} à {number_fr(after, digits)}",
        f"its mean goes from {number_en(before, digits)} to {number_en(after, digits)}",
    )


def _category(before: Sketch, after: Sketch, place: int) -> Sentence:
    known, first = before.layout.known[place], before.layout.first[place]
    totals = [max(one.present(place), 1) for one in (before, after)]
    shares = {
        value: [int(one.counts[first + k]) / total for one, total in zip((before, after), totals, strict=True)]
        for k, value in enumerate(known)
    }
    for value in {*before.new[place], *after.new[place]}:
        shares[value] = [
            one.new[place].get(value, 0) / total for one, total in zip((before, after), totals, strict=True)
        ]
    # In standard deviations of the share, as chi² weighs them.
    floor = 1 / totals[0]
    ranked = sorted(
        shares,
        key=lambda value: (-abs(shares[value][1] - shares[value][0]) / math.sqrt(max(shares[value][0], floor)), value),
    )
    changes = {value: abs(new - old) for value, (old, new) in shares.items()}
    least = max(LEAST, max(changes.values(), default=0.0) / 2)
    named = [value for value in ranked if changes[value] >= least][:NAMED] or ranked[:1]
    french, english = [], []
    for value in named:
        old, new = shares[value]
        if not old:
            french.append(f"« {value} » est nouveau ({_percent_fr(new)})")
            english.append(f"“{value}” is new ({_percent_en(new)})")
        else:
            french.append(f"« {value} » passe de {_percent_fr(old)} à {_percent_fr(new)}")
            english.append(f"“{value}” goes from {_percent_en(old)} to {_percent_en(new)}")
    return ", ".join(french), ", ".join(english)


def _times_fr(factor: float) -> str:
    if DOUBLED[0] <= factor <= DOUBLED[1]:
        return "a doublé"
    if DOUBLED[0] <= 1 / factor <= DOUBLED[1]:
        return "a diminué de moitié"
    return f"est multiplié par {number_fr(factor)}" if factor >= 1 else f"est divisé par {number_fr(1 / factor)}"


def _times_en(factor: float) -> str:
    if DOUBLED[0] <= factor <= DOUBLED[1]:
        return "has doubled"
    if DOUBLED[0] <= 1 / factor <= DOUBLED[1]:
        return "has halved"
    return f"is {number_en(factor)} times larger" if factor >= 1 else f"is {number_en(1 / factor)} times smaller"


def _percent_fr(share: float) -> str:
    return f"{number_fr(100 * share, 0 if share >= 0.1 or not share else 1)} %"


def _percent_en(share: float) -> str:
    return f"{number_en(100 * share, 0 if share >= 0.1 or not share else 1)}%"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
