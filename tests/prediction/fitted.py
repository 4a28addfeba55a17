"""Tiny services, really fitted on a generated ledger, and versions that name them."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from schemas import Activation, Ecriture, RoleModele, TypeModele, VersionModele
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import EntryFeatures
from wisebook_ml.datasets.invoices import invoice_frame
from wisebook_ml.datasets.lines import line_frame
from wisebook_ml.datasets.third_parties import third_party_frame
from wisebook_ml.generator import generate_ledger
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import service_class

BROKEN = 66
"""A version number that cannot be loaded."""

PARAMETRES: Mapping[TypeModele, Mapping[str, object]] = {
    TypeModele.RANDOM_FOREST: {"n_estimators": 5},
    TypeModele.XGBOOST: {"n_estimators": 10},
    TypeModele.DBSCAN: {},
    TypeModele.GRADIENT_BOOSTING: {"n_estimators": 10},
    TypeModele.SVM: {},
    TypeModele.ISOLATION_FOREST: {"n_estimators": 20},
}


@cache
def ledger() -> Sequence[Ecriture]:
    """Return a year of a small company."""
    return tuple(generate_ledger(entries=800, seed=3, anomaly_rate=0.05).events)


@cache
def service(type_modele: TypeModele, seed: int = 1) -> BaseMLService:
    """Return a fitted service."""
    collected = Collected(entries=ledger())
    match type_modele:
        case TypeModele.RANDOM_FOREST:
            frame = line_frame(collected)
        case TypeModele.XGBOOST:
            frame = invoice_frame(collected)
        case TypeModele.DBSCAN:
            frame = third_party_frame(collected)
        case _:
            frame = EntryFeatures().take(ledger())
            chance = np.random.default_rng(7)
            frame["corrigee"] = chance.integers(0, 2, len(frame)).astype(float)
            frame["classe"] = chance.choice(["CORRECTE", "ERREUR_SAISIE", "A_REVOIR"], len(frame))
            frame["avis"] = True
    return service_class(type_modele)(PARAMETRES[type_modele], seed=seed).fit(frame)


def load(version: VersionModele) -> BaseMLService:
    """Return the service that a version names; the seed of odd versions is another."""
    if version.version == BROKEN:
        raise ValueError("artefact 1/1/66/model.pkl is not the one that was announced (its SHA-256 differs)")
    return service(version.type_modele, 1 + version.version % 2)


def activation(
    type_modele: TypeModele,
    version: int = 1,
    *,
    societe_id: int = 1,
    role: RoleModele = RoleModele.CHAMPION,
    modele_id: int | None = None,
    owner: int | None = None,
) -> Activation:
    """Return a marker."""
    number = 1 + list(TypeModele).index(type_modele) if modele_id is None else modele_id
    of = VersionModele(
        modele_id=number,
        version=version,
        societe_id=societe_id if owner is None else owner,
        type_modele=type_modele,
        artefact=f"{societe_id}/{number}/{version}/model.pkl",
        sha256="0" * 64,
    )
    return Activation(societe_id=societe_id, version=of, role=role)
