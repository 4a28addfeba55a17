"""The desk with a real broker and database: whatever fails in the middle is done again, and once."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from bench.detections import detection_of
from schemas import (
    Avis,
    CodeMotif,
    Detection,
    DomaineApplication,
    MotifDetection,
    Objet,
    Parametres,
    ReglageControle,
    Severite,
    TypeObjet,
    Verdict,
    detection_id,
)
from topics import DEAD_LETTER, ENTRIES, MODELS, SETTINGS, TRAINING_CAMPAIGNS, TREASURY
from wisebook_ml.clock import utc_now
from wisebook_ml.feedback.desk import Desk
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.restoring import restore_registry
from wisebook_ml.settings import Settings
from wisebook_ml.storage import (
    DetectionStore,
    SettingsStore,
    StoredDetection,
    VerdictStore,
    VersionConflict,
    open_database,
)
from wisebook_ml.storage.restored import restore_settings
from wisebook_ml.tuning.change import Tuner

SOCIETE = 5


class Place:
    """A deployment with a desk in it, whose tuner may be told to fail."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self.settings = settings
        self.verdicts = VerdictStore(engine)
        self.versions = SettingsStore(engine)
        self.detections = DetectionStore(engine)
        self.fails: list[Exception] = []
        self._tuner = Tuner(settings, settings.bootstrap_servers, self.versions)
        producer = EventProducer(settings.bootstrap_servers, settings.topic_prefix)
        self.desk = Desk(
            settings.topic_prefix,
            producer,
            self.detections,
            self.verdicts,
            self,
            self.versions.in_force,
            wait_seconds=0.3,
        )

    def change(
        self, societe_id: int, edit: Callable[[Parametres], Parametres], *, auteur: str, motif: str, origine: str
    ) -> Parametres | None:
        """Change settings, or fail as told."""
        if self.fails:
            raise self.fails.pop()
        return self._tuner.change(societe_id, edit, auteur=auteur, motif=motif, origine=origine)

    def dead(self) -> int:
        """Return how many dead letters there are."""
        name = DEAD_LETTER.full_name(self.settings.topic_prefix)
        return sum(end for _, end in end_offsets(self.settings.bootstrap_servers, name).values())


@pytest.fixture
def place(kafka: str, topic_prefix: str, tmp_path: Path) -> Iterator[Place]:
    """Return a place with eight open detections of one control in one journal."""
    apply_topics(kafka, topic_prefix, declared=(ENTRIES, TREASURY, SETTINGS, DEAD_LETTER))
    settings = Settings(_env_file=None, bootstrap_servers=kafka, topic_prefix=topic_prefix, home=tmp_path)
    engine = open_database(settings.sql_url)
    made = Place(settings, engine)
    made.detections.write(
        [
            StoredDetection(detection=detection(number), ce_time=utc_now(), partition=0, offset=number)
            for number in range(8)
        ]
    )
    yield made
    engine.dispose()


def of_accounts(number: int) -> Detection:
    """Return a finding about a month of an account, which is of no journal."""
    objet = Objet(type=TypeObjet.COMPTE, id=f"607000/2024-{number + 1:02}")
    reason = MotifDetection(
        code=CodeMotif.BENFORD, poids=40.0, valeur=1, seuil=1, libelle_fr="chiffres", libelle_en="digits"
    )
    return msgspec.structs.replace(
        detection(number),
        detection_id=detection_id(SOCIETE, DomaineApplication.ECRITURES_COMPTABLES, objet),
        objet=objet,
        ecriture_id=None,
        journal_code=None,
        motifs=[reason],
    )


def test_what_is_dismissed_about_an_account_counts_less_there(place: Place) -> None:
    found = [of_accounts(number) for number in range(8)]
    place.detections.write(
        [
            StoredDetection(detection=one, ce_time=utc_now(), partition=0, offset=8 + number)
            for number, one in enumerate(found)
        ]
    )
    said = [
        Avis(societe_id=SOCIETE, detection_id=one.detection_id, verdict=Verdict.FAUX_POSITIF, auteur="marie")
        for one in found
    ]
    key = str(SOCIETE).encode()
    place.desk.take(0, [RawRecord(offset, key, msgspec.json.encode(avis), []) for offset, avis in enumerate(said)])
    (lowered,) = place.versions.in_force(SOCIETE).attenuations
    assert (lowered.code, lowered.journal_code, lowered.avis) == (CodeMotif.BENFORD, "607000", 8)
    assert place.versions.in_force(SOCIETE).motif.startswith("avis : BENFORD, 607000 : x 1.00")
    assert place.dead() == 0


def detection(number: int) -> Detection:
    code = CodeMotif.MONTANT_ROND
    return detection_of(SOCIETE, f"E{number}", code, severite=Severite.FAIBLE, score=40.0, journal_code="OD")


def record(offset: int, number: int, verdict: Verdict = Verdict.FAUX_POSITIF, *, remplace: bool = False) -> RawRecord:
    avis = Avis(
        societe_id=SOCIETE,
        detection_id=detection(number).detection_id,
        verdict=verdict,
        auteur="marie",
        remplace=remplace,
    )
    return RawRecord(offset, str(SOCIETE).encode(), msgspec.json.encode(avis), [])


def test_a_batch_that_fails_in_the_middle_is_taken_again(place: Place) -> None:
    batch = [record(number, number) for number in range(8)]
    place.fails = [PublishError("the broker is away")]
    with pytest.raises(PublishError):
        place.desk.take(0, batch)
    assert place.versions.last(SOCIETE) is None
    place.desk.take(0, batch)
    place.desk.take(0, batch[3:])
    assert place.verdicts.counts() == {SOCIETE: {Verdict.FAUX_POSITIF: 8}}
    assert [one.version for one in place.versions.history(SOCIETE)] == [1]
    assert place.dead() == 0


def test_what_was_replaced_since_is_no_contradiction_when_it_comes_again(place: Place) -> None:
    batch = [record(0, 1), record(1, 1, Verdict.CONFIRMEE, remplace=True), record(2, 1, Verdict.CONFIRMEE)]
    place.desk.take(0, batch)
    place.desk.take(0, batch)
    assert place.verdicts.counts() == {SOCIETE: {Verdict.CONFIRMEE: 1}}
    assert len(place.verdicts.list(SOCIETE, standing=False)) == 2
    assert place.dead() == 0


def test_what_a_lost_database_had_is_taken_again_and_teaches_nothing_anew(place: Place, tmp_path: Path) -> None:
    begun, settings = utc_now() - dt.timedelta(minutes=1), place.settings
    apply_topics(settings.bootstrap_servers, settings.topic_prefix, declared=(MODELS, TRAINING_CAMPAIGNS))
    # All are dismissed, and some confirmed after all: on the way there, other factors were right.
    said = [record(number, number) for number in range(8)]
    said += [record(8 + number, number, Verdict.CONFIRMEE, remplace=True) for number in range(6)]
    said += [record(14, 7, Verdict.CONFIRMEE), record(15, 99)]
    for raw in said:
        place.desk.take(0, [raw])
    history, judged, dead = place.versions.history(SOCIETE), place.verdicts.list(standing=False), place.dead()
    assert len(history) > 1
    assert dead == 2
    ends = end_offsets(settings.bootstrap_servers, ENTRIES.full_name(settings.topic_prefix))

    engine = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    other = Place(settings, engine)
    other.detections.write(
        [
            StoredDetection(detection=detection(number), ce_time=utc_now(), partition=0, offset=number)
            for number in range(8)
        ]
    )
    registered = restore_registry(settings.bootstrap_servers, settings.topic_prefix, engine, begun)
    assert (registered.settings, registered.versions, registered.models) == (len(history), 0, ())
    assert restore_registry(settings.bootstrap_servers, settings.topic_prefix, engine, begun).settings == 0
    assert sum(other.desk.take_again(0, said[k : k + 3]) for k in range(0, len(said), 3)) == len(judged)
    assert other.desk.take_again(0, said) == 0
    told = [msgspec.structs.replace(one, donne_le=judged[0].donne_le) for one in other.verdicts.list(standing=False)]
    assert told == [msgspec.structs.replace(one, donne_le=judged[0].donne_le) for one in judged]
    assert [one.parametres for one in other.versions.history(SOCIETE)] == [one.parametres for one in history]
    assert other.versions.unmarked(SOCIETE) == []
    assert other.dead() == dead
    assert end_offsets(settings.bootstrap_servers, ENTRIES.full_name(settings.topic_prefix)) == ends
    # What comes then goes on from there.
    other.desk.take(0, [record(16, 6, Verdict.CONFIRMEE, remplace=True)])
    assert [one.version for one in other.versions.history(SOCIETE)][: len(history)] == [one.version for one in history]
    engine.dispose()


def test_settings_that_are_another_version_in_the_database_are_refused(place: Place) -> None:
    store, mine = place.versions, Parametres(societe_id=SOCIETE, version=1, motif="on the topic")
    store.append(SOCIETE, lambda base: msgspec.structs.replace(base, motif="since"), "too early")
    engine = store.engine
    with pytest.raises(VersionConflict, match="Restore the backup again"):
        restore_settings(engine, [(msgspec.structs.replace(mine, societe_id=6), utc_now()), (mine, utc_now())])
    assert store.last(6) is None, "all or nothing"


def test_a_topic_that_is_made_anew_has_other_verdicts_at_the_same_offsets(place: Place) -> None:
    place.desk.take(0, [record(0, 1)])
    place.desk.take(0, [record(0, 2)])
    assert place.verdicts.counts() == {SOCIETE: {Verdict.FAUX_POSITIF: 2}}


def test_a_file_that_is_published_again_changes_nothing(place: Place) -> None:
    said = [record(0, 1), record(1, 1, Verdict.CONFIRMEE, remplace=True)]

    def published(offset: int) -> list[RawRecord]:
        return [
            one._replace(offset=offset + k, headers=[("ce_source", b"file"), ("ce_id", str(k).encode())])
            for k, one in enumerate(said)
        ]

    place.desk.take(0, published(0))
    place.desk.take(0, published(2))
    assert place.verdicts.counts() == {SOCIETE: {Verdict.CONFIRMEE: 1}}
    assert place.dead() == 0


def test_confirmations_bring_the_weight_back_and_other_settings_stay(place: Place) -> None:
    def budget(parametres: Parametres) -> Parametres:
        weekend = {CodeMotif.JOUR_NON_OUVRE: ReglageControle(poids=0.1)}
        return msgspec.structs.replace(parametres, budget_alertes=0.02, controles=weekend)

    place.change(SOCIETE, budget, auteur="marie", motif="essai", origine="test")
    place.desk.take(0, [record(number, number) for number in range(8)])
    lowered = place.versions.in_force(SOCIETE)
    place.desk.take(0, [record(8 + k, k, Verdict.CONFIRMEE, remplace=True) for k in range(6)])
    back = place.versions.in_force(SOCIETE)
    assert lowered.attenuations[0].facteur < 0.6
    assert back.attenuations == []
    assert (back.budget_alertes, back.controles) == (0.02, lowered.controles)
    assert [one.parametres.motif.startswith("avis") for one in place.versions.history(SOCIETE)] in (
        [False, True, True],
        [True, True, False],
    )


def test_bad_records_do_not_hold_up_good_ones(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.fails = [ValueError("something else is not accepted any more")]
    nonsense = RawRecord(0, b"5", b"{", [])
    unknown = record(1, 99)
    place.desk.take(0, [nonsense, unknown, *(record(2 + number, number) for number in range(8))])
    assert place.verdicts.counts() == {SOCIETE: {Verdict.FAUX_POSITIF: 8}}
    assert place.dead() == 2
    assert "settings of company 5 stay as they are" in caplog.text
