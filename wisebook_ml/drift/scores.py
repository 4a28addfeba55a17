"""Streams of scores: when their mean changes, between two daily checks too (ADWIN and Page-Hinkley, of river).

Scores are taken in blocks of 32, so that it costs next to nothing, and each block is a whole number: how a stream is
cut into batches changes nothing. ADWIN finds a change without being told its size; Page-Hinkley finds small ones
sooner, which add up. Both assume independent scores, which those of a company are not (month ends come every month).
So both are first run over the reference's own scores, and made less sensitive until they are silent there; where ADWIN
stays loud, it is left out.

It fails where scores change in spread alone: the daily check sees that, since scores are variables of it, too.

References
----------
Bifet, Gavaldà: Learning from time-changing data with adaptive windowing. SIAM SDM 2007.
Page: Continuous inspection schemes. Biometrika 1954.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np
from river import drift

from wisebook_ml.drift.exceptions import DriftError, NotEnoughReference
from wisebook_ml.ledger.batch import Floats

__all__ = ["ADWIN", "BLOCK", "PAGE_HINKLEY", "ScoreChange", "ScoreWatch"]

ADWIN, PAGE_HINKLEY = "adwin", "page_hinkley"

BLOCK = 32
"""Scores a block: ADWIN's own rhythm. Half a standard deviation of a score is almost three of a block's mean."""

STEPS = 2**20
"""Steps of a score in [0, 1]."""

KEPT = 1_024
"""Blocks that are kept at least (those of 32,768 scores); twice as many at most."""

MIN_REFERENCE = 2_000
"""Scores of the reference below which nothing is known of their changes."""

DELTA = 1e-5
"""ADWIN's probability of a false alarm at each block: it looks each time, hundreds of times a month."""

SLACK, LIMIT = 0.5, 20.0
"""Page-Hinkley, in standard deviations of a block's mean: what is no change, and the sum that is an alarm. A false one
about every ``exp(2 * 0.5 * 20) / (2 * 0.5**2)`` blocks, if they are independent (Siegmund)."""

TRIES = 6
"""Times that ADWIN is made less sensitive, by a factor of ten each."""

MARGIN = 1.5
"""How much less sensitive than silent over the reference it is: the next year is not the same one."""


class ScoreChange(NamedTuple):
    """A change of a stream of scores.

    Attributes
    ----------
    detector : str
        `ADWIN` or `PAGE_HINKLEY`.
    scores : int
        After how many scores since the start it was found.
    before, after : float
        Mean of the reference, and of the last blocks.
    """

    detector: str
    scores: int
    before: float
    after: float


class _State(msgspec.Struct, array_like=True):
    mean: float
    sd: float
    delta: float
    limit: float
    pending: int = 0
    total: int = 0
    seen: int = 0
    blocks: bytes = b""


class ScoreWatch:
    """Watches one stream of scores in [0, 1].

    Parameters
    ----------
    reference : ndarray of float64, shape (n,)
        Scores of the reference, in their order.

    Raises
    ------
    NotEnoughReference
        For fewer than `MIN_REFERENCE` scores.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> watch = ScoreWatch(rng.beta(2, 8, 20_000))
    >>> watch.update(rng.beta(2, 8, 20_000))
    []
    >>> [change.detector for change in watch.update(rng.beta(2.6, 8, 1_000))]
    ['page_hinkley']
    """

    def __init__(self, reference: Floats) -> None:
        if len(reference) < MIN_REFERENCE:
            raise NotEnoughReference(f"{len(reference)} scores to compare with; {MIN_REFERENCE} are needed")
        steps = _steps(reference)
        blocks = steps[: len(steps) // BLOCK * BLOCK].reshape(-1, BLOCK).sum(axis=1)
        mean = int(steps.sum()) / (STEPS * len(steps))
        sd = max(float(blocks.std()) / (STEPS * BLOCK), 1 / STEPS)
        self._start(_State(mean, sd, *_calibrated(blocks, mean, sd)))

    def _start(self, state: _State) -> None:
        self._state = state
        self._adwin, self._page = _detectors(state.delta, state.limit)
        self._blocks: list[int] = np.frombuffer(state.blocks, "<u4").tolist()
        self._replay()

    def update(self, scores: Floats) -> list[ScoreChange]:
        """Take the next scores, and return the changes that they show."""
        state, found = self._state, []
        steps = _steps(scores)
        at = 0
        while at < len(steps):
            part = steps[at : at + BLOCK - state.pending]
            state.total += int(part.sum())
            state.pending += len(part)
            state.seen += len(part)
            at += len(part)
            if state.pending == BLOCK:
                block, state.total, state.pending = state.total, 0, 0
                found += self._take(block)
        return found

    def _take(self, block: int) -> list[ScoreChange]:
        state = self._state
        self._blocks.append(block)
        found = [name for name, fired in self._feed(block) if fired]
        after = float(np.mean(self._blocks[-10:])) / (STEPS * BLOCK)
        if found:  # what is usual now is learnt from here on
            del self._blocks[:]
            self._adwin, self._page = _detectors(state.delta, state.limit)
        elif len(self._blocks) >= 2 * KEPT:
            del self._blocks[:KEPT]
            self._adwin, self._page = _detectors(state.delta, state.limit)
            self._replay()
        return [ScoreChange(name, state.seen, state.mean, after) for name in found]

    def _feed(self, block: int) -> list[tuple[str, bool]]:
        value = block / (STEPS * BLOCK)
        self._page.update((value - self._state.mean) / self._state.sd)
        fired = [(PAGE_HINKLEY, bool(self._page.drift_detected))]
        if self._adwin is not None:
            self._adwin.update(value)
            fired.append((ADWIN, bool(self._adwin.drift_detected)))
        return fired

    def _replay(self) -> None:
        for block in self._blocks:
            self._feed(block)

    def dump(self) -> bytes:
        """Return the state: the same for the same scores."""
        self._state.blocks = np.array(self._blocks, "<u4").tobytes()
        return msgspec.msgpack.encode(self._state)

    @classmethod
    def load(cls, data: bytes) -> "ScoreWatch":
        """Go on where another was.

        Raises
        ------
        DriftError
            Where it is no such state.
        """
        try:
            state = msgspec.msgpack.decode(data, type=_State)
        except msgspec.MsgspecError as error:
            raise DriftError(f"no state of a watch over scores: {error}") from error
        watch = cls.__new__(cls)
        watch._start(state)
        return watch


def _steps(scores: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.rint(np.clip(np.nan_to_num(scores), 0.0, 1.0) * STEPS).astype(np.int64)


def _detectors(delta: float, limit: float) -> tuple[drift.ADWIN | None, drift.PageHinkley]:
    page = drift.PageHinkley(min_instances=30, delta=SLACK, threshold=limit, alpha=1.0, mode="both")
    # Each block is what ADWIN waits for otherwise, so it looks at each.
    adwin = drift.ADWIN(delta=delta, clock=1, min_window_length=5, grace_period=30) if delta else None
    return adwin, page


def _calibrated(blocks: np.ndarray[tuple[int, ...], np.dtype[np.int64]], mean: float, sd: float) -> tuple[float, float]:
    """Return the sensitivities at which both are silent over the reference; 0 for ADWIN where it never is."""
    values = (blocks / (STEPS * BLOCK)).tolist()
    delta, limit = DELTA, LIMIT
    for _ in range(TRIES):
        adwin, _page = _detectors(delta, limit)
        if adwin is not None and not _fires(adwin, values):
            break
        delta /= 10
    else:
        delta = 0.0
    standard = [(value - mean) / sd for value in values]
    while _fires(_detectors(0.0, limit)[1], standard):
        limit *= MARGIN
    return delta, limit if limit == LIMIT else limit * MARGIN


def _fires(detector: drift.ADWIN | drift.PageHinkley, values: list[float]) -> bool:
    feed: Callable[[float], object] = detector.update
    for value in values:
        feed(value)
        if detector.drift_detected:
            return True
    return False
