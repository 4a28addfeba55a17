"""Models that are asked about entries in doubt only: a cascade, since they cost more than all controls together.

Controls and the Isolation Forest say of every entry how suspect it is. Where that settles it, nobody else is asked. In
between, the models that learnt from verdicts are (Gradient Boosting, the SVM), and of what is still open after them,
the Random Forest. What they say is evidence like a control's: weakened where it is a journal's habit, weighed by the
company's settings, explained, and counted in the contributions. It never flags an entry by itself.

Whether a model is asked, and what it answers, follows from the entry and its company's past alone.

References
----------
Viola, Jones: Rapid object detection using a boosted cascade of simple features. CVPR 2001 (cascades).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from schemas import CodeMotif, ModeleUtilise, TypeModele
from wisebook_ml.compiled import Array, compiled
from wisebook_ml.controls import SettingsTable, View
from wisebook_ml.ledger.batch import Floats, Ints
from wisebook_ml.models.opinion import Answers, Asked, Opinion, Told
from wisebook_ml.scoring.belief import Heard, believe, heard_strength, ramp
from wisebook_ml.scoring.entry_rows import entry_rows
from wisebook_ml.scoring.fusion import CAUSES, Evidence, Measured

__all__ = ["KINDS", "NOBODY", "Consulted", "InForce", "Kind", "Opined", "ask"]

NOBODY = -1
"""Stands for a model's place where a company has none of its kind."""

ALMOST = 1.0 - 1e-9
"""Largest strength of an opinion: a strength of one flags an entry whatever else is known of it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of model that is asked.

    Parameters
    ----------
    type_modele : TypeModele
    code : CodeMotif
        What its evidence is called.
    source : str
        What it rests on.
    threshold : float
        Value from which the evidence counts fully; from half of it, it begins to count.
    weight : float
        Strength of the evidence in the composite, in [0, 1].
    doubt : (float, float)
        What the composite of everything asked before lies between, both included, for this kind to be asked.
    reads_rows : bool
        Whether it reads the rows of `wisebook_ml.entry_columns`.
    required : bool
        Never: models are no regulation's.
    """

    type_modele: TypeModele
    code: CodeMotif
    source: str
    threshold: float
    weight: float
    doubt: tuple[float, float]
    reads_rows: bool = True
    required: bool = False


KINDS = (
    Kind(
        TypeModele.GRADIENT_BOOSTING,
        CodeMotif.RISQUE_CORRECTION,
        "Friedman: Greedy function approximation: a gradient boosting machine, Annals of Statistics 29, 2001",
        0.95,
        0.6,
        (0.10, 1.0),
    ),
    Kind(
        TypeModele.SVM,
        CodeMotif.CLASSE_SUSPECTE,
        "Cortes, Vapnik: Support-vector networks, Machine Learning 20, 1995",
        0.9,
        0.3,
        (0.10, 1.0),
    ),
    Kind(
        TypeModele.RANDOM_FOREST,
        CodeMotif.COMPTE_IMPROBABLE,
        "Breiman: Random forests, Machine Learning 45, 2001",
        2.5,
        0.3,
        (0.30, 0.60),
        False,
    ),
)
"""In the order in which they are asked: cheap ones first."""

NONE = np.zeros(0, np.int64)

LEAST = min(kind.doubt[0] for kind in KINDS if kind.reads_rows)

CAUSE = len(CAUSES) + np.arange(len(KINDS))
"""The number of each kind's cause, after those of the controls: each is one of its own. Both models of verdicts learnt
from the same ones, but one from thresholds and one from sums; measured, they find more where both count."""


class Consulted(NamedTuple):
    """A loaded version that can be asked, and how detections name it."""

    used: ModeleUtilise
    opinion: Opinion


class InForce(NamedTuple):
    """Which models are asked about which entries.

    Attributes
    ----------
    models : sequence of Consulted
    of : ndarray of int64, shape (kinds, n)
        Each entry's place in `models`; `NOBODY` for a company without one.
    table : SettingsTable
        Thresholds and weights of `KINDS` in the settings in force.
    """

    models: Sequence[Consulted]
    of: Ints
    table: SettingsTable

    def select(self, entries: Ints) -> "InForce":
        """Return those of some entries."""
        return self._replace(of=self.of[:, entries])


class _Answered(NamedTuple):
    used: ModeleUtilise
    answers: Answers
    place: int


@dataclass(slots=True)
class Opined:
    """What models said about a batch of n entries.

    Attributes
    ----------
    values, strengths : ndarray of float64, shape (n, kinds)
        0 where nobody was asked.
    thresholds, weights : ndarray of float64, shape (settings, kinds)
    """

    values: Floats
    strengths: Floats
    thresholds: Floats
    weights: Floats
    _answered: dict[tuple[int, int], _Answered]

    def take(self, kind: int, entries: Ints, consulted: Consulted, answers: Answers) -> None:
        """Take what a model says of some entries."""
        self.values[entries, kind] = answers.values
        for place, entry in enumerate(entries.tolist()):
            self._answered[entry, kind] = _Answered(consulted.used, answers, place)

    def used(self, entry: int) -> list[ModeleUtilise]:
        """Return the models that were asked about an entry."""
        found = (self._answered.get((entry, kind)) for kind in range(len(KINDS)))
        return [answered.used for answered in found if answered is not None]

    def evidence(self, entry: int, setting: int) -> list[Evidence]:
        """Return what counts about an entry, in the order of `KINDS`."""
        return [
            Evidence(
                kind.code,
                float(self.values[entry, k]),
                float(self.thresholds[setting, k]),
                float(self.strengths[entry, k]),
                float(self.weights[setting, k]),
                told=self._told(entry, k),
            )
            for k, kind in enumerate(KINDS)
            if self.strengths[entry, k] > 0.0
        ]

    def _told(self, entry: int, kind: int) -> Told:
        answered = self._answered[entry, kind]
        return answered.answers.tell(answered.place)


def ask(
    view: View, features: Floats, tails: Floats, heard: Heard, measured: Measured, causes: Ints, in_force: InForce
) -> Opined | None:
    """Ask the models in force about the entries in doubt.

    Parameters
    ----------
    view : View
        The batch.
    features : ndarray of float64, shape (n, features)
    tails : ndarray of float64, shape (n,)
        Tail probabilities of Isolation Forests; NaN without one.
    heard : Heard
        How far these count.
    measured : Measured
        What the controls found.
    causes : ndarray of int64, shape (controls,)
        The numbers of their causes.
    in_force : InForce
        Of the same entries.

    Returns
    -------
    Opined or None
        None where nobody was asked.
    """
    if not (in_force.of >= 0).any():
        return None
    table, setting_of = in_force.table, view.setting_of
    doubts = _doubts(measured.strengths, measured.table.weights, setting_of, causes, tails, heard)
    rows = _Rows(view, features, measured.values, np.flatnonzero(_composite(doubts) >= LEAST))
    opined = None
    for k, kind in enumerate(KINDS):
        composite, (least, most) = _composite(doubts), kind.doubt
        wanted = (in_force.of[k] >= 0) & (composite >= least) & (composite <= most)
        wanted &= table.weights[setting_of, k] > 0.0
        places = np.unique(in_force.of[k][wanted]).tolist()
        groups = [
            in_force.models[place].opinion.chosen(view.batch, np.flatnonzero(wanted & (in_force.of[k] == place)))
            for place in places
        ]
        together = np.sort(np.concatenate([NONE, *groups]))
        if len(together):
            opined = _nothing(len(view.batch), table) if opined is None else opined
        shared: dict[str, Any] = {}
        for place, entries in zip(places, groups, strict=True):
            if opined is not None and len(entries):
                known = rows.of(entries) if kind.reads_rows else None
                consulted = in_force.models[place]
                answers = consulted.opinion.answer(Asked(view.batch, entries, known, together, shared))
                opined.take(k, entries, consulted, answers)
        if opined is not None:
            _weigh(opined, k, view, table)
            doubts *= 1.0 - table.weights[setting_of, k] * opined.strengths[:, k]
    return opined


def _composite(doubts: Floats) -> Floats:
    """Return the composite that is left; rounded, so that no last bit decides who is asked."""
    return np.round(1.0 - doubts, 9)


def _nothing(n: int, table: SettingsTable) -> Opined:
    shape = (n, len(KINDS))
    return Opined(np.zeros(shape), np.zeros(shape), table.thresholds, table.weights, {})


class _Rows:
    """The rows of the entries that any kind may be asked about: made when first wanted, all at once."""

    def __init__(self, view: View, features: Floats, values: Floats, entries: Ints) -> None:
        self._view, self._features, self._values, self._entries = view, features, values, entries
        self._rows: Floats | None = None

    def of(self, chosen: Ints) -> Floats:
        """Return the rows of some of them."""
        if self._rows is None:
            entries = self._entries
            self._rows = entry_rows(self._view.select(entries), self._features[entries], self._values[entries])
        found: Floats = self._rows[np.searchsorted(self._entries, chosen)]
        return found


def _weigh(opined: Opined, k: int, view: View, table: SettingsTable) -> None:
    """Write the strengths of a kind's evidence."""
    values, thresholds, weights = (
        np.ascontiguousarray(table_[:, k : k + 1]) for table_ in (opined.values, table.thresholds, table.weights)
    )
    strengths = np.zeros((len(view.batch), 1))
    ramp(values, strengths, thresholds, weights, view.setting_of)
    damped = np.zeros_like(opined.strengths)
    damped[:, k] = np.minimum(strengths[:, 0], ALMOST)
    table.damp(damped, view.facts.journal, view.setting_of)
    opined.strengths[:, k] = damped[:, k]


@compiled
def _doubts(strengths: Array, weights: Array, setting_of: Array, causes: Array, tails: Array, heard: Heard) -> Floats:
    """Return what is left of one when all that is believed of each entry is taken away, before habits are looked at."""
    doubts = np.ones(len(strengths))
    beliefs = np.zeros(causes.max() + 1)
    for i in range(len(strengths)):
        beliefs[:] = 0.0
        for k in range(len(causes)):
            if strengths[i, k] > 0.0:
                beliefs[causes[k]] = max(beliefs[causes[k]], believe(weights[setting_of[i], k], strengths[i, k]))
        for belief in beliefs:
            doubts[i] *= 1.0 - belief
        if not np.isnan(tails[i]):
            doubts[i] *= 1.0 - believe(heard.weights[i], heard_strength(heard, i, tails[i]))
    return doubts
