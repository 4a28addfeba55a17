"""Which model versions predict for whom: what activations have put in force, and the services that were loaded."""

from collections.abc import Callable, Iterator

import msgspec

from schemas import Activation, RoleModele, TypeModele, VersionModele
from wisebook_ml.services.base import BaseMLService

__all__ = ["GLOBAL", "Dumped", "Force", "Load", "Versions"]

GLOBAL = 0
"""Company id that stands for all companies without a model of their own."""

Load = Callable[[VersionModele], BaseMLService]

Slot = tuple[TypeModele, int, RoleModele]
Force = tuple[VersionModele, BaseMLService]


class Dumped(msgspec.Struct, array_like=True, frozen=True):
    """What is in force, and which slots ever had a version: by algorithm, company and role."""

    force: list[tuple[int, RoleModele, VersionModele]]
    ever: list[Slot]


class Versions:
    """The champion and the challenger of each algorithm and company.

    Parameters
    ----------
    load : callable
        Loads a version; raises `ValueError` where it cannot be used.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._force: dict[Slot, Force] = {}
        self._missing: dict[Slot, VersionModele] = {}
        """What is in force and could not be loaded: kept, so that it predicts again where its artefact is back."""
        self._ever: set[Slot] = set()

    def activate(self, activation: Activation, *, predicts: bool) -> None:
        """Put a version in force for a company; a champion ends the shadow of its model's challenger.

        Parameters
        ----------
        activation : Activation
            The marker.
        predicts : bool
            Whether the version has something to say here; otherwise only the shadow ends.

        Raises
        ------
        ValueError
            Where it cannot be used; what was in force stays so.
        """
        version, societe_id = activation.version, activation.societe_id
        if version.societe_id not in (GLOBAL, societe_id):
            raise ValueError(f"it belongs to company {version.societe_id}, not to {societe_id}")
        force = (version, self._load(version)) if predicts else None
        if activation.role is RoleModele.CHAMPION:
            shadow = (version.type_modele, societe_id, RoleModele.CHALLENGER)
            if shadow in self._force and self._force[shadow][0].modele_id == version.modele_id:
                del self._force[shadow]
            if shadow in self._missing and self._missing[shadow].modele_id == version.modele_id:
                del self._missing[shadow]
        if force is not None:
            slot = (version.type_modele, societe_id, activation.role)
            self._force[slot] = force
            self._missing.pop(slot, None)
            self._ever.add(slot)

    def of(self, type_modele: TypeModele, societe_id: int, role: RoleModele) -> Force | None:
        """Return what predicts for a company: its own version, else that for all companies.

        Nothing where its own is in force and cannot be loaded: another model in its place would be told by nobody.
        """
        if (type_modele, societe_id, role) in self._missing:
            return None
        own = self._force.get((type_modele, societe_id, role))
        return own if own is not None else self._force.get((type_modele, GLOBAL, role))

    def ever(self, type_modele: TypeModele, societe_id: int, role: RoleModele) -> bool:
        """Tell whether a company has or had such a version."""
        return not self._ever.isdisjoint({(type_modele, societe_id, role), (type_modele, GLOBAL, role)})

    def dump(self) -> bytes:
        """Return what is in force."""
        force = [(slot, version) for slot, (version, _) in self._force.items()] + list(self._missing.items())
        return msgspec.json.encode(
            Dumped([(societe_id, role, version) for (_, societe_id, role), version in force], sorted(self._ever))
        )

    def load(self, data: bytes) -> Iterator[tuple[VersionModele, ValueError]]:
        """Put back in force what was dumped; yield the versions that cannot be used any more, with the reason."""
        dumped = msgspec.json.decode(data, type=Dumped)
        self._ever = set(dumped.ever)
        for societe_id, role, version in dumped.force:
            slot = (version.type_modele, societe_id, role)
            try:
                self._force[slot] = (version, self._load(version))
            except ValueError as error:
                self._missing[slot] = version
                yield version, error
