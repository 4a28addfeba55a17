"""Runs of timers: one row a run, however often it comes; and which models were trained when."""

import datetime as dt
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from schemas import (
    Campagne,
    DemandeEntrainement,
    DomaineApplication,
    ExecutionMinuterie,
    Motif,
    Statut,
    StatutCampagne,
    StatutExecution,
    TypeModele,
    VersionModele,
)
from wisebook_ml.storage import CampaignStore, Entrainement, ModelRegistry, TimerRunStore, last_trainings

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)

RUN = ExecutionMinuterie(
    minuterie="statistics",
    echeance=NOON,
    statut=StatutExecution.REUSSIE,
    acquise=NOON,
    debut=NOON + dt.timedelta(milliseconds=7),
    duree_ms=12,
    sautees=3,
    publies={"entries": 6},
)


class TestRuns:
    def test_what_comes_again_leaves_the_same_row(self, engine: Engine) -> None:
        store = TimerRunStore(engine)
        failed = replace(RUN, statut=StatutExecution.ECHEC, detail="away\0", publies={}, debut=NOON, tentative=2)
        store.write([])
        for _ in range(2):
            store.write([failed, RUN, RUN])
        assert store.list() == [RUN, replace(failed, detail="away\N{REPLACEMENT CHARACTER}")]

    def test_questions(self, engine: Engine) -> None:
        store = TimerRunStore(engine)
        names = ("drift", "statistics")
        store.write(
            [
                replace(RUN, minuterie=name, echeance=NOON + k * HOUR, debut=NOON + k * HOUR)
                for k in range(3)
                for name in names
            ]
        )
        assert [(one.minuterie, one.debut.hour) for one in store.list(limit=3)] == [
            ("drift", 14), ("statistics", 14), ("drift", 13)
        ]  # fmt: skip
        assert [one.debut.hour for one in store.list("drift")] == [14, 13, 12]
        assert store.list("nightly") == []


class Clock:
    now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def train(store: CampaignStore, modele_id: int, name: str, statut: StatutCampagne | None, version: int = 0) -> None:
    """Have a training asked for, and end so; with None, leave it in work."""
    store.submit(
        DemandeEntrainement(demande_id=name, modele_id=modele_id, societe_id=1, motif=Motif.MANUEL, demandeur="t")
    )
    claim = store.claim("w", HOUR)
    assert claim is not None
    if statut is None:
        return
    campaign = Campagne(
        campagne_id=claim.campagne_id, demande_id=name, modele_id=modele_id, societe_id=1, statut=statut, promue=True
    )
    made = VersionModele(
        modele_id=modele_id,
        societe_id=1,
        type_modele=TypeModele.ISOLATION_FOREST,
        version=version,
        artefact="a",
        sha256="0" * 64,
        signature="s",
    )
    store.finish(claim, campaign, made if version else None)


def test_when_models_were_trained(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    registry, store = ModelRegistry(engine, clock=clock), CampaignStore(engine, clock=clock)
    ids = [
        registry.create(
            1, f"m{k}", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES,
            frequence_reentrainement=k + 1, reentrainement_auto=k != 4,
        ).id
        for k in range(6)
    ]  # fmt: skip
    never, trained, tried, at_work, by_hand, gone = ids
    train(store, trained, "t1", StatutCampagne.REUSSIE, 1)
    train(store, tried, "t2", StatutCampagne.REUSSIE, 1)
    clock.now = NOON + DAY
    train(store, tried, "t3", StatutCampagne.ECHEC)
    clock.now = NOON + 2 * DAY
    train(store, trained, "t4", StatutCampagne.ANNULEE)
    train(store, at_work, "t5", None)
    registry.archive(gone)
    assert by_hand not in {one.modele_id for one in last_trainings(engine)}
    assert last_trainings(engine) == [
        Entrainement(
            modele_id=number, societe_id=1, statut=statut, frequence=frequence, essaye_le=tried_at, reussi_le=made_at,
            promu_le=made_at, en_cours=under_way,
        )
        for number, statut, frequence, tried_at, made_at, under_way in (
            (never, Statut.BROUILLON, 1, None, None, False),
            (trained, Statut.PRET, 2, NOON, NOON, False),
            (tried, Statut.PRET, 3, NOON + DAY, NOON, False),
            (at_work, Statut.EN_ENTRAINEMENT, 4, None, None, True),
        )
    ]  # fmt: skip
