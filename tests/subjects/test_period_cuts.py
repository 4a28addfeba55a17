"""Findings do not depend on how the stream is cut, nor on a restart in between, nor on other companies."""

import functools
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Ecriture
from tests.subjects.following import Follower, Found
from tests.subjects.test_benford import invented, month_of, ordinary
from tests.subjects.test_conformity import at_fault, good
from tests.subjects.test_numbering import numbered
from tests.subjects.test_pieces import invoices
from wisebook_ml.generator import generate_ledger
from wisebook_ml.subjects import Subject, benford, conformity, gaps, numbering, pieces

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=8)
SUBJECTS = (benford.SUBJECT, gaps.SUBJECT, numbering.SUBJECT, pieces.SUBJECT, conformity.SUBJECT)
EVERY_SUBJECT = pytest.mark.parametrize("subject", SUBJECTS, ids=[subject.name for subject in SUBJECTS])


@functools.cache
def stream() -> list[Ecriture]:
    """Return entries with a finding of every kind, amid those of a generated ledger and another company."""
    rng = random.Random(1)
    entries = [
        *numbered(["1"] * 40, "X1"),
        *numbered([str(k + 2 * (k > 40)) for k in range(1, 100)], "X5"),
        *invoices("X2", 60, ref="F", tag="x"),
        *invoices("X3", 40, ref=None, tag="x"),
        *(msgspec.structs.replace(at_fault(k), journal_code="X4") for k in range(40)),
        *ordinary(rng, 7),
        *month_of(2024, 8, [invented(rng) for _ in range(35)], tag="run"),
    ]
    other = [msgspec.structs.replace(one, societe_id=2) for one in map(good, range(100))]
    mixed = [*entries, *other, *generate_ledger(entries=300, seed=3, societe_id=2, anomaly_rate=0.1).events]
    order = sorted(range(len(mixed)), key=lambda k: (mixed[k].ecriture_date, k))
    return [mixed[k] for k in order]


@functools.cache
def whole(subject: Subject) -> tuple[Found, str]:
    follower = Follower(subject)
    return follower.take(stream()), follower.state.digest()


@EVERY_SUBJECT
def test_there_is_something_to_find(subject: Subject) -> None:
    found, _ = whole(subject)
    assert any(finding.societe_id == 1 for _, finding in found)
    positions = [position for position, _ in found]
    assert positions == sorted(positions)


@EVERY_SUBJECT
@REPEATABLE
@given(cuts=st.lists(st.integers(0, 700), max_size=12))
def test_any_cut_gives_the_same(subject: Subject, cuts: list[int]) -> None:
    follower = Follower(subject)
    assert follower.cut(stream(), [min(cut, len(stream())) for cut in cuts]) == whole(subject)[0]
    assert follower.state.digest() == whole(subject)[1]


@EVERY_SUBJECT
def test_one_at_a_time_gives_the_same(subject: Subject) -> None:
    follower = Follower(subject)
    assert follower.cut(stream(), range(1, len(stream()))) == whole(subject)[0]
    assert follower.state.digest() == whole(subject)[1]


@EVERY_SUBJECT
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_dump_goes_on_as_if_nothing_had_been(subject: Subject, share: float) -> None:
    follower, at = Follower(subject), int(share * len(stream()))
    found = follower.take(stream()[:at])
    follower.reload()
    assert found + follower.take(stream()[at:]) == whole(subject)[0]
    assert follower.state.digest() == whole(subject)[1]


@EVERY_SUBJECT
def test_a_company_alone_has_the_same(subject: Subject) -> None:
    alone = Follower(subject).take([one for one in stream() if one.societe_id == 1])
    assert [finding for _, finding in alone] == [one for _, one in whole(subject)[0] if one.societe_id == 1]


@EVERY_SUBJECT
def test_findings_say_no_revision_twice(subject: Subject) -> None:
    told = [(finding.societe_id, finding.id, finding.revision) for _, finding in whole(subject)[0]]
    assert len(told) == len(set(told))
