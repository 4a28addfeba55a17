"""The registry: one model per name, one artefact per version, whoever asks at once."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from sqlalchemy import Engine

from schemas import DomaineApplication, Statut, TypeModele, VersionModele
from wisebook_ml.storage import ModelNotFound, ModelRegistry, VersionConflict

NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)


class Clock:
    now = NOW

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(engine: Engine, clock: Clock) -> ModelRegistry:
    return ModelRegistry(engine, clock=clock)


def create(registry: ModelRegistry, societe_id: int = 7, nom: str = "forêt") -> int:
    return registry.get_or_create(
        societe_id, nom, TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES, {"arbres": 100}
    )


def version(modele_id: int, number: int = 1, societe_id: int = 7) -> VersionModele:
    return VersionModele(
        modele_id=modele_id,
        version=number,
        societe_id=societe_id,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact=f"{societe_id}/{modele_id}/{number}/model.pkl",
        sha256="a" * 64,
        signature="b" * 64,
    )


class TestModels:
    def test_a_new_model_is_a_draft(self, registry: ModelRegistry) -> None:
        model = registry.get(create(registry))
        assert (model.societe_id, model.nom, model.statut) == (7, "forêt", Statut.BROUILLON)
        assert model.parametres_modele == {"arbres": 100}
        assert (model.version_courante, model.accuracy, model.metrics) == (None, None, {})
        assert model.created_at == model.updated_at == NOW

    def test_a_name_is_one_model_within_a_company(self, registry: ModelRegistry) -> None:
        first = create(registry)
        assert create(registry) == first
        assert create(registry, societe_id=0) != first
        assert create(registry, nom="autre") != first

    def test_who_creates_it_at_once_gets_the_same_model(self, registry: ModelRegistry) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _: create(registry), range(16)))) == 1

    def test_list(self, registry: ModelRegistry) -> None:
        global_, mine, other = create(registry, 0), create(registry, 7), create(registry, 8)
        registry.set_statut(other, Statut.ARCHIVE)
        assert [model.id for model in registry.list()] == [global_, mine, other]
        assert [model.id for model in registry.list(0)] == [global_]
        assert [model.id for model in registry.list(statut=Statut.ARCHIVE)] == [other]

    def test_statut(self, registry: ModelRegistry, clock: Clock) -> None:
        modele_id = create(registry)
        clock.now = LATER
        registry.set_statut(modele_id, Statut.OBSOLETE)
        model = registry.get(modele_id)
        assert (model.statut, model.created_at, model.updated_at) == (Statut.OBSOLETE, NOW, LATER)

    def test_a_model_that_does_not_exist(self, registry: ModelRegistry) -> None:
        with pytest.raises(ModelNotFound, match="no model 99"):
            registry.get(99)
        with pytest.raises(ModelNotFound):
            registry.set_statut(99, Statut.PRET)
        with pytest.raises(ModelNotFound):
            registry.next_version(99)
        with pytest.raises(ModelNotFound):
            registry.record_version(version(99))


class TestVersions:
    def test_numbers_count_up_from_one(self, registry: ModelRegistry) -> None:
        modele_id = create(registry)
        assert [registry.next_version(modele_id) for _ in range(3)] == [1, 2, 3]

    def test_trainers_at_once_get_different_numbers(self, registry: ModelRegistry) -> None:
        modele_id = create(registry)
        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(lambda _: registry.next_version(modele_id), range(16)))
        assert sorted(numbers) == list(range(1, 17))

    def test_what_is_recorded_is_read_back(self, registry: ModelRegistry) -> None:
        modele_id = create(registry)
        for number in (2, 1):
            registry.record_version(version(modele_id, number), {"auc": 0.9})
        assert [recorded.version for recorded in registry.versions(modele_id)] == [
            version(modele_id, 1),
            version(modele_id, 2),
        ]
        recorded = registry.version(modele_id, 2)
        assert (recorded.metrics, recorded.created_at) == ({"auc": 0.9}, NOW)
        with pytest.raises(ModelNotFound, match="no version 3"):
            registry.version(modele_id, 3)

    def test_to_record_it_again_does_nothing(self, registry: ModelRegistry, clock: Clock) -> None:
        modele_id = create(registry)
        registry.record_version(version(modele_id), {"auc": 0.9})
        clock.now = LATER
        registry.record_version(version(modele_id), {"auc": 0.1})
        (recorded,) = registry.versions(modele_id)
        assert (recorded.metrics, recorded.created_at) == ({"auc": 0.9}, NOW)

    @pytest.mark.parametrize(
        "change",
        [
            {"sha256": "c" * 64},
            {"artefact": "elsewhere"},
            {"signature": ""},
            {"societe_id": 8},
            {"type_modele": TypeModele.SVM},
        ],
    )
    def test_a_version_never_changes(self, registry: ModelRegistry, change: dict[str, object]) -> None:
        modele_id = create(registry)
        registry.record_version(version(modele_id))
        with pytest.raises(VersionConflict):
            registry.record_version(msgspec.structs.replace(version(modele_id), **change))
        assert registry.version(modele_id, 1).version == version(modele_id)

    def test_a_version_of_another_company_is_not_recorded(self, registry: ModelRegistry) -> None:
        modele_id = create(registry)
        with pytest.raises(VersionConflict):
            registry.record_version(version(modele_id, societe_id=8))
        assert registry.versions(modele_id) == []

    def test_the_champion_is_a_recorded_version(self, registry: ModelRegistry, clock: Clock) -> None:
        modele_id = create(registry)
        with pytest.raises(ModelNotFound, match="no version 1"):
            registry.set_champion(modele_id, 1)
        registry.record_version(version(modele_id))
        clock.now = LATER
        registry.set_champion(modele_id, 1, accuracy=0.93, metrics={"auc": 0.95})
        model = registry.get(modele_id)
        assert (model.version_courante, model.statut, model.accuracy) == (1, Statut.PRET, 0.93)
        assert (model.metrics, model.updated_at) == ({"auc": 0.95}, LATER)
