"""Models in memory before they are needed: one load each, whoever asks, and nothing kept of what failed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas import TypeModele, VersionModele
from wisebook_ml.pipeline.model_cache import ModelCache

WAIT = 60.0


def version(number: int) -> VersionModele:
    return VersionModele(
        modele_id=1,
        version=number,
        societe_id=1,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact=f"1/1/{number}/model.pkl",
        sha256="0" * 64,
    )


class Loader:
    """Counts what is loaded; waits where it is told to."""

    def __init__(self) -> None:
        self.loaded: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None

    def __call__(self, wanted: VersionModele) -> str:
        self.loaded.append(wanted.version)
        assert self.gate.wait(WAIT)
        if self.failure is not None:
            raise self.failure
        return f"model {wanted.version}"


def until_held(cache: ModelCache[str], number: int) -> None:
    deadline = time.monotonic() + WAIT
    while not cache.holds(version(number)):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_was_loaded_ahead_is_there_at_once() -> None:
    load = Loader()
    cache = ModelCache(load)
    cache.ahead(version(1))
    until_held(cache, 1)
    cache.ahead(version(1))
    assert cache.get(version(1)) == "model 1"
    assert load.loaded == [1]


def test_who_asks_while_it_is_being_loaded_waits_for_that_one() -> None:
    load = Loader()
    load.gate.clear()
    cache = ModelCache(load)
    cache.ahead(version(1))
    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(cache.get, version(1)) for _ in range(3)]
        time.sleep(0.05)
        load.gate.set()
        assert [one.result(WAIT) for one in asked] == ["model 1"] * 3
    assert load.loaded == [1]


def test_who_asks_does_not_wait_for_others_in_the_queue() -> None:
    load = Loader()
    load.gate.clear()
    cache = ModelCache(load)
    cache.ahead(version(1))  # in work, and slow
    cache.ahead(version(2))  # queued behind it

    class Fast:
        def __call__(self, wanted: VersionModele) -> str:
            return f"model {wanted.version}"

    while load.loaded != [1]:
        time.sleep(0.005)
    cache._load = Fast()
    assert cache.get(version(2)) == "model 2"
    load.gate.set()


def test_what_failed_is_tried_again() -> None:
    load = Loader()
    load.failure = ValueError("artefact cannot be read")
    cache = ModelCache(load)
    cache.ahead(version(1))
    with pytest.raises(ValueError, match="cannot be read"):
        cache.get(version(1))
    with pytest.raises(ValueError, match="cannot be read"):
        cache.get(version(1))
    load.failure = None
    assert cache.get(version(1)) == "model 1"
    assert cache.holds(version(1))


def test_the_oldest_are_let_go() -> None:
    load = Loader()
    cache = ModelCache(load, capacity=2)
    for number in (1, 2, 3):
        cache.get(version(number))
    assert [cache.holds(version(number)) for number in (1, 2, 3)] == [False, True, True]
    cache.get(version(2))
    cache.get(version(4))
    assert [cache.holds(version(number)) for number in (2, 3, 4)] == [True, False, True]


def test_what_is_let_go_before_anybody_began_is_not_loaded() -> None:
    load = Loader()
    load.gate.clear()
    cache = ModelCache(load, capacity=1)
    for number in (1, 2, 3):
        cache.ahead(version(number))
    load.gate.set()
    until_held(cache, 3)
    assert load.loaded == [1, 3]


def test_another_artefact_under_the_same_number_is_another_model() -> None:
    load = Loader()
    cache = ModelCache(load)
    cache.get(version(1))
    forged = VersionModele(
        modele_id=1,
        version=1,
        societe_id=1,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact="1/1/1/model.pkl",
        sha256="1" * 64,
    )
    assert not cache.holds(forged)


def test_many_threads_and_versions() -> None:
    load = Loader()
    cache = ModelCache(load, capacity=3)
    with ThreadPoolExecutor(8) as threads:
        wanted = [1 + k * 7 % 5 for k in range(400)]
        asked = [threads.submit(cache.get, version(number)) for number in wanted]
        for number in wanted:
            cache.ahead(version(number))
        assert [one.result(WAIT) for one in asked] == [f"model {number}" for number in wanted]
