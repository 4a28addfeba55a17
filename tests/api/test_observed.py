"""An error of the service itself: the answer has the request's id, and it is counted."""

from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY

from wisebook_ml.api.observed import Observed
from wisebook_ml.api.problems import install_problems


def test_an_error_of_the_service_has_the_id_of_its_request() -> None:
    app = FastAPI()
    install_problems(app)
    app.add_middleware(Observed)

    @app.get("/broken/{number}")
    def broken(number: int) -> None:
        raise RuntimeError("secret")

    answer = TestClient(app, raise_server_exceptions=False).get("/broken/7", headers={"X-Request-ID": "ticket-9"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "ticket-9")
    assert "secret" not in answer.text
    labels = {"method": "GET", "route": "/broken/{number}", "status": "500"}
    assert REGISTRY.get_sample_value("wisebook_ml_http_requests_total", labels) == 1


def test_no_browser_takes_an_answer_for_something_else() -> None:
    app = FastAPI()
    app.add_middleware(Observed)

    @app.get("/data")
    def data(response: Response) -> list[str]:
        response.headers["X-Content-Type-Options"] = "nosniff"
        return ["<script>"]

    client = TestClient(app)
    for path in ("/data", "/nothing"):
        assert client.get(path).headers.get_list("x-content-type-options") == ["nosniff"]
