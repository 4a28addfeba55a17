"""One training: what ends it, what it records, and how a new version meets the champion."""

import datetime as dt
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import pandas as pd
import pytest
from msgspec import Meta
from sqlalchemy import text

from schemas import Campagne, DemandeEntrainement, DomaineApplication, Etape, Motif, StatutCampagne, TypeModele
from topics import ENTRIES, TREASURY
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.catalogue import DATASETS, Dataset
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries
from wisebook_ml.services.base import BaseMLService, Gate, NotEnoughData, Progress, no_progress
from wisebook_ml.services.parameters import InvalidParameters, Parameters
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelNotFound, ModelRegistry, open_database
from wisebook_ml.training.collect import partition_of
from wisebook_ml.training.exceptions import TrainingFailed
from wisebook_ml.training.learn import LEARNT_UNTIL, learn

KIND = TypeModele.GRADIENT_BOOSTING
"""The algorithm in whose place `Guess` stands."""

DAYS = 100
NOWHERE = "127.0.0.1:9"


class GuessParameters(Parameters, frozen=True, kw_only=True):
    quality: Annotated[float, Meta(ge=0, le=1)] = 0.8


class Guess(BaseMLService):
    """A service that is as good as it is told to be."""

    type_modele = KIND
    parameters = GuessParameters
    columns: ClassVar[Sequence[str]] = ("amount",)
    label = "wrong"
    gate = Gate("auc", margin=0.0, min_rows=10, floor=0.5)
    libraries: ClassVar[Sequence[str]] = ()
    evaluated_on: ClassVar[list[tuple[float, int, int]]] = []
    """Quality, rows before, rows of the hold-out, of each evaluation."""

    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        if donnees["wrong"].nunique() < 2:
            raise NotEnoughData(f"all {len(donnees)} verdicts say the same; needs some of each")
        progress(0.5)
        return self

    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"wrong": False}, index=donnees.index)

    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        assert avant is not None
        self.evaluated_on.append((self.parametres.quality, len(avant), len(donnees)))
        return {"auc": self.parametres.quality}

    def state(self) -> object:
        return "nothing"

    def restore(self, state: Any) -> None:
        assert state == "nothing"


class Rows(Dataset):
    """One row a day, from 2024-01-01 on, within the dates that are asked for."""

    def build(self, collected: Collected) -> pd.DataFrame:
        frame = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=DAYS), "amount": 1.0})
        frame["wrong"] = [bool(k % 2) for k in range(DAYS)]
        first, last = pd.Timestamp(collected.du or "1900-01-01"), pd.Timestamp(collected.au or "2100-01-01")
        return frame[frame["date"].between(first, last)].reset_index(drop=True)


class OneSided(Rows):
    """Rows that all have the same label."""

    def build(self, collected: Collected) -> pd.DataFrame:
        return Rows.build(self, collected).assign(wrong=True)


@pytest.fixture(scope="module", autouse=True)
def published(kafka: str, module_prefix: str) -> None:
    """Publish entries of companies 7 and 8."""
    with EventProducer(kafka, module_prefix) as producer:
        for societe_id in (7, 8):
            publish_entries(generate_ledger(entries=50, seed=1, societe_id=societe_id).events, producer, "test")


@pytest.fixture
def company(sharing: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return a deployment in which a `Guess` is trained."""
    monkeypatch.setattr("wisebook_ml.training.learn.service_class", lambda type_modele: Guess)
    monkeypatch.setitem(DATASETS, KIND, Rows("", (ENTRIES,)))
    monkeypatch.setattr(Guess, "evaluated_on", [])
    return sharing


def registry_of(settings: Settings) -> ModelRegistry:
    return ModelRegistry(open_database(settings.sql_url))


def model_of(settings: Settings, societe_id: int = 7, **parametres: object) -> int:
    registry = registry_of(settings)
    domaine = DomaineApplication.SCORING_PREDICTIF
    return registry.get_or_create(societe_id, f"Essai {parametres}", KIND, domaine, parametres)


def request(modele_id: int, societe_id: int = 7, **dates: dt.date) -> DemandeEntrainement:
    return DemandeEntrainement(
        demande_id="d", modele_id=modele_id, societe_id=societe_id, motif=Motif.MANUEL, demandeur="me", **dates
    )


def train(settings: Settings, asked: DemandeEntrainement, steps: list[Campagne] | None = None) -> Campagne:
    told = [] if steps is None else steps
    return learn(asked, 1, settings, settings.bootstrap_servers, told.append)


def record(settings: Settings, campaign: Campagne) -> None:
    """Put what was trained in charge, as a trainer does."""
    assert campaign.version is not None
    registry = registry_of(settings)
    registry.record_version(campaign.version, campaign.metriques)
    registry.promote(campaign.modele_id, campaign.version.version)


def use(settings: Settings, modele_id: int, quality: float) -> None:
    with open_database(settings.sql_url).begin() as connection:
        connection.execute(
            text("UPDATE modele_ml SET parametres_modele = :value WHERE id = :id"),
            {"value": f'{{"quality": {quality}}}', "id": modele_id},
        )


class TestWhatIsRecorded:
    def test_the_first_version(self, company: Settings) -> None:
        steps: list[Campagne] = []
        done = train(company, request(model_of(company)), steps)
        assert done.statut is StatutCampagne.REUSSIE
        assert (done.lignes, done.lignes_test) == (70, 30)
        assert (done.donnees_du, done.donnees_au) == (dt.date(2024, 1, 1), dt.date(2024, 4, 9))
        assert done.metriques == {"auc": 0.8, LEARNT_UNTIL: 20240310.0}
        assert (done.promue, done.amelioration, done.metriques_avant) == (True, None, {})
        assert done.decision == "promoted: first version, auc 0.8 on 30 rows"
        assert list(done.offsets) == [f"entries/{partition_of(7, ENTRIES.partitions)}"]
        assert done.version is not None
        assert done.version.version == 1
        assert Guess.load(ArtefactStore.of(company).read(done.version)).parametres.quality == 0.8

        assert list(dict.fromkeys(step.etape for step in steps)) == list(Etape)
        shares = [step.avancement for step in steps]
        assert shares == sorted(shares)
        assert {step.statut for step in steps} == {StatutCampagne.EN_COURS}

    def test_below_the_floor_it_is_a_challenger(self, company: Settings) -> None:
        done = train(company, request(model_of(company, quality=0.3)))
        assert done.statut is StatutCampagne.REUSSIE
        assert done.promue is False
        assert done.decision == "challenger: auc 0.3 on 30 rows, needs 0.5"

    def test_a_global_model_learns_from_all_companies(self, company: Settings) -> None:
        done = train(company, request(model_of(company, 0), 0))
        assert done.lignes + done.lignes_test == 2 * DAYS
        assert len(done.offsets) == ENTRIES.partitions


class TestTheChampion:
    def test_is_evaluated_on_the_same_rows(self, company: Settings) -> None:
        modele_id = model_of(company)
        record(company, train(company, request(modele_id)))
        use(company, modele_id, 0.9)
        Guess.evaluated_on.clear()
        done = train(company, request(modele_id))
        assert Guess.evaluated_on == [(0.8, 70, 30), (0.9, 70, 30)]
        assert done.metriques_avant == {"auc": 0.8}
        assert done.amelioration == pytest.approx(0.1)
        assert done.decision == "promoted: auc 0.9 against 0.8 of version 1 on 30 rows"
        assert done.version is not None
        assert done.version.version == 2

    def test_that_is_better_stays(self, company: Settings) -> None:
        modele_id = model_of(company)
        record(company, train(company, request(modele_id)))
        use(company, modele_id, 0.7)
        done = train(company, request(modele_id))
        assert (done.statut, done.promue) == (StatutCampagne.REUSSIE, False)
        assert done.amelioration == pytest.approx(-0.1)

    def test_is_not_judged_by_what_it_has_learnt_from(self, company: Settings) -> None:
        modele_id = model_of(company)
        record(company, train(company, request(modele_id)))  # has learnt until 10 March
        Guess.evaluated_on.clear()
        # Without the last days, the hold-out begins earlier: on 1 March.
        done = train(company, request(modele_id, au=dt.date(2024, 3, 25)))
        assert {rows[1:] for rows in Guess.evaluated_on} == {(70, 15)}
        assert done.lignes_test == 15
        assert done.decision == "promoted: auc 0.8 against 0.8 of version 1 on 15 rows"

    def test_that_has_seen_it_all_is_not_replaced(self, company: Settings) -> None:
        modele_id = model_of(company)
        record(company, train(company, request(modele_id)))
        done = train(company, request(modele_id, au=dt.date(2024, 2, 28)))
        assert (done.promue, done.decision) == (False, "challenger: needs a hold-out of 10 rows, has 0")

    @pytest.mark.parametrize(("damage", "reason"), [(b"x", "its SHA-256 differs"), (None, "cannot be read")])
    def test_that_is_damaged_stays_until_a_person_decides(
        self, company: Settings, damage: bytes | None, reason: str
    ) -> None:
        modele_id = model_of(company)
        first = train(company, request(modele_id))
        record(company, first)
        assert first.version is not None
        path = Path(company.artefacts) / first.version.artefact
        path.unlink()
        if damage is not None:
            path.write_bytes(damage)
        with pytest.raises(TrainingFailed, match=rf"version 1, the champion, .*{reason}.* models promote"):
            train(company, request(modele_id))

    def test_of_another_release_is_no_obstacle(self, company: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        modele_id = model_of(company)
        record(company, train(company, request(modele_id)))

        def refuse(data: bytes) -> Guess:
            raise ValueError("trained with scikit-learn 0.1, and this is 1.9; train the model again")

        monkeypatch.setattr(Guess, "load", refuse)
        done = train(company, request(modele_id))
        assert done.promue is True
        assert done.metriques_avant == {}
        assert "promoted: auc 0.8 on 30 rows; version 1 cannot be compared: trained with" in done.decision


class TestWhatEndsIt:
    def test_a_parameter_that_there_is_not_before_anything_is_collected(self, company: Settings) -> None:
        modele_id = model_of(company, qualty=0.9)
        with pytest.raises(InvalidParameters, match="unknown parameter 'qualty'; did you mean 'quality'"):
            learn(request(modele_id), 1, company, NOWHERE, lambda step: None)

    def test_a_parameter_out_of_range(self, company: Settings) -> None:
        with pytest.raises(InvalidParameters, match=r"'quality': expected `float` <= 1\.0"):
            learn(request(model_of(company, quality=3)), 1, company, NOWHERE, lambda step: None)

    def test_no_model(self, company: Settings) -> None:
        with pytest.raises(ModelNotFound):
            train(company, request(99))

    def test_another_companys_model(self, company: Settings) -> None:
        with pytest.raises(TrainingFailed, match="belongs to company 7, not to 8"):
            train(company, request(model_of(company), 8))

    def test_an_unknown_type(self, company: Settings) -> None:
        modele_id = model_of(company)
        with open_database(company.sql_url).begin() as connection:
            connection.execute(text("UPDATE modele_ml SET type_modele = 'ORACLE' WHERE id = :id"), {"id": modele_id})
        with pytest.raises(TrainingFailed, match=r"type that this version of wisebook_ml does not know .*ORACLE"):
            train(company, request(modele_id))

    def test_no_entries(self, company: Settings) -> None:
        with pytest.raises(TrainingFailed, match="company 41 has no entries on the topic entries; publish some first"):
            train(company, request(model_of(company, 41), 41))

    def test_no_positions(self, company: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(DATASETS, KIND, Rows("", (TREASURY,)))
        with pytest.raises(TrainingFailed, match="company 7 has no treasury positions on the topic treasury"):
            train(company, request(model_of(company)))

    def test_a_forecast_for_all_companies(self, company: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(DATASETS, KIND, Rows("", (TREASURY,)))
        with pytest.raises(TrainingFailed, match="there is no global one; train it for a company"):
            train(company, request(model_of(company, 0), 0))

    def test_a_constant_label(self, company: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(DATASETS, KIND, OneSided("", (ENTRIES,)))
        held_out = r"\(besides 30 rows from 2024-03-11 on, which are held out\)"
        with pytest.raises(TrainingFailed, match=f"all 70 verdicts say the same; needs some of each {held_out}"):
            train(company, request(model_of(company)))

    def test_a_full_disk(self, company: Settings, full: Path) -> None:
        stored = company.model_copy(update={"artefacts": str(full / "ml_models")})
        modele_id = model_of(company)
        with pytest.raises(OSError, match=r"no room for a model .* free some"):
            train(stored, request(modele_id))
        assert registry_of(company).get(modele_id).version_courante is None
        assert [path for path in full.rglob("*") if path.is_file()] == [full / "filler"]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk without room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
