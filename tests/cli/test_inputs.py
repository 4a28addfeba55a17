"""`wisebook-ml controls inputs`: what the entries on the topic give, and which controls are off without it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from schemas import Ecriture
from topics import ENTRIES
from wisebook_ml.cli import main
from wisebook_ml.generator import generate_ledger
from wisebook_ml.handbook.catalogue import checks
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries
from wisebook_ml.settings import get_settings


@pytest.fixture(scope="module")
def entries() -> list[Ecriture]:
    return list(generate_ledger(entries=60, seed=5).events)


@pytest.fixture
def deployment(kafka: str, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have the commands find topics of one test alone; gives the broker."""
    apply_topics(kafka, topic_prefix, declared=[ENTRIES])
    for name, value in (("BOOTSTRAP_SERVERS", kafka), ("TOPIC_PREFIX", topic_prefix), ("HOME", str(tmp_path))):
        monkeypatch.setenv(f"WISEBOOK_ML_{name}", value)
    get_settings.cache_clear()
    yield kafka
    get_settings.cache_clear()


def publish(kafka: str, prefix: str, *entries: Ecriture) -> None:
    with EventProducer(kafka, prefix) as producer:
        assert publish_entries(entries, producer, "test").refused == []


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(main, ["controls", "inputs", *arguments])


def off(societe_id: int) -> dict[str, list[str]]:
    """Return what the command says is off, with what is absent."""
    done = run("--societe", str(societe_id), "--json")
    assert done.exit_code == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["code"] for one in told] == [check.code.value for check in checks()]
    assert all(one["off"] is bool(one["absent"]) and one["societe_id"] == societe_id for one in told)
    return {one["code"]: one["absent"] for one in told if one["off"]}


def test_a_control_is_off_until_an_entry_gives_what_it_needs(
    deployment: str, topic_prefix: str, entries: list[Ecriture]
) -> None:
    bare = [replace(one, societe_id=3, saisie_le=None) for one in entries]
    others = [replace(one, societe_id=9) for one in entries]  # which give it, in the same partition or in another
    publish(deployment, topic_prefix, *bare, *others)
    assert off(3)["HEURE_INHABITUELLE"] == ["saisie_le"]
    assert "HEURE_INHABITUELLE" not in off(9)
    publish(deployment, topic_prefix, replace(entries[0], societe_id=3, ecriture_id="LATER"))
    assert "HEURE_INHABITUELLE" not in off(3)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("fr", ["Société 3 : 20 écritures lues.", "HEURE_INHABITUELLE :", "aucune écriture ne donne saisie_le"]),
        ("en", ["Company 3: 20 entries read.", "HEURE_INHABITUELLE:", "no entry gives saisie_le"]),
    ],
)
def test_people_are_told_with_the_reason(
    deployment: str, topic_prefix: str, entries: list[Ecriture], lang: str, said: list[str]
) -> None:
    publish(deployment, topic_prefix, *[replace(one, societe_id=3, saisie_le=None) for one in entries[:20]])
    with EventProducer(deployment, topic_prefix) as producer:
        producer.send(Outgoing(ENTRIES, b"3", b"rubbish", []))
    shown = run("--societe", "3", "--lang", lang)
    assert shown.exit_code == 0, shown.stderr
    assert max(map(len, shown.stdout.splitlines())) <= 80
    text = " ".join(shown.stdout.split()).replace("\u202f", " ").replace("\xa0", " ")
    for part in said:
        assert part in text


def test_a_company_that_nobody_knows_is_said(deployment: str) -> None:
    done = run("--societe", "77")
    assert done.exit_code == 1
    assert "company 77 has no entries on the topic" in done.stderr
