"""What the commands say, above all when something is missing: a sentence and an exit status, never a stack trace."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from schemas import Avis, Ecriture, PositionTresorerie, Tick
from topics import ENTRIES, FEEDBACK, TREASURY
from wisebook_ml.fec import write_fec
from wisebook_ml.generator import final_state, generate_ledger, judge_ledger, treasury_positions, write_ledger

from .deployment import Deployment

QUICK_SECONDS = 60.0
"""How long a command may take to say what is missing, on a busy machine; one that waits for it does so for ever."""


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
    # A worker's log says what it does to a new database, a line a migration.
    assert sum(" INFO " not in line for line in said.splitlines()) <= 5


def said(deployment: Deployment, arguments: Sequence[str], **env: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command; a worker as a process of its own."""
    if arguments[0] == "worker":
        return deployment.execute(*arguments, timeout=QUICK_SECONDS, **env)
    return deployment.run(*arguments, **env)


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

    *seen, closing = deployment.read(ENTRIES)
    assert len(seen) == counts["entries"]
    assert {one.key for one in (*seen, closing)} == {b"1"}
    assert msgspec.json.decode(closing.value or b"", type=Tick).minuterie == "import"
    lines = [ligne for one in seen for ligne in msgspec.json.decode(one.value or b"", type=Ecriture).lignes]
    assert len(lines) == counts["lines"] - counts["rejected"]


def test_verdicts_and_positions_of_a_generated_company_are_published(deployment: Deployment, tmp_path: Path) -> None:
    made = generate_ledger(entries=200, seed=62, societe_id=3)
    write_ledger(made, tmp_path)
    judged = judge_ledger(made.publications, made.labels, seed=62)
    positions = treasury_positions(made.publications, seed=62)
    with (tmp_path / "avis.jsonl").open("a") as file:
        file.write('{"societe_id":3,"verdict":"PEUT-ETRE","auteur":"x"}\n')

    for _ in range(2):  # again changes no id
        told = deployment.run("publish", "feedback", str(tmp_path / "avis.jsonl"))
        assert told.returncode == 1
        assert f"{len(judged.avis)} verdicts published." in told.stdout.decode()
        assert f"avis.jsonl:{len(judged.avis) + 1}: " in told.stderr.decode()
    seen = deployment.read(FEEDBACK)
    assert {one.key for one in seen} == {b"3"}
    assert len({one.partition for one in seen}) == 1
    half = len(seen) // 2
    assert [msgspec.json.decode(one.value or b"", type=Avis) for one in seen[:half]] == [a for _, a in judged.avis]
    assert [one.header("ce_id") for one in seen[:half]] == [one.header("ce_id") for one in seen[half:]]
    assert len({one.header("ce_id") for one in seen}) == half

    told = deployment.run("publish", "treasury", str(tmp_path / "tresorerie.jsonl"))
    assert (told.returncode, told.stdout.decode()) == (0, f"{len(positions)} positions published.\n")
    seen = deployment.read(TREASURY)
    assert [msgspec.json.decode(one.value or b"", type=PositionTresorerie) for one in seen] == positions
    assert {one.key for one in seen} == {b"3"}


def test_a_table_of_positions_without_its_columns_is_explained(bare: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "positions.csv"
    path.write_text("compte,jour,solde\n512,2024-01-01,3.00\n")
    done = bare.run("publish", "treasury", str(path))
    assert_told(done, "societe_id, compte_num, date, solde", "missing: societe_id, compte_num, date")


@pytest.mark.parametrize(
    "command",
    [("worker", "scoring"), ("worker", "storage"), ("publish", "fec", "{fec}"), ("train", "--all", "--societe", "1")],
    ids=" ".join,
)
def test_without_a_broker_a_command_says_how_to_start_one(
    bare: Deployment, ledger: tuple[Path, list[Ecriture]], command: Sequence[str]
) -> None:
    arguments = [part.format(fec=ledger[0]) for part in command]
    done = said(bare, arguments, WISEBOOK_ML_BOOTSTRAP_SERVERS="")
    assert_told(done, "wisebook-ml kafka start", "WISEBOOK_ML_BOOTSTRAP_SERVERS")


@pytest.mark.parametrize(
    "command",
    [
        ("worker", "scoring"),
        ("worker", "storage"),
        ("worker", "training"),
        ("publish", "fec", "{fec}"),
        ("train", "--all", "--societe", "1"),
    ],
    ids=" ".join,
)
def test_without_topics_a_command_says_how_to_create_them(
    bare: Deployment, ledger: tuple[Path, list[Ecriture]], command: Sequence[str]
) -> None:
    arguments = [part.format(fec=ledger[0]) for part in command]
    assert_told(said(bare, arguments), bare.settings.topic_prefix, "wisebook-ml topics apply")


def test_an_unknown_role_is_answered_with_those_that_exist(bare: Deployment) -> None:
    assert_told(
        bare.run("worker", "scorer"),
        "'scorer'",
        "scoring, statistics, storage, timers, training",
    )
