"""The scoring core: a batch of entries and the state of their companies in, detections out.

Live agents, replay, the offline ``score`` command and the tests call this and nothing else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif, Detection, ModeleUtilise
from wisebook_ml.controls import CONTROLS, SettingsTable, View
from wisebook_ml.features import FEATURE_NAMES, feature_matrix, scale
from wisebook_ml.habits.observe import observe
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.scoring.about_subjects import is_told, subject_detection
from wisebook_ml.scoring.belief import Heard, heard_strength
from wisebook_ml.scoring.explain import closing, detection
from wisebook_ml.scoring.forests import FORESTS, hear
from wisebook_ml.scoring.fusion import CAUSES, Evidence, Measured, Verdict, cause_of, strengths
from wisebook_ml.scoring.judge import CLOSED, Judgement, judge_entries, new_judgement
from wisebook_ml.scoring.opinions import CAUSE as CAUSE_OF_KIND
from wisebook_ml.scoring.opinions import KINDS, InForce, Opined, ask
from wisebook_ml.scoring.state import MAX_CONTROLS, ScoringState
from wisebook_ml.subjects import SUBJECTS

__all__ = ["ONLINE", "Model", "Scored", "score_batch"]

ONLINE = -1
"""Stands for the online detector where a model's place is asked for."""

ONLINE_MODEL = ModeleUtilise(modele_id=0, version=1)
"""How detections name the online detector: version 1 of its parameters and of the features."""

FOREST_CODES = frozenset(forest.code for forest in FORESTS)

if len(CONTROLS) + len(KINDS) > MAX_CONTROLS:
    raise RuntimeError(
        f"there are {len(CONTROLS)} controls and {len(KINDS)} kinds of opinions, and room for the rates of "
        f"{MAX_CONTROLS} (scoring/state.py)"
    )

REQUIRED = np.array([control.required for control in CONTROLS])
RULE = np.array([control.rule for control in CONTROLS])
SYSTEMIC = np.array([control.systemic for control in CONTROLS])
CAUSE = np.array([CAUSES.index(cause_of(control)) for control in CONTROLS])
"""Of each control: whether regulation asks for it, whether facts decide it, whether a habit of it is told as one
finding of the journal, and the number of its cause."""

REQUIRED_WITH_OPINIONS = np.concatenate([REQUIRED, [kind.required for kind in KINDS]])
RULE_WITH_OPINIONS = np.concatenate([RULE, np.zeros(len(KINDS), np.bool_)])
SYSTEMIC_WITH_OPINIONS = np.concatenate([SYSTEMIC, np.zeros(len(KINDS), np.bool_)])
CAUSE_WITH_OPINIONS = np.concatenate([CAUSE, CAUSE_OF_KIND])
"""The same, and of each kind of model that is asked after them."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A loaded model version and how detections name it."""

    used: ModeleUtilise
    forest: IsolationForest


@dataclass(slots=True)
class Scored:
    """What became of a batch.

    Attributes
    ----------
    detections : list of (int, Detection)
        With the position in the batch of the entry that they follow from, ascending.
    conflicts : list of (int, str)
        Entries that cannot be taken: their position, and why, for a person.
    accepted : int
        Entries that were scored; the others were delivered before (the same revision with the same content, or an
        older one) and change nothing.
    taken : ndarray of int64, shape (accepted,)
        Positions of these.
    composites : ndarray of float64, shape (accepted,)
        The composite of each, in [0, 1), whether it is flagged or not.
    features : ndarray of float64, shape (accepted, features)
        Of each (`wisebook_ml.features.feature_matrix`).
    fresh : ndarray of bool, shape (accepted,)
        Whether it is the first arrival of an entry, and no deletion: rows such as models are trained on.
    """

    detections: list[tuple[int, Detection]] = field(default_factory=list)
    conflicts: list[tuple[int, str]] = field(default_factory=list)
    accepted: int = 0
    taken: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    composites: Floats = field(default_factory=lambda: np.zeros(0))
    features: Floats = field(default_factory=lambda: np.zeros((0, len(FEATURE_NAMES))))
    fresh: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))


def score_batch(
    batch: EntryBatch,
    state: ScoringState,
    models: Sequence[Model],
    model_of: Ints,
    table: SettingsTable,
    setting_of: Ints,
    splits: npt.NDArray[np.void],
    opinions: InForce | None = None,
    forests: SettingsTable | None = None,
) -> Scored:
    """Score entries of one partition in the order of their publication.

    The result for an entry depends on its company's entries before it, the model and the settings, and on nothing
    else: not on other companies, not on how the entries were cut into batches, nor on the time.

    Parameters
    ----------
    batch : EntryBatch
        Any companies mixed.
    state : ScoringState
        What came before; updated in place.
    models : sequence of Model
        Those in force.
    model_of : ndarray of int64, shape (n,)
        Each entry's place in `models`; `ONLINE` for a company without one: the online detector learns and scores.
    table : SettingsTable
        The settings in force.
    setting_of : ndarray of int64, shape (n,)
        Each entry's place in them.
    splits : ndarray
        Of the online detectors' trees (`wisebook_ml.models.half_space_trees.grow_splits`).
    opinions : InForce, optional
        The models that are asked about entries in doubt.
    forests : SettingsTable, optional
        What the settings say of `FORESTS`; by default it is made of `table`.
    """
    result = Scored()
    met = observe(batch, table.facts(batch, setting_of), state.habits, table.limits(setting_of))
    result.conflicts = [(int(i), _contradiction(batch, int(i))) for i in met.conflicts]
    result.taken, result.accepted = met.taken, len(met.taken)
    if not result.accepted:
        return result
    view = View(met.batch, met.facts, met.habits, table.settings, setting_of[met.taken])
    model_of = model_of[met.taken]
    features = feature_matrix(view)
    measured = strengths(view, table)
    judgement = new_judgement(_tails(features, models, model_of), features.shape[1])
    heard = hear(forests or SettingsTable.of(table.settings, FORESTS), view, model_of == ONLINE)
    opined = None
    if opinions is not None:
        opined = ask(view, features, judgement.tails, heard, measured, CAUSE, opinions.select(met.taken))
    _judge(view, measured, opined, heard, met.first, scale(features), splits, state, judgement)
    result.composites, result.features = judgement.composite, features
    result.fresh = met.first & ~met.facts.deleted
    for index in np.flatnonzero(judgement.outcome).tolist():
        model = None if model_of[index] == ONLINE else models[model_of[index]]
        used = [ONLINE_MODEL if model is None else model.used, *(opined.used(index) if opined else ())]
        if judgement.outcome[index] == CLOSED:
            found = closing(view, index, used)
        else:
            verdict = _verdict(measured, opined, heard, judgement, index, model)
            shares: list[float] = []
            if verdict.evidence and verdict.evidence[-1].code in FOREST_CODES:  # they take a score a feature to say
                attributed = judgement.shares[index] if model is None else model.forest.attribute(features[index])
                shares = attributed.tolist()
            found = detection(view, index, verdict, measured, shares, used)
        result.detections.append((int(met.taken[index]), found))
    for subject in SUBJECTS:
        for finding in subject.take(view, met.first, state.subjects[subject.name]):
            parametres = view.parametres_of(finding.position)
            if is_told(subject, finding, parametres):
                told = subject_detection(subject, finding, parametres, view)
                result.detections.append((int(met.taken[finding.position]), told))
    result.detections.sort(key=lambda found: found[0])
    return result


def _tails(features: Floats, models: Sequence[Model], model_of: Ints) -> Floats:
    """Return the tail probability of each entry among those its model was trained on; NaN without a model."""
    tails = np.full(len(features), np.nan)
    for place in np.unique(model_of).tolist():
        if place != ONLINE:
            chosen = np.flatnonzero(model_of == place)
            forest = models[place].forest
            tails[chosen] = forest.tails(forest.score(features[chosen]))
    return tails


def _judge(
    view: View,
    measured: Measured,
    opined: Opined | None,
    heard: Heard,
    first: npt.NDArray[np.bool_],
    scaled: Floats,
    splits: npt.NDArray[np.void],
    state: ScoringState,
    judgement: Judgement,
) -> None:
    batch, facts = view.batch, view.facts
    silenced = facts.deleted & (view.habits.entry["altered"] == 0.0)
    about = _about(view)
    evidence = _evidence(measured, opined)
    done = 0
    while True:
        done = judge_entries(
            done,
            batch.societe,
            facts.journal,
            about,
            facts.key,
            first,
            silenced,
            scaled,
            splits,
            evidence.values,
            evidence.strengths,
            evidence.certainties,
            evidence.thresholds,
            evidence.weights,
            measured.table.budgets,
            measured.setting_of,
            evidence.required,
            evidence.rule,
            evidence.systemic,
            evidence.causes,
            heard,
            state.habits.directory(),
            state.judged.directory(),
            judgement,
        )
        if done == len(batch):
            break
        state.judged.reserve({"scales": 1, "detectors": 1, "rates": 1, "found": 1, "repeats": MAX_CONTROLS}, {})
    if opined is not None:  # its columns were joined to a copy, in which habits weakened them
        controls = len(CONTROLS)
        measured.strengths[:], opined.strengths[:] = evidence.strengths[:, :controls], evidence.strengths[:, controls:]


def _about(view: View) -> Ints:
    """Return a hash of whom each entry is about: its first third party; where it has none, the wording of its label."""
    party, first = view.facts.party, view.batch.first
    lines = np.flatnonzero(party)
    at = np.searchsorted(lines, first[:-1])
    has = at < np.searchsorted(lines, first[1:])
    about = view.facts.label_letters.copy()
    about[has] = party[lines[at[has]]]
    return about


class _Columns(NamedTuple):
    """Evidence as the judge reads it."""

    values: Floats
    strengths: Floats
    certainties: Floats
    thresholds: Floats
    weights: Floats
    required: npt.NDArray[np.bool_]
    rule: npt.NDArray[np.bool_]
    systemic: npt.NDArray[np.bool_]
    causes: Ints


def _evidence(measured: Measured, opined: Opined | None) -> _Columns:
    """Return the controls' columns, and those of the models that were asked behind them."""
    table = measured.table
    if opined is None:
        return _Columns(
            measured.values,
            measured.strengths,
            measured.certainties,
            table.thresholds,
            table.weights,
            REQUIRED,
            RULE,
            SYSTEMIC,
            CAUSE,
        )
    return _Columns(
        np.hstack([measured.values, opined.values]),
        np.hstack([measured.strengths, opined.strengths]),
        np.hstack([measured.certainties, np.ones_like(opined.strengths)]),
        np.hstack([table.thresholds, opined.thresholds]),
        np.hstack([table.weights, opined.weights]),
        REQUIRED_WITH_OPINIONS,
        RULE_WITH_OPINIONS,
        SYSTEMIC_WITH_OPINIONS,
        CAUSE_WITH_OPINIONS,
    )


def _verdict(
    measured: Measured, opined: Opined | None, heard: Heard, judgement: Judgement, index: int, model: Model | None
) -> Verdict:
    """Return what an entry is flagged for; the evidence of the model that scores every entry comes last."""
    setting = measured.setting_of[index]
    evidence = [
        Evidence(
            CONTROLS[k].code,
            float(measured.values[index, k]),
            float(measured.table.thresholds[setting, k]),
            float(measured.strengths[index, k]),
            float(measured.table.weights[setting, k]),
            k,
        )
        for k in np.flatnonzero(measured.strengths[index]).tolist()
    ]
    if opined is not None:
        evidence += opined.evidence(index, setting)
    tail = float(judgement.tails[index])
    strength = heard_strength(heard, index, tail)
    if strength > 0.0:
        code = CodeMotif.DETECTEUR_EN_LIGNE if model is None else CodeMotif.FORET_ISOLATION
        threshold, weight = float(heard.thresholds[index]), float(heard.weights[index])
        evidence.append(Evidence(code, -math.log10(tail), threshold, strength, weight))
    return Verdict(float(judgement.composite[index]), tuple(evidence))


def _contradiction(batch: EntryBatch, position: int) -> str:
    entry = batch.entry(position)
    return (
        f"entry {entry.ecriture_id!r} of company {entry.societe_id} was published before as revision "
        f"{entry.revision} with other content; publish a change as revision {entry.revision + 1}"
    )
