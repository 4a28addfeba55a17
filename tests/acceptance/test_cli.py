"""What the commands say, above all when something is missing: a sentence and an exit status, never a stack trace."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from schemas import Ecriture
from topics import ENTRIES
from wisebook_ml.fec import write_fec
from wisebook_ml.generator import final_state, generate_ledger

from .deployment import Deployment

QUICK_SECONDS = 15.0
"""How long a command may take to say what is missing, the start of Python included."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Ecriture]]:
    """A FEC with a line that cannot be read, and its entries."""
    made = generate_ledger(entries=300, seed=61)
    path = tmp_path_factory.mktemp("fec") / f"{made.company.siren}FEC20241231.txt"
    entries = final_state(made.events, cloture=True)
    write_fec(entries, path)
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write("VE\tVentes\ttoo\tshort\r\n")
    return path, entries


@pytest.fixture
def bare(kafka: str, topic_prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment whose topics nobody has created."""
    one = Deployment(kafka, topic_prefix, tmp_path / "home")
    yield one
    one.close()


def assert_told(done: "subprocess.CompletedProcess[bytes]", *expected: str) -> None:
    """Check that a command failed with a message for a person."""
    said = done.stderr.decode()
    assert done.returncode != 0
    for part in expected:
        assert part in said
    assert "Traceback" not in said + done.stdout.decode()
    assert len(said.splitlines()) <= 5


def test_publishing_a_fec_counts_what_checking_it_counts(
    deployment: Deployment, ledger: tuple[Path, list[Ecriture]]
) -> None:
    path, entries = ledger
    checked = deployment.run("fec", "check", str(path), "--json")
    published = deployment.run("publish", "fec", str(path), "--json")
    assert (checked.returncode, published.returncode) == (1, 1)  # a line was rejected
    told, counts = json.loads(published.stdout), json.loads(checked.stdout)
    assert told == {**counts, "published": counts["entries"], "refused": []}
    assert (counts["entries"], counts["rejected"]) == (len(entries), 1)
    assert counts["lines"] == sum(len(entry.lignes) for entry in entries) + 1

    seen = deployment.read(ENTRIES)
    assert len(seen) == counts["entries"]
    assert {one.key for one in seen} == {b"1"}
    lines = [ligne for one in seen for ligne in msgspec.json.decode(one.value or b"", type=Ecriture).lignes]
    assert len(lines) == counts["lines"] - counts["rejected"]


@pytest.mark.parametrize(
    "command",
    [("worker", "scoring"), ("worker", "storage"), ("publish", "fec", "{fec}"), ("train", "--societe", "1")],
    ids=" ".join,
)
def test_without_a_broker_a_command_says_how_to_start_one(
    bare: Deployment, ledger: tuple[Path, list[Ecriture]], command: Sequence[str]
) -> None:
    arguments = [part.format(fec=ledger[0]) for part in command]
    done = bare.run(*arguments, timeout=QUICK_SECONDS, WISEBOOK_ML_BOOTSTRAP_SERVERS="")
    assert_told(done, "wisebook-ml kafka start", "WISEBOOK_ML_BOOTSTRAP_SERVERS")


@pytest.mark.parametrize(
    "command",
    [
        ("worker", "scoring"),
        ("worker", "storage"),
        ("worker", "training"),
        ("publish", "fec", "{fec}"),
        ("train", "--societe", "1"),
    ],
    ids=" ".join,
)
def test_without_topics_a_command_says_how_to_create_them(
    bare: Deployment, ledger: tuple[Path, list[Ecriture]], command: Sequence[str]
) -> None:
    arguments = [part.format(fec=ledger[0]) for part in command]
    assert_told(bare.run(*arguments, timeout=QUICK_SECONDS), bare.settings.topic_prefix, "wisebook-ml topics apply")


def test_an_unknown_role_is_answered_with_those_that_exist(bare: Deployment) -> None:
    assert_told(bare.run("worker", "scorer", timeout=QUICK_SECONDS), "'scorer'", "scoring, storage, training")
