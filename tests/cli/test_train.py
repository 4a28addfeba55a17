"""`wisebook-ml train --wait`: it says when nobody answers."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from schemas import StatutCampagne, TypeModele
from wisebook_ml.cli import main
from wisebook_ml.storage import create_engine
from wisebook_ml.training.exceptions import CampaignTimeout

MODULE = "wisebook_ml.cli.train"


@pytest.fixture(autouse=True)
def without_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    request = SimpleNamespace(modele_id=1, demande_id="d")
    monkeypatch.setattr(f"{MODULE}.reach_broker", lambda settings: "nowhere:9")
    monkeypatch.setattr(f"{MODULE}.open_database", lambda url: create_engine("sqlite://"))
    monkeypatch.setattr(f"{MODULE}.default_models", lambda registry, societe: {TypeModele.ISOLATION_FOREST: 1})
    monkeypatch.setattr(f"{MODULE}.request_training", lambda *args, **options: request)
    monkeypatch.setattr(f"{MODULE}.SILENT_SECONDS", 0.05)


def answer_after(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    version = SimpleNamespace(version=1)
    done = SimpleNamespace(
        avancement=1.0,
        statut=StatutCampagne.REUSSIE,
        version=version,
        modele_id=1,
        lignes=300,
        duree_minutes=0.1,
        decision="promoted",
    )

    def follow(*args: object) -> Iterator[SimpleNamespace]:
        time.sleep(seconds)
        yield done

    monkeypatch.setattr(f"{MODULE}.follow_campaign", follow)


def train() -> tuple[int, str]:
    done = CliRunner().invoke(main, ["train", "--societe", "1", "--wait"])
    return done.exit_code, done.stderr


def test_without_an_answer_it_says_what_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_after(0.3, monkeypatch)
    code, said = train()
    assert code == 0
    assert said.count("no training worker has answered yet; start `wisebook-ml worker training`") == 1


def test_with_one_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_after(0.0, monkeypatch)
    code, said = train()
    assert code == 0
    assert "no training worker" not in said


def test_nothing_is_said_after_the_end(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def follow(*args: object) -> Iterator[SimpleNamespace]:
        raise CampaignTimeout("not served")
        yield

    monkeypatch.setattr(f"{MODULE}.follow_campaign", follow)
    code, said = train()
    assert (code, "Error: not served" in said) == (1, True)
    time.sleep(0.15)
    assert "no training worker" not in capsys.readouterr().err
