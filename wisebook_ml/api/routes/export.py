"""``/api/ml/export/``: a company's detections of a period, with reasons, verdicts and history, for auditors."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from schemas.base import MAX_ID
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.days import Day
from wisebook_ml.api.lanes import EXPORTS
from wisebook_ml.api.names import named_text
from wisebook_ml.api.route import Route
from wisebook_ml.export import Exported, Period, csv_lines, read_period
from wisebook_ml.export.page import page_of
from wisebook_ml.export.printed import pdf_of
from wisebook_ml.export.report import Report, report_of

__all__ = ["export_router"]

EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(9998, 12, 31)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A report has a style of its own, and nothing else that a browser would run or load."""

CSV, HTML, PDF = "text/csv; charset=utf-8", "text/html; charset=utf-8", "application/pdf"


class ExportQuestion(BaseModel):
    """Whose detections, and of which days; a misspelt parameter is refused."""

    model_config = ConfigDict(extra="forbid")

    societe: int = Field(ge=1, le=MAX_ID, description="Whose.")
    depuis: Day = Field(ge=EARLIEST, le=LATEST, description="First day.")
    jusque: Day = Field(ge=EARLIEST, le=LATEST, description="Last day.")
    langue: Literal["fr", "en"] = Field("fr", description="Of the words, and of how numbers are written.")


def export_router(engine: Engine, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    engine : Engine
        Of the database.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/export", tags=["export"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Question = Annotated[ExportQuestion, Query()]

    def rows(period: Period, call: Call) -> Iterator[Exported]:
        return read_period(engine, period, shown=partial(named_text, call.request))

    def report(asked: ExportQuestion, period: Period, call: Call) -> Report:
        return report_of(rows(period, call), period, asked.langue, access.clock())

    @router.get("/detections.csv", summary="Detections as CSV", responses=_told(CSV), response_class=Response)
    @EXPORTS
    def table(asked: Question, call: Reading) -> Response:
        period = _period(asked, call)
        lines = csv_lines(rows(period, call), asked.langue)
        first = next(lines)  # where the database is away, the answer says so

        async def pieces() -> AsyncIterator[str]:
            line: str | None = first
            while line is not None:
                yield line
                line = await EXPORTS.run(next, lines, None)

        return StreamingResponse(pieces(), media_type=CSV, headers=_named(period, "csv"))

    @router.get("/rapport.html", summary="A report that prints well", responses=_told(HTML), response_class=Response)
    @EXPORTS
    def page(asked: Question, call: Reading) -> Response:
        period = _period(asked, call)
        headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        return Response(page_of(report(asked, period, call)), media_type=HTML, headers=headers)

    @router.get("/rapport.pdf", summary="The same report as PDF", responses=_told(PDF), response_class=Response)
    @EXPORTS
    def printed(asked: Question, call: Reading) -> Response:
        period = _period(asked, call)
        body = pdf_of(report(asked, period, call), access.clock())
        return Response(body, media_type=PDF, headers=_named(period, "pdf"))

    return router


def _period(asked: ExportQuestion, call: Call) -> Period:
    period = Period(call.company(asked.societe), asked.depuis, asked.jusque)
    if period.jusque < period.depuis:
        raise HTTPException(400, f"jusque: {period.jusque} is before {period.depuis}, the first day.")
    return period


def _named(period: Period, kind: str) -> dict[str, str]:
    name = f"wisebook-{period.societe_id}-{period.depuis}-{period.jusque}.{kind}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}


def _told(kind: str) -> dict[int | str, dict[str, object]]:
    return {200: {"description": "The export.", "content": {kind.partition(";")[0]: {}}}}
