"""Promoted versions of training services: each is one more candidate of the company's forecasts."""

from typing import Any

import msgspec

from schemas import ModeleUtilise, TypeModele

__all__ = ["FORECASTERS", "Promoted"]

FORECASTERS = (TypeModele.PROPHET, TypeModele.LSTM)
"""Algorithms whose versions can take part."""


class Promoted(msgspec.Struct, array_like=True, frozen=True):
    """A version of a forecasting service, as the stream's models are learnt with it.

    It is learnt anew on each flow of the company, so it is what it was trained with that counts, and not its weights,
    which are of the net flow.

    Parameters
    ----------
    type_modele : TypeModele
        One of `FORECASTERS`.
    modele_id, version : int
        Which, in the registry.
    parametres : dict
        All parameters of the service.
    seed : int
        Of its random choices.
    """

    type_modele: TypeModele
    modele_id: int
    version: int
    parametres: dict[str, Any]
    seed: int

    @property
    def name(self) -> str:
        """Its name among the candidates."""
        return self.type_modele.value.lower()

    @property
    def used(self) -> ModeleUtilise:
        """As detections name it."""
        return ModeleUtilise(modele_id=self.modele_id, version=self.version)
