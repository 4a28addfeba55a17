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
from wisebook_ml.scoring.belief import Heard, believe, heard_strength
from wisebook_ml.scoring.state import LEVELS, MAX_CONTROLS, detectors_of, found_of, rates_of, repeats_of, scales_of

__all__ = ["CLOSED", "OPENED", "QUIET", "Judgement", "judge_entries", "new_judgement"]

QUIET, OPENED, CLOSED = range(3)
"""What becomes of an entry: nothing; a detection; the end of an earlier one."""

MIN_COMPOSITE = 0.10
"""No composite below this is worth an alert, however quiet the books."""

FIRST_COMPOSITE = 0.45
"""Threshold of the composite before a company's own scores are known: what one entry in a hundred of generated and
ordinary books reaches."""

SCORES_KNOWN = 300
"""Entries that the first threshold counts as beside the company's own: three would be within a budget of 1 %."""

HABITUAL_RATE = 0.02
"""A control that finds more than this in a journal has found how the journal is kept, not what is wrong in it."""

RATE_KNOWN = 50
"""Entries of a journal until that rate is known."""

EXPECTED_RATE = 0.001
"""Share of a company's entries in which a control may find something as strong without saying less each time: an alert
budget of 1 % leaves two dozen controls less than half of that each. Beyond, its findings tell how the company works,
and what it finds next is the less likely to be wrong the more it found (the odds of few errors among many findings)."""

RATE_PRIOR = 1_000
"""Entries that the expected rate counts as: a first finding of a kind is expected by then."""

REPEATED = 3
"""Findings of a control about one third party (about entries of one wording, where there is none) from which on they
are its way of doing business: a fuel card's VAT, a customer's credit notes. Fewer will do where a finding is less than
certain by itself (`Finding.certainty`)."""

MAX_REPEATS = 100_000
"""Third parties and wordings of a company of which findings are remembered; beyond, nothing new is."""

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
    about: Array,
    key: Array,
    first: Array,
    silenced: Array,
    scaled: Array,
    splits: Array,
    values: Array,
    strengths: Array,
    certainties: Array,
    thresholds: Array,
    weights: Array,
    budgets: Array,
    setting_of: Array,
    required: Array,
    rule: Array,
    systemic: Array,
    causes: Array,
    heard: Heard,
    habits: Array,
    judged: Array,
    judgement: Judgement,
) -> int:
    """Weigh the evidence about each entry, and count it among the company's where it arrives for the first time.

    Parameters
    ----------
    start : int
        The entry to begin with.
    societe, journal, about, key : ndarray of int64, shape (n,)
        Company, and hashes of journal, of the third party or the wording that an entry is about, and of the entry.
    first, silenced : ndarray of bool, shape (n,)
        Whether an entry arrives for the first time, and whether it can only end a detection (it was deleted).
    scaled : ndarray of float64, shape (n, features)
        Features in [0, 1].
    splits : ndarray
        Of the half-space trees.
    values, strengths : ndarray of float64, shape (n, controls)
        What the controls measured; the strengths of what is a journal's habit are weakened in place.
    certainties : ndarray of float64, shape (n, controls)
        See `wisebook_ml.controls.Finding`.
    thresholds, weights, budgets, setting_of
        See `wisebook_ml.controls.SettingsTable`.
    required, rule, systemic, causes : ndarray, shape (controls,)
        Whether regulation asks for a control, whether facts decide it (then it flags by itself, as a required one
        does; any other only within the alert budget), whether a habit of it is told as one finding of the journal, and
        the number of its cause.
    heard : Heard
        How far the model that scores every entry counts.
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
        company_row = _found_row(judged, company)
        rates, overall = rates_of(judged).rows[rates_row], found_of(judged).rows[company_row]
        own, about_key = thresholds[setting_of[i]], mix(company, about[i])
        alone = _weaken(
            values[i], strengths[i], certainties[i], own, required, rule, systemic, rates, overall, judged, about_key
        )
        beliefs[:] = 0.0
        for k in range(len(causes)):
            if strengths[i, k] > 0.0:
                beliefs[causes[k]] = max(beliefs[causes[k]], believe(weights[setting_of[i], k], strengths[i, k]))
        remaining = 1.0
        for belief in beliefs:
            remaining *= 1.0 - belief
        strength = heard_strength(heard, i, judgement.tails[i])
        if strength > 0.0:
            remaining *= 1.0 - believe(heard.weights[i], strength)
        composite = 1.0 - remaining
        judgement.composite[i] = composite
        scale = scales_of(judged).rows[_scale_row(judged, company)]
        flagged = alone or composite >= max(MIN_COMPOSITE, _threshold(scale))
        if first[i]:
            # What facts decide is told whatever the budget, and does not use it up.
            rank_add(scale, 0.0 if alone else composite, budgets[setting_of[i]])
            overall["judged"] += 1
            rates["judged"] += rates_row != 0
            _count(values[i], strengths[i], own, systemic, rates, rates_row != 0, overall, judged, about_key)
        judgement.outcome[i] = _mark(habits, key[i], flagged and not silenced[i])
        if online and judgement.outcome[i] == OPENED and strength > 0.0:
            _attribute(judged, company, splits, scaled[i], judgement.shares[i])
    return len(societe)


@compiled
def _has_room(judged: Array) -> bool:
    scales, detectors, rates = scales_of(judged), detectors_of(judged), rates_of(judged)
    found, repeats = found_of(judged), repeats_of(judged)
    return bool(
        free_rows(scales.keys, scales.meta) >= 1
        and free_rows(found.keys, found.meta) >= 1
        and free_rows(detectors.keys, detectors.meta) >= 1
        and free_rows(rates.keys, rates.meta) >= 1
        and free_rows(repeats.keys, repeats.meta) >= MAX_CONTROLS
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
def _found_row(judged: Array, company: int) -> int:
    found = found_of(judged)
    row = find(found.slots, found.keys, company)
    return row if row != 0 else insert(found.slots, found.keys, found.meta, company)


@compiled
def _level(value: float, threshold: float) -> int:
    """Return the highest of `LEVELS` that a value reaches, the lowest where it reaches none."""
    ratio, level = value / threshold if threshold > 0.0 else 1.0, 0
    while level + 1 < len(LEVELS) and ratio >= LEVELS[level + 1]:
        level += 1
    return level


@compiled
def _threshold(scale: Array) -> float:
    """Return the composite from which an entry is within the budget: the company's own, or still much of the first."""
    own = scale["total"]
    threshold: float = (SCORES_KNOWN * FIRST_COMPOSITE + own * rank_threshold(scale)) / (SCORES_KNOWN + own)
    return threshold


@compiled
def _weaken(
    values: Array,
    strengths: Array,
    certainties: Array,
    thresholds: Array,
    required: Array,
    rule: Array,
    systemic: Array,
    rates: Array,
    overall: Array,
    judged: Array,
    about_key: int,
) -> bool:
    """Weaken the evidence of what is habitual; return whether a control passes by itself."""
    alone, entries, repeats = False, rates["judged"], repeats_of(judged)
    for k in range(len(strengths)):
        if strengths[k] == 0.0:
            continue
        habit, expected, again, fired = 1.0, 1.0, 0, rates["fired"][k]
        if systemic[k]:
            if rates["lately"][k] >= BUCKET_FULL or fired >= max(SYSTEMIC_KNOWN, SYSTEMIC_RATE * entries):
                habit = 0.0
        elif not required[k]:
            if entries >= RATE_KNOWN and fired > 0:
                habit = min(1.0, HABITUAL_RATE / (fired / entries))
            as_strong = overall["reached"][k * len(LEVELS) + _level(values[k], thresholds[k])]
            known = EXPECTED_RATE * (overall["judged"] + RATE_PRIOR)
            expected = min(1.0, known / (as_strong + EXPECTED_RATE * RATE_PRIOR))
            row = find(repeats.slots, repeats.keys, mix(about_key, k))
            again = repeats.rows[row]["count"] if row != 0 else 0
        if strengths[k] == 1.0 and habit == 1.0 and again < REPEATED * certainties[k] and (rule[k] or required[k]):
            alone = True
        strengths[k] *= certainties[k] * min(habit, expected) / (1 + again)
    return alone


@compiled
def _count(
    values: Array,
    strengths: Array,
    thresholds: Array,
    systemic: Array,
    rates: Array,
    in_journal: bool,
    overall: Array,
    judged: Array,
    about_key: int,
) -> None:
    """Count what was found: among the findings about its third party, and once for each of these among all."""
    repeats = repeats_of(judged)
    for k in range(len(strengths)):
        if systemic[k]:  # by its value alone: where it is a habit, its strength is none
            if in_journal:
                passes = values[k] >= thresholds[k]
                lately = rates["lately"][k] + (BUCKET_STEP if passes else -1)
                rates["lately"][k] = min(BUCKET_SIZE, max(0, lately))
                rates["fired"][k] += passes
            continue
        if strengths[k] <= 0.0:
            continue
        row = find(repeats.slots, repeats.keys, mix(about_key, k))
        if row == 0:  # nothing of the kind yet: what one third party does again and again is no habit of all
            for level in range(_level(values[k], thresholds[k]) + 1):
                overall["reached"][k * len(LEVELS) + level] += 1
        if values[k] < thresholds[k]:
            continue
        if row == 0:
            rates["fired"][k] += in_journal
            if overall["repeats"] >= MAX_REPEATS:
                continue
            row = insert(repeats.slots, repeats.keys, repeats.meta, mix(about_key, k))
            overall["repeats"] += 1
        repeats.rows[row]["count"] += 1


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
