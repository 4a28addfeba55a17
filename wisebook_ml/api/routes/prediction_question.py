"""What `predict` is asked: rows by the thousand, read where they keep nobody else waiting."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from json import JSONDecodeError
from typing import Annotated, Any

import msgspec
from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from msgspec import Meta

from wisebook_ml.api.answers import REF
from wisebook_ml.api.problems import TOLD
from wisebook_ml.api.route import strict_json

__all__ = ["QUESTION_BODY", "PredictionQuestion", "question_of", "sent_body"]

MOST_ROWS = 1_000
"""Rows of one prediction: as many as a process predicts from in a second, and as a body of 2 MB holds of most."""

MOST_FIELDS = 500
"""Fields of a row: no algorithm reads half as many."""

LONGEST_TEXT = 2_000

JSON = "application/json"

Value = Annotated[str, Meta(max_length=LONGEST_TEXT)] | bool | float | None
Row = Annotated[dict[str, Value], Meta(max_length=MOST_FIELDS)]


class PredictionQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows to predict from: fields by name; `types/` says which an algorithm reads. Of a forecast, days in order."""

    data: Annotated[
        list[Row],
        Meta(
            min_length=1,
            max_length=MOST_ROWS,
            examples=[[{"solde": 50000, "entrees": 20000, "sorties": 15000}]],
        ),
    ]


QUESTION_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"$ref": REF.format(name=PredictionQuestion.__name__)}}},
    }
}
"""The body as the OpenAPI document describes it."""

DECODER = msgspec.json.Decoder(PredictionQuestion)


async def sent_body(request: Request) -> bytes:
    """Return the body of a request, unread.

    Raises
    ------
    HTTPException
        415 where it says that it is no JSON.
    """
    kind = request.headers.get("Content-Type", JSON).partition(";")[0].strip().lower()
    if kind != JSON and not kind.endswith("+json"):
        raise HTTPException(415, f"The body is to be JSON: send it with `Content-Type: {JSON}`.")
    return await request.body()


def question_of(body: bytes) -> PredictionQuestion:
    """Return what is asked; slow, where the body is large.

    Raises
    ------
    RequestValidationError
        Which rows are wrong, and why: in words of the first `TOLD` of them.
    """
    try:
        return DECODER.decode(body)
    except (msgspec.DecodeError, RecursionError):
        try:
            value = strict_json(body)
        except JSONDecodeError as error:
            wrong = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "", "ctx": {"error": error.msg}}
            raise RequestValidationError([wrong]) from error
    raise RequestValidationError(list(_faults(value)))


def _faults(value: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(value, dict):
        yield _fault(("body",), "should be an object with `data`, a list of rows")
        return
    for name in islice(value, TOLD):
        if name != "data":
            yield _fault(("body", name), "there is no such parameter")
    rows = value.get("data")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
        sent = f", and has {len(rows)}" if isinstance(rows, list) else ""
        yield _fault(("body", "data"), f"should be a list of 1 to {MOST_ROWS:,} rows{sent}")
        return
    told = 0
    for number, row in enumerate(rows):
        try:
            msgspec.convert(row, Row)
        except msgspec.ValidationError:
            # The others are counted, and no words are made of them.
            yield _fault(("body", "data", number), "") if told >= TOLD else _wrong_row(number, row)
            told += 1


def _wrong_row(number: int, row: Any) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        return _fault(("body", "data", number), "should be an object: fields by name")
    if len(row) > MOST_FIELDS:
        return _fault(("body", "data", number), f"should have at most {MOST_FIELDS} fields, and has {len(row)}")
    name = next(name for name, value in row.items() if not _fits(value))
    said = f"should be a number, a text of at most {LONGEST_TEXT:,} characters, true, false or null"
    return _fault(("body", "data", number, "field", name), said)


def _fits(value: Any) -> bool:
    try:
        msgspec.convert(value, Value)
    except msgspec.ValidationError:
        return False
    return True


def _fault(loc: Sequence[str | int], message: str) -> Mapping[str, Any]:
    return {"type": "value_error", "loc": loc, "msg": message}
