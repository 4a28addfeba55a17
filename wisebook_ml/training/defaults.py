"""The models that a company has by default: one an algorithm.

One model of each algorithm predicts for a company: the one whose version was put in force last. So where a person has
made one, no other is added beside it.
"""

from collections.abc import Mapping

from schemas import Statut, TypeModele
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.storage import ModelRegistry

__all__ = ["DEFAULT_NAMES", "default_model", "default_models"]

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
    """Return the ids of a company's models by algorithm, one of each; those that it has not yet are created as drafts.

    Parameters
    ----------
    registry : ModelRegistry
        Where they are.
    societe_id : int
        The company; 0 for the global models.
    """
    return {type_: default_model(registry, societe_id, type_) for type_ in DEFAULT_NAMES}


def default_model(registry: ModelRegistry, societe_id: int, type_: TypeModele) -> int:
    """Return the id of a company's model of an algorithm: the default one, or else the first that somebody has made.

    Where there is none, or only archived ones, the default one is created as a draft.
    """
    name = DEFAULT_NAMES[type_]
    own = [model for model in registry.list(societe_id) if model.type_modele is type_]
    alive = [model for model in own if model.statut is not Statut.ARCHIVE]
    if alive and all(model.nom != name for model in own):
        return alive[0].id
    return registry.get_or_create(societe_id, name, type_, DOMAINES[type_])
