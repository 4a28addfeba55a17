"""A new version takes effect between two entries, under load: none is lost, and none waits for it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping

import msgspec
import numpy as np
import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from schemas import Activation, Alerte, Ecriture, Prediction, TypeModele, TypeObjet
from tests.prediction.fitted import ledger
from topics import ALERTS, DETECTIONS, ENTRIES, PREDICTIONS, Topic
from topics.incoming import entry_event
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.training.collect import partition_of

from .deployment import Deployment, Worker, with_gaps
from .placing import announce, mark, of_company, save

SWAPS = 3
PAUSE = 0.035
"""Seconds between two entries: enough work for batches of one or a few."""

FIRST = 20
"""Entries before the load: what comes with a first batch, such as recovering, is not the swap's."""

LOAD = 260
"""Entries in all: some two seconds before the first swap, between two, and after the last."""

WAIT = 60.0

AHEAD = 1.0
"""Seconds between an announcement and its marker, as the trainer keeps them."""

AFTER = 0.5
"""Seconds after a marker in which an entry that came then could have waited for the swap."""

TARGET = 0.1
LOOSELY = 5.0
"""What is asserted: this machine does other things, too. The figures are printed at the end."""


@pytest.fixture(scope="module")
def workers(shared: Deployment) -> Iterator[tuple[Worker, Worker]]:
    yield shared.start("scoring"), shared.start("prediction", WISEBOOK_ML_PROVISIONING="false")


def times(deployment: Deployment, topic: Topic, societe_id: int, name: Callable[[object], str]) -> dict[str, float]:
    """Return when each record of a company's partition was published first, in seconds."""
    consumer = Consumer(
        {
            "bootstrap.servers": deployment.bootstrap,
            "group.id": "times",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    found: dict[str, float] = {}
    consumer.assign([TopicPartition(deployment.name(topic), partition_of(societe_id, ENTRIES.partitions), 0)])
    while True:
        message = consumer.poll(WAIT)
        assert message is not None
        error = message.error()
        if error is not None:
            assert error.code() == KafkaError._PARTITION_EOF
            consumer.close()
            return found
        headers = {key: (value or b"").decode() for key, value in message.headers() or []}  # type: ignore[union-attr]
        found.setdefault(name((message, headers)), message.timestamp()[1] / 1000)


def delays(deployment: Deployment, topic: Topic, societe_id: int) -> Mapping[str, np.ndarray]:
    """Return what passes between an entry and what follows from it: after markers, and otherwise."""
    offset = lambda one: str(one[0].offset())  # noqa: E731
    came = times(deployment, ENTRIES, societe_id, offset)
    followed = times(deployment, topic, societe_id, lambda one: one[1]["wb_offset"])
    markers = [
        came[str(one.offset)]
        for one in deployment.read(ENTRIES)
        if one.header("ce_type") == Activation.ce_type and one.key == str(societe_id).encode()
    ]
    of = {place: followed[place] - came[place] for place in list(followed)[FIRST:] if place in came}
    after = [of[place] for place in of if any(0 <= came[place] - marker < AFTER for marker in markers)]
    rest = [of[place] for place in of if not any(-AHEAD <= came[place] - marker < AFTER for marker in markers)]
    before = [of[place] for place in of if any(-AHEAD <= came[place] - marker < 0 for marker in markers)]
    return {"after": np.array(after), "loading": np.array(before), "rest": np.array(rest)}


def under_load(deployment: Deployment, events: list[Ecriture], swap: Callable[[int], None]) -> None:
    """Publish entries one by one, with swaps between; however slow those are, there are entries after each."""
    swapped = [threading.Event() for _ in range(SWAPS)]
    share = -(-len(events) // (SWAPS + 1))

    def publish() -> None:
        with EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer:
            for place, event in enumerate(events):
                if place and place % share == 0:
                    swapped[place // share - 1].wait(WAIT)
                producer.send(entry_event(event, "load"))
                time.sleep(PAUSE)

    thread = threading.Thread(target=publish)
    thread.start()
    for number in range(1, SWAPS + 1):
        time.sleep(AFTER)
        swap(number)
        swapped[number - 1].set()
    thread.join()


@pytest.mark.parametrize(
    ("role", "topic", "societe_id", "types"),
    [
        ("scoring", DETECTIONS, 21, [TypeModele.ISOLATION_FOREST]),
        ("prediction", PREDICTIONS, 22, [TypeModele.GRADIENT_BOOSTING, TypeModele.RANDOM_FOREST, TypeModele.XGBOOST]),
    ],
    ids=["scoring", "prediction"],
)
def test_no_entry_is_lost_or_waits_for_a_swap(
    shared: Deployment,
    workers: tuple[Worker, Worker],
    role: str,
    topic: Topic,
    societe_id: int,
    types: list[TypeModele],
    record_property: Callable[[str, object], None],
) -> None:
    events = with_gaps([event for event in of_company(societe_id) if event.revision == 1][:LOAD], every=1)
    for type_modele in types:
        mark(shared, save(shared, type_modele, 20, societe_id=societe_id))
    shared.publish(events[:FIRST])
    shared.wait(role, ENTRIES, *workers)

    # Before the load: to fit and save them takes seconds, in which nothing would be published.
    versions = {
        number: [save(shared, type_modele, 20 + number, societe_id=societe_id) for type_modele in types]
        for number in range(1, SWAPS + 1)
    }

    def swap(number: int) -> None:
        for version in versions[number]:
            announce(shared, version)
        time.sleep(AHEAD)
        for version in versions[number]:
            mark(shared, version)

    under_load(shared, events[FIRST:], swap)
    shared.wait(role, ENTRIES, *workers)

    if role == "scoring":
        seen = shared.detections(societe_id)
        about_entries = [one.detection for one in seen if one.detection.objet.type is TypeObjet.ECRITURE]
        assert {found.ecriture_id for found in about_entries} == {event.ecriture_id for event in events}
        used = [model.version for one in seen for model in one.detection.modeles if model.modele_id]
    else:
        told = [one for one in shared.read(PREDICTIONS) if one.key and one.key.startswith(b"22/ECRITURE/")]
        predictions = [msgspec.json.decode(one.value or b"", type=Prediction) for one in told]
        scores = [one for one in predictions if one.type_modele is TypeModele.GRADIENT_BOOSTING]
        assert [one.objet.id for one in scores if one.objet] == [event.ecriture_id for event in events]
        used = [one.version for one in scores]
    assert used == sorted(used)
    assert set(used) == set(range(20, 21 + SWAPS))
    found = delays(shared, topic, societe_id)
    told_ms = {name: 1000 * values for name, values in found.items()}
    for name, values in told_ms.items():
        figures = (
            f"{name}: {len(values)} entries, median {np.median(values):.0f} ms, "
            f"99 % {np.quantile(values, 0.99):.0f} ms, most {values.max():.0f} ms"
        )
        record_property("figures", figures)
    assert len(found["after"]) >= SWAPS
    assert found["after"].max() < np.quantile(found["rest"], 0.99) + LOOSELY


@pytest.mark.parametrize(
    ("role", "topic", "societe_id", "type_modele"),
    [
        ("scoring", DETECTIONS, 23, TypeModele.ISOLATION_FOREST),
        ("prediction", PREDICTIONS, 24, TypeModele.GRADIENT_BOOSTING),
    ],
    ids=["scoring", "prediction"],
)
def test_an_altered_artefact_is_refused_with_an_alert_and_the_old_model_goes_on(
    shared: Deployment,
    workers: tuple[Worker, Worker],
    role: str,
    topic: Topic,
    societe_id: int,
    type_modele: TypeModele,
) -> None:
    events = with_gaps([event for event in of_company(societe_id) if event.revision == 1][:60], every=1)
    good, altered = [save(shared, type_modele, number, societe_id=societe_id) for number in (1, 2)]
    mark(shared, good)
    shared.publish(events[:30])
    path = shared.settings.home / "ml_models" / altered.artefact
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    announce(shared, altered)
    mark(shared, altered)
    mark(shared, altered)
    shared.publish(events[30:])
    shared.wait(role, ENTRIES, *workers)

    key = str(societe_id).encode()
    letters = shared.dead_letters(key)
    # Gradient Boosting is asked by both roles, and each refuses it.
    assert len(letters) == (2 if type_modele is TypeModele.ISOLATION_FOREST else 4)
    assert "version 2 not activated, the one before stays" in letters[0].header("wb_detail")
    assert "SHA-256 differs" in letters[0].header("wb_detail")
    first, again = [
        one for one in shared.read(ALERTS) if one.key == key and one.header("ce_source") == f"wisebook-ml/{role}"
    ]
    alert = msgspec.json.decode(first.value or b"", type=Alerte)
    assert first.value == again.value
    assert alert.modele == altered
    assert "altered" in alert.titre_en or "tampered" in alert.titre_en
    if role == "scoring":
        used = {model.version for one in shared.detections(societe_id) for model in one.detection.modeles}
    else:
        told = [one for one in shared.read(PREDICTIONS) if one.key and one.key.startswith(key + b"/")]
        used = {msgspec.json.decode(one.value or b"", type=Prediction).version for one in told}
        assert len(told) == len(events)
    assert used == {1}


def test_the_ledger_is_long_enough() -> None:
    assert sum(event.revision == 1 for event in ledger()) >= LOAD
