"""The tables come from migrations alone, whoever starts first."""

import datetime as dt
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from schemas import (
    Alerte,
    Canal,
    Destination,
    DomaineApplication,
    ReglageAlertes,
    Severite,
    TypeModele,
    VersionModele,
)
from wisebook_ml.delivery.planning import plan
from wisebook_ml.storage import (
    DeliveryStore,
    Issued,
    MigrationMismatch,
    ModelRegistry,
    migrations,
    open_database,
    upgrade,
)
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.migrations import VERSION_TABLE, check
from wisebook_ml.storage.tables import Base

PROCESSES = 4
UPGRADE = "import sys; from wisebook_ml.storage import open_database; open_database(sys.argv[1])"


def test_the_migrations_make_the_tables_that_the_program_declares(engine: Engine) -> None:
    with reading(engine) as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_the_way_down_and_up_again(engine: Engine) -> None:
    tables = set(inspect(engine).get_table_names())
    _go(engine, "0001")
    assert set(inspect(engine).get_table_names()) == tables - {
        "alerte",
        "alerte_detection",
        "alerte_envoi",
        "alerte_position",
        "alerte_societe",
        "avis_detection",
        "campagne_entrainement",
        "cle_pseudonyme",
        "derive",
        "destination_livraison",
        "execution_minuterie",
        "jeton_api",
        "journal_audit",
        "livraison",
        "motif_trouve",
        "promotion_modele",
        "requete_idempotente",
        "session_web",
        "statistique_detection",
        "tentative_livraison",
        "version_parametres",
    }
    assert "version_challenger" not in {column["name"] for column in inspect(engine).get_columns("modele_ml")}
    _go(engine, "base")
    assert inspect(engine).get_table_names() == [VERSION_TABLE]
    upgrade(engine)
    check(engine)
    assert set(inspect(engine).get_table_names()) == tables


def test_a_champion_from_before_the_history_can_be_gone_back_to(engine: Engine) -> None:
    registry = ModelRegistry(engine)
    model = registry.get_or_create(7, "forêt", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)
    registry.get_or_create(7, "autre", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)
    versions = [
        VersionModele(
            modele_id=model,
            version=number,
            societe_id=7,
            type_modele=TypeModele.ISOLATION_FOREST,
            artefact=f"7/{model}/{number}/model.pkl",
            sha256="a" * 64,
        )
        for number in (1, 2)
    ]
    for version in versions:
        registry.record_version(version)
    registry.promote(model, 1)
    since = registry.get(model).updated_at
    _go(engine, "0001")
    upgrade(engine)
    (first,) = registry.history(model)
    assert (first.version, first.version_avant, first.promue_le) == (1, None, since)
    registry.promote(model, 2)
    assert registry.rollback(model) == versions[0]


def test_deliveries_go_by_company_and_address(engine: Engine) -> None:
    """As they did not before: what was recorded then is known by the new name."""
    store, rules = (
        DeliveryStore(engine),
        ReglageAlertes(destinations=[Destination(canal=Canal.EMAIL, adresse="a@b.fr")]),
    )
    now = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
    alerts = [
        Alerte(alerte_id=uuid.UUID(int=k), societe_id=k, severite=Severite.ELEVEE, titre_fr="t", titre_en="t",
               detections=[uuid.UUID(int=9)])
        for k in (1, 2)
    ]  # fmt: skip
    issued = [Issued(one, now) for one in alerts]
    assert store.plan(issued, lambda one, told: plan(one, rules, told), now) == 2
    before = _destinations(engine)
    assert len(before) == 2
    _go(engine, "0010")
    assert len(_destinations(engine)) == 1
    upgrade(engine)
    assert _destinations(engine) == before
    assert store.plan(issued, lambda one, told: plan(one, rules, told), now) == 0


def _destinations(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        return set(connection.execute(text("SELECT destination FROM destination_livraison")).scalars())


def test_of_a_model_there_is_one_open_campaign(engine: Engine) -> None:
    (index,) = [
        index
        for index in inspect(engine).get_indexes("campagne_entrainement")
        if index["name"] == "ix_campagne_entrainement_ouverte"
    ]
    assert index["unique"]
    where = str(index["dialect_options"][f"{engine.dialect.name}_where"])
    assert "DEMANDEE" in where
    assert "EN_COURS" in where


def _go(engine: Engine, revision: str) -> None:
    """Take the tables down to a revision."""
    with writing(engine) as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_upgrade_twice_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    check(engine)


def test_open_database_brings_the_tables_up_to_date(database_url: str) -> None:
    engine = open_database(database_url)
    check(engine)
    engine.dispose()


def test_processes_may_start_at_once(database_url: str, empty: Engine) -> None:
    command = [sys.executable, "-c", UPGRADE, database_url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, errors
    check(empty)


def test_tables_of_a_later_version_are_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(MigrationMismatch, match=r"'9999'.*Update wisebook-ml"):
        upgrade(engine)
    with pytest.raises(MigrationMismatch, match="'9999'"):
        check(engine)


def test_a_database_without_tables_is_a_mismatch(empty: Engine) -> None:
    with pytest.raises(MigrationMismatch, match="revision None"):
        check(empty)


def test_a_migration_that_fails_leaves_no_trace(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE modele_ml (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)
    assert inspect(empty).get_table_names() == ["modele_ml"]


def test_the_tables_of_another_program_in_the_same_database_stay(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
    upgrade(empty)
    with reading(empty) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "theirs"
