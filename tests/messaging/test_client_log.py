"""What the client repeats is logged once in a while."""

import logging

import pytest

from wisebook_ml.messaging.client_log import MOST_KINDS, PAUSE_SECONDS, OnceInAWhile

REFUSED = (
    "localhost:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after {}ms in state CONNECT{})"
)


class Log:
    """A logger with the filter under test, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.lines: list[str] = []
        self.logger = logging.Logger("client")
        self.logger.addFilter(OnceInAWhile(clock=lambda: self.now))
        handler = logging.Handler()
        handler.emit = lambda record: self.lines.append(record.getMessage())  # type: ignore[method-assign]
        self.logger.addHandler(handler)

    def say(self, text: str, facility: str = "FAIL", client: str = "rdkafka#producer-1", level: int = 40) -> None:
        # As the client does it.
        self.logger.log(level, "%s [%s] %s", facility, client, text)


@pytest.fixture
def log() -> Log:
    return Log()


def test_the_first_of_a_kind_passes_as_it_is(log: Log) -> None:
    log.say("gone")
    assert log.lines == ["FAIL [rdkafka#producer-1] gone"]


def test_what_is_repeated_passes_once_a_pause_with_the_number_of_those_held_back(log: Log) -> None:
    for k in range(10):
        log.say(
            REFUSED.format(k, "" if k % 2 else f", {k} identical error(s) suppressed"), client=f"rdkafka#consumer-{k}"
        )
        log.now += 1.0
    assert len(log.lines) == 1
    log.now += PAUSE_SECONDS
    log.say(REFUSED.format(0, ""))
    assert len(log.lines) == 2
    assert log.lines[1].endswith("(9 more like it since the last one that is shown)")
    log.now += PAUSE_SECONDS
    log.say(REFUSED.format(0, ""))
    assert log.lines[2] == "FAIL [rdkafka#producer-1] " + REFUSED.format(0, "")


def test_threads_of_the_client_make_no_difference_but_brokers_levels_and_facilities_do(log: Log) -> None:
    log.say("[thrd:one:9092/1]: one:9092/1: gone")
    log.say("[thrd:app]: one:9092/1: gone")
    log.say("[thrd:two:9092/2]: two:9092/2: gone")
    log.say("[thrd:one:9092/1]: one:9092/1: gone", facility="ERROR")
    log.say("[thrd:one:9092/1]: one:9092/1: gone", level=30)
    assert len(log.lines) == 4


def test_other_records_than_the_clients_are_kept_apart_by_their_text(log: Log) -> None:
    for text in ("one", "one", "two 100%"):
        log.logger.warning(text)
    log.now += PAUSE_SECONDS
    log.logger.warning("one")
    assert log.lines == ["one", "two 100%", "one (1 more like it since the last one that is shown)"]


def test_memory_of_kinds_is_bounded(log: Log) -> None:
    for k in range(3 * MOST_KINDS):
        log.say(f"text {k}")
    assert len(log.lines) == 3 * MOST_KINDS
    (held,) = log.logger.filters
    assert isinstance(held, OnceInAWhile)
    assert len(held._passed) <= MOST_KINDS
