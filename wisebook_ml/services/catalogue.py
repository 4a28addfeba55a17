"""The services by algorithm. Each is imported when it is asked for: TensorFlow alone takes six seconds."""

from importlib import import_module
from importlib.util import find_spec

from schemas import DomaineApplication, TypeModele
from wisebook_ml.services.base import BaseMLService

__all__ = ["DOMAINES", "MissingLibrary", "require", "service_class"]

SERVICES = {
    TypeModele.LSTM: "wisebook_ml.services.lstm:LSTMService",
    TypeModele.RANDOM_FOREST: "wisebook_ml.services.random_forest:RandomForestService",
    TypeModele.XGBOOST: "wisebook_ml.services.xgboost:XGBoostService",
    TypeModele.GRADIENT_BOOSTING: "wisebook_ml.services.gradient_boosting:GradientBoostingService",
    TypeModele.DBSCAN: "wisebook_ml.services.dbscan:DBSCANService",
    TypeModele.PROPHET: "wisebook_ml.services.prophet:ProphetService",
    TypeModele.ISOLATION_FOREST: "wisebook_ml.services.isolation_forest:IsolationForestService",
    TypeModele.SVM: "wisebook_ml.services.svm:SVMService",
}
"""Where each service is; adding an algorithm is adding its file and its line here."""

DOMAINES = {
    TypeModele.LSTM: DomaineApplication.FLUX_TRESORERIE,
    TypeModele.RANDOM_FOREST: DomaineApplication.ECRITURES_COMPTABLES,
    TypeModele.XGBOOST: DomaineApplication.RISQUE_CLIENT,
    TypeModele.GRADIENT_BOOSTING: DomaineApplication.SCORING_PREDICTIF,
    TypeModele.DBSCAN: DomaineApplication.SEGMENTATION,
    TypeModele.PROPHET: DomaineApplication.FLUX_TRESORERIE,
    TypeModele.ISOLATION_FOREST: DomaineApplication.ANOMALIES,
    TypeModele.SVM: DomaineApplication.CLASSIFICATION,
}
"""What each algorithm is for."""


IMPORTED_LATE = {TypeModele.LSTM: ("tensorflow", "keras"), TypeModele.PROPHET: ("prophet",)}
"""What services import when they are first fitted or asked, and not before: it takes seconds."""


class MissingLibrary(ImportError):
    """A library of the extra `train` that is not installed; the message says how to install it."""


def service_class(type_modele: TypeModele) -> type[BaseMLService]:
    """Return the service of an algorithm.

    Raises
    ------
    MissingLibrary
        Where its libraries are not installed.
    """
    module, _, name = SERVICES[type_modele].partition(":")
    try:
        found = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise _missing(type_modele, error.name) from error
    assert isinstance(found, type)
    assert issubclass(found, BaseMLService)
    return found


def require(type_modele: TypeModele) -> None:
    """Check that all that an algorithm needs is installed, what it imports late, too.

    Raises
    ------
    MissingLibrary
        Where it is not.
    """
    service_class(type_modele)
    for library in IMPORTED_LATE.get(type_modele, ()):
        if find_spec(library) is None:
            raise _missing(type_modele, library)


def _missing(type_modele: TypeModele, library: str | None) -> MissingLibrary:
    return MissingLibrary(
        f"{type_modele.value} needs {library}, which is not installed: pip install 'wisebook-ml[train]'"
    )
