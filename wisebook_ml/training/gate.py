"""Whether a new version takes over from the champion."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from wisebook_ml.services.base import Gate
from wisebook_ml.training.baselines import Baseline
from wisebook_ml.treasury.forecasting.selection import GAIN

__all__ = ["Champion", "Decision", "decide"]


@dataclass(frozen=True, slots=True)
class Champion:
    """The version in charge, and how it did on the same hold-out.

    Parameters
    ----------
    version : int
        Its number.
    metrics : mapping of str to float
        Empty where it could not be evaluated.
    reason : str
        Then, why not.
    """

    version: int
    metrics: Mapping[str, float]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate decided.

    Attributes
    ----------
    promoted : bool
        Whether the new version becomes the champion; otherwise it is the challenger.
    gain : float, optional
        How much better it is than the champion, positive where it is; None without a comparison.
    text : str
        For people: the decision and the figures that it rests on.
    """

    promoted: bool
    gain: float | None
    text: str


def decide(
    metrics: Mapping[str, float],
    champion: Champion | None,
    rows: int,
    gate: Gate,
    baseline: Baseline | None = None,
) -> Decision:
    """Compare a new version with the champion.

    It takes over where the hold-out has enough rows, its metric reaches the floor (if there is one), it is better than
    the best baseline by 2 % (where there are any), and better than the champion by the margin. A champion that cannot
    be evaluated is no obstacle: what an update of a library has made useless does not serve anybody. It fails its
    purpose where the hold-out is unlike what comes after it; then the challenger in shadow is the one to look at.

    Parameters
    ----------
    metrics : mapping of str to float
        Of the new version, on the hold-out.
    champion : Champion, optional
        Evaluated on the same rows; None for a model's first version.
    rows : int
        Rows of the hold-out.
    gate : Gate
        The algorithm's rule.
    baseline : Baseline, optional
        The best of those that need no model, on the same rows.

    Examples
    --------
    >>> gate = Gate("top1", margin=0.01, floor=0.5)
    >>> decide({"top1": 0.912}, Champion(3, {"top1": 0.874}), 1204, gate).text
    'promoted: top1 0.912 against 0.874 of version 3 on 1,204 rows'
    >>> decide({"top1": 0.88}, Champion(3, {"top1": 0.874}), 1204, gate).text
    'challenger: top1 0.88 against 0.874 of version 3 on 1,204 rows, needs a gain of 0.01'
    >>> decide({"top1": 0.4}, None, 1204, gate).text
    'challenger: top1 0.4 on 1,204 rows, needs 0.5'
    >>> decide({"wape": 0.61}, None, 219, Gate("wape", higher_is_better=False), Baseline("business_day", 0.55)).text
    "challenger: wape 0.61 against 0.55 of the baseline 'business_day' on 219 rows, has to be 2 % better"
    """
    value = metrics.get(gate.metric, math.nan)
    if rows < gate.min_rows:
        return Decision(False, None, f"challenger: needs a hold-out of {gate.min_rows} rows, has {rows}")
    if not math.isfinite(value):
        return Decision(False, None, f"challenger: {gate.metric} is not defined on this hold-out of {rows:,} rows")
    said = f"{gate.metric} {value:.4g}"
    on = f"on {rows:,} rows"
    against: list[str] = []
    before = math.nan if champion is None else champion.metrics.get(gate.metric, math.nan)
    gain: float | None = None
    if champion is not None and math.isfinite(before):
        gain = value - before if gate.higher_is_better else before - value
        against.append(f"{before:.4g} of version {champion.version}")
    elif champion is not None:
        reason = champion.reason or f"its {gate.metric} is not defined on this hold-out"
        on = f"{on}; version {champion.version} cannot be compared: {reason}"
    if baseline is not None:
        against.append(f"{baseline.value:.4g} of the baseline {baseline.name!r}")
    if against:
        on = f"against {' and '.join(against)} {on}"
    if gate.floor is not None and not _reaches(value, gate.floor, gate.higher_is_better):
        limit = "needs" if gate.higher_is_better else "must not exceed"
        return Decision(False, gain, f"challenger: {said} {on}, {limit} {gate.floor:.4g}")
    if baseline is not None and not _beats(value, baseline.value, gate.higher_is_better):
        return Decision(False, gain, f"challenger: {said} {on}, has to be {100 * GAIN:.0f} % better")
    if gain is not None and gain < gate.margin:
        needed = f"needs a gain of {gate.margin:.4g}" if gate.margin > 0 else f"may lose {-gate.margin:.4g} at most"
        return Decision(False, gain, f"challenger: {said} {on}, {needed}")
    first = "first version, " if champion is None else ""
    return Decision(True, gain, f"promoted: {first}{said} {on}")


def _reaches(value: float, floor: float, higher_is_better: bool) -> bool:
    return value >= floor if higher_is_better else value <= floor


def _beats(value: float, baseline: float, higher_is_better: bool) -> bool:
    return value >= baseline * (1 + GAIN) if higher_is_better else value <= baseline * (1 - GAIN)
