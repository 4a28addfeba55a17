"""The compiled pass of judgement: what each entry's evidence amounts to, given how its company's entries were judged.

The second and last pass over entries in their order, since every judgement moves the scale of the next.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import entries_of, journals_of
from wisebook_ml.habits.arrivals import company_key
from wisebook_ml.habits.tables import find, free_rows, insert
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.models.online import online_attribute, online_tail
from wisebook_ml.models.ranks import rank_add, rank_threshold
from wisebook_ml.scoring.belief import MODEL_WEIGHT, believe, model_strength
from wisebook_ml.scoring.state import detectors_of, rates_of, scales_of

__all__ = ["CLOSED", "OPENED", "QUIET", "Judgement", "judge_entries", "new_judgement"]

QUIET, OPENED, CLOSED = range(3)
"""What becomes of an entry: nothing; a detection; the end of an earlier one."""

MIN_COMPOSITE = 0.30
"""No composite below this is worth an alert, however quiet the books."""

FIRST_COMPOSITE = 0.50
"""Threshold of the composite until the company's own scores are known."""

SCORES_KNOWN = 300
"""Entries until they are: three would be within a budget of 1 %."""

HABITUAL_RATE = 0.02
"""A control that finds more than this in a journal has found how the journal is kept, not what is wrong in it."""

RATE_KNOWN = 50
"""Entries of a journal until that rate is known."""

SYSTEMIC_RATE, SYSTEMIC_KNOWN = 0.10, 5
"""Where one in ten entries of a journal is wrong in one way, and at least so many are, the journal is kept so: one
finding says it, and single entries are silent (`Control.systemic`)."""

BUCKET_FULL, BUCKET_SIZE, BUCKET_STEP = 32, 64, 4
"""So they are where, of late, more than one in five is: each fills the bucket by a step, each other entry drains 1."""


class Judgement(NamedTuple):
    """What became of a batch of n entries.

    Attributes
    ----------
    outcome : ndarray of int8, shape (n,)
        `QUIET`, `OPENED` or `CLOSED`.
    composite : ndarray of float64, shape (n,)
        In [0, 1).
    tails : ndarray of float64, shape (n,)
        The model's tail probability.
    shares : ndarray of float64, shape (n, features)
        How much each feature made a flagged entry unusual to the online detector.
    """

    outcome: npt.NDArray[np.int8]
    composite: Floats
    tails: Floats
    shares: Floats


def new_judgement(tails: Floats, features: int) -> Judgement:
    """Return room for the judgement of a batch, with the tail probabilities that are known (NaN: online)."""
    n = len(tails)
    return Judgement(np.zeros(n, np.int8), np.zeros(n), tails, np.zeros((n, features)))


@compiled
def judge_entries(
    start: int,
    societe: Array,
    journal: Array,
    key: Array,
    first: Array,
    silenced: Array,
    scaled: Array,
    splits: Array,
    values: Array,
    strengths: Array,
    thresholds: Array,
    weights: Array,
    budgets: Array,
    setting_of: Array,
    required: Array,
    systemic: Array,
    causes: Array,
    habits: Array,
    judged: Array,
    judgement: Judgement,
) -> int:
    """Weigh the evidence about each entry, and count it among the company's where it arrives for the first time.

    Parameters
    ----------
    start : int
        The entry to begin with.
    societe, journal, key : ndarray of int64, shape (n,)
        Company, and hashes of journal and entry.
    first, silenced : ndarray of bool, shape (n,)
        Whether an entry arrives for the first time, and whether it can only end a detection (it was deleted).
    scaled : ndarray of float64, shape (n, features)
        Features in [0, 1].
    splits : ndarray
        Of the half-space trees.
    values, strengths : ndarray of float64, shape (n, controls)
        What the controls measured; the strengths of what is a journal's habit are weakened in place.
    thresholds, weights, budgets, setting_of
        See `wisebook_ml.controls.SettingsTable`.
    required, systemic, causes : ndarray, shape (controls,)
        Whether regulation asks for a control, whether a habit of it is told as one finding of the journal, and the
        number of its cause.
    habits, judged : ndarray of int64
        Directories of the state's stores.
    judgement : Judgement
        Filled.

    Returns
    -------
    int
        The entry it stopped before for want of room in `judged`; n where it did not.
    """
    beliefs = np.zeros(causes.max() + 1)
    for i in range(start, len(societe)):
        if not _has_room(judged):
            return i
        company = company_key(societe[i])
        online = np.isnan(judgement.tails[i])
        if online:
            judgement.tails[i] = _online(judged, company, splits, scaled[i], first[i])
        rates_row = _rates_row(habits, judged, mix(company, journal[i]))
        rates = rates_of(judged).rows[rates_row]
        alone = _weaken(strengths[i], required, systemic, rates)
        beliefs[:] = 0.0
        for k in range(len(causes)):
            if strengths[i, k] > 0.0:
                beliefs[causes[k]] = max(beliefs[causes[k]], believe(weights[setting_of[i], k], strengths[i, k]))
        remaining = 1.0
        for belief in beliefs:
            remaining *= 1.0 - belief
        strength = model_strength(judgement.tails[i])
        if strength > 0.0:
            remaining *= 1.0 - believe(MODEL_WEIGHT, strength)
        composite = 1.0 - remaining
        judgement.composite[i] = composite
        scale = scales_of(judged).rows[_scale_row(judged, company)]
        known = scale["total"] >= SCORES_KNOWN
        flagged = alone or composite >= max(MIN_COMPOSITE, rank_threshold(scale) if known else FIRST_COMPOSITE)
        if first[i]:
            rank_add(scale, composite, budgets[setting_of[i]])
        if first[i] and rates_row != 0:
            _count(values[i], strengths[i], thresholds[setting_of[i]], systemic, rates)
        judgement.outcome[i] = _mark(habits, key[i], flagged and not silenced[i])
        if online and judgement.outcome[i] == OPENED and strength > 0.0:
            _attribute(judged, company, splits, scaled[i], judgement.shares[i])
    return len(societe)


@compiled
def _has_room(judged: Array) -> bool:
    scales, detectors, rates = scales_of(judged), detectors_of(judged), rates_of(judged)
    return bool(
        free_rows(scales.keys, scales.meta) >= 1
        and free_rows(detectors.keys, detectors.meta) >= 1
        and free_rows(rates.keys, rates.meta) >= 1
    )


@compiled
def _online(judged: Array, company: int, splits: Array, row: Array, learn: bool) -> float:
    """Return the tail probability that a company's online detector gives an entry."""
    detectors = detectors_of(judged)
    found = find(detectors.slots, detectors.keys, company)
    if found == 0:
        found = insert(detectors.slots, detectors.keys, detectors.meta, company)
    return online_tail(detectors.rows[found], splits, row, learn)


@compiled
def _attribute(judged: Array, company: int, splits: Array, row: Array, shares: Array) -> None:
    """Write how much each feature made an entry unusual to the company's online detector."""
    detectors = detectors_of(judged)
    attributed = online_attribute(detectors.rows[find(detectors.slots, detectors.keys, company)], splits, row)
    for k in range(len(shares)):
        shares[k] = attributed[k]


@compiled
def _scale_row(judged: Array, company: int) -> int:
    scales = scales_of(judged)
    row = find(scales.slots, scales.keys, company)
    return row if row != 0 else insert(scales.slots, scales.keys, scales.meta, company)


@compiled
def _rates_row(habits: Array, judged: Array, journal_key: int) -> int:
    """Return the row of a journal's rates; 0 for one that habits have no room for."""
    rates, journals = rates_of(judged), journals_of(habits)
    row = find(rates.slots, rates.keys, journal_key)
    if row == 0 and find(journals.slots, journals.keys, journal_key) != 0:
        row = insert(rates.slots, rates.keys, rates.meta, journal_key)
    return row


@compiled
def _weaken(strengths: Array, required: Array, systemic: Array, rates: Array) -> bool:
    """Weaken the evidence of a journal's habits; return whether a control passes by itself."""
    alone, judged = False, rates["judged"]
    for k in range(len(strengths)):
        if strengths[k] == 0.0:
            continue
        habit, fired = 1.0, rates["fired"][k]
        if systemic[k]:
            if rates["lately"][k] >= BUCKET_FULL or fired >= max(SYSTEMIC_KNOWN, SYSTEMIC_RATE * judged):
                habit = 0.0
        elif judged >= RATE_KNOWN and not required[k] and fired > 0:
            habit = min(1.0, HABITUAL_RATE / (fired / judged))
        if strengths[k] == 1.0 and habit == 1.0:
            alone = True
        strengths[k] *= habit
    return alone


@compiled
def _count(values: Array, strengths: Array, thresholds: Array, systemic: Array, rates: Array) -> None:
    """Count an entry, and what was found in it, among its journal's."""
    rates["judged"] += 1
    for k in range(len(strengths)):
        if systemic[k]:  # by its value alone: where it is a habit, its strength is none
            found = values[k] >= thresholds[k]
            lately = rates["lately"][k] + (BUCKET_STEP if found else -1)
            rates["lately"][k] = min(BUCKET_SIZE, max(0, lately))
        else:
            found = strengths[k] > 0.0 and values[k] >= thresholds[k]
        if found:
            rates["fired"][k] += 1


@compiled
def _mark(habits: Array, key: int, flagged: bool) -> int:
    """Remember whether an entry has an open detection; return what becomes of it."""
    entries = entries_of(habits)
    row = find(entries.slots, entries.keys, key)
    entry = entries.rows[row]
    if flagged:
        if row != 0:
            entry.open = 1
        return OPENED
    if entry.open != 0:
        entry.open = 0
        return CLOSED
    return QUIET
