"""What all algorithms have in common."""

import importlib.metadata
import pickle
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
import pandas as pd

from schemas import TypeModele
from wisebook_ml.services.parameters import Parameters, read_parameters

__all__ = [
    "GLOBAL_RANDOM",
    "BaseMLService",
    "Gate",
    "NotDefined",
    "NotEnoughData",
    "NotFitted",
    "Progress",
    "artefact_head",
    "no_progress",
]

Progress = Callable[[float], None]
"""Told the share of a fit that is done, in [0, 1]."""

DEFAULT_SEED = 20_221_231

FORMAT = "wisebook-ml/service/1"

GLOBAL_RANDOM = threading.RLock()
"""Held by whoever seeds or draws from NumPy's global generator, which is one for all threads: some libraries know no
other."""


def no_progress(share: float) -> None:
    """Tell nobody."""


class NotFitted(RuntimeError):
    """A service was asked before it was fitted or loaded."""


class NotEnoughData(ValueError):
    """Data that nothing can be learnt from; the message says what is needed and what there is."""


class NotDefined(ValueError):
    """An explanation that does not exist for this algorithm; the message says why, and what there is instead."""


@dataclass(frozen=True, slots=True)
class Gate:
    """When a new version takes over from the champion, by one metric on the same hold-out.

    Parameters
    ----------
    metric : str
        Which of the metrics that `evaluate` returns.
    higher_is_better : bool
        In which direction it is better.
    margin : float
        The least gain, in units of the metric. Negative: a new version that is worse by less takes over too, since it
        knows newer data.
    min_rows : int
        Rows of the hold-out below which the metric tells nothing.
    floor : float, optional
        What the metric must reach even where there is no champion yet.
    """

    metric: str
    higher_is_better: bool = True
    margin: float = 0.0
    min_rows: int = 30
    floor: float | None = None


def artefact_head(data: bytes) -> Mapping[str, Any]:
    """Return what an artefact says of itself: `type_modele`, `parametres`, `seed`, `libraries`.

    Whoever calls has checked where `data` is from: unpickling runs code.

    Raises
    ------
    ValueError
        Where it is no artefact of a service.
    """
    return _opened(data)[0]


def _opened(data: bytes) -> tuple[dict[str, Any], Any]:
    try:
        head, state = pickle.loads(data)
    except Exception as error:  # unpickling raises whatever the bytes make it raise
        raise ValueError(f"not a model artefact: {type(error).__name__}: {error}") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ValueError(f"not a model artefact of format {FORMAT}")
    return head, state


def _release(library: str) -> str:
    """Return the installed version of a library; some come as ``xgboost-cpu`` or ``tensorflow-cpu``."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return importlib.metadata.version(f"{library}-cpu")


class BaseMLService(ABC):
    """One algorithm.

    A service is made with parameters, then either fitted or loaded; the rest needs one of the two.

    Parameters
    ----------
    parametres : mapping, optional
        Parameters of the algorithm, by name; what is missing has its default.
    seed : int
        Seed of every random choice.

    Raises
    ------
    InvalidParameters
        Where a name or a value is none that the algorithm knows.
    """

    type_modele: ClassVar[TypeModele]
    parameters: ClassVar[type[Parameters]]
    """Type of the algorithm's parameters."""

    columns: ClassVar[Sequence[str]]
    """Columns that `predict` needs; more are ignored."""

    label: ClassVar[str | None] = None
    """Column that `fit` and `evaluate` need besides; None where nothing is to be known beforehand."""

    gate: ClassVar[Gate]
    libraries: ClassVar[Sequence[str]] = ("scikit-learn",)
    """Distributions that an artefact depends on: it is refused where their release (major.minor) differs."""

    def __init__(self, parametres: Mapping[str, object] | None = None, *, seed: int = DEFAULT_SEED) -> None:
        self.parametres: Any = read_parameters(self.parameters, parametres or {})
        self.seed = seed

    @abstractmethod
    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        """Learn from `donnees` (`columns` and `label`); return the service itself.

        Raises
        ------
        NotEnoughData
            Where nothing can be learnt: too few rows, a constant label.
        """

    @abstractmethod
    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return what the model says of each row, under the index of `donnees`.

        Raises
        ------
        NotFitted
            Before `fit` or `load`.
        ValueError
            Where a column is missing; the message names it.
        """

    @abstractmethod
    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        """Return metrics on rows that were not learnt from, by name; `gate.metric` is one of them.

        Parameters
        ----------
        donnees : DataFrame
            `columns` and `label`: the hold-out, later than what was learnt from.
        avant : DataFrame, optional
            The rows before the hold-out, for algorithms whose prediction goes on from them.
        """

    def feature_importance(self) -> dict[str, float]:
        """Return the importance of each accounting attribute, largest first; they sum to 1.

        Raises
        ------
        NotDefined
            Where the algorithm has none.
        """
        raise NotDefined(f"{self.type_modele.value} has no feature importance")

    def explain(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return SHAP values: one row a row of `donnees`, one column an accounting attribute, and `base`.

        A row's values and its `base` sum to what the algorithm explains (see the service's docstring for its scale).

        Raises
        ------
        NotDefined
            Where the algorithm has none.
        """
        raise NotDefined(f"SHAP values are not defined for {self.type_modele.value}")

    @abstractmethod
    def state(self) -> object:
        """Return what was learnt, as `pickle` can keep it.

        Raises
        ------
        NotFitted
            Before `fit` or `load`.
        """

    @abstractmethod
    def restore(self, state: Any) -> None:
        """Take what `state` returned."""

    def dump(self) -> bytes:
        """Return the artefact's bytes: what was learnt, the parameters, and the libraries it depends on."""
        head = {
            "format": FORMAT,
            "type_modele": self.type_modele.value,
            "parametres": msgspec.to_builtins(self.parametres),
            "seed": self.seed,
            "libraries": {name: _release(name) for name in self.libraries},
            # One text: single names would be shared with the state or not, and so pickled in two ways.
            "columns": " ".join(self.columns),
        }
        return pickle.dumps((head, self.state()), protocol=5)

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Return the service of an artefact. Whoever calls has checked where `data` is from: unpickling runs code.

        Raises
        ------
        ValueError
            Where it is no artefact of this algorithm, or one of other library versions or of another release.
        """
        head, state = _opened(data)
        if head["type_modele"] != cls.type_modele.value:
            raise ValueError(f"the artefact is a {head['type_modele']} model, expected {cls.type_modele.value}")
        for name, then in head["libraries"].items():
            now = _release(name)
            if now.split(".")[:2] != then.split(".")[:2]:
                raise ValueError(f"trained with {name} {then}, and this is {now}; train the model again")
        columns, now_read = head.get("columns", " ".join(cls.columns)), set(cls.columns)
        if columns != " ".join(cls.columns):
            gone, new = sorted(set(columns.split()) - now_read), sorted(now_read - set(columns.split()))
            raise ValueError(
                f"trained on other columns than this version has (no more: {', '.join(gone) or 'none'}; new: "
                f"{', '.join(new) or 'none'}); train the model again"
            )
        try:
            service = cls(head["parametres"], seed=head["seed"])
            service.restore(state)
        except Exception as error:  # of a release whose parameters or state were others
            raise ValueError(
                f"the artefact is of another release of wisebook_ml ({type(error).__name__}: {error}); train the model "
                "again"
            ) from error
        return service

    def load_model(self, path: str | Path) -> None:
        """Take over what an artefact holds, once its digest and signature are checked.

        Parameters
        ----------
        path : str or Path
            Such as ``ml_models/1/1/model_latest.pkl``, with its description beside it.

        Raises
        ------
        ValueError
            Where it is missing, was altered, is not signed with this deployment's key, or is another algorithm's.
        """
        from wisebook_ml.artefacts import read_artefact

        loaded = type(self).load(read_artefact(path))
        self.__dict__.update(loaded.__dict__)

    def checked(self, donnees: pd.DataFrame, *, label: bool = False) -> pd.DataFrame:
        """Return `donnees` where it has all columns that are needed.

        Raises
        ------
        ValueError
            Naming those that are missing.
        """
        wanted = [*self.columns, *([self.label] if label and self.label else [])]
        missing = [name for name in wanted if name not in donnees.columns]
        if missing:
            raise ValueError(
                f"{self.type_modele.value} needs the columns {', '.join(wanted)}; missing: {', '.join(missing)}"
            )
        return donnees
