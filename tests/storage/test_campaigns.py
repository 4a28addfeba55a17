"""The queue of trainings: each campaign once, one of a model at a time, and one end, whoever dies."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from schemas import (
    Campagne,
    DemandeEntrainement,
    DomaineApplication,
    Etape,
    Motif,
    Statut,
    StatutCampagne,
    TypeModele,
    VersionModele,
    campagne_id,
)
from wisebook_ml.storage import CampaignStore, Claim, LeaseLost, ModelRegistry, VersionConflict
from wisebook_ml.storage.engine import writing

NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
LEASE = dt.timedelta(seconds=10)
SOCIETE = 7


class Clock:
    now = NOW

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(engine: Engine, clock: Clock) -> CampaignStore:
    return CampaignStore(engine, clock=clock)


@pytest.fixture
def registry(engine: Engine, clock: Clock) -> ModelRegistry:
    return ModelRegistry(engine, clock=clock)


@pytest.fixture
def model(registry: ModelRegistry) -> int:
    return make(registry)


def make(registry: ModelRegistry, nom: str = "forêt") -> int:
    return registry.get_or_create(SOCIETE, nom, TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)


def request(modele_id: int, demande_id: str = "nightly-7", **changes: object) -> DemandeEntrainement:
    plain = DemandeEntrainement(
        demande_id=demande_id,
        modele_id=modele_id,
        societe_id=SOCIETE,
        motif=Motif.MANUEL,
        demandeur="ops",
        du=dt.date(2024, 1, 1),
    )
    return replace(plain, **changes)


def claimed(store: CampaignStore, worker: str = "a", **more: int) -> Claim:
    claim = store.claim(worker, LEASE, **more)
    assert claim is not None
    return claim


def ended(claim: Claim, statut: StatutCampagne = StatutCampagne.REUSSIE, **more: object) -> Campagne:
    return Campagne(
        campagne_id=claim.campagne_id,
        demande_id=claim.request.demande_id,
        modele_id=claim.request.modele_id,
        societe_id=claim.request.societe_id,
        statut=statut,
        tentative=claim.tentative,
        **more,
    )


def version(modele_id: int, number: int = 1) -> VersionModele:
    return VersionModele(
        modele_id=modele_id,
        version=number,
        societe_id=SOCIETE,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact=f"{SOCIETE}/{modele_id}/{number}/model.pkl",
        sha256=f"{number:064x}",
        signature="b" * 64,
    )


def succeed(store: CampaignStore, modele_id: int, number: int, *, promue: bool = True) -> Campagne:
    """Train a model to this version; return its campaign."""
    demande_id = f"training-{modele_id}-{number}"
    store.submit(request(modele_id, demande_id))
    claim = claimed(store)
    store.finish(claim, ended(claim, promue=promue, metriques={"auc": number / 10}), version(modele_id, number))
    return found(store, demande_id)


def found(store: CampaignStore, demande_id: str) -> Campagne:
    campaign = store.get(campagne_id(demande_id))
    assert campaign is not None
    return campaign


class TestSubmit:
    def test_a_request_waits(self, store: CampaignStore, model: int) -> None:
        campaign = store.submit(request(model))
        assert campaign == Campagne(
            campagne_id=campagne_id("nightly-7"),
            demande_id="nightly-7",
            modele_id=model,
            societe_id=SOCIETE,
            statut=StatutCampagne.DEMANDEE,
        )
        assert store.get(campaign.campagne_id) == campaign
        assert store.unannounced() == []

    def test_again_changes_nothing(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        claim = claimed(store)
        assert store.submit(request(model, demandeur="another")).statut is StatutCampagne.EN_COURS
        store.finish(claim, ended(claim, StatutCampagne.ECHEC, erreur="no"))
        assert store.submit(request(model)).statut is StatutCampagne.ECHEC
        assert store.claim("a", LEASE) is None

    @pytest.mark.parametrize("in_work", [False, True])
    def test_a_duplicate_joins_the_open_campaign(self, store: CampaignStore, model: int, in_work: bool) -> None:
        first = store.submit(request(model))
        if in_work:
            claimed(store)
        second = store.submit(request(model, "again"))
        assert (second.statut, second.rejointe) == (StatutCampagne.REJOINTE, first.campagne_id)
        assert store.unannounced() == [second]

    def test_once_it_has_ended_another_may_follow(self, store: CampaignStore, model: int) -> None:
        succeed(store, model, 1)
        assert store.submit(request(model, "later")).statut is StatutCampagne.DEMANDEE

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"modele_id": 99}, "there is no model 99"),
            ({"modele_id": 2**40}, "there is no model"),
            ({"societe_id": 8}, "belongs to company 7, not to 8"),
        ],
    )
    def test_a_model_that_there_is_not_fails_and_is_announced(
        self, store: CampaignStore, model: int, change: dict[str, object], reason: str
    ) -> None:
        campaign = store.submit(replace(request(model), **change))
        assert campaign.statut is StatutCampagne.ECHEC
        assert reason in campaign.erreur
        assert store.unannounced() == [campaign]
        assert store.claim("a", LEASE) is None

    @pytest.mark.parametrize("change", [{"modele_id": 2**70}, {"demande_id": "a\0b"}])
    def test_what_sql_cannot_hold_fails(self, store: CampaignStore, model: int, change: dict[str, object]) -> None:
        assert store.submit(replace(request(model), **change)).statut is StatutCampagne.ECHEC

    def test_text_with_a_null_character(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model, demandeur="a\0b"))
        assert claimed(store).request.demandeur == "a\N{REPLACEMENT CHARACTER}b"

    def test_an_archived_model_is_not_trained(self, store: CampaignStore, registry: ModelRegistry, model: int) -> None:
        waiting = store.submit(request(model))
        registry.archive(model)
        assert "is archived" in store.submit(request(model, "later")).erreur
        assert store.claim("a", LEASE) is None
        assert found(store, "nightly-7").statut is StatutCampagne.ECHEC
        assert waiting.campagne_id in {campaign.campagne_id for campaign in store.unannounced()}

    def test_a_model_of_an_unknown_algorithm_does_not_end_the_queue(
        self, store: CampaignStore, registry: ModelRegistry, model: int, engine: Engine
    ) -> None:
        strange = make(registry, "étrange")
        with writing(engine) as connection:
            connection.execute(text(f"UPDATE modele_ml SET type_modele = 'NEW' WHERE id = {strange}"))
        store.submit(request(strange, "a"))
        store.submit(request(model, "b"))
        first, second = claimed(store), claimed(store)
        store.finish(first, ended(first, StatutCampagne.ECHEC, erreur="unknown type"))
        assert second.request.modele_id == model

    def test_duplicates_at_once_leave_one_open(self, store: CampaignStore, model: int) -> None:
        with ThreadPoolExecutor(8) as pool:
            campaigns = list(pool.map(lambda n: store.submit(request(model, f"r{n % 8}")), range(24)))
        open_ones = {one.campagne_id for one in campaigns if one.statut is StatutCampagne.DEMANDEE}
        assert len(open_ones) == 1
        assert {one.rejointe for one in campaigns if one.statut is StatutCampagne.REJOINTE} == open_ones

    def test_the_database_itself_has_no_two_open_ones(self, store: CampaignStore, model: int, engine: Engine) -> None:
        store.submit(request(model))
        store.submit(request(model, "again"))
        with pytest.raises(IntegrityError), writing(engine) as connection:
            connection.execute(text("UPDATE campagne_entrainement SET statut = 'EN_COURS'"))


class TestClaim:
    def test_the_oldest_first(self, store: CampaignStore, registry: ModelRegistry, clock: Clock) -> None:
        for n in (3, 1, 2):
            store.submit(request(make(registry, f"m{n}"), f"r{n}"))
            clock.advance(1)
        assert [claimed(store).request.demande_id for _ in range(3)] == ["r3", "r1", "r2"]
        assert store.claim("a", LEASE) is None

    def test_the_claim_tells_the_request(self, store: CampaignStore, registry: ModelRegistry, model: int) -> None:
        store.submit(request(model))
        claim = claimed(store)
        assert (claim.request, claim.tentative, claim.worker) == (request(model), 1, "a")
        assert registry.get(model).statut is Statut.EN_ENTRAINEMENT
        campaign = found(store, "nightly-7")
        assert (campaign.statut, campaign.tentative) == (StatutCampagne.EN_COURS, 1)

    def test_many_at_once_get_each_campaign_once(self, store: CampaignStore, registry: ModelRegistry) -> None:
        models = [make(registry, f"m{n}") for n in range(6)]
        for n in range(18):
            store.submit(request(models[n % 6], f"r{n}"))
        with ThreadPoolExecutor(8) as pool:
            claims = [claim for claim in pool.map(lambda n: store.claim(f"w{n}", LEASE), range(16)) if claim]
        assert sorted(claim.request.modele_id for claim in claims) == models

    def test_a_lease_that_has_run_out_goes_to_another(self, store: CampaignStore, model: int, clock: Clock) -> None:
        store.submit(request(model))
        claimed(store, "a")
        clock.advance(9)
        assert store.claim("b", LEASE) is None
        clock.advance(2)
        again = claimed(store, "b")
        assert (again.tentative, again.worker) == (2, "b")

    def test_many_at_once_take_over_a_lost_one_once(self, store: CampaignStore, model: int, clock: Clock) -> None:
        store.submit(request(model))
        claimed(store, "a")
        clock.advance(11)
        with ThreadPoolExecutor(8) as pool:
            claims = [claim for claim in pool.map(lambda n: store.claim(f"w{n}", LEASE), range(16)) if claim]
        assert len(claims) == 1

    def test_one_that_is_lost_again_and_again_fails(
        self, store: CampaignStore, registry: ModelRegistry, model: int, clock: Clock
    ) -> None:
        store.submit(request(model))
        for _ in range(3):
            claimed(store, "a", attempts=3)
            clock.advance(11)
        assert store.claim("b", LEASE, attempts=3) is None
        campaign = found(store, "nightly-7")
        assert campaign.statut is StatutCampagne.ECHEC
        assert "lost 3 times" in campaign.erreur
        assert store.unannounced() == [campaign]
        assert registry.get(model).statut is Statut.ECHEC


class TestLease:
    def test_renewed_it_holds(self, store: CampaignStore, model: int, clock: Clock) -> None:
        store.submit(request(model))
        claim = claimed(store)
        for _ in range(3):
            clock.advance(9)
            assert store.renew(claim, LEASE) is False
        assert store.claim("b", LEASE) is None

    def test_progress(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        claim = claimed(store)
        store.renew(claim, LEASE, etape=Etape.APPRENTISSAGE, avancement=0.5)
        store.renew(claim, LEASE)
        store.renew(claim, LEASE, etape=Etape.EVALUATION, avancement=0.4)
        campaign = found(store, "nightly-7")
        assert (campaign.etape, campaign.avancement) == (Etape.EVALUATION, 0.5)

    def test_one_that_ran_out_and_nobody_took_may_be_renewed(
        self, store: CampaignStore, model: int, clock: Clock
    ) -> None:
        store.submit(request(model))
        claim = claimed(store)
        clock.advance(60)
        store.renew(claim, LEASE)
        assert store.claim("b", LEASE) is None

    @pytest.mark.parametrize("worker", ["a", "b"])
    def test_lost_nothing_is_changed(
        self, store: CampaignStore, registry: ModelRegistry, model: int, clock: Clock, worker: str
    ) -> None:
        store.submit(request(model))
        lost = claimed(store, "a")
        clock.advance(11)
        holder = claimed(store, worker)
        before = store.list()
        for act in (
            lambda: store.renew(lost, LEASE, etape=Etape.EVALUATION, avancement=0.9),
            lambda: store.release(lost),
            lambda: store.retry(lost, "no"),
            lambda: store.finish(lost, ended(lost, promue=True), version(model)),
        ):
            with pytest.raises(LeaseLost, match="meanwhile"):
                act()
        assert store.list() == before
        assert registry.versions(model) == []
        store.finish(holder, ended(holder, promue=True), version(model))
        assert registry.get(model).version_courante == 1

    def test_after_the_end_it_is_lost(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        claim = claimed(store)
        store.finish(claim, ended(claim, StatutCampagne.ECHEC, erreur="no"))
        with pytest.raises(LeaseLost, match="is ECHEC meanwhile"):
            store.finish(claim, ended(claim), version(model))

    def test_released_the_attempt_does_not_count(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        for _ in range(5):
            claim = claimed(store)
            assert claim.tentative == 1
            store.release(claim)
        # The same trainer, the same attempt, and still not the same claim.
        claimed(store)
        with pytest.raises(LeaseLost):
            store.renew(claim, LEASE)

    def test_retry_until_the_attempts_are_used_up(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        first = claimed(store)
        store.renew(first, LEASE, etape=Etape.EVALUATION, avancement=0.7)
        assert store.retry(first, "the broker is away")
        waiting = found(store, "nightly-7")
        assert (waiting.statut, waiting.erreur) == (StatutCampagne.DEMANDEE, "the broker is away")
        assert (waiting.etape, waiting.avancement) == (None, 0.0)
        second = claimed(store)
        assert second.tentative == 2
        before = store.list()
        assert not store.retry(second, "still away")
        assert store.list() == before
        store.finish(second, ended(second, StatutCampagne.ECHEC, erreur="still away"))


class TestFinish:
    def test_a_champion(self, store: CampaignStore, registry: ModelRegistry, model: int) -> None:
        store.submit(request(model))
        claim = claimed(store)
        told = ended(
            claim,
            etape=Etape.PUBLICATION,
            avancement=1.0,
            lignes=700,
            lignes_test=300,
            donnees_du=dt.date(2024, 1, 1),
            donnees_au=dt.date(2024, 12, 31),
            offsets={"wisebook.entries/3": [0, 1000]},
            duree_minutes=0.25,
            metriques={"auc": 0.9, "accuracy": 0.8},
            metriques_avant={"auc": 0.85},
            amelioration=0.05,
            promue=True,
            decision="auc 0.90, 0.05 above the champion's",
        )
        store.finish(claim, told, version(model))
        assert store.get(claim.campagne_id) == replace(told, version=version(model))
        assert store.unannounced() == [replace(told, version=version(model))]
        one = registry.get(model)
        assert (one.statut, one.version_courante, one.accuracy) == (Statut.PRET, 1, 0.8)
        assert one.metrics == registry.version(model, 1).metrics == {"auc": 0.9, "accuracy": 0.8}
        (change,) = registry.history(model)
        assert (change.version, change.version_avant, change.par) == (1, None, "ops")
        assert change.motif == told.decision

    def test_a_challenger(self, store: CampaignStore, registry: ModelRegistry, model: int) -> None:
        succeed(store, model, 1)
        succeed(store, model, 2, promue=False)
        one = registry.get(model)
        assert (one.statut, one.version_courante, one.version_challenger) == (Statut.PRET, 1, 2)
        assert one.metrics == {"auc": 0.1}
        succeed(store, model, 3)
        one = registry.get(model)
        assert (one.version_courante, one.version_challenger) == (3, None)

    def test_a_champion_that_was_changed_meanwhile_stays(
        self, store: CampaignStore, registry: ModelRegistry, model: int, clock: Clock
    ) -> None:
        for number in (1, 2):
            clock.advance(60)
            succeed(store, model, number)
        store.submit(request(model, "third"))
        claim = claimed(store)
        clock.advance(60)
        registry.rollback(model, par="anna")
        store.finish(claim, ended(claim, promue=True, decision="promoted: auc 0.9"), version(model, 3))
        one = registry.get(model)
        assert (one.version_courante, one.version_challenger) == (1, 3)
        told = found(store, "third")
        assert told.promue is False
        assert "version 1 was put in charge by anna" in told.decision

        succeed(store, model, 4)  # it began afterwards
        assert registry.get(model).version_courante == 4

    @pytest.mark.parametrize(
        ("statut", "with_champion", "stands"),
        [
            (StatutCampagne.ECHEC, False, Statut.ECHEC),
            (StatutCampagne.ECHEC, True, Statut.PRET),
            (StatutCampagne.ANNULEE, False, Statut.BROUILLON),
            (StatutCampagne.ANNULEE, True, Statut.PRET),
        ],
    )
    def test_without_a_version(
        self,
        store: CampaignStore,
        registry: ModelRegistry,
        model: int,
        statut: StatutCampagne,
        with_champion: bool,
        stands: Statut,
    ) -> None:
        if with_champion:
            succeed(store, model, 1)
        store.submit(request(model))
        claim = claimed(store)
        store.finish(claim, ended(claim, statut, erreur="needs 90 days, has 12"))
        one = registry.get(model)
        assert (one.statut, one.version_courante) == (stands, 1 if with_champion else None)
        assert found(store, "nightly-7").erreur == "needs 90 days, has 12"

    def test_a_version_that_conflicts_changes_nothing(
        self, store: CampaignStore, registry: ModelRegistry, model: int
    ) -> None:
        succeed(store, model, 1)
        store.submit(request(model))
        claim = claimed(store)
        for wrong in (
            replace(version(model), sha256="c" * 64),
            version(make(registry, "autre")),
            replace(version(model, 2), societe_id=8),
        ):
            with pytest.raises(VersionConflict):
                store.finish(claim, ended(claim, promue=True), wrong)
        assert found(store, "nightly-7").statut is StatutCampagne.EN_COURS
        assert [recorded.version for recorded in registry.versions(model)] == [version(model)]

    def test_numbers_that_json_cannot_hold_are_left_out(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        claim = claimed(store)
        nan = float("nan")
        metrics = {"auc": nan, "rows": 3.0}
        told = ended(claim, metriques=metrics, metriques_avant=metrics, amelioration=nan, decision="a\0b", promue=True)
        store.finish(claim, told, version(model))
        campaign = found(store, "nightly-7")
        assert campaign.metriques == campaign.metriques_avant == {"rows": 3.0}
        assert campaign.amelioration is None

    def test_no_end(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        claim = claimed(store)
        with pytest.raises(ValueError, match="cannot end as EN_COURS"):
            store.finish(claim, ended(claim, StatutCampagne.EN_COURS))
        with pytest.raises(ValueError, match="has no version"):
            store.finish(claim, ended(claim, StatutCampagne.ECHEC), version(model))


class TestCancel:
    def test_one_that_waits_ends_at_once(self, store: CampaignStore, registry: ModelRegistry, model: int) -> None:
        store.submit(request(model))
        campaign = store.cancel("nightly-7")
        assert campaign is not None
        assert campaign.statut is StatutCampagne.ANNULEE
        assert store.unannounced() == [campaign]
        assert store.claim("a", LEASE) is None
        assert registry.get(model).statut is Statut.BROUILLON

    def test_one_in_work_ends_soon(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        claim = claimed(store)
        assert not store.renew(claim, LEASE)
        campaign = store.cancel("nightly-7")
        assert campaign is not None
        assert campaign.statut is StatutCampagne.EN_COURS
        assert store.renew(claim, LEASE)
        store.finish(claim, ended(claim, StatutCampagne.ANNULEE))
        assert found(store, "nightly-7").statut is StatutCampagne.ANNULEE

    @pytest.mark.parametrize("how", ["lost", "released", "retried"])
    def test_one_that_its_trainer_does_not_end_is_ended_by_the_next(
        self, store: CampaignStore, registry: ModelRegistry, model: int, clock: Clock, how: str
    ) -> None:
        store.submit(request(model))
        claim = claimed(store)
        store.cancel("nightly-7")
        if how == "released":
            store.release(claim)
        elif how == "retried":
            store.retry(claim, "no")
        clock.advance(11)
        assert store.claim("b", LEASE) is None
        assert found(store, "nightly-7").statut is StatutCampagne.ANNULEE
        assert registry.get(model).statut is Statut.BROUILLON

    def test_one_that_has_ended_stays(self, store: CampaignStore, model: int) -> None:
        campaign = succeed(store, model, 1)
        assert store.cancel(campaign.demande_id) == campaign

    def test_one_that_joined_leaves_the_other(self, store: CampaignStore, model: int) -> None:
        store.submit(request(model))
        joined = store.submit(request(model, "again"))
        assert store.cancel("again") == joined
        assert found(store, "nightly-7").statut is StatutCampagne.DEMANDEE

    def test_none(self, store: CampaignStore, model: int) -> None:
        assert store.cancel("nothing") is None
        store.submit(request(model))
        assert store.cancel("nightly-7", societe_id=8) is None
        assert found(store, "nightly-7").statut is StatutCampagne.DEMANDEE


class TestOutbox:
    def test_ends_are_announced_once_oldest_first(
        self, store: CampaignStore, registry: ModelRegistry, clock: Clock
    ) -> None:
        for n in (2, 1):
            succeed(store, make(registry, f"m{n}"), 1)
            clock.advance(1)
        store.submit(request(make(registry, "waits"), "waits"))
        first, second = store.unannounced()
        assert first.modele_id < second.modele_id
        store.announced(first.campagne_id)
        assert store.unannounced() == [second]
        store.announced(second.campagne_id)
        store.announced(second.campagne_id)
        assert store.unannounced() == []

    def test_what_has_not_ended_cannot_be_announced(self, store: CampaignStore, model: int) -> None:
        campaign = store.submit(request(model))
        store.announced(campaign.campagne_id)
        store.cancel("nightly-7")
        assert len(store.unannounced()) == 1


def test_list(store: CampaignStore, registry: ModelRegistry, model: int, clock: Clock) -> None:
    assert store.list() == []
    other = make(registry, "autre")
    succeed(store, model, 1)
    clock.advance(5)
    store.submit(request(other, "later"))
    assert [row["demande_id"] for row in store.list()] == ["later", f"training-{model}-1"]
    assert [row["demande_id"] for row in store.list(modele_id=model)] == [f"training-{model}-1"]
    assert len(store.list(limit=1)) == 1
    assert store.list(societe_id=8) == []
    row = store.list(modele_id=model)[0]
    assert (row["motif"], row["demandeur"], row["du"]) == (Motif.MANUEL, "ops", dt.date(2024, 1, 1))
    assert row["demandee_le"] == row["commencee_le"] == row["terminee_le"] == NOW
    assert store.get(uuid.uuid4()) is None


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from("sssccrlfxt"), st.integers(0, 3)), max_size=25))
def test_whatever_happens_each_request_ends_once(engine: Engine, steps: list[tuple[str, int]]) -> None:
    """Any mix of requests, trainers that work, die or shut down, and cancellations; a calm trainer ends the rest."""
    with writing(engine) as connection:
        for table in ("campagne_entrainement", "promotion_modele", "version_modele", "modele_ml"):
            connection.execute(text(f"DELETE FROM {table}"))
    clock = Clock()
    store, registry = CampaignStore(engine, clock=clock), ModelRegistry(engine, clock=clock)
    models = [make(registry, f"m{n}") for n in range(2)]
    requests, claims, numbers, finished = 0, list[Claim](), count(1), list[uuid.UUID]()

    def act(on: Claim, kind: str) -> None:
        try:
            if kind == "r":
                store.retry(on, "no")
            elif kind == "l":
                store.release(on)
            else:
                store.finish(on, ended(on, promue=True), version(on.request.modele_id, next(numbers)))
                finished.append(on.campagne_id)
        except LeaseLost:
            return

    for kind, n in steps:
        clock.advance(1)
        if kind == "s":
            store.submit(request(models[n % 2], f"r{requests}"))
            requests += 1
        elif kind == "c":
            claims += [claim for claim in [store.claim(f"w{n}", LEASE)] if claim]
        elif kind == "x":
            store.cancel(f"r{n}")
        elif kind == "t":
            clock.advance(11)
        elif claims:
            act(claims[n % len(claims)], kind)
        in_work = [row["modele_id"] for row in store.list() if row["statut"] is StatutCampagne.EN_COURS]
        assert len(in_work) == len(set(in_work))
    clock.advance(11)
    while claim := store.claim("calm", LEASE):
        act(claim, "f")
    assert len(finished) == len(set(finished))
    assert len(store.unannounced()) == requests
    assert {campaign.statut for campaign in store.unannounced()}.isdisjoint(
        {StatutCampagne.DEMANDEE, StatutCampagne.EN_COURS}
    )
    assert Statut.EN_ENTRAINEMENT not in {model.statut for model in registry.list()}
