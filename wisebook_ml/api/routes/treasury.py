"""``/api/ml/tresorerie/``: what a company will have in the bank, and what it would have under a scenario."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from schemas.base import MAX_ID
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.lanes import FORECASTS
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.treasury_parameters import ForecastQuestion, Retard, Scenario
from wisebook_ml.api.wording import Bilingual
from wisebook_ml.treasury.books.open_items import ExpectedPayment, expected_payments, open_items, usual_delays
from wisebook_ml.treasury.exceptions import NotEnoughHistory, TreasuryError
from wisebook_ml.treasury.report import forecast_json, models_json
from wisebook_ml.treasury.scenarios import apply
from wisebook_ml.treasury_desk.desk import Answer, TreasuryDesk

__all__ = ["treasury_router"]

Json = dict[str, object]


def treasury_router(desk: TreasuryDesk, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    desk : TreasuryDesk
        Who forecasts.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/tresorerie", tags=["tresorerie"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Company = Annotated[int, Path(ge=1, le=MAX_ID)]

    @router.get("/{societe_id}/", summary="The forecast of a company's cash, day by day, with intervals and risk")
    @FORECASTS
    def forecast(societe_id: Company, question: Annotated[ForecastQuestion, Query()], call: Reading) -> Json:
        answer = _answer(desk, societe_id, question, call)
        return _forecast(answer, question) | {"modeles": models_json(answer.model)}

    @router.post("/{societe_id}/scenario/", summary="The same forecast without and with stated changes")
    @FORECASTS
    def scenario(societe_id: Company, scenario: Scenario, call: Reading) -> Json:
        late = any(isinstance(one, Retard) for one in scenario.changements)
        answer = _answer(desk, societe_id, scenario, call, books=late)
        expected = _expected(answer) if late else []
        try:
            changed = apply(answer.forecast, [one.change(expected) for one in scenario.changements])
        except TreasuryError as error:
            raise HTTPException(400, _told(error)) from error
        after = replace(answer, forecast=changed)
        return {
            "hypotheses": [one.model_dump(mode="json") for one in scenario.changements],
            "sans": _forecast(answer, scenario),
            "avec": _forecast(after, scenario),
        }

    return router


def _answer(
    desk: TreasuryDesk, societe_id: int, question: ForecastQuestion, call: Call, *, books: bool = False
) -> Answer:
    company = call.company(societe_id)
    try:
        return desk.forecast(
            company, devise=question.devise, compte=question.compte, horizon=question.horizon, books=books
        )
    except NotEnoughHistory as error:
        raise HTTPException(404, _told(error, "There is no forecast: ", "Pas de prévision : ")) from error


def _told(error: TreasuryError, en: str = "", fr: str = "") -> str:
    return Bilingual(f"{en}{error}", fr + error.fr) if error.fr else f"{en}{error}"


def _forecast(answer: Answer, question: ForecastQuestion) -> Json:
    rules = answer.rules
    plancher = rules.floor(question.devise) if question.plancher is None else question.plancher
    return forecast_json(
        answer.series,
        answer.forecast,
        plancher,
        derived=answer.cash.derived,
        probabilite_alerte=rules.probabilite,
    )


def _expected(answer: Answer) -> list[ExpectedPayment]:
    entries, day = answer.cash.entries, answer.series.last
    return expected_payments(open_items(entries, day), usual_delays(entries, day), day)
