"""Many slow requests at once: what is quick is answered meanwhile."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import HTTPException

from wisebook_ml.api import lanes
from wisebook_ml.api.lanes import Lane
from wisebook_ml.settings import Settings

SLOW = 50
"""More than the forty threads that all routes share."""


@pytest.fixture
def paused() -> Iterator[str]:
    """Address of brokers that take connections and say nothing, as those of a machine that hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def settings(database_url: str, tmp_path: Path, paused: str) -> Settings:
    return Settings(database_url=database_url, home=tmp_path, bootstrap_servers=paused, _env_file=None)


def test_brokers_that_hang_keep_nobody_else_waiting(client: Callable[[str], httpx.Client]) -> None:
    operator = client("operator")
    operator.timeout = httpx.Timeout(120)
    limits = httpx.Limits(max_connections=SLOW + 10)
    with (
        httpx.Client(base_url=operator.base_url, headers=operator.headers, limits=limits, timeout=180) as slow,
        ThreadPoolExecutor(SLOW) as pool,
    ):
        places = ["/api/ml/workers/", "/api/ml/workers/", "/api/ml/detections/flux/"]
        asked = [pool.submit(slow.get, places[number % len(places)]) for number in range(SLOW)]
        for _ in range(5):
            assert operator.get("/healthz").status_code == 200
            assert operator.get("/api/ml/detections/").status_code == 200
            assert operator.get("/api/ml/modeles/").status_code == 200
        ready = operator.get("/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, ["The Kafka brokers do not answer."])
        waiting = sum(not one.done() for one in asked)
        assert waiting > SLOW / 2
        assert {one.result().status_code for one in asked} == {503}


def test_a_lane_has_so_many_threads_and_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MOST_WAITING", 3)
    lane, free = Lane("sums", 2), threading.Event()
    began: list[bool] = []
    said: list[str] = []

    def slow() -> None:
        began.append(True)
        assert free.wait(60)

    async def ask() -> None:
        try:
            await lane.run(slow)
        except HTTPException as error:
            said.append(error.detail)
            assert error.status_code == 503

    async def work() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(7):
                group.start_soon(ask)
            while len(said) < 2:
                await anyio.sleep(0.01)
            assert len(began) <= 2
            free.set()

    anyio.run(work)
    assert len(began) == 5
    assert said == ["Too many sums wait already. Send it again in a moment."] * 2
