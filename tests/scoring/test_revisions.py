"""Entries that come again: corrected, delivered twice, contradicting themselves, deleted."""

import datetime as dt
from collections.abc import Callable

import msgspec
import pytest

from schemas import CodeMotif, Ecriture, Etat, Operation

from .company import Company

BuildEntry = Callable[..., Ecriture]


@pytest.fixture
def company() -> Company:
    return Company()


def test_a_correction_closes_the_detection_under_its_id(company: Company, entry: BuildEntry) -> None:
    (wrong,) = company.found(entry(gap=5))
    (right,) = company.found(entry(revision=2))
    assert (wrong.etat, right.etat) == (Etat.OUVERTE, Etat.CLOSE)
    assert right.detection_id == wrong.detection_id
    assert (wrong.revision, right.revision) == (1, 2)


def test_a_revision_that_is_as_wrong_is_found_anew(company: Company, entry: BuildEntry) -> None:
    (first,), (second,) = company.found(entry(gap=5)), company.found(entry(gap=7, revision=2))
    assert second.etat is Etat.OUVERTE
    assert second.detection_id == first.detection_id
    assert "7,00" in second.motifs[0].libelle_fr


def test_what_was_never_found_is_never_closed(company: Company, entry: BuildEntry) -> None:
    assert company.found(entry(), entry(revision=2), entry(revision=3, operation=Operation.SUPPRESSION)) == []


def test_closed_is_closed_once(company: Company, entry: BuildEntry) -> None:
    found = company.found(entry(gap=5), entry(revision=2), entry(revision=3))
    assert [detection.etat for detection in found] == [Etat.OUVERTE, Etat.CLOSE]


def test_a_deletion_closes(company: Company, entry: BuildEntry) -> None:
    found = company.found(entry(gap=5), entry(gap=5, revision=2, operation=Operation.SUPPRESSION))
    assert [detection.etat for detection in found] == [Etat.OUVERTE, Etat.CLOSE]


def test_a_deletion_of_the_unknown_is_nothing(company: Company, entry: BuildEntry) -> None:
    assert company.found(entry(gap=5, operation=Operation.SUPPRESSION)) == []


def test_a_deletion_after_validation_is_itself_a_finding(company: Company, entry: BuildEntry) -> None:
    validated = entry(valid_date=dt.date(2024, 3, 31))
    (found,) = company.found(validated, entry(revision=2, operation=Operation.SUPPRESSION))
    assert found.etat is Etat.OUVERTE
    assert CodeMotif.MODIFIEE_APRES_VALIDATION in [motif.code for motif in found.motifs]


def test_the_same_again_is_ignored(company: Company, entry: BuildEntry) -> None:
    company.post(entry(gap=5))
    again = company.post(entry(gap=5))
    assert (again.accepted, again.detections, again.conflicts) == (0, [], [])


def test_the_same_again_in_one_batch_is_ignored(company: Company, entry: BuildEntry) -> None:
    scored = company.post(entry(gap=5), entry(gap=5), entry(gap=5))
    assert (scored.accepted, len(scored.detections), scored.conflicts) == (1, 1, [])


def test_the_same_revision_with_other_content_is_a_conflict(company: Company, entry: BuildEntry) -> None:
    scored = company.post(entry(), entry(euros=99))
    assert scored.accepted == 1
    ((position, reason),) = scored.conflicts
    assert position == 1
    assert "'E1'" in reason
    assert "publish a change as revision 2" in reason


def test_a_conflict_changes_nothing(company: Company, entry: BuildEntry) -> None:
    other = Company()
    company.post(entry(), entry(euros=99, gap=9))
    other.post(entry())
    assert company.state.digest() == other.state.digest()
    assert company.found(entry("E2", gap=1)) == other.found(entry("E2", gap=1))


def test_an_older_revision_is_ignored(company: Company, entry: BuildEntry) -> None:
    late = company.post(entry(revision=3), entry(gap=5, revision=2), entry(gap=6, revision=1))
    assert (late.accepted, late.detections, late.conflicts) == (1, [], [])


def test_revisions_may_skip_numbers_and_begin_anywhere(company: Company, entry: BuildEntry) -> None:
    assert company.post(entry(revision=4), entry(revision=9)).accepted == 2


def test_positions_are_those_of_what_was_given(company: Company, entry: BuildEntry) -> None:
    scored = company.post(
        entry(), entry(), entry(euros=1), entry("E2", gap=5), entry("E3", euros=7), entry("E4", gap=6)
    )
    assert [position for position, _ in scored.detections] == [3, 5]
    assert [position for position, _ in scored.conflicts] == [2]


def test_lettering_a_validated_entry_is_no_finding(company: Company, entry: BuildEntry) -> None:
    validated = entry(valid_date=dt.date(2024, 3, 31))
    assert company.found(validated, entry(valid_date=dt.date(2024, 3, 31), revision=2)) == []


def with_lines(entry: Ecriture, **fields: str) -> Ecriture:
    """Return the entry with fields of its lines changed."""
    return msgspec.structs.replace(entry, lignes=[msgspec.structs.replace(line, **fields) for line in entry.lignes])


def test_another_spelling_of_the_same_amounts_is_no_conflict(company: Company, entry: BuildEntry) -> None:
    nothing = entry(euros=0)
    assert company.post(nothing, with_lines(nothing, debit="0", credit="0.0")).conflicts == []


def test_other_bank_details_in_the_same_revision_are_a_conflict(company: Company, entry: BuildEntry) -> None:
    changed = company.post(with_lines(entry(), iban_empreinte="a1"), with_lines(entry(), iban_empreinte="b2"))
    assert len(changed.conflicts) == 1


def test_a_revision_teaches_the_scales_nothing_twice(company: Company, entry: BuildEntry) -> None:
    """The online detector and the scale of scores count entries, not how often they were corrected."""
    company.post(entry(gap=5), entry(gap=6, revision=2), entry("E2"), entry("E2", revision=2, euros=1))
    judged = company.state.judged
    assert {table: judged.count(table) for table in ("scales", "detectors", "rates")} == {
        "scales": 1,
        "detectors": 1,
        "rates": 1,
    }
    assert judged["detectors.rows"]["count"][1] == 2
    assert judged["scales.rows"]["total"][1] == 2
    assert judged["rates.rows"]["judged"][1] == 2


def test_an_entry_that_was_deleted_and_comes_back_is_found_anew(company: Company, entry: BuildEntry) -> None:
    found = company.found(
        entry(gap=5),
        entry(gap=5, revision=2, operation=Operation.SUPPRESSION),
        entry(gap=5, revision=3),
    )
    assert [detection.etat for detection in found] == [Etat.OUVERTE, Etat.CLOSE, Etat.OUVERTE]


def test_several_revisions_in_one_batch_are_as_many_batches(company: Company, entry: BuildEntry) -> None:
    entries = [entry(gap=5), entry(revision=2), entry(gap=5, revision=3), entry("E2", gap=1), entry(revision=4)]
    other = Company()
    assert company.found(*entries) == [found for one in entries for found in other.found(one)]
    assert company.state.digest() == other.state.digest()
