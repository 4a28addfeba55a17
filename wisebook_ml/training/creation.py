"""Creating and changing models: what of them is checked before the registry has it."""

from collections.abc import Mapping

from schemas import TypeModele
from wisebook_ml.drift_checks.thresholds import thresholds_of
from wisebook_ml.services.catalogue import service_class

__all__ = ["check_parameters"]


def check_parameters(type_modele: TypeModele, parametres: Mapping[str, object]) -> None:
    """Check that an algorithm takes parameters, and that the thresholds of drift among them are such.

    Raises
    ------
    InvalidParameters
        Naming the parameter, and what it may be.
    MissingLibrary
        Where the algorithm's library is not installed, so that nothing can be said of them.
    """
    service_class(type_modele)(parametres)
    thresholds_of(parametres)
