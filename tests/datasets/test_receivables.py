import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Ecriture, Ligne, Operation
from wisebook_ml.datasets.payment_history import WINDOW
from wisebook_ml.datasets.receivables import COLUMNS, SLACK, Receivables
from wisebook_ml.generator import generate_ledger

START = dt.date(2024, 1, 8)


def day(n: int) -> dt.date:
    return START + dt.timedelta(days=n)


def entry(ecriture_id, on, *lines, revision=1, operation=Operation.CREATION, journal="VE"):
    return Ecriture(
        societe_id=1,
        ecriture_id=ecriture_id,
        revision=revision,
        operation=operation,
        journal_code=journal,
        ecriture_date=on,
        lignes=list(lines),
    )


def line(debit="0.00", credit="0.00", *, client="DUPONT", compte="411000", **more):
    return Ligne(compte_num=compte, comp_aux_num=client, debit=debit, credit=credit, **more)


def invoice(name, on, amount="120.00", *, due=None, let="", let_on=None, revision=1, **more):
    one = line(amount, date_echeance=due, ecriture_let=let, date_let=let_on, piece_ref=name, **more)
    return entry(name, on, one, line(credit=amount, client="", compte="707000"), revision=revision)


def payment(name, on, amount="120.00", *, let="", let_on=None, text="", **more):
    one = line(credit=amount, ecriture_let=let, date_let=let_on, ecriture_lib=text, **more)
    return entry(name, on, one, line(amount, client="", compte="512000"), journal="BQ")


def outcomes(entries, client="DUPONT"):
    """Days from the invoice to its settlement ('?' where uncertain, None where open), in order of date."""
    receivables = Receivables(forget=False)
    receivables.learn(entries)
    for _, name, _, keys, passe in receivables.histories():
        if name == client:
            found = {}
            for key, one in zip(keys, passe.factures, strict=True):
                found[key] = None if one.reglement is None else one.reglement - one.date if one.sure else "?"
            return found
    return {}


@pytest.fixture(scope="module")
def ledger():
    return generate_ledger(entries=1500, seed=11, years=1)


def test_an_invoice_is_settled_by_the_payment_it_was_lettered_with():
    entries = [
        invoice("F1", day(0)),
        invoice("F2", day(1)),
        payment("R1", day(40), let="AA", let_on=day(41)),
        invoice("F2", day(1), let="AA", let_on=day(41), revision=2),
    ]
    assert outcomes(entries) == {"F1": None, "F2": 39}


def test_a_letter_may_be_used_again_on_another_day():
    entries = [
        invoice("F1", day(0), let="AA", let_on=day(10)),
        payment("R1", day(9), let="AA", let_on=day(10)),
        invoice("F2", day(100), let="AA", let_on=day(130)),
        payment("R2", day(125), let="AA", let_on=day(130)),
    ]
    assert outcomes(entries) == {"F1": 9, "F2": 25}


def test_several_payments_settle_a_group_the_oldest_invoice_first():
    entries = [
        invoice("F1", day(0), "100.00", let="AB"),
        invoice("F2", day(1), "200.00", let="AB"),
        payment("R1", day(20), "100.00", let="AB"),
        payment("R2", day(50), "200.00", let="AB"),
    ]
    assert outcomes(entries) == {"F1": 20, "F2": 49}


def test_without_letter_an_invoice_is_settled_by_the_payment_that_names_it():
    entries = [
        invoice("F0012", day(0)),
        invoice("F0013", day(0)),
        payment("R1", day(30), text="VIR DUPONT F0013"),
    ]
    assert outcomes(entries) == {"F0012": None, "F0013": 30}


def test_a_payment_that_names_one_of_two_settles_both_where_only_they_fit():
    entries = [
        invoice("F0012", day(0), "100.00"),
        invoice("F0013", day(1), "37.00"),
        invoice("F0014", day(2), "55.00"),
        payment("R1", day(30), "155.00", text="VIR DUPONT F0012+1"),
    ]
    assert outcomes(entries) == {"F0012": 30, "F0013": None, "F0014": 28}


def test_without_name_the_only_open_invoice_of_the_amount_is_settled():
    entries = [invoice("F1", day(0)), invoice("F2", day(1), "99.00"), payment("R1", day(30))]
    assert outcomes(entries) == {"F1": 30, "F2": None}


def test_money_that_may_have_settled_either_settles_none_for_certain():
    entries = [invoice("F1", day(0)), invoice("F2", day(1)), payment("R1", day(30))]
    assert outcomes(entries) == {"F1": "?", "F2": None}


def test_a_letter_that_stands_alone_settles_nothing_for_certain():
    assert outcomes([invoice("F1", day(0), let="AA", let_on=day(5))]) == {"F1": "?"}


def test_an_opening_balance_is_no_invoice_and_takes_the_money_of_last_year():
    opening = entry("AN1", day(0), line("500.00"), line(credit="500.00", client="", compte="890000"), journal="AN")
    entries = [opening, payment("R0", day(3), "500.00"), invoice("F1", day(1)), payment("R1", day(40), "77.00")]
    assert outcomes(entries) == {"F1": None}


def test_a_claim_that_is_moved_to_the_doubtful_clients_is_a_dispute_and_stays_open():
    moved = entry("OD1", day(200), line("120.00", compte="416000"), line(credit="120.00"), journal="OD")
    receivables = Receivables(forget=False)
    receivables.learn([invoice("F1", day(0)), moved])
    ((_, _, _, _, passe),) = receivables.histories()
    assert [(one.litige, one.reglement) for one in passe.factures] == [(True, None)]


def test_the_due_date_is_the_clients_usual_one_where_the_invoice_has_none():
    receivables = Receivables(forget=False)
    receivables.learn(
        [invoice("F1", day(0), due=day(45)), invoice("F2", day(10)), invoice("F3", day(0), client="AUTRE")]
    )
    found = [pair for *_, keys, passe in receivables.histories() for pair in zip(keys, passe.factures, strict=True)]
    terms = {key: one.echeance - one.date for key, one in found}
    assert terms == {"F1": 45, "F2": 45, "F3": 30}


def test_a_later_revision_replaces_and_a_suppression_removes():
    first = invoice("F1", day(0))
    assert outcomes([first, invoice("F1", day(2), "80.00", revision=2), payment("R1", day(10), "80.00")]) == {"F1": 8}
    gone = entry("F1", day(0), *first.lignes, revision=2, operation=Operation.SUPPRESSION)
    assert outcomes([first, gone, first]) == {}


def test_clients_have_a_row_for_each_change_of_their_situation():
    receivables = Receivables()
    rows = receivables.take([invoice("F1", day(0), due=day(30)), invoice("F2", day(5), due=day(35), client="AUTRE")])
    assert list(rows.columns) == list(COLUMNS)
    assert rows[["client", "ecriture_id"]].to_numpy().tolist() == [["DUPONT", "F1"], ["AUTRE", "F2"]]
    rows = receivables.take([payment("R1", day(60))])
    assert rows["client"].tolist() == ["DUPONT"]
    assert rows["date"].tolist() == [pd.Timestamp(day(60))]
    assert rows["ecart_dernier"].tolist() == [30.0]
    assert rows["encours_factures"].tolist() == [0.0]
    assert len(receivables.take([payment("R1", day(60))])) == 0  # the same revision again
    validated = entry("F1", day(0), *invoice("F1", day(0), due=day(30)).lignes, revision=2)
    assert len(receivables.take([validated])) == 0  # nothing of the client's changed


def test_an_invoice_that_is_past_due_counts_in_its_own_clients_risk():
    receivables = Receivables()
    receivables.take([invoice("F1", day(0), due=day(30))])
    rows = receivables.take([invoice("F2", day(0), "7.00", due=day(30)), payment("R2", day(90), "7.00")])
    assert rows["ecriture_id"].tolist()[-1] == "F1"
    assert rows["echu_factures"].tolist()[-1] == 1.0


@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(0, 2500), max_size=5), reload=st.booleans())
def test_rows_do_not_depend_on_the_cut_into_calls_nor_on_a_restart(ledger, cuts, reload):
    events = ledger.events
    whole = Receivables().take(events)
    places = [0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]
    fold, parts = Receivables(), []
    for first, last in itertools.pairwise(places):
        parts.append(fold.take(events[first:last]))
        if reload:
            again = Receivables()
            again.load(fold.dump())
            fold = again
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    learnt = Receivables()
    learnt.learn(events)
    assert learnt.dump() == fold.dump()


def test_memory_of_a_client_is_bounded_and_forgetting_leaves_what_is_kept_as_it_was():
    count = WINDOW + SLACK + 150
    entries = []
    for n in range(count):
        entries.append(invoice(f"F{n:04d}", day(n), f"{100 + n}.00", due=day(n + 30)))
        if n >= 20:
            entries.append(payment(f"R{n:04d}", day(n), f"{100 + n - 20}.00"))
    bounded, whole = Receivables(), Receivables(forget=False)
    rows, all_rows = bounded.take(entries), whole.take(entries)
    ((_, _, _, keys, passe),) = bounded.histories()
    assert WINDOW <= len(passe.factures) <= WINDOW + SLACK
    ((_, _, _, all_keys, everything),) = whole.histories()
    assert keys == all_keys[-len(keys) :]
    assert passe.factures == everything.factures[-len(keys) :]
    pd.testing.assert_frame_equal(rows, all_rows)
    assert len(bounded.dump()) < 200_000


def test_companies_do_not_meet(ledger):
    other = generate_ledger(entries=600, seed=12, societe_id=2).events
    together = Receivables().take([*other, *ledger.events])
    alone = Receivables().take(ledger.events)
    rest = together[together["societe_id"] == 1].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, alone)


def test_a_state_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a state of receivables"):
        Receivables().load(b"x")
    with pytest.raises(ValueError, match="tolerance of 4 days, expected 0"):
        Receivables(0).load(Receivables().dump())


def test_most_payments_of_a_generated_ledger_find_their_invoice(ledger):
    receivables = Receivables(forget=False)
    receivables.learn(ledger.events)
    factures = [one for *_, passe in receivables.histories() for one in passe.factures]
    settled = [one for one in factures if one.reglement is not None]
    assert np.mean([one.sure for one in settled]) > 0.9
    assert len(settled) > 0.75 * len(factures)
