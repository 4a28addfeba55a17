"""What a company has set of its treasury: its floors, how probable running dry must be for a warning, its holidays."""

from typing import Self

import msgspec

from schemas import Parametres, ReglageTresorerie, to_minor

__all__ = ["USUAL", "Rules"]


class Rules(msgspec.Struct, frozen=True, array_like=True):
    """Settings of the treasury as they are in force.

    Parameters
    ----------
    plancher : dict of str to int
        By currency, the balance that is not to be passed, in minor units; 0 where there is none.
    probabilite : float
        Of passing it within the horizon, from which the company is warned.
    pays : str
        Whose public holidays its cash keeps.
    version : int
        Of the settings; 0 for the built-in defaults.
    """

    plancher: dict[str, int]
    probabilite: float
    pays: str
    version: int = 0

    @classmethod
    def of(cls, reglage: ReglageTresorerie, version: int = 0) -> Self:
        """Return the rules that settings state.

        Examples
        --------
        >>> rules = Rules.of(ReglageTresorerie(plancher={"EUR": "20000.50"}), 3)
        >>> rules.floor("EUR"), rules.floor("USD"), rules.version
        (20000.5, 0.0, 3)
        """
        floors = {devise: to_minor(montant) for devise, montant in reglage.plancher.items()}
        return cls(floors, reglage.probabilite_alerte, reglage.pays, version)

    def floor(self, devise: str) -> float:
        """Return the floor of a currency, in its units, as forecasts are."""
        return self.plancher.get(devise, 0) / 100

    def warns_like(self, other: "Rules", devise: str) -> bool:
        """Tell whether a forecast in a currency leads to the same warnings under both."""
        return (self.floor(devise), self.probabilite) == (other.floor(devise), other.probabilite)


USUAL = Rules.of(Parametres(societe_id=0).tresorerie)
"""Rules of a company that nobody has set any for."""
