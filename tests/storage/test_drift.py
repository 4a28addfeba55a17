"""Reports of drift: one row a check, however often it comes, and what follows for the model."""

import datetime as dt

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from schemas import (
    Campagne,
    DemandeEntrainement,
    Derive,
    DeriveVariable,
    Detection,
    DomaineApplication,
    Etat,
    Motif,
    Objet,
    Severite,
    Statut,
    StatutCampagne,
    TypeModele,
    TypeObjet,
    VersionModele,
)
from schemas.detection import ModeleUtilise, detection_id
from tests.storage.model_rows import left
from wisebook_ml.storage import CampaignStore, DetectionStore, DriftStore, ModelRegistry, StoredDetection
from wisebook_ml.storage.drift import flagged_scores

NIGHT = dt.datetime(2026, 3, 10, 2, tzinfo=dt.UTC)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)

MOVED = DeriveVariable(
    variable="montant",
    mesure="psi",
    valeur=0.31,
    seuil=0.1,
    p=1e-12,
    jours=1,
    lignes=300,
    libelle_fr="Montant : a doublé.",
    libelle_en="Amount: has doubled.",
    echelle="log10_cents",
    bornes=[1.0, 2.0, 3.0],
    avant=[0.5, 0.5],
    apres=[0.1, 0.9],
)


def report(modele_id: int = 7, *, derive: bool = True, **changes: object) -> Derive:
    plain = Derive(
        modele_id=modele_id,
        societe_id=3,
        version=1,
        derive=derive,
        variables=[MOVED] if derive else [],
        echeance=NIGHT,
        du=dt.date(2026, 3, 1),
        au=dt.date(2026, 3, 9),
        lignes=2_000,
        remarques_fr=["à voir \0"],
        remarques_en=["to see"],
    )
    return replace(plain, **changes)


@pytest.fixture
def store(engine: Engine) -> DriftStore:
    return DriftStore(engine, clock=lambda: NIGHT)


def version_of(modele_id: int, number: int) -> VersionModele:
    return VersionModele(
        modele_id=modele_id,
        version=number,
        societe_id=3,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact=f"3/{modele_id}/{number}/model.pkl",
        sha256="a" * 64,
    )


@pytest.fixture
def model(engine: Engine) -> int:
    """A model whose version 1 is in charge."""
    registry = ModelRegistry(engine)
    modele_id = registry.get_or_create(3, "forêt", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)
    registry.record_version(version_of(modele_id, 1))
    registry.promote(modele_id, 1)
    return modele_id


class TestReports:
    def test_what_is_written_is_read_back(self, store: DriftStore) -> None:
        quiet = report(8, derive=False, du=None, au=None, lignes=None)
        store.write([])
        for _ in range(2):
            store.write([report(), quiet, report()])
        assert store.list() == [report(), quiet]
        assert store.last(8) == quiet
        assert store.last(9) is None

    def test_questions(self, store: DriftStore) -> None:
        later = [report(7, echeance=NIGHT + k * DAY, version=1 + k // 2) for k in range(4)]
        other = report(8, societe_id=4)
        store.write([*later, other])
        assert store.list(7, limit=2) == [later[3], later[2]]
        assert store.last(7, version=1) == later[1]
        assert store.latest() == [later[3], other]
        assert store.latest(4) == [other]
        assert store.list(societe_id=4) == [other]

    def test_without_due_time_it_is_refused(self, store: DriftStore) -> None:
        with pytest.raises(ValueError, match="echeance"):
            store.write([report(echeance=None)])


class TestObsolete:
    def test_a_champion_that_drifts(self, store: DriftStore, engine: Engine, model: int) -> None:
        registry = ModelRegistry(engine)
        store.write([report(model, derive=False)])
        store.write([report(model, version=2)])  # none in charge
        assert registry.get(model).statut is Statut.PRET
        store.write([report(model, echeance=NIGHT + DAY)])
        assert registry.get(model).statut is Statut.OBSOLETE
        # Somebody has looked and says that it is ready; the same report says nothing new, the next one does.
        left(registry, model, statut=Statut.PRET)
        store.write([report(model, echeance=NIGHT + DAY)])
        assert registry.get(model).statut is Statut.PRET
        store.write([report(model, echeance=NIGHT + 2 * DAY)])
        assert registry.get(model).statut is Statut.OBSOLETE

    @pytest.mark.parametrize("statut", [Statut.ARCHIVE, Statut.ECHEC])
    def test_only_what_is_ready(self, store: DriftStore, engine: Engine, model: int, statut: Statut) -> None:
        left(ModelRegistry(engine), model, statut=statut)
        store.write([report(model)])
        assert ModelRegistry(engine).get(model).statut is statut


class TestTrainings:
    """A training that changes nothing leaves the model as it was."""

    @pytest.mark.parametrize("before", [Statut.OBSOLETE, Statut.PRET])
    @pytest.mark.parametrize("end", ["fails", "is cancelled", "makes a challenger", "is lost", "is lost twice"])
    def test_without_a_new_champion(self, engine: Engine, model: int, before: Statut, end: str) -> None:
        registry, now = ModelRegistry(engine), [NIGHT]
        store = CampaignStore(engine, clock=lambda: now[0])
        left(registry, model, statut=before)
        self.train(store, model, end, now)
        assert registry.get(model).statut is before

    def test_drift_that_is_found_meanwhile(self, engine: Engine, model: int, store: DriftStore) -> None:
        registry, campaigns = ModelRegistry(engine), CampaignStore(engine)
        campaigns.submit(self.request(model))
        claim = campaigns.claim("w", HOUR)
        assert claim is not None
        store.write([report(model)])
        assert registry.get(model).statut is Statut.EN_ENTRAINEMENT
        campaigns.finish(claim, self.campaign(model, StatutCampagne.ECHEC))
        assert registry.get(model).statut is Statut.OBSOLETE

    def test_a_new_champion_is_ready(self, engine: Engine, model: int) -> None:
        registry, campaigns = ModelRegistry(engine), CampaignStore(engine)
        left(registry, model, statut=Statut.OBSOLETE)
        campaigns.submit(self.request(model))
        claim = campaigns.claim("w", HOUR)
        assert claim is not None
        done = replace(self.campaign(model, StatutCampagne.REUSSIE), promue=True)
        campaigns.finish(claim, done, version_of(model, 2))
        assert registry.get(model).statut is Statut.PRET

    def test_one_that_somebody_promotes_meanwhile_is_ready(self, engine: Engine, model: int) -> None:
        registry, now = ModelRegistry(engine), [NIGHT]
        campaigns = CampaignStore(engine, clock=lambda: now[0])
        registry.record_version(version_of(model, 2))
        left(registry, model, statut=Statut.OBSOLETE)
        campaigns.submit(self.request(model))
        assert campaigns.claim("w", HOUR) is not None
        registry.promote(model, 2)
        now[0] += 2 * HOUR
        claim = campaigns.claim("v", HOUR)
        assert claim is not None
        campaigns.finish(claim, self.campaign(model, StatutCampagne.ECHEC))
        assert registry.get(model).statut is Statut.PRET

    def request(self, model: int) -> DemandeEntrainement:
        return DemandeEntrainement(demande_id="d", modele_id=model, societe_id=3, motif=Motif.DERIVE, demandeur="drift")

    def campaign(self, model: int, statut: StatutCampagne) -> Campagne:
        claimed = "6dd1a4b6-2cf4-5d1a-8d1f-6ad2d1b3b0b7"
        return Campagne(campagne_id=claimed, demande_id="d", modele_id=model, societe_id=3, statut=statut)  # type: ignore[arg-type]

    def train(self, store: CampaignStore, model: int, end: str, now: list[dt.datetime]) -> None:
        store.submit(self.request(model))
        claim = store.claim("w", HOUR)
        assert claim is not None
        match end:
            case "fails":
                store.finish(claim, self.campaign(model, StatutCampagne.ECHEC))
            case "is cancelled":
                store.retry(claim, "away")
                store.cancel("d")
            case "makes a challenger":
                done = replace(self.campaign(model, StatutCampagne.REUSSIE), promue=False)
                store.finish(claim, done, version_of(model, 2))
            case "is lost":
                now[0] += 2 * HOUR
                again = store.claim("v", HOUR)
                assert again is not None
                store.finish(again, self.campaign(model, StatutCampagne.ECHEC))
            case "is lost twice":
                for _ in range(2):
                    now[0] += 2 * HOUR
                    store.claim("v", HOUR)


def test_scores_of_what_was_flagged(engine: Engine) -> None:
    def stored(k: int, societe_id: int, modele_id: int) -> StoredDetection:
        objet = Objet(type=TypeObjet.ECRITURE, id=f"E{k}")
        detection = Detection(
            detection_id=detection_id(societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet),
            societe_id=societe_id,
            domaine=DomaineApplication.ECRITURES_COMPTABLES,
            objet=objet,
            etat=Etat.OUVERTE,
            revision=1,
            montant="1.00",
            score=float(k),
            severite=Severite.INFO,
            motifs=[],
            contributions={},
            modeles=[ModeleUtilise(modele_id=modele_id, version=1)],
            parametres_version=0,
        )
        return StoredDetection(
            detection=detection, ce_time=NIGHT + k * HOUR, partition=0, offset=k, topic="wisebook.entries"
        )

    DetectionStore(engine).write([stored(1, 3, 7), stored(2, 3, 8), stored(3, 4, 7), stored(4, 3, 7), stored(9, 3, 7)])
    assert flagged_scores(engine, 7, 3, NIGHT, NIGHT + 5 * HOUR) == [4.0, 1.0]
    assert flagged_scores(engine, 7, 0, NIGHT, NIGHT + 5 * HOUR) == [4.0, 3.0, 1.0]
