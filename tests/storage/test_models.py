"""The registry: one model per name, one artefact per version, whoever asks at once."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from sqlalchemy import Engine

from schemas import DomaineApplication, Statut, TypeModele, VersionModele
from tests.storage.model_rows import left
from wisebook_ml.storage import (
    Modele,
    ModelInTraining,
    ModelNotFound,
    ModelRegistry,
    NameTaken,
    NoEarlierChampion,
    VersionConflict,
)

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
        left(registry, other, statut=Statut.ARCHIVE)
        assert [model.id for model in registry.list()] == [global_, mine, other]
        assert [model.id for model in registry.list(0)] == [global_]
        assert [model.id for model in registry.list(statut=Statut.ARCHIVE)] == [other]

    def test_statut(self, registry: ModelRegistry, clock: Clock) -> None:
        modele_id = create(registry)
        clock.now = LATER
        left(registry, modele_id, statut=Statut.OBSOLETE)
        model = registry.get(modele_id)
        assert (model.statut, model.created_at, model.updated_at) == (Statut.OBSOLETE, NOW, LATER)

    def test_a_model_that_does_not_exist(self, registry: ModelRegistry) -> None:
        with pytest.raises(ModelNotFound, match="no model 99"):
            registry.get(99)
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
            registry.promote(modele_id, 1)
        registry.record_version(version(modele_id), {"auc": 0.95, "accuracy": 0.93})
        clock.now = LATER
        registry.promote(modele_id, 1)
        model = registry.get(modele_id)
        assert (model.version_courante, model.statut, model.accuracy) == (1, Statut.PRET, 0.93)
        assert (model.metrics, model.updated_at) == ({"auc": 0.95, "accuracy": 0.93}, LATER)


class TestCreateAndChange:
    def test_a_name_is_taken_once(self, registry: ModelRegistry) -> None:
        model = new(registry)
        assert (model.nom, model.statut, model.version_challenger) == ("forêt", Statut.BROUILLON, None)
        assert registry.get(model.id) == model
        with pytest.raises(NameTaken, match="Company 7 has a model named 'forêt' already"):
            new(registry)
        assert new(registry, societe_id=8).id != model.id

    def test_who_creates_it_at_once_gets_it_or_hears_of_it(self, registry: ModelRegistry) -> None:
        def attempt(_: int) -> bool:
            try:
                new(registry)
            except NameTaken:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(16))) == 1

    def test_what_is_given_is_changed(self, registry: ModelRegistry, clock: Clock) -> None:
        model = new(registry)
        clock.now = LATER
        assert registry.update(
            model.id, parametres={"arbres": 50}, frequence_reentrainement=7
        ) == msgspec.structs.replace(
            model, parametres_modele={"arbres": 50}, frequence_reentrainement=7, updated_at=LATER
        )
        changed = registry.update(model.id, nom="bois", description="d", reentrainement_auto=False)
        assert (changed.nom, changed.description, changed.reentrainement_auto) == ("bois", "d", False)
        assert registry.get(model.id) == changed
        assert registry.update(model.id, parametres={}).parametres_modele == {}

    def test_a_name_of_another_is_not_taken_over(self, registry: ModelRegistry) -> None:
        model, _ = new(registry), new(registry, nom="bois")
        with pytest.raises(NameTaken, match="'bois'"):
            registry.update(model.id, nom="bois")
        assert registry.update(model.id, nom="forêt").nom == "forêt"

    @pytest.mark.parametrize("nom", ["", "  ", "n" * 201, "a\0b"])
    def test_no_names(self, registry: ModelRegistry, nom: str) -> None:
        with pytest.raises(ValueError, match="1 to 200 letters"):
            new(registry, nom=nom)

    def test_no_frequency(self, registry: ModelRegistry) -> None:
        with pytest.raises(ValueError, match="1 day or more, not 0"):
            registry.update(new(registry).id, frequence_reentrainement=0)

    def test_no_model(self, registry: ModelRegistry) -> None:
        for act in (
            lambda: registry.update(99, description=""),
            lambda: registry.promote(99, 1),
            lambda: registry.rollback(99),
            lambda: registry.archive(99),
        ):
            with pytest.raises(ModelNotFound, match="no model 99"):
                act()
        with pytest.raises(ModelNotFound, match="no model 5000000000"):
            registry.get(5_000_000_000)

    def test_archive(self, registry: ModelRegistry) -> None:
        model = new(registry).id
        left(registry, model, statut=Statut.EN_ENTRAINEMENT)
        with pytest.raises(ModelInTraining, match="cancel its campaign"):
            registry.archive(model)
        left(registry, model, statut=Statut.PRET)
        registry.archive(model)
        assert registry.get(model).statut is Statut.ARCHIVE


class TestFind:
    @pytest.fixture
    def three(self, registry: ModelRegistry) -> list[int]:
        return [new(registry, 7, "forêt").id, new(registry, 8, "forêt").id, new(registry, 8, "risque client").id]

    def test_by_id_and_by_name(self, registry: ModelRegistry, three: list[int]) -> None:
        assert [registry.find(str(number)).id for number in three] == three
        assert registry.find(three[0]).id == three[0]
        assert registry.find("risque client").id == three[2]
        assert registry.find("forêt", 8).id == three[1]
        assert registry.find(str(three[1]), 8).id == three[1]

    def test_a_number_may_be_a_name(self, registry: ModelRegistry, three: list[int]) -> None:
        model = new(registry, 7, "2024")
        assert registry.find("2024").id == model.id

    def test_the_nearest_name(self, registry: ModelRegistry, three: list[int]) -> None:
        with pytest.raises(ModelNotFound, match=r"no model 'risk client'\. Did you mean 'risque client'\?"):
            registry.find("risk client")
        with pytest.raises(ModelNotFound, match=r"no model '99' of company 8\. There are forêt, risque client\."):
            registry.find("99", 8)

    def test_of_several_companies(self, registry: ModelRegistry, three: list[int]) -> None:
        with pytest.raises(ModelNotFound, match=r"Several companies .* \(company 7\), .* \(company 8\)"):
            registry.find("forêt")

    def test_of_another_company(self, registry: ModelRegistry, three: list[int]) -> None:
        with pytest.raises(ModelNotFound):
            registry.find(three[0], 8)

    def test_none_yet(self, registry: ModelRegistry) -> None:
        with pytest.raises(ModelNotFound, match="none yet; create one"):
            registry.find("forêt")

    def test_societes(self, registry: ModelRegistry, three: list[int]) -> None:
        new(registry, 0)
        assert registry.societes() == [0, 7, 8]


class TestChampions:
    @pytest.fixture
    def model(self, registry: ModelRegistry) -> int:
        model = create(registry)
        for number in (1, 2, 3, 4):
            registry.record_version(version(model, number), {"auc": number / 10, "accuracy": number / 5})
        return model

    def test_promote(self, registry: ModelRegistry, model: int, clock: Clock) -> None:
        clock.now = LATER
        assert registry.promote(model, 2, par="ops", motif="by hand") == version(model, 2)
        found = registry.get(model)
        assert (found.version_courante, found.statut, found.accuracy) == (2, Statut.PRET, 0.4)
        assert found.metrics == {"auc": 0.2, "accuracy": 0.4}
        (change,) = registry.history(model)
        assert (change.version, change.version_avant, change.promue_le) == (2, None, LATER)
        assert (change.par, change.motif, change.retour) == ("ops", "by hand", False)
        with pytest.raises(ModelNotFound, match="no version 9"):
            registry.promote(model, 9)

    def test_the_champion_again_is_no_change(self, registry: ModelRegistry, model: int) -> None:
        registry.promote(model, 2)
        registry.promote(model, 2)
        assert len(registry.history(model)) == 1

    def test_rollback(self, registry: ModelRegistry, model: int) -> None:
        for number in (1, 2, 3):
            registry.promote(model, number)
        assert registry.rollback(model, par="ops", motif="worse") == version(model, 2)
        assert registry.get(model).metrics == {"auc": 0.2, "accuracy": 0.4}
        assert registry.rollback(model) == version(model, 1)
        with pytest.raises(NoEarlierChampion, match=r"forêt.* has version 1, and had no other before"):
            registry.rollback(model)
        assert registry.get(model).version_courante == 1
        registry.promote(model, 4)
        assert registry.rollback(model) == version(model, 1)
        changes = [(change.version_avant, change.version, change.retour) for change in registry.history(model)]
        assert changes == [
            (None, 1, False),
            (1, 2, False),
            (2, 3, False),
            (3, 2, True),
            (2, 1, True),
            (1, 4, False),
            (4, 1, True),
        ]

    def test_without_a_champion_there_is_none_before(self, registry: ModelRegistry, model: int) -> None:
        with pytest.raises(NoEarlierChampion, match="has no champion"):
            registry.rollback(model)

    def test_two_who_promote_at_once_leave_one_history(self, registry: ModelRegistry, model: int) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: registry.promote(model, n % 4 + 1), range(24)))
        before = None
        for change in registry.history(model):
            assert change.version_avant == before
            assert change.version != before
            before = change.version
        assert registry.get(model).version_courante == before

    def test_a_challenger_is_overtaken_by_a_later_champion(self, registry: ModelRegistry, model: int) -> None:
        registry.promote(model, 1)
        left(registry, model, version_challenger=3)
        registry.promote(model, 2)
        assert registry.get(model).version_challenger == 3
        registry.promote(model, 3)
        assert registry.get(model).version_challenger is None


def new(registry: ModelRegistry, societe_id: int = 7, nom: str = "forêt") -> Modele:
    return registry.create(societe_id, nom, TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES, {"arbres": 100})
