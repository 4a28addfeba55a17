"""Settings are changed while entries are scored: from a recorded offset on, once, and never to nonsense."""

import json
from collections.abc import Iterator, Sequence
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from schemas import CodeMotif, Ecriture, Parametres, Reglage, ReglageControle
from topics import ENTRIES, SETTINGS
from wisebook_ml.generator import generate_ledger
from wisebook_ml.storage import SettingsStore, open_database
from wisebook_ml.tuning.request import change_settings

from .deployment import DONE_SECONDS, Deployment, Raw, Seen, Worker, values_of, with_gaps

PART = 120
"""Entries between two changes."""

TYPE = ("ce_type", Parametres.ce_type.encode())
STRICTER = 0.005
"""A required control may be made stricter; that it holds shows in the reasons of entries that do not balance."""


def ledger(societe_id: int) -> Sequence[Ecriture]:
    return with_gaps(generate_ledger(entries=4 * PART, seed=51, societe_id=societe_id).events)


def on_topic(parametres: Parametres) -> Raw:
    return str(parametres.societe_id).encode(), msgspec.json.encode(parametres), [TYPE]


def markers(deployment: Deployment, societe_id: int) -> list[Seen]:
    key = str(societe_id).encode()
    return [one for one in deployment.read(ENTRIES) if one.key == key and one.header("ce_type") == Reglage.ce_type]


def store_of(deployment: Deployment) -> SettingsStore:
    return SettingsStore(open_database(deployment.settings.sql_url))


@pytest.fixture(scope="module")
def tuning(shared: Deployment) -> Iterator[Worker]:
    """Put settings in force; before it starts, somebody has asked, and a crash has left a version without a marker."""
    store_of(shared).append(31, lambda base: replace(base, budget_alertes=0.03), "before")
    asked = shared.run("settings", "set", "--societe", "32", "--budget", "0.05", "--timeout", "0.5", "--json")
    assert asked.returncode == 3, asked.stderr.decode()
    assert "version 1 of company 32 is published and not in force" in asked.stderr.decode()
    assert "wisebook-ml worker tuning" in asked.stderr.decode()
    assert json.loads(asked.stdout) == {"societe_id": 32, "version": 1, "en_vigueur": False}
    again = shared.run("settings", "set", "--societe", "32", "--budget", "0.06")
    assert again.returncode == 1
    assert "a change of company 32 waits for a worker" in again.stderr.decode()
    worker = shared.start("tuning")
    yield worker
    assert worker.stop() == 0


def test_what_was_left_undone_is_done_at_the_start(shared: Deployment, tuning: Worker) -> None:
    shared.wait("tuning", SETTINGS, tuning)
    shared.until(lambda: store_of(shared).unmarked_companies() == [], "all markers placed", tuning)
    for societe_id, budget in ((31, 0.03), (32, 0.05)):
        (marker,) = markers(shared, societe_id)
        reglage = msgspec.json.decode(marker.value or b"", type=Reglage)
        assert (reglage.parametres.version, reglage.parametres.budget_alertes) == (1, budget)


def test_one_change_after_the_other(shared: Deployment, tuning: Worker) -> None:
    for version, budget in ((2, "0.06"), (3, "0.07")):
        done = shared.run("settings", "set", "--societe", "31", "--budget", budget, "--json")
        assert done.returncode == 0, done.stderr.decode()
        assert json.loads(done.stdout) == {"societe_id": 31, "version": version, "en_vigueur": True}


def test_a_change_that_somebody_has_overtaken_is_made_anew(shared: Deployment, tuning: Worker) -> None:
    store, overtaken = store_of(shared), False

    def edit(base: Parametres) -> Parametres:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            shared.send(SETTINGS, [on_topic(Parametres(societe_id=34, version=1, mots_cles=["perso"], auteur="luc"))])
            shared.until(lambda: store.last(34) is not None, "the other change", tuning)
        return replace(base, budget_alertes=0.02)

    changed = change_settings(shared.settings, shared.bootstrap, store, 34, edit, timeout=DONE_SECONDS)
    assert changed.in_force
    assert changed.parametres == Parametres(
        societe_id=34, version=2, mots_cles=["perso"], auteur="luc", budget_alertes=0.02
    )


def test_they_hold_from_their_marker_on_whatever_happens_to_the_worker(shared: Deployment, tuning: Worker) -> None:
    societe_id = 33
    events = ledger(societe_id)
    scoring = shared.start("scoring")
    shared.publish(events[:PART])
    done = shared.run(
        *("settings", "set", "--societe", str(societe_id), "--control", f"DESEQUILIBRE.seuil={STRICTER}"),
        *("--mot-cle", "honoraires", "--par", "anne", "--motif", "clôture"),
    )
    assert done.returncode == 0, done.stderr.decode()
    shared.publish(events[PART : 2 * PART])
    shared.send(SETTINGS, [on_topic(nonsense) for nonsense in refused(societe_id)])
    shared.send(SETTINGS, [(str(societe_id).encode(), b'{"societe_id":33,"controles":{"RAFFALE":{}}}', [TYPE])])
    shared.wait("tuning", SETTINGS, tuning)
    shared.publish(events[2 * PART : 3 * PART])
    shared.until(lambda: bool(shared.detections(societe_id)), "first detections", scoring)
    assert scoring.stop() == 0
    everybody = Parametres(societe_id=0, budget_alertes=0.2)
    shared.send(SETTINGS, [on_topic(everybody), on_topic(replace(everybody, societe_id=societe_id, version=2))])
    shared.wait("tuning", SETTINGS, tuning)
    shared.publish(events[3 * PART :])
    scoring = shared.start("scoring")
    shared.wait("scoring", ENTRIES, scoring)
    assert scoring.stop() == 0

    place, first, second = [one.offset for one in (markers(shared, societe_id)[0], *markers(shared, societe_id))]
    assert place == first
    seen = shared.detections(societe_id)
    told = [(int(one.header("wb_offset")), one.detection) for one in seen]
    for offset, found in told:
        assert found.parametres_version == (0 if offset < first else 1 if offset < second else 2)
        for motif in found.motifs:
            if motif.code is CodeMotif.DESEQUILIBRE:
                assert motif.seuil == (STRICTER if first < offset < second else 0.01)
    assert {found.parametres_version for _, found in told} == {0, 1, 2}
    log = shared.log(societe_id)
    assert values_of(seen) == shared.undisturbed(log) == shared.replayed(societe_id)


def refused(societe_id: int) -> list[Parametres]:
    off = {CodeMotif.DESEQUILIBRE: ReglageControle(actif=False)}
    return [
        Parametres(societe_id=societe_id, version=2, controles=off),
        Parametres(societe_id=societe_id, version=9),
        Parametres(societe_id=societe_id, version=1, budget_alertes=0.3),
    ]


def test_nonsense_is_a_dead_letter_that_says_what_to_do(shared: Deployment, tuning: Worker) -> None:
    """What the test before has sent; its detections show that the last valid settings stayed in force."""
    letters = [one for one in shared.dead_letters(b"33") if one.header("wb_topic") == shared.name(SETTINGS)]
    said = [(one.header("wb_reason"), one.header("wb_detail")) for one in letters]
    assert [reason for reason, _ in said] == ["REFUSED", "REFUSED", "REFUSED", "SCHEMA"]
    off, ahead, taken, unknown = [detail for _, detail in said]
    assert "DESEQUILIBRE cannot be switched off: regulation requires it" in off
    assert "Publish it as version 2" in ahead
    assert "versions never change" in taken
    assert unknown == "RAFFALE is no control; did you mean RAFALE?"
    assert [one.value for one in letters[:3]] == [msgspec.json.encode(one) for one in refused(33)]
    # The compacted topic ends with what is in force, not with what was refused.
    last = [one for one in shared.read(SETTINGS) if one.key == b"33"][-1]
    assert msgspec.json.decode(last.value or b"", type=Parametres) == store_of(shared).in_force(33)


def test_a_file_is_scored_with_settings_as_the_stream_is(shared: Deployment, tuning: Worker) -> None:
    shown = shared.run("settings", "show", "--societe", "33", "--version", "1", "--json")
    home = shared.settings.home
    (home / "settings.json").write_bytes(shown.stdout)
    events = ledger(33)[:PART]
    (home / "events.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, events)))
    scored = shared.run("score", "events.jsonl", "--settings", "settings.json", "--json")
    assert scored.returncode == 0, scored.stderr.decode()
    settings = msgspec.json.decode(shown.stdout, type=Parametres)
    assert scored.stdout.splitlines() == shared.undisturbed([Reglage(societe_id=33, parametres=settings), *events])
    (home / "settings.json").write_text('{"budget": 0.01}')
    wrong = shared.run("score", "events.jsonl", "--settings", "settings.json")
    assert wrong.returncode == 1
    assert "settings.json: unknown field 'budget'; did you mean 'budget_alertes'?" in wrong.stderr.decode()


@pytest.mark.chaos
def test_killed_at_any_moment_no_version_is_lost_or_comes_back(deployment: Deployment) -> None:
    """Versions reach the entries in their order, however often the role is killed; the same one may come twice."""
    companies, rounds = (35, 36, 37), 12
    store, random = store_of(deployment), Random(7)
    for kill in range(4):
        worker = deployment.start("tuning")
        wanted = [
            Parametres(societe_id=societe_id, mots_cles=[f"mot {kill} {k}"])
            for k in range(rounds)
            for societe_id in companies
        ]
        deployment.send(SETTINGS, [on_topic(one) for one in wanted])
        done = sum(len(store.history(societe_id)) for societe_id in companies) + random.randrange(1, len(wanted))
        deployment.until(
            lambda done=done: sum(len(store.history(societe_id)) for societe_id in companies) >= done, "some", worker
        )
        worker.kill()
    worker = deployment.start("tuning")
    deployment.wait("tuning", SETTINGS, worker)
    deployment.until(lambda: store.unmarked_companies() == [], "all markers placed", worker)
    assert worker.stop() == 0
    assert deployment.dead_letters() == []
    expected = [f"mot {kill} {k}" for kill in range(4) for k in range(rounds)]
    for societe_id in companies:
        assert [one.parametres.mots_cles for one in store.history(societe_id)] == [[word] for word in expected]
        placed = [msgspec.json.decode(one.value or b"", type=Reglage) for one in markers(deployment, societe_id)]
        versions = [one.parametres.version for one in placed]
        assert versions == sorted(versions)
        assert sorted(set(versions)) == list(range(1, len(expected) + 1))
        assert all(one.parametres == store.history(societe_id)[one.parametres.version - 1].parametres for one in placed)
