"""What a request for a forecast may ask for, and the changes of a scenario."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from wisebook_ml.api.days import Day
from wisebook_ml.treasury.books.open_items import ExpectedPayment
from wisebook_ml.treasury.forecasting.forecast import HORIZON
from wisebook_ml.treasury.late import late_payment
from wisebook_ml.treasury.scenarios import Change, Investment, Loan, Movement
from wisebook_ml.treasury.series import ALL_ACCOUNTS

__all__ = ["ForecastQuestion", "Retard", "Scenario"]

MOST_CHANGES = 50
"""Changes of one scenario: as many as a person would state."""

MOST_MONTHS = 600
"""Instalments of a loan: fifty years."""

MOST_DAYS = 3650
LARGEST = 1e11

Amount = Annotated[float, Field(gt=0, le=LARGEST, allow_inf_nan=False)]
Signed = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]


class ForecastQuestion(BaseModel):
    """Which forecast; a misspelt parameter is refused."""

    model_config = ConfigDict(extra="forbid")

    devise: str = Field("EUR", pattern="^[A-Z]{3}$", description="Currency; the others are left out.")
    compte: str = Field(ALL_ACCOUNTS, min_length=1, max_length=64, description="One bank account; `*`: all of them.")
    horizon: int = Field(HORIZON, ge=1, le=HORIZON, description="Days ahead.")
    plancher: Signed | None = Field(
        None, description="Floor that the balance should not pass; by default what the company has set, or 0."
    )


class Retard(BaseModel):
    """A client pays later than it usually does."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["RETARD"]
    client: str = Field(
        min_length=1, max_length=200, description="Auxiliary account or name; `*`: all that are not overdue yet."
    )
    jours: int = Field(ge=1, le=MOST_DAYS)

    def change(self, expected: list[ExpectedPayment]) -> Change:
        """Return it as a change of a forecast."""
        return late_payment(self.client, self.jours, expected)


class Emprunt(BaseModel):
    """Money lent, paid back in constant monthly instalments; without `mois`, later than anyone looks."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["EMPRUNT"]
    date: Day
    montant: Amount
    mois: int | None = Field(None, ge=1, le=MOST_MONTHS)
    taux: float = Field(0.0, ge=0, lt=100, description="Percent a year.")

    def change(self, _: list[ExpectedPayment]) -> Change:
        """Return it as a change of a forecast."""
        if self.mois is None:
            return Movement(self.date, self.montant)
        return Loan(self.date, self.montant, self.mois, self.taux / 100)


class Investissement(BaseModel):
    """Something bought, and what it brings a month."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["INVESTISSEMENT"]
    date: Day
    montant: Amount
    retours: float = Field(0.0, ge=0, le=LARGEST, allow_inf_nan=False, description="What it brings a month.")
    mois: int = Field(0, ge=0, le=MOST_MONTHS)

    def change(self, _: list[ExpectedPayment]) -> Change:
        """Return it as a change of a forecast."""
        return Investment(self.date, self.montant, self.retours, self.mois)


class Flux(BaseModel):
    """Anything else: above 0 comes in, below goes out; monthly, `fois` times."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["FLUX"]
    date: Day
    montant: Signed
    fois: int = Field(1, ge=1, le=MOST_MONTHS)

    def change(self, _: list[ExpectedPayment]) -> Change:
        """Return it as a change of a forecast."""
        return Movement(self.date, self.montant, self.fois)


Changement = Annotated[Retard | Emprunt | Investissement | Flux, Field(discriminator="type")]


class Scenario(ForecastQuestion):
    """A forecast under stated changes."""

    changements: list[Changement] = Field(min_length=1, max_length=MOST_CHANGES)
