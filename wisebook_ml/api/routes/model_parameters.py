"""What requests about models and campaigns may say."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from schemas import DomaineApplication, Statut, StatutCampagne, TypeModele
from schemas.base import MAX_ID
from wisebook_ml.api.days import Day
from wisebook_ml.storage.models import DEFAULT_FREQUENCY, MAX_NAME

__all__ = [
    "CampaignFilter",
    "DriftFilter",
    "ModelChange",
    "ModelFilter",
    "ModeleId",
    "NewModel",
    "PromotionQuestion",
    "ReasonGiven",
    "TrainingQuestion",
]

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
"""Models or campaigns on a page: what a person scrolls through, and at most a megabyte or so of JSON."""

MAX_DESCRIPTION = 2_000
MAX_REASON = 500
MAX_DAYS = 3_660
"""Ten years: as long as French law has books kept."""

STORABLE: JsonDict = {"pattern": r"^[^\x00]*$"}
"""What `_storable` checks, as a JSON Schema says it."""

ModeleId = Annotated[int, Path(ge=1, le=MAX_ID, description="Number of the model.")]


def _storable(text: str) -> str:
    """Refuse what PostgreSQL cannot hold."""
    if "\0" in text:
        raise PydanticCustomError("no_text", "has the character U+0000, which no text has")
    return text


def _named(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("no_name", "should have a letter at least")
    return text


def _no_text(value: object) -> object:
    """Refuse a number or a truth that is written as a text, or as the other."""
    if isinstance(value, str | bool):
        raise PydanticCustomError("no_number", "should be a number")
    return value


Text = Annotated[str, AfterValidator(_storable)]
Number = BeforeValidator(_no_text)
"""Follows the bounds of a number: in front of them, the document would not tell them."""
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_NAME,
        description="Unique within the company.",
        json_schema_extra={"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"},
    ),
    AfterValidator(_storable),
    AfterValidator(_named),
]
Description = Annotated[Text, Field(max_length=MAX_DESCRIPTION, description="For people.", json_schema_extra=STORABLE)]
Frequency = Annotated[int, Field(ge=1, le=MAX_DAYS, description="Days until it is due to be trained again."), Number]
Algorithm = Annotated[
    dict[str, Any], Field(description="Parameters of the algorithm; `types/` says which there are. Others are refused.")
]


class ModelFilter(BaseModel):
    """Filters of the models; a misspelt one is refused, since ignoring it would show more than was asked for."""

    model_config = ConfigDict(extra="forbid")

    societe: int | None = Field(None, ge=0, le=MAX_ID, description="Only this company's; 0: the global ones.")
    type: TypeModele | None = Field(None, description="Only of this algorithm.")
    statut: Statut | None = Field(None, description="Only in this state.")
    domaine: DomaineApplication | None = Field(None, description="Only for this purpose.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Models on a page.")
    offset: int = Field(0, ge=0, le=MAX_ID, description="Models to pass over before it.")


class CampaignFilter(BaseModel):
    """Filters of the campaigns."""

    model_config = ConfigDict(extra="forbid")

    societe: int | None = Field(None, ge=0, le=MAX_ID, description="Only this company's; 0: of the global models.")
    modele: int | None = Field(None, ge=1, le=MAX_ID, description="Only of this model.")
    statut: StatutCampagne | None = Field(None, description="Only in this state.")
    ouverte: bool | None = Field(None, description="Only those that wait or are in work; false: only those that ended.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Campaigns on a page.")
    offset: int = Field(0, ge=0, le=MAX_ID, description="Campaigns to pass over before it.")


class DriftFilter(BaseModel):
    """Filters of the reports of drift."""

    model_config = ConfigDict(extra="forbid")

    societe: int | None = Field(None, ge=0, le=MAX_ID, description="Only this company's; 0: of the global models.")
    modele: int | None = Field(None, ge=1, le=MAX_ID, description="Only of this model.")
    derive: bool | None = Field(None, description="Only those that found drift; false: only those that found none.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Reports on a page.")
    offset: int = Field(0, ge=0, le=MAX_ID, description="Reports to pass over before it.")


class NewModel(BaseModel):
    """A model to create; it is a draft until it is trained."""

    model_config = ConfigDict(extra="forbid")

    societe_id: Annotated[int, Field(ge=0, le=MAX_ID), Number] = Field(
        description="Whose; 0: a global one, for tokens that see all companies."
    )
    nom: Name
    type_modele: TypeModele
    domaine_application: DomaineApplication | None = Field(None, description="By default what the algorithm is for.")
    parametres_modele: Algorithm = {}
    description: Description = ""
    reentrainement_auto: bool = Field(True, strict=True, description="Whether it is trained again by itself.")
    frequence_reentrainement: Frequency = DEFAULT_FREQUENCY


class ModelChange(BaseModel):
    """What is to change of a model, from its next training on; what is not named stays."""

    model_config = ConfigDict(extra="forbid")

    nom: Name | None = None
    description: Description | None = None
    parametres_modele: Algorithm | None = None
    reentrainement_auto: StrictBool | None = None
    frequence_reentrainement: Frequency | None = None


class TrainingQuestion(BaseModel):
    """Which rows to train on; without dates, all that there are."""

    model_config = ConfigDict(extra="forbid")

    du: Day | None = Field(None, description="First date of the rows.")
    au: Day | None = Field(None, description="Last date of the rows.")


class ReasonGiven(BaseModel):
    """Why it is done, for the history."""

    model_config = ConfigDict(extra="forbid")

    motif: Annotated[Text, Field(max_length=MAX_REASON, description="Why.", json_schema_extra=STORABLE)] = ""


class PromotionQuestion(ReasonGiven):
    """Which version is to be in charge, and why."""

    version: Annotated[int, Field(ge=1, le=MAX_ID), Number] = Field(
        description="A version that `GET` on the model's `versions/` lists."
    )
