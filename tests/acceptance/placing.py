"""Putting model versions in force as a trainer does: artefact, announcement, and a second later the marker."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from schemas import Activation, AnnonceModele, Ecriture, RoleModele, TypeModele, VersionModele
from tests.prediction.fitted import ledger, service
from topics import ENTRIES, MODELS
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.services.catalogue import DOMAINES

from .deployment import Deployment


def of_company(societe_id: int, events: Iterable[Ecriture] | None = None) -> list[Ecriture]:
    """Return the ledger that the services were fitted on, as another company's."""
    return [replace(event, societe_id=societe_id) for event in (ledger() if events is None else events)]


def save(
    deployment: Deployment, type_modele: TypeModele, number: int, *, societe_id: int, modele_id: int | None = None
) -> VersionModele:
    """Save an artefact of a fitted service."""
    return ArtefactStore.of(deployment.settings).save(
        service(type_modele, 1 + number % 2).dump(),
        societe_id=societe_id,
        modele_id=1000 * societe_id + list(TypeModele).index(type_modele) if modele_id is None else modele_id,
        version=number,
        type_modele=type_modele,
    )


def announce(deployment: Deployment, version: VersionModele, role: RoleModele = RoleModele.CHAMPION) -> None:
    """Publish on `models`."""
    champion = version if role is RoleModele.CHAMPION else None
    record = AnnonceModele(
        modele_id=version.modele_id,
        societe_id=version.societe_id,
        domaine_application=DOMAINES[version.type_modele],
        champion=champion,
        challenger=None if champion else version,
    )
    headers = [("ce_type", AnnonceModele.ce_type.encode())]
    deployment.send(MODELS, [(str(version.modele_id).encode(), msgspec.json.encode(record), headers)])


def mark(deployment: Deployment, version: VersionModele, role: RoleModele = RoleModele.CHAMPION) -> None:
    """Place a marker among the entries."""
    marker = Activation(societe_id=version.societe_id, version=version, role=role)
    headers = [("ce_type", Activation.ce_type.encode())]
    deployment.send(ENTRIES, [(str(version.societe_id).encode(), msgspec.json.encode(marker), headers)])
