"""What is collected of a company: its own records in their order, whatever else its partition holds."""

import datetime as dt
import uuid

import msgspec
import pytest

from schemas import (
    Activation,
    Avis,
    Ecriture,
    Parametres,
    PositionTresorerie,
    Reglage,
    TypeModele,
    Verdict,
    VersionModele,
)
from topics import ENTRIES, FEEDBACK, TREASURY, Topic
from topics.incoming import entry_event
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.events import Outgoing, event_headers, record_event
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import ReadError, end_offsets
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import collect, partition_of
from wisebook_ml.training.companies import companies_on_topic, is_on_topic

NOW = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


def entries(societe_id: int) -> list[Ecriture]:
    return generate_ledger(entries=60, seed=societe_id, societe_id=societe_id).events


def neighbour(societe_id: int) -> int:
    """Return another company of the same partition."""
    place = partition_of(societe_id, ENTRIES.partitions)
    return next(k for k in range(societe_id + 1, 1000) if partition_of(k, ENTRIES.partitions) == place)


def avis(societe_id: int) -> Avis:
    return Avis(societe_id=societe_id, detection_id=uuid.uuid4(), verdict=Verdict.CONFIRMEE, auteur="a")


def position(societe_id: int) -> PositionTresorerie:
    return PositionTresorerie(societe_id=societe_id, compte_num="512000", date=dt.date(2024, 5, 1), solde="1.00")


def reglage(societe_id: int) -> Reglage:
    return Reglage(societe_id=societe_id, parametres=Parametres(societe_id=societe_id, version=1))


def broken(topic: Topic, societe_id: int) -> Outgoing:
    headers = event_headers(avis(societe_id), id_="broken", source="test", time=NOW)
    return Outgoing(topic, str(societe_id).encode(), b'{"societe_id": "seven"}', headers)


@pytest.fixture
def ledgers(settings: Settings) -> dict[int, list[Ecriture]]:
    """Publish the entries of two companies of one partition, and of one of another, with what else stands there."""
    other = neighbour(7)
    third = next(k for k in range(8, 20) if partition_of(k, ENTRIES.partitions) != partition_of(7, ENTRIES.partitions))
    ledgers = {k: entries(k) for k in (7, other, third)}
    version = VersionModele(
        modele_id=1, version=1, societe_id=7, type_modele=TypeModele.SVM, artefact="7/1/1/model.pkl", sha256="0" * 64
    )
    with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
        for ledger in zip(*ledgers.values(), strict=False):
            for one in ledger:
                producer.send(entry_event(one, "test"))
        producer.send(record_event(ENTRIES, 7, Activation(societe_id=7, version=version), "marker", source="test"))
        producer.send(record_event(ENTRIES, 7, reglage(7), "settings", source="test"))
        producer.send(broken(FEEDBACK, 7))
        for societe_id in ledgers:
            producer.send(record_event(FEEDBACK, societe_id, avis(societe_id), f"avis {societe_id}", source="test"))
            producer.send(
                record_event(TREASURY, societe_id, position(societe_id), f"position {societe_id}", source="test")
            )
    shortest = min(len(ledger) for ledger in ledgers.values())
    return {societe_id: ledger[:shortest] for societe_id, ledger in ledgers.items()}


def test_a_company_has_its_own_records_only(settings: Settings, ledgers: dict[int, list[Ecriture]]) -> None:
    shares: list[float] = []
    bootstrap, prefix = settings.bootstrap_servers, settings.topic_prefix
    du, au = dt.date(2024, 1, 1), dt.date(2024, 3, 31)
    found = collect(bootstrap, prefix, 7, (ENTRIES, FEEDBACK, TREASURY), du=du, au=au, progress=shares.append)
    assert list(found.companies) == [7]
    mine = found.companies[7]
    assert mine.entries == ledgers[7]
    assert [one.societe_id for one in mine.avis] == [7]
    assert mine.positions == [position(7)]
    assert (mine.du, mine.au) == (du, au)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    place = partition_of(7, ENTRIES.partitions)
    assert set(found.offsets) == {f"entries/{place}", f"feedback/{place}", f"treasury/{place}"}
    end = end_offsets(bootstrap, ENTRIES.full_name(prefix))[place]
    assert found.offsets[f"entries/{place}"] == end


def test_only_the_topics_that_are_asked_for_are_read(settings: Settings, ledgers: dict[int, list[Ecriture]]) -> None:
    found = collect(settings.bootstrap_servers, settings.topic_prefix, 7, (TREASURY,))
    assert found.companies[7].entries == []
    assert len(found.offsets) == 1


def test_a_global_model_has_everybodys_by_company(settings: Settings, ledgers: dict[int, list[Ecriture]]) -> None:
    found = collect(settings.bootstrap_servers, settings.topic_prefix, 0, (ENTRIES,))
    assert {number: one.entries for number, one in found.companies.items()} == ledgers
    assert list(found.companies) == sorted(ledgers)
    assert len(found.offsets) == ENTRIES.partitions


def test_a_company_that_nobody_knows_has_nothing(settings: Settings) -> None:
    found = collect(settings.bootstrap_servers, settings.topic_prefix, 404, (ENTRIES,))
    assert found.companies == {}
    assert list(found.offsets.values()) == [(0, 0)]


def test_a_topic_that_is_missing_is_named(settings: Settings) -> None:
    with pytest.raises(ReadError, match=r"topic nowhere\.entries: .*wisebook-ml topics apply"):
        collect(settings.bootstrap_servers, "nowhere.", 7, (ENTRIES,))


def test_what_is_collected_is_what_was_published(settings: Settings, ledgers: dict[int, list[Ecriture]]) -> None:
    found = collect(settings.bootstrap_servers, settings.topic_prefix, 7, (ENTRIES,))
    assert msgspec.json.encode(found.companies[7].entries) == msgspec.json.encode(ledgers[7])


def test_a_company_with_settings_and_without_entries_is_not_there_yet(
    settings: Settings, ledgers: dict[int, list[Ecriture]]
) -> None:
    bootstrap, prefix = settings.bootstrap_servers, settings.topic_prefix
    with EventProducer(bootstrap, prefix) as producer:
        for societe_id in (0, 404):
            producer.send(
                record_event(ENTRIES, societe_id, reglage(societe_id), f"settings {societe_id}", source="test")
            )
    assert companies_on_topic(bootstrap, prefix) == sorted(ledgers)
    assert is_on_topic(bootstrap, prefix, 7)
    assert not is_on_topic(bootstrap, prefix, 404)
