"""The calendar and the open items of the books together: near days are what is due, far ones what the calendar says."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from wisebook_ml.treasury.forecasting.flows import Flow
from wisebook_ml.treasury.forecasting.models.base import LEVELS, Fitted, Spread
from wisebook_ml.treasury.forecasting.models.forest import CalendarForest

__all__ = ["OpenItems"]

Floats = npt.NDArray[np.float64]
Ordinals = npt.NDArray[np.int64]

TREES = 24
"""Of each forest: three times as many are learnt as of the calendar forest, and again for past days."""

BLOCK = 60
"""Active days after which the calendar is learnt anew for the days from which weights are learnt."""

BLOCKS = 6
"""Blocks from which weights are learnt: a year and a half. Habits of payment change."""

FEWEST = 80
"""Active days with expected payments behind them, without which the calendar alone is heard."""

STEP = 3
"""Active days from one origin to the next in learning weights: neighbours say the same."""

ENDS = (2, 5, 10, 15, 20, 30, 45, 66)
"""Last lead of each bucket, in active days: what is known of coming payments thins out with the weeks."""

ROUNDS = 12
"""Of reweighting: weights have settled in the second digit by then."""

NEAR = 0.02
"""Error, in units of the level, under which a day counts no more in reweighting: otherwise one hit would rule."""


class OpenItems:
    """The calendar forest, corrected by what the books let expect.

    What moves on a day is what was due (`known`: expected the evening before) and the rest (wages, taxes, shops). Four
    signals are combined: what is expected of the day as of the forecast's evening; the calendar forest of the flow; and
    those of either part. Weights are learnt by lead, from forecasts that the calendar would have made on past evenings,
    each quantile by its own (pinball) error, means by squares. None is negative: more that is due never means less.

    Good where invoices are in the books weeks before they are paid. It is the calendar forest where there are none, or
    not for long enough. It fails where letterings come months after payments and amounts do not match: then what was
    paid long ago is still expected; the weights of what is expected then fall to nothing.

    References
    ----------
    Breiman, Stacked regressions, Machine Learning 24, 1996 (non-negative weights from forecasts of unseen days).
    Koenker and Bassett, Regression quantiles, Econometrica 46, 1978.
    """

    name = "open_items"
    refit_every = BLOCK

    def __init__(self) -> None:
        self._learnt: dict[tuple[int, bytes], _Parts] = {}

    def fit(self, history: Flow) -> Fitted:
        """Learn from a flow, and from what was expected in its evenings."""
        known = _known_before(history)
        first = _first_known(history)
        # Counted from the end: those of the next fit, a block later, are then the same.
        blocks = [len(history) - BLOCK * back for back in range(BLOCKS, 0, -1)]
        blocks = [start for start in blocks if start >= first + FEWEST]
        if not blocks:
            return CalendarForest().fit(history)
        now = self._parts(history, known, len(history))
        rows = [
            _Rows.of(history, known, self._parts(history, known, start), range(start, start + BLOCK, STEP))
            for start in blocks
        ]
        return _Combined(now, *_weights(_Rows.joined(rows)))

    def _parts(self, history: Flow, known: Floats, count: int) -> "_Parts":
        """Return what the calendar says, as learnt from the first days; the same days are not learnt from twice."""
        digest = hashlib.blake2b(history.values[:count].tobytes() + known[:count].tobytes(), digest_size=16).digest()
        key = int(history.ordinals[0]), digest
        if key not in self._learnt:
            self._learnt[key] = _Parts.of(history.until(count), known[:count])
        return self._learnt[key]


def _known_before(history: Flow) -> Floats:
    """Return what was expected of each day in the evening of the active day before it."""
    due = history.attendus
    if due is None or not len(history):
        return np.zeros(len(history))
    before = history.ordinals - 1
    before[1:] = history.ordinals[:-1]
    latest = np.where(due.known(before), np.searchsorted(due.evenings, before, side="right") - 1, -1)
    place = np.searchsorted(history.ordinals, due.days)
    inside = np.minimum(place, len(history) - 1)
    said_by = np.repeat(np.arange(len(due)), np.diff(due.starts))
    counts = (place < len(history)) & (latest[inside] == said_by) & (due.cents * history.sign > 0)
    found = np.zeros(len(history), dtype=np.int64)
    np.add.at(found, place[counts], due.cents[counts] * history.sign)
    return found / 100


def _first_known(history: Flow) -> int:
    """Return the first day in whose evening something was expected; as many as there are days, if there is none."""
    if history.attendus is None or not (history.attendus.cents * history.sign > 0).any():
        return len(history)
    return int(np.searchsorted(history.ordinals, history.attendus.evenings[0]))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the calendar says of a flow, of what is due before it comes, and of the rest."""

    whole: Fitted
    known: Fitted
    rest: Fitted

    @classmethod
    def of(cls, history: Flow, known: Floats) -> "_Parts":
        def learnt(values: Floats) -> Fitted:
            return CalendarForest(TREES).fit(replace(history, values=values))

        return cls(learnt(history.values), learnt(known), learnt(np.maximum(history.values - known, 0.0)))

    def signals(self, history: Flow, known: Floats, days: Ordinals) -> tuple[Floats, Floats]:
        """Return signals of days for means (days, signals) and for quantiles (days, levels, signals)."""
        said = [
            fitted.predict(replace(history, values=values), days)
            for fitted, values in (
                (self.whole, history.values),
                (self.known, known),
                (self.rest, np.maximum(history.values - known, 0.0)),
            )
        ]
        due = np.zeros(len(days))
        if history.attendus is not None:
            due = history.attendus.table(history.ordinals[-1:], days, sign=history.sign)[0]
        means = np.stack([due, *(one.mean for one in said)], axis=-1)
        wide = np.repeat(due[:, None], len(LEVELS), axis=1)
        return means, np.stack([wide, *(one.quantiles for one in said)], axis=-1)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Past days as they were forecast, in units of the level: leads, what came, signals."""

    leads: Ordinals
    came: Floats
    means: Floats
    quantiles: Floats

    @classmethod
    def of(cls, history: Flow, known: Floats, parts: _Parts, origins: Sequence[int]) -> "_Rows":
        found = []
        for origin in origins:
            before = history.until(origin)
            level = before.level
            days = history.ordinals[origin : origin + ENDS[-1]]
            if level > 0 and len(days):
                means, quantiles = parts.signals(before, known[:origin], days)
                came = history.values[origin : origin + len(days)]
                found.append(cls(np.arange(1, len(days) + 1), came / level, means / level, quantiles / level))
        return (
            cls.joined(found)
            if found
            else cls(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 4)), np.zeros((0, len(LEVELS), 4)))
        )

    @classmethod
    def joined(cls, rows: "Sequence[_Rows]") -> "_Rows":
        return cls(
            *(np.concatenate([getattr(one, name) for one in rows]) for name in ("leads", "came", "means", "quantiles"))
        )


def _weights(rows: _Rows) -> tuple[Floats, Floats]:
    """Return weights of means (buckets, signals) and of quantiles (buckets, levels, signals)."""
    means = np.zeros((len(ENDS), rows.means.shape[1]))
    quantiles = np.zeros((len(ENDS), len(LEVELS), rows.means.shape[1]))
    start = 0
    for bucket, end in enumerate(ENDS):
        inside = (rows.leads > start) & (rows.leads <= end)
        start = end
        if inside.sum() < BLOCK // STEP:  # nothing is known of such leads: the calendar alone
            means[bucket, 1] = quantiles[bucket, :, 1] = 1.0
            continue
        came = rows.came[inside]
        means[bucket] = _least(rows.means[inside], came, np.ones(len(came)))
        for at, level in enumerate(LEVELS):
            quantiles[bucket, at] = _pinball(rows.quantiles[inside, at], came, level)
    return means, quantiles


def _least(signals: Floats, came: Floats, weights: Floats) -> Floats:
    """Return non-negative weights of least squares; a little is drawn towards the calendar alone."""
    root = np.sqrt(weights)[:, None]
    ridge = np.sqrt(1e-3 * weights.sum()) * np.eye(signals.shape[1])
    wanted = ridge[:, 1]
    found, _ = nnls(np.vstack([signals * root, ridge]), np.concatenate([came * root[:, 0], wanted]))
    return np.asarray(found, dtype=np.float64)


def _pinball(signals: Floats, came: Floats, level: float) -> Floats:
    """Return non-negative weights of the least pinball error, by reweighted squares."""
    weights = np.ones(len(came))
    found = np.zeros(signals.shape[1])
    for _ in range(ROUNDS):
        found = _least(signals, came, weights)
        off = came - signals @ found
        weights = np.where(off > 0, level, 1 - level) / np.maximum(np.abs(off), NEAR)
    return found


class _Combined:
    """The calendar's parts and the weights of all signals by lead."""

    def __init__(self, parts: _Parts, means: Floats, quantiles: Floats) -> None:
        self._parts, self._means, self._quantiles = parts, means, quantiles

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return what was said of days, weighed by how far ahead they are."""
        if history.attendus is None or not history.attendus.known(history.ordinals[-1:])[0]:
            return self._parts.whole.predict(history, days)
        means, quantiles = self._parts.signals(history, _known_before(history), days)
        bucket = np.minimum(np.searchsorted(ENDS, np.arange(1, len(days) + 1)), len(ENDS) - 1)
        mean = (means * self._means[bucket]).sum(axis=-1)
        levels = (quantiles * self._quantiles[bucket]).sum(axis=-1)
        return Spread(mean, np.sort(levels, axis=1))
