"""Following `models`: the last of each model first, then whatever comes; nothing that goes wrong ends it."""

import time
from collections.abc import Callable

import msgspec
import pytest

from schemas import AnnonceModele, DomaineApplication
from topics import MODELS
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.pipeline import announcements
from wisebook_ml.pipeline.announcements import Announcements

WAIT = 60.0


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def announce(kafka: str, prefix: str, *modeles: int, societe_id: int = 1) -> None:
    with EventProducer(kafka, prefix) as producer:
        for modele_id in modeles:
            record = AnnonceModele(
                modele_id=modele_id, societe_id=societe_id, domaine_application=DomaineApplication.ANOMALIES
            )
            producer.send(Outgoing(MODELS, str(modele_id).encode(), msgspec.json.encode(record), []))


def test_the_last_of_each_comes_first_and_then_every_one(kafka: str, topic_prefix: str) -> None:
    apply_topics(kafka, topic_prefix)
    announce(kafka, topic_prefix, 1, 2, 1)
    with EventProducer(kafka, topic_prefix) as producer:
        producer.send(Outgoing(MODELS, b"3", b"rubbish", []))
        producer.send(Outgoing(MODELS, b"2", None, []))
    heard: list[int] = []
    following = Announcements(kafka, topic_prefix, lambda one: heard.append(one.modele_id))
    following.repeat()
    assert heard == []
    following.start()
    until(lambda: heard == [1, 2])
    announce(kafka, topic_prefix, 4)
    announce(kafka, topic_prefix, 1)
    until(lambda: heard == [1, 2, 4, 1])
    following.repeat()
    assert heard[4:] == [1, 2, 4]
    following.close()


def test_a_topic_that_is_not_there_yet_is_waited_for(
    kafka: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(announcements, "RETRY_SECONDS", 0.1)
    heard: list[int] = []

    def follow(one: AnnonceModele) -> None:
        heard.append(one.modele_id)
        if one.modele_id == 7:
            raise RuntimeError("somebody's mistake")

    following = Announcements(kafka, topic_prefix, follow)
    following.start()
    until(lambda: "models are loaded at their marker" in caplog.text)
    apply_topics(kafka, topic_prefix)
    announce(kafka, topic_prefix, 7, 8)
    until(lambda: 7 in heard)
    announce(kafka, topic_prefix, 9)
    until(lambda: {8, 9} <= set(heard) or heard.count(7) > 2)
    following.close()
