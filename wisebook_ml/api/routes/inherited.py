"""Addresses that a company has from the settings of all companies: operators' own, which its people only see masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from schemas import Canal, Destination, Parametres
from wisebook_ml.access import Caller
from wisebook_ml.storage import SettingsStore
from wisebook_ml.storage.parametres import ALL_COMPANIES
from wisebook_ml.tuning.exceptions import Refusal

__all__ = ["Inherited", "inherited_by"]

MASK = "***"
"""Stands for what is not shown; an address with it is still one by its form."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """Addresses that somebody is not shown: they may keep or drop them, and not read them."""

    addresses: frozenset[str]

    def shown(self, parametres: Parametres) -> Parametres:
        """Return settings with these addresses masked."""
        alerts = parametres.alertes
        if not any(one.adresse in self.addresses for one in alerts.destinations):
            return parametres
        told = [replace(one, adresse=self._mask(one)) for one in alerts.destinations]
        return replace(parametres, alertes=replace(alerts, destinations=told))

    def restored(self, patch: Mapping[str, Any], base: Parametres) -> dict[str, Any]:
        """Return a patch with the addresses that its masked ones stand for.

        Parameters
        ----------
        patch : mapping
            A merge patch of settings; its destinations may be those that `shown` gave.
        base : Parametres
            What it is a change of.

        Raises
        ------
        Refusal
            Where a masked address stands for none of them.
        """
        alerts = patch.get("alertes")
        given = alerts.get("destinations") if isinstance(alerts, Mapping) else None
        if not isinstance(alerts, Mapping) or not isinstance(given, list):
            return dict(patch)
        left = [(self._mask(one), one.adresse) for one in base.alertes.destinations if one.adresse in self.addresses]
        return dict(patch) | {"alertes": dict(alerts) | {"destinations": [_restored(one, left) for one in given]}}

    def without(self, text: str) -> str:
        """Return a message without these addresses."""
        for address in sorted(self.addresses, key=len, reverse=True):
            text = text.replace(address, MASK)
        return text

    def _mask(self, destination: Destination) -> str:
        address = destination.adresse
        if address not in self.addresses:
            return address
        if destination.canal is Canal.EMAIL:
            return ", ".join(f"{MASK}@{one.rpartition('@')[2].strip()}" for one in address.split(","))
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{MASK}"


def inherited_by(caller: Caller, versions: SettingsStore) -> Inherited:
    """Return the addresses that a caller is not shown: of who does not see all companies, those set for all of them.

    Those of the past are among them: a company's own settings begin as a copy, and keep them.
    """
    if caller.companies is None:
        return Inherited(frozenset())
    told = versions.history(ALL_COMPANIES)
    return Inherited(frozenset(one.adresse for version in told for one in version.parametres.alertes.destinations))


def _restored(given: object, left: list[tuple[str, str]]) -> object:
    address = given.get("adresse") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(address, str) or MASK not in address:
        return given
    for pair in left:
        if pair[0] == address:
            left.remove(pair)
            return dict(given) | {"adresse": pair[1]}
    raise Refusal(f"alertes.destinations: {address} is masked, and none of the addresses that this company has")
