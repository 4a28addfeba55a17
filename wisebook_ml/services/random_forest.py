"""Recommends the account of an entry line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from schemas import TypeModele
from wisebook_ml.models.grown_trees import GrownTrees
from wisebook_ml.services.account_history import AccountHistory, Vocabulary, coded, vocabulary_of
from wisebook_ml.services.account_pairs import Accounts, attribute_shares, make_pairs
from wisebook_ml.services.base import DEFAULT_SEED, BaseMLService, Gate, NotEnoughData, NotFitted, Progress, no_progress
from wisebook_ml.services.folds import entry_numbers, folds_of
from wisebook_ml.services.line_keys import COLUMNS, LineKeys, line_keys
from wisebook_ml.services.pair_forest import SHOWN, Lessons, RandomForestParameters, grow_forest
from wisebook_ml.services.parameters import Parameters
from wisebook_ml.services.vote_calibration import VoteCalibration

__all__ = ["RandomForestParameters", "RandomForestService"]

Floats = npt.NDArray[np.float64]

LEAST_LINES = 50
"""Lines below which a forest only repeats its prior."""

MOST_PAIRS = 120_000
"""Pairs of a line and a candidate that trees are grown on; more of a large ledger would say the same again."""

CELLS = 200_000
"""Rows times accounts that are looked at together: bounds memory to some 50 MB."""

LEAST_PROBABILITY = 1e-3
"""What log loss takes an impossible account for: one surprise must not outweigh a thousand lines."""


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What a fitted service knows."""

    accounts: npt.NDArray[np.str_]
    vocabulary: Vocabulary
    history: AccountHistory
    forest: RandomForestClassifier
    calibration: VoteCalibration


class RandomForestService(BaseMLService):
    """Random Forest that recommends the account of an entry line.

    A line is compared with earlier ones in some forty ways (same third party and side, same accounts in the entry's
    other lines, same words, same VAT rate...). Each tells how often such lines had which account. The accounts with
    most evidence, and with what the chart of accounts says, are the candidates; the forest judges for each pair of a
    line and a candidate whether it is the one. It sees evidence rather than words, so it can recommend an account that
    was used twice, which a forest with a class for each account and leaves of ten lines cannot.

    While it learns, the evidence of a line never includes the line itself: a ledger is cut into blocks by time, by
    third party and label, and by the entry's other accounts, and each block is seen from the others, so that the forest
    also learns what to trust when a third party is new.

    Good for ledgers with habits; a thousand lines are enough. It fails on accounts that were never used (it cannot name
    them; their probability is 0), on lines of one invoice that differ in nothing but the amount, and where a third
    party's invoices go elsewhere from one day on, until it is trained again. Entries of the year's end are
    recommended as well as the last year's were seen.

    Probabilities are a softmax over the log-odds of the forest's votes for a line's candidates and for "none of them"
    (`VoteCalibration`), which is fitted to the votes of smaller forests for entries that these did not see; the order
    of accounts is that of the votes. The rest to 1 is for accounts that are no candidates, or never seen.

    `explain` explains the probability of the account recommended first; an attribute's value is the sum over what the
    forest sees of it, and evidence from several attributes counts for each alike. `habitude` is how often the account
    is used at all.

    Parameters
    ----------
    parametres : mapping, optional
        See `RandomForestParameters`.
    seed : int
        Of the trees, and of the lines they learn from.

    References
    ----------
    L. Breiman, Random Forests, Machine Learning 45, 2001. D. Micci-Barreca, A preprocessing scheme for high-cardinality
    categorical attributes, SIGKDD Explorations 3, 2001.
    """

    type_modele: ClassVar[TypeModele] = TypeModele.RANDOM_FOREST
    parameters: ClassVar[type[Parameters]] = RandomForestParameters
    columns: ClassVar[tuple[str, ...]] = COLUMNS
    label: ClassVar[str | None] = "compte_num"
    gate: ClassVar[Gate] = Gate("top1", margin=-0.01, min_rows=50)
    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn", "pandas")
    """pandas too: its hashes of texts are the keys."""

    def __init__(self, parametres: Any = None, *, seed: int = DEFAULT_SEED) -> None:
        super().__init__(parametres, seed=seed)
        self._learnt: _Learnt | None = None
        self._accounts: Accounts | None = None
        self._trees: GrownTrees | None = None

    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        """Learn from lines, in the order of their `date` where there is one.

        Raises
        ------
        NotEnoughData
            With fewer than `LEAST_LINES` lines, or lines of one account only.
        """
        frame = self.checked(donnees, label=True)
        if len(frame) < LEAST_LINES:
            raise NotEnoughData(f"needs {LEAST_LINES} entry lines, has {len(frame)}; choose a longer range of dates")
        if "date" in frame.columns:
            frame = frame.sort_values("date", kind="stable")
        numbers, wanted = np.unique(frame["compte_num"].to_numpy(str), return_inverse=True)
        if len(numbers) < 2:
            raise NotEnoughData(f"needs lines of at least 2 accounts, all {len(frame)} have {numbers[0]}")
        keys = line_keys(frame)
        vocabulary = vocabulary_of(keys)
        lines = coded(keys, vocabulary)
        sizes = {name: len(known) for name, known in vocabulary.items()}
        accounts = Accounts(numbers)
        most = max(1, MOST_PAIRS // min(self.parametres.candidats, len(numbers)))
        folds = folds_of(frame, keys, self.parametres.blocs, most, self.seed)
        inputs, right, asked = [], [], []
        for number, fold in enumerate(folds):
            history = AccountHistory(lines.rows(fold.seen), wanted[fold.seen], len(numbers), sizes)
            for some in _chunks(fold.asked, len(numbers)):
                pairs = make_pairs(history, accounts, keys.take(some), lines.rows(some), self.parametres.candidats)
                inputs.append(pairs.inputs)
                right.append(pairs.candidates == wanted[some][:, None])
            asked.append(fold.asked)
            progress(0.5 * (number + 1) / len(folds))
        by_time = np.concatenate([np.full(len(fold.asked), fold.by_time) for fold in folds])
        entries = entry_numbers(frame)[np.concatenate(asked)]
        lessons = Lessons(np.concatenate(inputs), np.concatenate(right), entries, by_time)
        forest, calibration = grow_forest(lessons, self.parametres, self.seed, progress)
        history = AccountHistory(lines, wanted, len(numbers), sizes)
        self.restore(_Learnt(numbers, vocabulary, history, forest, calibration))
        return self

    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return the most likely accounts of lines.

        Returns
        -------
        DataFrame
            `compte_1` to `compte_3` and `probabilite_1` to `probabilite_3` ("" and 0.0 where there are fewer accounts);
            where `donnees` has `compte_num`, also `probabilite_utilise` of that account and `compte_inconnu`: True
            where it was never seen, so that nothing is known of it (its probability is 0.0 then).
        """
        frame = self.checked(donnees)
        learnt = self.state()
        used = frame["compte_num"].to_numpy(str) if "compte_num" in frame.columns else None
        found, probability, of_used = self.judged(line_keys(frame), used)
        made: dict[str, Any] = {}
        for place in range(SHOWN):
            there = place < found.shape[1]
            made[f"compte_{place + 1}"] = learnt.accounts[found[:, place]].astype(object) if there else ""
        for place in range(SHOWN):
            made[f"probabilite_{place + 1}"] = probability[:, place] if place < found.shape[1] else 0.0
        if used is not None:
            made["probabilite_utilise"] = of_used
            made["compte_inconnu"] = ~np.isin(used, learnt.accounts)
        return pd.DataFrame(made, index=donnees.index)

    def judged(self, keys: LineKeys, used: npt.NDArray[np.str_] | None) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        """Return the candidates of lines and their probabilities, best first, and that of the account used.

        Parameters
        ----------
        keys : LineKeys
            Of the lines.
        used : ndarray of str, optional
            Their accounts.

        Returns
        -------
        (ndarray of int64, ndarray of float64, ndarray of float64)
            Places in `state().accounts` (rows x candidates), their probabilities, and that of the account used, which
            is 0 where it was never seen.
        """
        learnt, count = self.state(), min(self.parametres.candidats, len(self.state().accounts))
        besides = np.zeros(len(keys), np.int64)
        known = np.zeros(len(keys), bool)
        if used is not None:
            besides = np.minimum(np.searchsorted(learnt.accounts, used), len(learnt.accounts) - 1)
            known = learnt.accounts[besides] == used
        candidates, inputs = self._pairs(keys, besides)
        votes, calibration = self._compiled_votes(inputs), learnt.calibration
        among, own = votes[:, :count], votes[:, -1]
        order = np.argsort(-among, axis=1, kind="stable")
        shares = calibration.probabilities(among)
        there = candidates[:, :count] == besides[:, None]
        of_used = np.where(there.any(axis=1), (shares * there).sum(axis=1), calibration.besides(among, own))
        found = np.take_along_axis(candidates[:, :count], order, axis=1)
        return found, np.take_along_axis(shares, order, axis=1), np.where(known, of_used, 0.0)

    def _compiled_votes(self, inputs: npt.NDArray[np.float32]) -> Floats:
        """Return the share of the votes for each pair (rows x candidates), as `forest_votes` does."""
        assert self._trees is not None
        sums: Floats = self._trees.sums(inputs.reshape(-1, inputs.shape[2])).reshape(inputs.shape[:2])
        return sums / len(self._trees)

    def _pairs(
        self, keys: LineKeys, besides: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return candidates (the last of each row is `besides`), and the forest's inputs."""
        learnt = self.state()
        assert self._accounts is not None
        candidates, inputs = [], []
        for some in _chunks(np.arange(len(keys)), len(self._accounts)):
            part = keys if len(some) == len(keys) else keys.take(some)
            lines = coded(part, learnt.vocabulary)
            asked = besides[some]
            pairs = make_pairs(learnt.history, self._accounts, part, lines, self.parametres.candidats, asked)
            candidates.append(pairs.candidates)
            inputs.append(pairs.inputs)
        if not candidates:
            width = min(self.parametres.candidats, len(self._accounts)) + 1
            return np.zeros((0, width), np.int64), np.zeros((0, width, learnt.forest.n_features_in_), np.float32)
        return np.concatenate(candidates), np.concatenate(inputs)

    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        """Return how often the account used is the first, and among the first three.

        `top1` and `top3` are among lines whose account was seen before, `top1_all` and `top3_all` among all;
        `unseen` is the share of the others. `log_loss` is of the account used, `ece` the expected calibration error of
        the first account's probability (ten bins), both over all lines.
        """
        frame = self.checked(donnees, label=True)
        if frame.empty:
            raise NotEnoughData("there are no lines to evaluate on; choose a longer range of dates")
        said = self.predict(frame)
        used = frame["compte_num"].to_numpy(str)
        seen = ~said["compte_inconnu"].to_numpy(bool)
        first = said["compte_1"].to_numpy(str) == used
        among = (said[[f"compte_{place + 1}" for place in range(SHOWN)]].to_numpy(str) == used[:, None]).any(axis=1)
        likely = np.maximum(said["probabilite_utilise"].to_numpy(float), LEAST_PROBABILITY)
        return {
            "top1": float(first[seen].mean()) if seen.any() else 0.0,
            "top3": float(among[seen].mean()) if seen.any() else 0.0,
            "top1_all": float(first.mean()),
            "top3_all": float(among.mean()),
            "unseen": float(1 - seen.mean()),
            "log_loss": float(-np.log(likely).mean()),
            "ece": _calibration_error(said["probabilite_1"].to_numpy(float), first),
            "rows": float(len(frame)),
        }

    def feature_importance(self) -> dict[str, float]:
        """Return the mean decrease in impurity by accounting attribute."""
        names, shares = attribute_shares()
        values = self.state().forest.feature_importances_ @ shares
        order = np.argsort(-values, kind="stable")
        return {names[place]: float(values[place] / values.sum()) for place in order}

    def explain(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return SHAP values of the account recommended first; with `base` they sum to `probabilite_1`.

        Trees explain votes; values and base are multiplied alike with what makes the vote the probability.
        """
        from shap import TreeExplainer

        frame, learnt = self.checked(donnees), self.state()
        names, shares = attribute_shares()
        if frame.empty:
            return pd.DataFrame(index=donnees.index, columns=[*names, "base"], dtype=float)
        keys = line_keys(frame)
        found, probability, _ = self.judged(keys, None)
        _, inputs = self._pairs(keys, found[:, 0])
        explainer = TreeExplainer(learnt.forest, feature_perturbation="tree_path_dependent")
        values = np.asarray(explainer.shap_values(inputs[:, -1, :], check_additivity=False))[:, :, 1]
        base = float(np.asarray(explainer.expected_value)[1])
        made = np.column_stack([values @ shares, np.full(len(frame), base)])
        said = made.sum(axis=1)
        made *= np.where(said > 0, probability[:, 0] / np.where(said > 0, said, 1.0), 0.0)[:, None]
        return pd.DataFrame(made, index=donnees.index, columns=[*names, "base"])

    def state(self) -> _Learnt:
        """Return what was learnt."""
        if self._learnt is None:
            raise NotFitted("this Random Forest was neither fitted nor loaded")
        return self._learnt

    def restore(self, state: _Learnt) -> None:
        """Take what `state` returned."""
        self._learnt, self._accounts = state, Accounts(state.accounts)
        self._trees = GrownTrees.of(
            (tree.tree_ for tree in state.forest.estimators_), state.forest.n_features_in_, _share
        )


def _share(tree: Any) -> Floats:
    """Return what each node of a tree votes for that a candidate is the right one."""
    counts = tree.value[:, 0, :]
    share: Floats = counts[:, 1] / counts.sum(axis=1)
    return share


def _chunks(rows: npt.NDArray[np.int64], accounts: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield rows in parts of so many that tables of rows and accounts stay small."""
    size = min(1000, max(8, CELLS // accounts))
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]


def _calibration_error(said: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Return how far the probabilities are from the share that was right, on average (ten bins of equal width)."""
    bins = np.minimum((said * 10).astype(int), 9)
    gaps = [abs(said[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean() for one in np.unique(bins)]
    return float(sum(gaps))
