"""The database at the time of a check: thresholds from the registry, verdicts and what was flagged.

Nothing that it says or fails to say stops the stream: without it, thresholds are the defaults, and the report says so.
"""

import datetime as dt
import logging

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from wisebook_ml.drift.performance import Performance
from wisebook_ml.drift.thresholds import Thresholds
from wisebook_ml.drift_checks.advice import Advice
from wisebook_ml.drift_checks.thresholds import thresholds_of
from wisebook_ml.drift_checks.usual import VersionKey
from wisebook_ml.drift_checks.worth import LATELY, by_verdicts, expected, of_model
from wisebook_ml.services.parameters import InvalidParameters
from wisebook_ml.storage import ModelNotFound, ModelRegistry, StorageError, VerdictStore, open_database
from wisebook_ml.storage.drift import flagged_scores
from wisebook_ml.storage.verdicts import MOST_JUDGED

__all__ = ["Database"]

LOGGER = logging.getLogger(__name__)

BEFORE = 3 * LATELY
"""How far back what was flagged is compared with the last month."""

Remark = tuple[str, str]

UNREACHABLE = (
    "Seuils par défaut, sans les avis : la base de données n'a pas répondu.",
    "Default thresholds, without verdicts: the database did not answer.",
)


class Database:
    """Advises checks (`drift_checks.advice.Advise`); opens the database with the first, and again where it was away.

    Parameters
    ----------
    url : str
        Of the database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine: Engine | None = None

    def __call__(self, version: VersionKey, echeance: dt.datetime) -> Advice:
        """Return thresholds, and what verdicts say."""
        try:
            engine = self._engine = self._engine or open_database(self._url)
            thresholds, remarks = _thresholds(engine, version)
            performance = _performance(engine, version, echeance)
        except (StorageError, SQLAlchemyError) as error:
            LOGGER.warning("model %d is checked without the database: %s", version.modele_id, error)
            return Advice(remarks=(UNREACHABLE,))
        return Advice(thresholds, performance, remarks)


def _thresholds(engine: Engine, version: VersionKey) -> tuple[Thresholds, tuple[Remark, ...]]:
    """Return a model's thresholds; the defaults, and a remark, where they cannot be used."""
    try:
        return thresholds_of(ModelRegistry(engine).get(version.modele_id).parametres_modele), ()
    except ModelNotFound:
        return Thresholds(), (
            (
                "Seuils par défaut : le modèle n'est pas au registre.",
                "Default thresholds: the registry has no such model.",
            ),
        )
    except InvalidParameters as error:
        LOGGER.warning("model %d is checked with default thresholds: %s", version.modele_id, error)
        return Thresholds(), (
            (
                f"Seuils par défaut, car ceux du modèle sont faux ({error}).",
                f"Default thresholds, since those of the model are wrong ({error}).",
            ),
        )


def _performance(engine: Engine, version: VersionKey, echeance: dt.datetime) -> tuple[Performance, ...]:
    store = VerdictStore(engine)
    found = store.judged(version.societe_id) if version.societe_id else store.list(limit=MOST_JUDGED)[::-1]
    judgements = of_model(version, [one for one in found if one.donne_le < echeance])
    counted = by_verdicts(version, judgements, echeance)
    if counted is not None:
        return (counted,)
    since = echeance - LATELY
    before, now = (
        np.array(flagged_scores(engine, version.modele_id, version.societe_id, *stretch))
        for stretch in ((since - BEFORE, since), (since, echeance))
    )
    hoped = expected(judgements, before, now)
    return () if hoped is None else (hoped,)
