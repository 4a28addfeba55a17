"""The models that a company has by default: one an algorithm."""

from collections.abc import Mapping

from schemas import TypeModele
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.storage import ModelRegistry

__all__ = ["DEFAULT_NAMES", "default_models"]

DEFAULT_NAMES = {
    TypeModele.LSTM: "Prévision de trésorerie",
    TypeModele.RANDOM_FOREST: "Recommandation de compte",
    TypeModele.XGBOOST: "Risque client",
    TypeModele.GRADIENT_BOOSTING: "Score prédictif des écritures",
    TypeModele.DBSCAN: "Segmentation des tiers",
    TypeModele.PROPHET: "Prévision saisonnière de trésorerie",
    TypeModele.ISOLATION_FOREST: "Détection d'anomalies",
    TypeModele.SVM: "Classification des écritures",
}
"""Names in the registry; accountants read them."""


def default_models(registry: ModelRegistry, societe_id: int) -> Mapping[TypeModele, int]:
    """Return the ids of a company's default models by algorithm; those that it has not yet are created as drafts.

    Parameters
    ----------
    registry : ModelRegistry
        Where they are.
    societe_id : int
        The company; 0 for the global models.
    """
    return {
        type_: registry.get_or_create(societe_id, name, type_, DOMAINES[type_]) for type_, name in DEFAULT_NAMES.items()
    }
