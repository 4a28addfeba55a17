"""The imaginary accountant: what is looked at, what is said and done, and that it follows from the ledger's truth."""

import pytest

from schemas import DomaineApplication, Objet, Operation, TypeObjet, Verdict, detection_id, to_minor
from wisebook_ml.datasets.reclassifications import reclassifications
from wisebook_ml.generator import Ledger, generate_ledger, judge_ledger
from wisebook_ml.generator.corrections import is_mistake
from wisebook_ml.generator.verdicts import Judged, verdicts_of


@pytest.fixture(scope="module")
def books() -> Ledger:
    return generate_ledger(entries=6_000, seed=11, anomaly_rate=0.03)


@pytest.fixture(scope="module")
def judged(books: Ledger) -> Judged:
    return judge_ledger(books.publications, books.labels, seed=11)


@pytest.fixture(scope="module")
def infallible(books: Ledger) -> Judged:
    return judge_ledger(books.publications, books.labels, seed=11, human_error=0.0)


def wrong(books: Ledger) -> set[str]:
    return {label.ecriture_id for label in books.labels if label.ecriture_id and not label.jumeau}


def test_the_share_that_is_asked_for_is_looked_at(books: Ledger, judged: Judged) -> None:
    entries = {one.ecriture_id for one in books.events}
    assert len(judged.avis) == round(0.05 * len(entries))
    assert len({one.avis.ecriture_id for one in judged.avis}) == len(judged.avis)
    assert judge_ledger(books.publications, books.labels, seed=1, share=0.0).avis == []
    deleted = {one.ecriture_id for one in books.events if one.operation is Operation.SUPPRESSION}
    assert {one.ecriture_id for one in verdicts_of(books, share=1.0)} >= wrong(books) - deleted


def test_the_same_seed_gives_the_same_verdicts(books: Ledger, judged: Judged) -> None:
    assert judge_ledger(books.publications, books.labels, seed=11) == judged
    assert judge_ledger(books.publications, books.labels, seed=12) != judged


def test_verdicts_follow_from_what_was_planted(books: Ledger, infallible: Judged) -> None:
    guilty = wrong(books)
    for _, avis in infallible.avis:
        assert (avis.verdict is Verdict.FAUX_POSITIF) == (avis.ecriture_id not in guilty)
    assert {avis.verdict for _, avis in infallible.avis} >= {
        Verdict.FAUX_POSITIF,
        Verdict.CONFIRMEE,
        Verdict.RECLASSEE,
    }


def test_people_err_now_and_then(books: Ledger) -> None:
    guilty = wrong(books)
    all_ = judge_ledger(books.publications, books.labels, seed=5, share=0.5, human_error=0.02)
    errors = sum((one.avis.verdict is Verdict.FAUX_POSITIF) == (one.avis.ecriture_id in guilty) for one in all_.avis)
    assert 0.01 < errors / len(all_.avis) < 0.03


def test_what_is_flagged_comes_first_and_is_never_missed(books: Ledger) -> None:
    flagged = set(sorted(wrong(books))[:20])
    judged = judge_ledger(books.publications, books.labels, seed=3, flagged=flagged, human_error=0.0)
    said = {one.avis.ecriture_id: one.avis for one in judged.avis}
    assert flagged <= set(said)
    for name, avis in said.items():
        assert avis.verdict is not Verdict.MANQUEE or name not in flagged
    assert any(avis.verdict is Verdict.MANQUEE for avis in said.values())


def test_a_verdict_names_the_detection_of_its_entry(judged: Judged) -> None:
    for _, avis in judged.avis:
        assert avis.ecriture_id is not None
        objet = Objet(type=TypeObjet.ECRITURE, id=avis.ecriture_id)
        expected = detection_id(1, DomaineApplication.ECRITURES_COMPTABLES, objet)
        assert avis.detection_id == (None if avis.verdict is Verdict.MANQUEE else expected)


def test_verdicts_come_days_after_the_entry_in_order(books: Ledger, judged: Judged) -> None:
    first = {}
    for le, ecriture in books.publications:
        first.setdefault(ecriture.ecriture_id, le)
    for le, avis in judged.avis:
        assert avis.ecriture_id is not None
        assert 1 <= (le.date() - first[avis.ecriture_id].date()).days <= 15
        assert le.weekday() < 5
    moments = [one.le for one in judged.avis]
    assert moments == sorted(moments)


def test_a_reclassified_entry_is_given_another_account(books: Ledger, infallible: Judged) -> None:
    last = {one.ecriture_id: one for one in books.events}
    given = [avis for _, avis in infallible.avis if avis.verdict is Verdict.RECLASSEE]
    assert given
    for avis in given:
        assert avis.ecriture_id is not None
        used = [line.compte_num for line in last[avis.ecriture_id].lignes]
        assert avis.compte_num not in used[:1] or len(set(used)) > 1
        assert avis.compte_num is not None
        assert avis.compte_num[0] in "4567"


def test_corrections_are_later_revisions_that_mend(books: Ledger, infallible: Judged) -> None:
    last = {one.ecriture_id: one for one in books.events}
    moments = {}
    for le, ecriture in books.publications:
        moments[ecriture.ecriture_id] = le
    mistakes = {label.ecriture_id for label in books.labels if is_mistake(label)}
    assert len(infallible.corrections) >= 10
    for le, mended in infallible.corrections:
        before = last[mended.ecriture_id]
        assert mended.ecriture_id in mistakes
        assert mended.revision == before.revision + 1
        assert le > moments[mended.ecriture_id]
        assert mended.operation in (Operation.MODIFICATION, Operation.SUPPRESSION)
        if mended.operation is Operation.MODIFICATION:
            assert sum(to_minor(line.debit) - to_minor(line.credit) for line in mended.lignes) == 0
            assert (mended.ecriture_date, mended.lignes) != (before.ecriture_date, before.lignes)


def test_some_mistyped_accounts_are_put_right_by_an_entry(books: Ledger, judged: Judged) -> None:
    last = {one.ecriture_id: one for one in books.events}
    mistyped = {
        label.ecriture_id
        for label in books.labels
        if label.variante in {"compte_inexistant", "compte_d_un_autre_journal", "charge_d_un_autre_fournisseur"}
    }
    rectified = [one.ecriture for one in judged.rectifications]
    assert 3 <= len(rectified) <= len(mistyped)
    assert len({one.ecriture_id for one in rectified} | set(last)) == len(rectified) + len(last)
    numbers = [int(one.ecriture_num) for one in books.events if one.journal_code == "OD"]
    assert [int(one.ecriture_num) for one in rectified] == [max(numbers) + 1 + k for k in range(len(rectified))]
    for one in rectified:
        assert one.journal_code == "OD"
        assert sum(to_minor(line.debit) - to_minor(line.credit) for line in one.lignes) == 0
    found = {one.ecriture_id: one.par for one in reclassifications([*books.events, *rectified])}
    assert found == {one.ecriture_id.removesuffix("-R"): one.ecriture_id for one in rectified}
    assert set(found) <= mistyped


def test_labels_of_nothing_that_was_entered_are_passed_over() -> None:
    assert judge_ledger([], [], seed=1) == Judged([], [])
