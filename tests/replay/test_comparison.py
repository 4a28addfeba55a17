"""New, gone, changed: what a replay found beside what stands."""

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    ModeleUtilise,
    MotifDetection,
    Objet,
    Reprise,
    Severite,
    TypeObjet,
    detection_id,
)
from wisebook_ml.replay import promotion
from wisebook_ml.replay.comparison import Change, Comparison, Kind, Versions, compare, together
from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.plot import draw_comparison
from wisebook_ml.replay.promotion import markers_of, promotable
from wisebook_ml.replay.report import change_line, headline, rows_of_controls
from wisebook_ml.replay.results import Found
from wisebook_ml.replay.standing import ELSEWHERE, Standing

NOW = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
TOLD = NOW.isoformat()
DOMAINE = DomaineApplication.ECRITURES_COMPTABLES
END = 100


def detection(number: int, score: float = 50.0, societe_id: int = 1, **changes: Any) -> Detection:
    objet = Objet(type=TypeObjet.ECRITURE, id=f"E{number}")
    code = changes.pop("code", CodeMotif.DESEQUILIBRE)
    made = Detection(
        detection_id=detection_id(societe_id, DOMAINE, objet),
        societe_id=societe_id,
        domaine=DOMAINE,
        objet=objet,
        etat=Etat.OUVERTE,
        revision=1,
        montant="10.00",
        score=score,
        severite=Severite.MOYENNE,
        motifs=[MotifDetection(code=code, poids=score, valeur=1.0, seuil=0.5, libelle_fr="f", libelle_en="e")],
        contributions={"montant": score},
        modeles=[ModeleUtilise(modele_id=0, version=1)],
        parametres_version=1,
    )
    return replace(made, **changes)


def closed(one: Detection, **changes: Any) -> Detection:
    return replace(one, etat=Etat.CLOSE, score=0.0, motifs=[], contributions={}, severite=Severite.INFO, **changes)


def key(one: Detection) -> bytes:
    return str(one.detection_id).encode()


def found(*some: Detection, at: int = 10) -> dict[bytes, Found]:
    return {key(one): Found(at, TOLD, None, msgspec.json.encode(one)) for one in some}


def stands(*some: Detection, at: int = 10) -> dict[bytes, Standing]:
    return {key(one): Standing(at, TOLD, msgspec.json.encode(one)) for one in some}


def compared(
    ours: dict[bytes, Found], theirs: dict[bytes, Standing], **options: Any
) -> tuple[Comparison, list[Change]]:
    return compare(ours, theirs, END, options.pop("versions", Versions()), **options)


def test_the_same_is_no_change() -> None:
    one, two = detection(1), closed(detection(2))
    figures, changes = compared(found(one, two), stands(one, two))
    assert changes == []
    assert (figures.same, figures.differs) == (1, False)


def test_new_gone_and_changed() -> None:
    other = detection(3, 80.0, parametres_version=2)
    figures, changes = compared(found(detection(1), other), stands(detection(2), detection(3)))
    assert [(one.kind, one.publish.objet.id) for one in sorted(changes, key=lambda one: one.publish.objet.id)] == [
        (Kind.NEW, "E1"),
        (Kind.GONE, "E2"),
        (Kind.CHANGED, "E3"),
    ]
    assert (figures.new, figures.gone, figures.changed, figures.missing) == (1, 1, 1, 1)
    assert figures.scores == {"0/11": 1, "11/0": 1, "11/17": 1}
    assert figures.severities == {"MOYENNE": (2, 2)}


def test_other_versions_alone_are_no_other_score() -> None:
    before, after = detection(1), detection(1, parametres_version=2, modeles=[ModeleUtilise(modele_id=3, version=4)])
    figures, (change,) = compared(found(after), stands(before))
    assert (change.kind, change.publish) == (Kind.CHANGED, after)
    assert (figures.relabelled, figures.changed, figures.same, figures.differs) == (1, 0, 0, True)
    assert figures.largest == []
    assert "1 the same but for the versions of models and settings that they name" in list(headline(figures))


def test_reasons_are_counted_by_control() -> None:
    before, after = detection(1), detection(1, code=CodeMotif.DOUBLON, parametres_version=2)
    figures, _ = compared(found(after), stands(before))
    assert rows_of_controls(figures) == [("DOUBLON", 0, 1, 1, 0), ("DESEQUILIBRE", 1, 0, 0, 1)]


def test_what_was_told_of_later_stays() -> None:
    one = detection(1)
    figures, changes = compared(found(one), stands(replace(one, revision=2), at=END))
    assert changes == []
    assert figures.superseded == 1


def test_a_replay_that_closes_what_stands_open() -> None:
    one = detection(1)
    ((change,), figures) = compared(found(closed(one, parametres_version=2)), stands(one))[::-1]
    assert (change.kind, change.publish.etat, change.conflict) == (Kind.GONE, Etat.CLOSE, False)
    assert figures.gone == 1


def test_what_stands_closed_and_was_not_found_stays_closed() -> None:
    assert compared({}, stands(closed(detection(1))))[1] == []
    older = closed(detection(1), parametres_version=1)
    assert compared(found(closed(detection(1), parametres_version=2)), stands(older))[1] == []


def test_what_was_closed_and_is_missing_is_published_again() -> None:
    figures, (change,) = compared(found(closed(detection(1))), {})
    assert (figures.missing, figures.new, figures.gone) == (1, 0, 0)
    assert change.missing


def test_another_value_under_the_same_versions_is_a_conflict() -> None:
    figures, (change,) = compared(found(detection(1, 60.0)), stands(detection(1, 50.0)))
    assert change.conflict
    assert figures.conflicts == 1
    _, (gone,) = compared({}, stands(detection(1)))
    assert gone.conflict


def test_what_is_gone_is_closed_by_the_versions_of_the_replay() -> None:
    versions = Versions([ModeleUtilise(modele_id=7, version=3)], instead_of_online=True, settings={0: 9})
    _, (change,) = compared({}, stands(detection(1)), versions=versions)
    assert change.publish.modeles == [ModeleUtilise(modele_id=7, version=3)]
    assert change.publish.parametres_version == 9
    assert not change.conflict


def test_other_companies_are_left_alone() -> None:
    figures, changes = compared({}, stands(detection(1), detection(2, societe_id=2)), societes=[2])
    assert [one.publish.societe_id for one in changes] == [2]
    assert figures.gone == 1


def test_partitions_together() -> None:
    parts = [compared(found(detection(number, 50.0 + number)), {})[0] for number in range(30)]
    figures = together(parts)
    assert figures.new == 30
    assert figures.controls["DESEQUILIBRE"].new == 30
    assert sum(figures.scores.values()) == 30
    assert [round(one.scores[1]) for one in figures.largest[:2]] == [79, 78]
    assert len(figures.largest) == 20


def test_a_report_names_what_changes(tmp_path: Path) -> None:
    figures, (change,) = compared(found(detection(1)), {})
    assert change_line(change) == "company 1 ecriture E1: new, 0.0 to 50.0 (DESEQUILIBRE)"
    assert list(headline(figures)) == [
        "0 the same, 1 new, 0 gone, 0 with another score or other reasons",
        "nothing at all is published of 1, open or closed",
    ]
    for one in (figures, Comparison()):
        draw_comparison(one, tmp_path / "a.png", "Replay")
        assert (tmp_path / "a.png").stat().st_size > 1000


def test_only_entries_are_promoted_with_versions_of_its_own() -> None:
    journal = replace(detection(2), objet=Objet(type=TypeObjet.JOURNAL, id="VE/2024"))
    changes = compared(found(detection(1), journal), stands(detection(3)))[1]

    def ids(**options: bool) -> list[str]:
        return sorted(one.publish.objet.id for one in promotable(changes, **options))

    assert ids(missing_only=True, changes_versions=False) == ["E1", "VE/2024"]
    assert ids(missing_only=False, changes_versions=False) == ["E1", "E3", "VE/2024"]
    assert ids(missing_only=False, changes_versions=True) == ["E1", "E3"]


def test_markers_are_of_one_company_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promotion, "PART_BYTES", 1_000)
    changes = compared(found(*(detection(k, societe_id=1 + k % 2) for k in range(9))), {})[1]
    markers = [msgspec.json.decode(one.value or b"", type=Reprise) for one in markers_of(changes, "r", 4, NOW)]
    for company, count in ((1, 5), (2, 4)):
        parts = [one for one in markers if one.societe_id == company]
        assert [one.numero for one in parts] == list(range(1, len(parts) + 1))
        assert {one.nombre for one in parts} == {len(parts)}
        assert sum(len(one.detections) for one in parts) == count
        assert len(parts) > 1


def test_more_than_can_be_published_at_once_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promotion, "MAX_OF_COMPANY", 3)
    changes = compared(found(*(detection(k) for k in range(4))), {})[1]
    with pytest.raises(ReplayError, match="replay a shorter range"):
        markers_of(changes, "r", 0, NOW)


def test_what_stands_from_another_topic_is_the_same_or_later_by_its_revision() -> None:
    one = detection(1)
    assert compared(found(one), stands(one, at=ELSEWHERE))[0].same == 1
    later = replace(one, revision=2, score=10.0)
    assert compared(found(one), stands(later, at=ELSEWHERE))[0].superseded == 1
    assert compared({}, stands(later, at=ELSEWHERE))[1] == []
