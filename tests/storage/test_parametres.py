"""Versions of settings: numbered per company, never changed, recorded once for what asked for them."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from schemas import Attenuation, CodeMotif, Parametres, ReglageControle
from wisebook_ml.storage import SettingsStore, StoredSettings

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
WRITERS = 4
EACH = 6

FULL = Parametres(
    societe_id=7,
    budget_alertes=0.02,
    seuil_signification="1500.50",
    plafonds_approbation=["5000", "12000.50"],
    mots_cles=["perso", "à régulariser"],
    jours_feries=[dt.date(2026, 12, 24)],
    controles={
        CodeMotif.RAFALE: ReglageControle(actif=False),
        CodeMotif.DOUBLON: ReglageControle(seuil=0.1, poids=0.3),
    },
    attenuations=[Attenuation(code=CodeMotif.RAFALE, journal_code="BQ", facteur=1 / 3, avis=6, rejets=5)],
    auteur="anne",
    motif="clôture",
)


@pytest.fixture
def store(engine: Engine) -> SettingsStore:
    return SettingsStore(engine, clock=lambda: NOON)


def add(store: SettingsStore, origine: str, societe_id: int = 7, **changes: object) -> StoredSettings:
    added = store.append(societe_id, lambda base: replace(base, **changes), origine)
    assert added is not None
    return added


def test_what_is_recorded_is_read_back_whole(store: SettingsStore) -> None:
    recorded = store.append(7, lambda base: FULL, "t/0/0")
    assert recorded == StoredSettings(parametres=replace(FULL, version=1), origine="t/0/0", enregistree_le=NOON)
    assert store.last(7) == store.get(7, 1) == recorded
    assert store.in_force(7) == recorded.parametres


def test_versions_count_up_per_company(store: SettingsStore) -> None:
    numbers = [add(store, f"t/0/{k}", societe_id).version for k, societe_id in enumerate([7, 8, 7, 0, 7])]
    assert numbers == [1, 1, 2, 1, 3]
    assert [one.version for one in store.history(7)] == [1, 2, 3]
    assert store.societes() == [0, 7, 8]
    assert store.history(9) == []


def test_asked_again_nothing_is_recorded(store: SettingsStore) -> None:
    first = add(store, "t/0/0", budget_alertes=0.02)
    add(store, "t/0/1", budget_alertes=0.03)
    assert add(store, "t/0/0", budget_alertes=0.04) == first
    assert [one.parametres.budget_alertes for one in store.history(7)] == [0.02, 0.03]


def test_a_version_starts_from_the_last_one(store: SettingsStore) -> None:
    add(store, "t/0/0", budget_alertes=0.02)
    add(store, "t/0/1", mots_cles=["perso"])
    found = store.in_force(7)
    assert (found.budget_alertes, found.mots_cles, found.version) == (0.02, ["perso"], 2)


def test_a_company_without_its_own_starts_from_those_of_all(store: SettingsStore) -> None:
    assert store.in_force(7) == Parametres(societe_id=7)
    add(store, "t/0/0", societe_id=0, budget_alertes=0.05)
    assert store.in_force(7) == Parametres(societe_id=7, budget_alertes=0.05)
    assert store.last(7) is None
    own = add(store, "t/0/1", mots_cles=["perso"])
    assert own.parametres == Parametres(societe_id=7, version=1, budget_alertes=0.05, mots_cles=["perso"])
    add(store, "t/0/2", societe_id=0, budget_alertes=0.1)
    assert store.in_force(7) == own.parametres


def test_nothing_to_change_is_no_version(store: SettingsStore) -> None:
    assert store.append(7, lambda base: None, "t/0/0") is None
    assert store.history(7) == []


def test_a_refused_edit_leaves_no_trace(store: SettingsStore) -> None:
    def refuse(base: Parametres) -> Parametres:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.append(7, refuse, "t/0/0")
    assert add(store, "t/0/0").version == 1


def test_markers(store: SettingsStore) -> None:
    for k, societe_id in enumerate([7, 7, 7, 0]):
        add(store, f"t/0/{k}", societe_id)
    assert store.unmarked_companies() == [0, 7]
    store.mark(7, 2)
    assert [one.version for one in store.unmarked(7)] == [3]
    assert [one.marquee_le for one in store.history(7)] == [NOON, NOON, None]
    store.mark(7, 3)
    assert store.unmarked_companies() == [0]


def test_an_impossible_version_is_none(store: SettingsStore) -> None:
    assert store.get(7, 10**30) is None


def test_writers_at_once_lose_no_version(engine: Engine) -> None:
    store = SettingsStore(engine)

    def count(base: Parametres) -> Parametres:
        return replace(base, mots_cles=[*base.mots_cles, f"mot {len(base.mots_cles)}"])

    def work(writer: int) -> None:
        for k in range(EACH):
            store.append(7, count, f"{writer}/{k}")

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(work, range(WRITERS)))
    assert [one.version for one in store.history(7)] == list(range(1, WRITERS * EACH + 1))
    assert store.in_force(7).mots_cles == [f"mot {k}" for k in range(WRITERS * EACH)]
