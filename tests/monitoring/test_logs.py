"""Log lines as programs read them, and ids that follow a request."""

import json
import logging
import sys

from wisebook_ml.messaging.correlation import CORRELATION, correlated
from wisebook_ml.messaging.events import provenance
from wisebook_ml.monitoring.logs import JsonFormatter


def line(message: str, *arguments: object, exc_info: object = None) -> dict[str, str]:
    record = logging.LogRecord("shop", logging.ERROR, "", 0, message, arguments, exc_info)  # type: ignore[arg-type]
    text = JsonFormatter("scoring").format(record)
    assert "\n" not in text
    told: dict[str, str] = json.loads(text)
    return told


def test_whatever_is_logged_is_one_object_on_one_line() -> None:
    try:
        int("two\nlines")
    except ValueError:
        told = line("with %r", 'quotes" and\nbreaks', exc_info=sys.exc_info())
    assert told["role"] == "scoring"
    assert told["level"] == "ERROR"
    assert "ValueError: invalid" in told["exception"]
    assert "correlation" not in told


def test_lines_and_records_of_a_request_have_its_id() -> None:
    token = CORRELATION.set("request-7")
    try:
        assert line("x")["correlation"] == "request-7"
        assert correlated([("ce_id", b"1")]) == [("ce_id", b"1"), ("wb_correlation", b"request-7")]
        assert correlated([("wb_correlation", b"6")]) == [("wb_correlation", b"6")]
    finally:
        CORRELATION.reset(token)
    assert correlated([("ce_id", b"1")]) == [("ce_id", b"1")]


def test_what_follows_from_an_event_has_its_id_to_the_last() -> None:
    entry = [("ce_id", b"E-1/1")]
    detection = [("ce_id", b"D"), *provenance("t", 0, 1, cause=entry)]
    alert = provenance("t", 0, 1, cause=detection)
    assert dict(alert)["wb_correlation"] == b"E-1/1"
