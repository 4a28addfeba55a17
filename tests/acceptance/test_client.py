"""The publisher's distribution: what is in it, what it needs, and that it publishes what is scored."""

import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine, inspect
from wisebook_ml_client.outbox.database import EVENTS, LANES
from wisebook_ml_client.outbox.sqlalchemy import metadata

from topics import ENTRIES
from wisebook_ml import __version__

from . import client
from .deployment import Deployment, Worker

NEEDED = ("confluent-kafka", "msgspec")
DJANGO = (*NEEDED, "django", "asgiref", "sqlparse", "psycopg", "psycopg-binary", "typing-extensions")
SQLALCHEMY = (*NEEDED, "sqlalchemy", "typing-extensions")

FOREIGN = ("wisebook_ml", "agents", "schemas", "topics", "numpy", "aiokafka", "pydantic", "django", "sqlalchemy")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return client.build(tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def scoring(shared: Deployment) -> Iterator[Worker]:
    yield shared.start("scoring")


def columns(url: str, metadata: MetaData | None = None) -> set[tuple[str, str, bool]]:
    """Return the columns of the outbox in a database: the same, whoever has made them."""
    engine = create_engine(url if "://" in url else f"sqlite:///{url}")
    if metadata is not None:
        metadata.create_all(engine)
    found = inspect(engine)
    told = {(table, one["name"], one["nullable"]) for table in (EVENTS, LANES) for one in found.get_columns(table)}
    engine.dispose()
    return told


def environment(deployment: Deployment) -> dict[str, str]:
    return {
        "WISEBOOK_ML_BOOTSTRAP_SERVERS": deployment.bootstrap,
        "WISEBOOK_ML_TOPIC_PREFIX": deployment.settings.topic_prefix,
    }


def test_both_distributions_have_the_contract_and_no_common_names(built: tuple[Path, Path]) -> None:
    source, wheel = built
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"wisebook_ml_client"}
    for name in (
        "schemas/entry.py",
        "schemas/json/ecriture.schema.json",
        "schemas/asyncapi.json",
        "topics/incoming.py",
    ):
        assert f"wisebook_ml_client/{name}" in names
    with tarfile.open(source) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"wisebook_ml_client/topics/__init__.py", "examples/django_ledger/manage.py", "README.md"} <= inside


def test_its_version_is_that_of_the_application() -> None:
    ours, theirs = (
        tomllib.loads((client.ROOT / name).read_text())["project"]
        for name in ("pyproject.toml", "client/pyproject.toml")
    )
    assert theirs["version"] == __version__
    assert theirs["requires-python"] == ours["requires-python"]
    # What both need, both need alike.
    assert set(theirs["dependencies"]) <= set(ours["dependencies"])


PUBLISH = """
import datetime, importlib.util, os, sys
present = [name for name in sys.argv[1:] if importlib.util.find_spec(name)]
assert present == [], present
from wisebook_ml_client import EventRefused, Publisher, correct, delete
from wisebook_ml_client.schemas import Ecriture, Ligne
from wisebook_ml_client.topics import ENTRIES
lines = [Ligne(compte_num="606100", debit="121.00"), Ligne(compte_num="401000", credit="120.00")]
entry = Ecriture(
    societe_id=21, ecriture_id="E-1", journal_code="HA", ecriture_date=datetime.date(2025, 3, 3), lignes=lines
)
with Publisher(
    os.environ["WISEBOOK_ML_BOOTSTRAP_SERVERS"], source="/wisebook/core", prefix=os.environ["WISEBOOK_ML_TOPIC_PREFIX"]
) as publisher:
    publisher.publish(entry)
    try:
        publisher.publish(correct(entry, journal_code=""))
    except EventRefused as error:
        print(error)
    publisher.publish(delete(correct(entry)))
"""


def test_it_needs_its_two_libraries_only(
    built: tuple[Path, Path], tmp_path: Path, shared: Deployment, scoring: Worker
) -> None:
    python = client.install(built[1], tmp_path / "venv", *NEEDED)
    program = tmp_path / "publish.py"
    program.write_text(PUBLISH)
    told = client.run([str(python), str(program), *FOREIGN], env=environment(shared))
    assert told.startswith("entry 'E-1' of company 21, revision 2, journal_code: ")
    shared.wait("scoring", ENTRIES, scoring)
    states = [one.detection.etat.value for one in shared.detections(21)]
    assert states == ["OUVERTE", "CLOSE"]


def test_the_program_of_its_readme_runs(
    built: tuple[Path, Path], tmp_path: Path, shared: Deployment, scoring: Worker
) -> None:
    python = client.install(built[1], tmp_path / "venv", *NEEDED)
    text = (client.ROOT / "client" / "README.md").read_text().partition("```python\n")[2].partition("```")[0]
    here = f'"{shared.bootstrap}", prefix="{shared.settings.topic_prefix}"'
    assert '"localhost:9092"' in text
    assert "societe_id=7," in text
    text = text.replace('"localhost:9092"', here).replace("societe_id=7,", "societe_id=25,")
    told = client.run([str(python), "-c", text])
    assert told.startswith(f"Placed(topic='{shared.name(ENTRIES)}', partition=")
    own = [one for one in shared.read(ENTRIES) if one.key == b"25"]
    assert [one.header("ce_id") for one in own] == ["25/E-1042/1", "25/E-1042/2"]


def test_the_examples_in_its_docstrings_hold(built: tuple[Path, Path], tmp_path: Path) -> None:
    """As they are after the build has rewritten what they import."""
    python = client.install(built[1], tmp_path / "venv", *NEEDED)
    program = (
        "import doctest, importlib; names = ('amounts', 'versions', 'topics.events', 'schemas.detection')\n"
        "for name in names:\n"
        "    done = doctest.testmod(importlib.import_module(f'wisebook_ml_client.{name}'))\n"
        "    assert done.failed == 0; print(done.attempted)\n"
    )
    assert client.run([str(python), "-c", program]).split() != ["0"] * 4


def test_the_relay_of_sqlalchemy_is_a_command(built: tuple[Path, Path], tmp_path: Path, shared: Deployment) -> None:
    python = client.install(built[1], tmp_path / "venv", *SQLALCHEMY)
    program = tmp_path / "write.py"
    program.write_text(
        "import datetime, sys\n"
        "from sqlalchemy import create_engine\n"
        "from wisebook_ml_client.outbox.sqlalchemy import Outbox, metadata\n"
        "from wisebook_ml_client.schemas import PositionTresorerie\n"
        "engine = create_engine(sys.argv[1])\n"
        "metadata.create_all(engine)\n"
        "with engine.begin() as connection:\n"
        "    Outbox('/wisebook/core').add(connection, PositionTresorerie(\n"
        "        societe_id=22, compte_num='512000', date=datetime.date(2025, 3, 3), solde='12.50'))\n"
    )
    url = f"sqlite:///{tmp_path / 'core.db'}"
    client.run([str(python), str(program), url])
    relay = [str(python.with_name("wisebook-ml-relay")), "--database", url]
    assert client.run([*relay, "--status"]).startswith("1 events wait")
    assert client.run([*relay, "--once"], env=environment(shared)).startswith("1 events published, 0 set aside")
    assert client.run([*relay, "--refused"]) == ""
    assert client.run([*relay, "--retry", "17"], code=1).startswith("no event 17 is set aside")
    client.run(relay[:1], code=2)
    client.run([*relay[:2], f"sqlite:///{tmp_path / 'empty.db'}"], code=2)
    client.run([*relay[:2], "postgresql://nobody@127.0.0.1:1/none"], code=2)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos)])
def test_the_django_example_from_an_entry_to_its_closed_detection(
    built: tuple[Path, Path],
    tmp_path: Path,
    shared: Deployment,
    scoring: Worker,
    database: str,
    request: pytest.FixtureRequest,
) -> None:
    python = client.install(built[1], tmp_path / "venv", *DJANGO)
    societe = {"sqlite": "23", "postgresql": "24"}[database]
    url = str(tmp_path / "ledger.db") if database == "sqlite" else str(request.getfixturevalue("postgres"))
    # Ids of the two ledgers overlap; their companies do not.
    env = {**environment(shared), "LEDGER_DATABASE": url}

    def manage(*arguments: str, code: int = 0) -> str:
        command = [str(python), "manage.py", *arguments]
        return client.run(command, cwd=client.EXAMPLES / "django_ledger", env=env, code=code)

    manage("relay_outbox", "--status", code=1)  # there is no table yet
    manage("migrate")
    assert columns(url.replace("postgresql://", "postgresql+psycopg://")) == columns("sqlite://", metadata)
    manage("makemigrations", "--check")
    assert manage("ledger", "enter", "--societe", societe, "--debit", "121.00") == "écriture 1 révision 1\n"
    assert manage("ledger", "enter", "--societe", societe) == "écriture 2 révision 1\n"
    assert manage("relay_outbox", "--once").startswith("2 events published, 0 set aside")

    def found() -> str:
        shared.wait("scoring", ENTRIES, scoring)
        manage("consume_detections", "--until-end")
        (line,) = [line for line in manage("ledger", "show").splitlines() if line.startswith("écriture 1 ")]
        return line

    assert found().startswith("écriture 1 révision 1 : ouverte, ")
    assert manage("ledger", "correct", "1") == "écriture 1 révision 2\n"
    assert manage("ledger", "delete", "2") == "écriture 2 révision 2\n"
    assert manage("relay_outbox", "--once").startswith("2 events published")
    assert found().startswith("écriture 1 révision 2 : close, ")
    assert manage("relay_outbox", "--status").startswith("0 events wait")
    manage("ledger", "correct", "2", code=1)  # it is deleted

    # A relay that runs, and loses its connections meanwhile.
    relay = client.start([str(python), "manage.py", "relay_outbox"], client.EXAMPLES / "django_ledger", env)
    try:
        for number in ("3", "4"):
            assert manage("ledger", "enter", "--societe", societe) == f"écriture {number} révision 1\n"
            shared.until(lambda: manage("relay_outbox", "--status").startswith("0 events wait"), "published")
            if database == "postgresql":
                with psycopg.connect(url, autocommit=True) as connection:
                    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    connection.execute(f"{others} AND datname = current_database()")
        relay.terminate()
        assert relay.wait(client.COMMAND_SECONDS) == 0
    finally:
        relay.kill()
