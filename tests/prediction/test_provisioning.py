"""Default models and their first training: as soon as there is enough, once, and again with twice as much."""

import datetime as dt
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import Avis, DemandeEntrainement, PositionTresorerie, StatutCampagne, TypeModele, Verdict, campagne_id
from topics import FEEDBACK, TRAINING_REQUESTS, TREASURY, Topic
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.prediction.counts import Counts
from wisebook_ml.prediction.provisioning import NEEDS, Provisioner, request_id, stage
from wisebook_ml.prediction.rows import new_rows
from wisebook_ml.prediction.tallies import Days, Verdicts
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, ModelRegistry, open_database
from wisebook_ml.training.defaults import DEFAULT_NAMES

from .fitted import ledger

LEAST = NEEDS[TypeModele.DBSCAN].least
HOUR = dt.timedelta(hours=1)
WAIT = 60.0


class Company:
    """A deployment's registry and requests."""

    def __init__(self, kafka: str, prefix: str, home: Path) -> None:
        self.kafka, self.prefix = kafka, prefix
        self.settings = Settings(
            _env_file=None,
            topic_prefix=prefix,
            home=home,
            bootstrap_servers=kafka,
            database_url=f"sqlite:///{home / 'ml.db'}",
        )
        apply_topics(kafka, prefix)
        engine = open_database(self.settings.sql_url)
        self.registry, self.campaigns = ModelRegistry(engine), CampaignStore(engine)

    def requests(self) -> list[str]:
        topic = TRAINING_REQUESTS.full_name(self.prefix)
        found = []
        for partition, (start, end) in end_offsets(self.kafka, topic).items():
            for run in read_partition(self.kafka, topic, partition, start, end):
                found += [msgspec.json.decode(raw.value or b"", type=DemandeEntrainement) for raw in run]
        return [one.demande_id for one in found]

    def take(self) -> None:
        """Do as the training role does with what is requested."""
        topic = TRAINING_REQUESTS.full_name(self.prefix)
        for partition, (start, end) in end_offsets(self.kafka, topic).items():
            for run in read_partition(self.kafka, topic, partition, start, end):
                for raw in run:
                    self.campaigns.submit(msgspec.json.decode(raw.value or b"", type=DemandeEntrainement))

    def end(self, statut: StatutCampagne) -> None:
        """End the campaign that waits."""
        claim = self.campaigns.claim("test", HOUR)
        assert claim is not None
        campaign = self.campaigns.get(claim.campagne_id)
        assert campaign is not None
        self.campaigns.finish(claim, msgspec.structs.replace(campaign, statut=statut, erreur="needs more"))

    def send(self, topic: Topic, records: list[Avis] | list[PositionTresorerie]) -> None:
        with EventProducer(self.kafka, self.prefix) as producer:
            for record in records:
                key = str(record.societe_id).encode()
                producer.send(Outgoing(topic, key, msgspec.json.encode(record), []))


@pytest.fixture
def company(kafka: str, topic_prefix: str, tmp_path: Path) -> Iterator[Company]:
    yield Company(kafka, topic_prefix, tmp_path)


def test_a_company_without_enough_gets_nothing(company: Company) -> None:
    provisioner = Provisioner(company.settings, company.kafka)
    provisioner.counted(1, {"parties": LEAST - 1, "lines": 0})
    provisioner.work()
    assert company.requests() == []
    assert company.registry.list() == []


def test_enough_data_makes_a_model_and_one_request_whoever_asks_again(company: Company) -> None:
    for _ in range(2):  # a crash between: nothing of the first is remembered
        provisioner = Provisioner(company.settings, company.kafka)
        provisioner.counted(1, {"parties": LEAST})
        provisioner.work()
        provisioner.counted(1, {"parties": LEAST + 1})
        provisioner.work()
    (model,) = company.registry.list(1)
    assert (model.nom, model.type_modele) == (DEFAULT_NAMES[TypeModele.DBSCAN], TypeModele.DBSCAN)
    assert set(company.requests()) == {request_id(model.id, 1)} == {f"provision-{model.id}-1"}
    company.take()
    assert len(company.campaigns.list()) == 1

    provisioner = Provisioner(company.settings, company.kafka)
    before = company.requests()
    provisioner.counted(1, {"parties": LEAST})
    provisioner.work()
    assert company.requests() == before  # SQL knows the campaign


@pytest.mark.parametrize("end", [StatutCampagne.ECHEC, StatutCampagne.REUSSIE], ids=["failed", "not promoted"])
def test_what_led_to_no_champion_is_asked_for_again_with_twice_as_much(company: Company, end: StatutCampagne) -> None:
    provisioner = Provisioner(company.settings, company.kafka)
    provisioner.counted(1, {"parties": LEAST})
    provisioner.work()
    company.take()
    (model,) = company.registry.list(1)

    provisioner.counted(1, {"parties": 2 * LEAST})
    provisioner.work()
    assert company.requests() == [request_id(model.id, 1)]  # the first has not ended
    company.end(end)
    provisioner.work()  # as the thread does now and then
    assert company.requests() == [request_id(model.id, 1), request_id(model.id, 2)]
    company.take()
    company.end(StatutCampagne.ECHEC)
    provisioner.counted(1, {"parties": 4 * LEAST - 1})
    provisioner.work()
    assert len(company.requests()) == 2
    provisioner.counted(1, {"parties": 4 * LEAST})
    provisioner.work()
    assert company.requests()[-1] == request_id(model.id, 3)


def test_what_somebody_has_cancelled_is_left_alone(company: Company) -> None:
    provisioner = Provisioner(company.settings, company.kafka)
    provisioner.counted(1, {"parties": LEAST})
    provisioner.work()
    company.take()
    (model,) = company.registry.list(1)
    company.campaigns.cancel(request_id(model.id, 1))
    provisioner.counted(1, {"parties": 9 * LEAST})
    provisioner.work()
    assert len(company.requests()) == 1
    assert company.campaigns.get(campagne_id(request_id(model.id, 1))) is not None


def test_sql_that_is_away_is_waited_for(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    folder = company.settings.home / "later"
    folder.write_text("no folder yet")
    settings = company.settings.model_copy(update={"database_url": f"sqlite:///{folder / 'ml.db'}"})
    provisioner = Provisioner(settings, company.kafka)
    provisioner.start()
    provisioner.counted(1, {"parties": LEAST})
    deadline = time.monotonic() + WAIT
    while "first trainings cannot be requested" not in caplog.text:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    folder.unlink()
    while not company.requests():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    provisioner.close()


@given(st.integers(0, 10**7), st.integers(1, 10**4))
def test_stages_double(count: int, least: int) -> None:
    number = stage(count, least)
    assert (number >= 1) is (count >= least)
    if number:
        assert least * 2 ** (number - 1) <= count < least * 2**number
    assert stage(2 * count, least) >= number + (number > 0)


def test_counts_are_those_of_a_ledger_however_it_is_cut() -> None:
    told = []
    for size in (13, 10_000):
        rows, counts, known = new_rows(), Counts(), dict[int, dict[str, int]]()
        for start in range(0, 400, size):
            part = ledger()[:400][start : start + size]
            first = [entry.revision == 1 for entry in part]
            counts.take(part, first, {kind: fold.take(part) for kind, fold in rows.items()})
            other = Counts()
            other.load(counts.dump())
            known.update(counts.changed())
            counts = other
        told.append(known)
    assert told[0] == told[1]
    assert told[0][1]["entries"] == sum(entry.revision == 1 for entry in ledger()[:400])
    assert all(count > 0 for count in told[0][1].values())
    assert {need.count for need in NEEDS.values()} == {*told[0][1], "avis", "days"}


def test_verdicts_and_days_are_counted_once_from_the_start_on(company: Company) -> None:
    avis = [
        Avis(societe_id=1, detection_id=uuid.UUID(int=k % 3), verdict=Verdict.CONFIRMEE, auteur="A") for k in range(9)
    ] + [Avis(societe_id=1, ecriture_id="E1", verdict=Verdict.MANQUEE, auteur="A")]
    company.send(FEEDBACK, avis)
    start = dt.date(2024, 1, 1)
    company.send(
        TREASURY,
        [
            PositionTresorerie(societe_id=s, compte_num="512", date=start + dt.timedelta(days=k), solde="1.00")
            for s in (1, 2)
            for k in range(5 * s)
        ],
    )
    told: dict[tuple[int, str], int] = {}

    def counted(societe_id: int, counts: dict[str, int]) -> None:
        told.update({(societe_id, name): count for name, count in counts.items()})

    for kind, topic in ((Verdicts, FEEDBACK), (Days, TREASURY)):
        tally = kind(company.kafka, company.prefix, counted)  # type: ignore[arg-type]
        name = topic.full_name(company.prefix)
        for partition, (first, end) in end_offsets(company.kafka, name).items():
            runs = [raw for run in read_partition(company.kafka, name, partition, first, end) for raw in run]
            tally.take(partition, runs[-1:])  # what was before is read
            tally.take(partition, runs)
            tally.catch_up(partition)
    assert told == {(1, "avis"): 4, (1, "days"): 5, (2, "days"): 10}
