"""`wisebook-ml train`: what it says when nobody answers, and of mistakes."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from schemas import DomaineApplication, StatutCampagne, TypeModele
from wisebook_ml.cli import main
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.exceptions import CampaignTimeout

MODULE = "wisebook_ml.cli.train"


@pytest.fixture(autouse=True)
def without_kafka(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    monkeypatch.delenv("WISEBOOK_ML_DATABASE_URL", raising=False)
    get_settings.cache_clear()

    def request(settings: object, bootstrap: str, modele_id: int, **options: object) -> SimpleNamespace:
        return SimpleNamespace(modele_id=modele_id, demande_id=f"d{modele_id}")

    monkeypatch.setattr(f"{MODULE}.reach_broker", lambda settings: "nowhere:9")
    monkeypatch.setattr(f"{MODULE}.request_training", request)
    monkeypatch.setattr(f"{MODULE}.is_on_topic", lambda bootstrap, prefix, societe: societe == 1)
    monkeypatch.setattr(f"{MODULE}.SILENT_SECONDS", 0.05)
    yield
    get_settings.cache_clear()


def answer_after(seconds: float, monkeypatch: pytest.MonkeyPatch, statut: StatutCampagne) -> None:
    def follow(
        settings: object, bootstrap: str, requests: list[SimpleNamespace], timeout: float
    ) -> Iterator[tuple[SimpleNamespace, SimpleNamespace]]:
        time.sleep(seconds)
        for request in requests:
            end = SimpleNamespace(
                statut=statut, etape=None, avancement=1.0, campagne_id=request.demande_id, rejointe=None
            )
            yield request, end

    monkeypatch.setattr(f"{MODULE}.follow_campaigns", follow)


def train(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["train", *arguments])
    return done.exit_code, done.stderr


def test_without_an_answer_it_says_what_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_after(1.0, monkeypatch, StatutCampagne.REUSSIE)
    code, said = train("--all", "--societe", "1", "--wait")
    assert code == 0
    assert said.count("no training worker has answered yet; start `wisebook-ml worker training`") == 1


def test_with_one_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MODULE}.SILENT_SECONDS", 60.0)  # it answers at once, however busy the machine
    answer_after(0.0, monkeypatch, StatutCampagne.REUSSIE)
    code, said = train("--all", "--societe", "1", "--wait")
    assert code == 0
    assert "no training worker" not in said


def test_a_failed_training_is_a_failed_command(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_after(0.0, monkeypatch, StatutCampagne.ECHEC)
    assert train("--all", "--societe", "1", "--wait")[0] == 1


def test_nothing_is_said_after_the_end(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def follow(*args: object) -> Iterator[SimpleNamespace]:
        yield from ()
        raise CampaignTimeout("not served")

    monkeypatch.setattr(f"{MODULE}.follow_campaigns", follow)
    monkeypatch.setattr(f"{MODULE}.SILENT_SECONDS", 0.5)
    code, said = train("--all", "--societe", "1", "--wait")
    assert (code, "Error: not served" in said) == (1, True)
    time.sleep(0.7)
    assert "no training worker" not in capsys.readouterr().err


def test_all_asks_for_one_model_an_algorithm() -> None:
    code, said = train("--all", "--societe", "1")
    assert code == 0
    assert said.count("training requested as") == 8


def test_all_means_every_company_with_models_or_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MODULE}.companies_on_topic", lambda bootstrap, prefix: [2, 3])
    registry = ModelRegistry(open_database(get_settings().sql_url))
    for societe in (0, 1, 2):
        registry.get_or_create(societe, "Mine", TypeModele.XGBOOST, DomaineApplication.RISQUE_CLIENT)
    assert train("--all")[1].count("training requested as") == 3 * 8
    assert registry.societes() == [0, 1, 2, 3]
    assert len(registry.list(0)) == 1  # global models are asked for by --societe 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name a model"),
        (["1", "--all"], "name a model"),
        (["--all", "--cancel"], "--cancel needs a model"),
        (["--all", "--societe", "99"], "company 99 has no entries on the topic; publish some first"),
        (["nothing"], "nothing"),
        (["1", "--from", "2024-02-01", "--to", "2024-01-01"], "--from lies after --to"),
    ],
)
def test_mistakes(arguments: list[str], told: str) -> None:
    code, said = train(*arguments)
    assert code != 0
    assert told in said


def test_there_is_nothing_to_cancel() -> None:
    train("--all", "--societe", "1")
    code, said = train("Risque client", "--societe", "1", "--cancel")
    assert (code, "is not in training" in said) == (1, True)
