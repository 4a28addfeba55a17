"""What a promoted version was trained with, from its signed artefact."""

from collections.abc import Callable
from typing import Any

from schemas import VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.services.base import artefact_head
from wisebook_ml.services.catalogue import require, service_class
from wisebook_ml.treasury.forecasting.promoted import Promoted

__all__ = ["promoted_opener"]

OURS = frozenset({"horizon", "interval_width"})
"""Parameters that the stream sets."""


def promoted_opener(store: ArtefactStore) -> Callable[[VersionModele], Promoted]:
    """Return what opens a version for the stream's forecasts; it raises `ValueError` where it cannot be used.

    The artefact's digest and signature are checked before anything is unpickled. So SQL need not be asked: what the
    registry says of a model may have changed since the version was trained.

    Where a library is missing, it raises `MissingLibrary`, which ends the worker: what follows from a marker must not
    depend on who meets it.
    """

    def opened(version: VersionModele) -> Promoted:
        data = store.read(version)
        require(version.type_modele)
        head = artefact_head(data)
        if head.get("type_modele") != version.type_modele.value:
            raise ValueError(f"the artefact is a {head.get('type_modele')} model, not {version.type_modele.value}")
        given: dict[str, Any] = {name: value for name, value in head["parametres"].items() if name not in OURS}
        try:
            service_class(version.type_modele)(given, seed=head["seed"])
        except ValueError as error:
            raise ValueError(
                f"it was trained with parameters of another release ({error}); train the model again"
            ) from error
        return Promoted(version.type_modele, version.modele_id, version.version, given, head["seed"])

    return opened
