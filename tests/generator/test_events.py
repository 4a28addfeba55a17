"""What every event stream of the generator must hold, whatever was planted."""

import datetime as dt
from collections import Counter, defaultdict

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import CodeMotif, Ecriture, Operation, to_minor
from wisebook_ml.generator import Ledger, final_state, generate_ledger


def test_events_fit_the_schema(ledger: Ledger) -> None:
    decoder = msgspec.json.Decoder(Ecriture)
    for ecriture in ledger.events:
        assert decoder.decode(msgspec.json.encode(ecriture)) == ecriture


def test_events_come_in_the_order_of_their_publication(ledger: Ledger) -> None:
    moments = [publication.le for publication in ledger.publications]
    assert moments == sorted(moments)
    assert all(p.le == p.ecriture.saisie_le for p in ledger.publications if p.ecriture.revision == 1)


def test_revisions_count_up_from_the_creation(ledger: Ledger) -> None:
    last: dict[str, int] = defaultdict(int)
    deleted: set[str] = set()
    for ecriture in ledger.events:
        assert ecriture.ecriture_id not in deleted
        assert ecriture.revision == last[ecriture.ecriture_id] + 1
        assert (ecriture.operation is Operation.CREATION) == (ecriture.revision == 1)
        last[ecriture.ecriture_id] = ecriture.revision
        if ecriture.operation is Operation.SUPPRESSION:
            deleted.add(ecriture.ecriture_id)


def test_author_and_time_of_entry_survive_revisions(ledger: Ledger) -> None:
    first = {one.ecriture_id: one for one in ledger.events if one.revision == 1}
    for ecriture in ledger.events:
        origin = first[ecriture.ecriture_id]
        assert (ecriture.saisie_le, ecriture.saisie_par) == (origin.saisie_le, origin.saisie_par)


def test_only_planted_entries_do_not_balance(ledger: Ledger) -> None:
    planted = {
        label.ecriture_id for label in ledger.labels if label.code is CodeMotif.DESEQUILIBRE and not label.jumeau
    }
    unbalanced = {
        one.ecriture_id
        for one in ledger.events
        if sum(to_minor(ligne.debit) - to_minor(ligne.credit) for ligne in one.lignes)
    }
    assert unbalanced == planted


def test_labels_point_at_entries_that_exist(ledger: Ledger) -> None:
    revisions = {(one.ecriture_id, one.revision) for one in ledger.events}
    ids = {one.ecriture_id for one in ledger.events}
    for label in ledger.labels:
        if label.ecriture_id is None:
            assert label.objet_type and label.objet_id and label.date_attendue
        else:
            assert (label.ecriture_id, label.revision) in revisions
        assert not label.ecriture_liee or label.ecriture_liee in ids
        assert label.variante and label.commentaire and label.cas


@pytest.mark.parametrize("seed", [1, 2])
def test_every_control_has_anomalies_and_twins(seed: int, ledger: Ledger) -> None:
    made = ledger if seed == 1 else generate_ledger(entries=20_000, seed=seed)
    counts = Counter((label.code, label.jumeau) for label in made.labels)
    controls = [code for code in CodeMotif if not code.is_model and not code.is_treasury]  # cash is not posted
    assert not [(code, jumeau) for code in controls for jumeau in (False, True) if not counts[code, jumeau]]
    assert not [code for code in CodeMotif if code.is_model and (counts[code, False] or counts[code, True])]


def test_a_subset_of_codes() -> None:
    codes = {CodeMotif.DOUBLON, CodeMotif.TVA_TAUX}
    labels = generate_ledger(entries=2_000, seed=4, codes=codes).labels
    assert {label.code for label in labels if not label.jumeau} == codes


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    entries=st.integers(1, 900),
    seed=st.integers(0, 10**6),
    month=st.integers(1, 12),
    years=st.integers(1, 3),
)
def test_any_size_and_fiscal_year(entries: int, seed: int, month: int, years: int) -> None:
    ledger = generate_ledger(entries=entries, seed=seed, start=dt.date(2023, month, 1), years=years, anomaly_rate=0)
    assert ledger.events
    moments = [publication.le for publication in ledger.publications]
    assert moments == sorted(moments)
    for ecriture in final_state(ledger.events):
        assert not sum(to_minor(ligne.debit) - to_minor(ligne.credit) for ligne in ecriture.lignes)
        first, _, last = str(ecriture.exercice).partition("/")
        assert dt.date.fromisoformat(first) <= ecriture.ecriture_date <= dt.date.fromisoformat(last)
