"""Versions are put in force once, in order, by whoever is asked, and a crash in between is repaired."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from schemas import Attenuation, CodeMotif, Parametres, Record, Reglage, ReglageControle
from topics import ENTRIES, SETTINGS, TREASURY, Topic
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Decoder, RawRecord
from wisebook_ml.messaging.reader import ReadError, end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.storage import SettingsStore, open_database
from wisebook_ml.training.collect import partition_of
from wisebook_ml.tuning.change import SOURCE, Refusal, Tuner

T = TypeVar("T", bound=Record)

ASKED = Parametres(societe_id=7, budget_alertes=0.02, auteur="anne", motif="clôture")


def new_tuner(settings: Settings) -> Tuner:
    """Return what another process would have."""
    return Tuner(settings, settings.bootstrap_servers, SettingsStore(open_database(settings.sql_url)))


@pytest.fixture
def tuner(settings: Settings) -> Tuner:
    return new_tuner(settings)


@pytest.fixture
def store(settings: Settings) -> SettingsStore:
    return SettingsStore(open_database(settings.sql_url))


def read(settings: Settings, topic: Topic) -> dict[int, list[RawRecord]]:
    """Return the records of a topic by partition."""
    name, bootstrap = topic.full_name(settings.topic_prefix), settings.bootstrap_servers
    return {
        partition: [raw for run in read_partition(bootstrap, name, partition, first, end) for raw in run]
        for partition, (first, end) in end_offsets(bootstrap, name).items()
    }


def markers(settings: Settings, societe_id: int = 7, topic: Topic = ENTRIES) -> list[tuple[int, Parametres]]:
    """Return partition and settings of a company's markers."""
    decode = Decoder(topic).decode
    found = [(partition, decode(raw)) for partition, raws in read(settings, topic).items() for raw in raws]
    return [
        (place, one.parametres) for place, one in found if isinstance(one, Reglage) and one.societe_id == societe_id
    ]


def versions(settings: Settings) -> list[int]:
    return [parametres.version for _, parametres in markers(settings)]


def set_budget(budget: float) -> Callable[[Parametres], Parametres]:
    return lambda base: replace(base, budget_alertes=budget)


def test_a_version_is_recorded_announced_and_marked(settings: Settings, tuner: Tuner, store: SettingsStore) -> None:
    made = tuner.take(ASKED, origine="t/0/0")
    assert made == replace(ASKED, version=1)
    assert markers(settings) == [(partition_of(7, ENTRIES.partitions), made)]
    (announced,) = read(settings, SETTINGS)[0]
    assert announced.key == b"7"
    assert ("ce_source", SOURCE.encode()) in announced.headers
    assert Decoder(SETTINGS).decode(announced) == made
    last = store.last(7)
    assert last is not None
    assert last.marquee_le is not None


def test_it_is_marked_among_positions_too(settings: Settings, tuner: Tuner) -> None:
    made = tuner.take(ASKED, origine="t/0/0")
    assert markers(settings, topic=TREASURY) == [(partition_of(7, TREASURY.partitions), made)]
    all_ = tuner.take(replace(ASKED, societe_id=0), origine="t/0/1")
    assert markers(settings, 0, TREASURY) == [(partition, all_) for partition in range(TREASURY.partitions)]
    ids = [raw.headers for topic in (ENTRIES, TREASURY) for raws in read(settings, topic).values() for raw in raws]
    assert len({dict(headers)["ce_id"] for headers in ids}) == 2 + ENTRIES.partitions + TREASURY.partitions


def test_a_deployment_without_the_topic_of_positions_is_told(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    apply_topics(kafka, topic_prefix, declared=(ENTRIES, SETTINGS))
    old = Settings(_env_file=None, bootstrap_servers=kafka, topic_prefix=topic_prefix, home=tmp_path)
    tuner, store = new_tuner(old), SettingsStore(open_database(old.sql_url))
    with pytest.raises(ReadError, match=r"treasury: .*; create it with `wisebook-ml topics apply`"):
        tuner.take(ASKED, origine="t/0/0")
    assert versions(old) == []
    assert read(old, SETTINGS) == {0: []}
    apply_topics(kafka, topic_prefix, declared=(TREASURY,))
    assert tuner.settle() == 1
    assert [one.version for _, one in markers(old, topic=TREASURY)] == [1]
    assert store.unmarked(7) == []


def test_numbers_follow_each_other(settings: Settings, tuner: Tuner) -> None:
    assert tuner.take(replace(ASKED, version=1), origine="t/0/0").version == 1
    assert tuner.take(ASKED, origine="t/0/1").version == 2
    assert tuner.take(replace(ASKED, version=3), origine="t/0/2").version == 3
    assert versions(settings) == [1, 2, 3]


def test_those_of_all_companies_are_marked_on_every_partition(settings: Settings, tuner: Tuner) -> None:
    made = tuner.take(replace(ASKED, societe_id=0), origine="t/0/0")
    assert markers(settings, 0) == [(partition, made) for partition in range(ENTRIES.partitions)]


class TestDeliveredAgain:
    def test_nothing_happens_twice(self, settings: Settings, tuner: Tuner, store: SettingsStore) -> None:
        numbered, next_ = replace(ASKED, version=1), replace(ASKED, budget_alertes=0.03)
        for other in (tuner, new_tuner(settings)):
            assert other.take(numbered, origine="t/0/0").version == 1
            assert other.take(next_, origine="t/0/1").version == 2
        assert versions(settings) == [1, 2]
        assert len(store.history(7)) == 2

    def test_an_announcement_that_is_read_back_changes_nothing(self, settings: Settings, tuner: Tuner) -> None:
        made = tuner.take(ASKED, origine="t/0/0")
        tuner.take(replace(ASKED, budget_alertes=0.03), origine="t/0/1")
        assert tuner.take(made, origine="t/0/2") == made
        assert versions(settings) == [1, 2]


class TestRefusals:
    def test_what_makes_no_sense(self, settings: Settings, tuner: Tuner, store: SettingsStore) -> None:
        off = replace(ASKED, controles={CodeMotif.DESEQUILIBRE: ReglageControle(actif=False)})
        with pytest.raises(Refusal, match="DESEQUILIBRE cannot be switched off: regulation requires it"):
            tuner.take(off, origine="t/0/0")
        assert versions(settings) == []
        assert store.last(7) is None

    def test_a_number_that_does_not_follow(self, settings: Settings, tuner: Tuner) -> None:
        with pytest.raises(Refusal, match=r"version 3 does not follow: .* 7 is 0\. Publish it as version 1, or as 0"):
            tuner.take(replace(ASKED, version=3), origine="t/0/0")

    def test_a_number_that_another_has(self, settings: Settings, tuner: Tuner) -> None:
        tuner.take(ASKED, origine="t/0/0")
        with pytest.raises(Refusal, match=r"another already \(by anne, .*\); versions never change"):
            tuner.take(replace(ASKED, version=1, budget_alertes=0.05), origine="t/0/1")
        assert versions(settings) == [1]


class TestChanges:
    def change(self, tuner: Tuner, edit: Callable[[Parametres], Parametres], origine: str) -> Parametres | None:
        return tuner.change(7, edit, auteur="feedback", motif="5 rejets sur 6", origine=origine)

    def test_it_starts_from_what_is_in_force(self, settings: Settings, tuner: Tuner) -> None:
        tuner.take(ASKED, origine="t/0/0")
        attenuation = Attenuation(code=CodeMotif.RAFALE, journal_code="BQ", facteur=0.5, avis=6, rejets=5)
        made = self.change(tuner, lambda base: replace(base, attenuations=[attenuation]), "f/0/0")
        assert made == replace(ASKED, version=2, attenuations=[attenuation], auteur="feedback", motif="5 rejets sur 6")
        assert versions(settings) == [1, 2]

    def test_for_the_same_cause_it_is_made_once(self, settings: Settings, tuner: Tuner) -> None:
        first = self.change(tuner, set_budget(0.02), "f/0/0")
        self.change(tuner, set_budget(0.03), "f/0/1")
        assert self.change(new_tuner(settings), set_budget(0.02), "f/0/0") == first
        assert versions(settings) == [1, 2]

    def test_without_a_difference_there_is_no_version(self, settings: Settings, tuner: Tuner) -> None:
        assert self.change(tuner, lambda base: base, "f/0/0") is None
        assert versions(settings) == []

    def test_a_required_control_is_not_attenuated(self, settings: Settings, tuner: Tuner) -> None:
        attenuation = Attenuation(code=CodeMotif.DESEQUILIBRE, journal_code="BQ", facteur=0.5)
        with pytest.raises(Refusal, match="cannot be attenuated"):
            self.change(tuner, lambda base: replace(base, attenuations=[attenuation]), "f/0/0")

    def test_processes_at_once_lose_no_change(self, settings: Settings, store: SettingsStore) -> None:
        def work(worker: int) -> None:
            other = new_tuner(settings)
            for k in range(3):
                word = f"mot {worker}{k}"
                self.change(
                    other, lambda base, word=word: replace(base, mots_cles=[*base.mots_cles, word]), f"f/{worker}/{k}"
                )

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(work, range(2)))
        told = versions(settings)
        # Who takes over from one whose markers are committed, and not yet noted in SQL, places the same ones again.
        assert list(dict.fromkeys(told)) == list(range(1, 7))
        assert told[-1] == 6
        assert len(store.in_force(7).mots_cles) == 6
        assert store.unmarked(7) == []


class TestCrashes:
    """A version in SQL whose marker is missing: what a process leaves that dies between the two."""

    def test_the_next_start_places_the_marker(self, settings: Settings, store: SettingsStore) -> None:
        for societe_id in (7, 8):
            store.append(societe_id, set_budget(0.02), f"t/0/{societe_id}")
        assert new_tuner(settings).settle() == 2
        assert versions(settings) == [1]
        assert [one.version for _, one in markers(settings, 8)] == [1]
        assert new_tuner(settings).settle() == 0

    def test_the_record_delivered_again_places_it(self, settings: Settings, store: SettingsStore) -> None:
        store.append(7, lambda base: ASKED, "t/0/0")
        new_tuner(settings).take(ASKED, origine="t/0/0")
        assert versions(settings) == [1]

    def test_the_next_record_places_it_first(self, settings: Settings, store: SettingsStore) -> None:
        store.append(7, lambda base: ASKED, "t/0/0")
        new_tuner(settings).take(replace(ASKED, budget_alertes=0.03), origine="t/0/1")
        assert versions(settings) == [1, 2]


def test_what_is_in_force_is_announced_again(settings: Settings, tuner: Tuner) -> None:
    made = tuner.take(ASKED, origine="t/0/0")
    tuner.announce(7)
    tuner.announce(9)  # has none
    assert [Decoder(SETTINGS).decode(raw) for raw in read(settings, SETTINGS)[0]] == [made, made]
    assert versions(settings) == [1]
