"""`python -m tests.tour`: the scenario, shown to a person step by step; `PAUSE=1` waits for Enter before each."""

import os
import shutil
import tempfile
from pathlib import Path

import click
from playwright.sync_api import Error

from bench.postgres import PostgresFailed, local_postgres
from tests.browser import NoChromium, chromium, opened
from tests.conftest import BROKER_JAVA
from wisebook_ml.broker import BrokerError, LocalKafka
from wisebook_ml.cli.compile import announce_compiling

from .end_state import differences
from .narrator import Aloud, Narrator
from .scenario import a_day

FOLDER = Path(__file__).parents[2] / "build" / "tour"
"""Ignored by git; what an earlier tour has left there is removed."""

LOGS = "logs"


@click.command()
@click.option("--pause", is_flag=True, envvar="PAUSE", help="Wait for Enter before each step.")
def tour(pause: bool) -> None:
    """Show a day in the life of the whole system: some minutes, on a Kafka, a PostgreSQL and a browser of its own.

    The story and its pictures are kept in build/tour.
    """
    # Nine processes share the processors: more threads each would only wait for one another.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        path = chromium()
    except NoChromium as error:
        raise click.ClickException(str(error)) from error
    announce_compiling()
    tell = Aloud(FOLDER, pause=pause)
    home = Path(tempfile.mkdtemp(prefix="wisebook-tour-"))
    try:
        _show(path, home, tell)
    except (BrokerError, PostgresFailed) as error:
        raise click.ClickException(str(error)) from error
    except ImportError as error:
        raise click.ClickException(f"{error}: install what the tests need (`make setup`)") from error
    except (AssertionError, Error) as error:
        _keep_logs(home, FOLDER / LOGS)
        raise click.ClickException(
            f"the tour broke off: {error}\nThe logs of all processes: {FOLDER / LOGS}"
        ) from error
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _show(chromium_path: str, home: Path, tell: Aloud) -> None:
    tell.console.print("Starting Kafka, PostgreSQL, a browser, seven workers and the API")
    with (
        LocalKafka(home / "kafka", java_options=BROKER_JAVA, progress=tell.console.print) as kafka,
        local_postgres() as server,
        opened(chromium_path) as browser,
    ):
        end = a_day(kafka, server, browser, home / "disturbed", tell, disturbed=True)
        tell.chapter("The same once more, with nobody killed: does it end the same?")
        tell.say("All steps again, in silence, on topics and a database of their own.")
        with tell.console.status("As long as before"):
            quiet = a_day(kafka, server, browser, home / "undisturbed", Narrator(), disturbed=False)
    found = differences(quiet, end)
    if found:
        raise AssertionError("the ends differ:\n" + "\n".join(found))
    tell.table(("compared", "records or rows, all the same"), [(name, len(told)) for name, told in end.items() if told])
    tell.say(
        "Moments by the wall clock, names of processes and what is drawn by chance are left out: "
        "tests/tour/end_state.py says what and why."
    )
    tell.console.print(f"\nThe story with its pictures: {tell.end()}", soft_wrap=True)


def _keep_logs(home: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in home.glob("*/*.log"):
        shutil.copy(path, folder / f"{path.parent.name}-{path.name}")


if __name__ == "__main__":
    tour()
