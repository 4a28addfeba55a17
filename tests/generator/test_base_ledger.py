"""The entries that carry no label are ordinary: by the plain meaning of each code, nothing is wrong with them."""

from collections import defaultdict
from itertools import combinations

import pytest

from schemas import Ecriture, Ligne, to_minor
from wisebook_ml.generator import Ledger, final_state
from wisebook_ml.generator.timeline import is_business

OFFICE_JOURNALS = ("VE", "HA", "NF")
RATES = (200, 100, 55, 21)
SAME_AMOUNT_DAYS = 15
ROUND = 1_000_00
# Taxes are declared in whole euros, so that a round thousand happens.
HABITUALLY_ROUND = ("VIR INTERNE", "LOYER", "HONORAIRES COMPTABLES", "PRLV DGFIP")


def montant(ligne: Ligne) -> int:
    return to_minor(ligne.debit) - to_minor(ligne.credit)


@pytest.fixture(scope="module")
def plain(ledger: Ledger) -> list[Ecriture]:
    labelled = {label.ecriture_id for label in ledger.labels}
    return [one for one in final_state(ledger.events) if one.ecriture_id not in labelled]


def test_size_and_shape(ledger: Ledger) -> None:
    created = [one for one in ledger.events if one.revision == 1]
    assert 0.9 < len(created) / 20_000 < 1.1
    assert 2.8 < sum(len(one.lignes) for one in created) / len(created) < 3.8
    assert 1.2 < len(ledger.events) / len(created) < 1.8
    assert {"VE", "HA", "BQ", "BS", "PA", "NF", "OD", "IN", "AN"} <= {one.journal_code for one in created}


def test_no_amount_of_a_third_party_comes_back_soon(plain: list[Ecriture]) -> None:
    seen: dict[tuple[str, str, int], Ecriture] = {}
    for one in sorted(plain, key=lambda one: one.ecriture_date):
        for ligne in one.lignes:
            if ligne.comp_aux_num and one.journal_code in ("VE", "HA", "BQ", "BS"):
                key = (one.journal_code, ligne.comp_aux_num, montant(ligne))
                before = seen.get(key)
                assert before is None or (one.ecriture_date - before.ecriture_date).days > SAME_AMOUNT_DAYS, one
                seen[key] = one


def test_numbers_follow_each_other(ledger: Ledger) -> None:
    labelled = {label.ecriture_id for label in ledger.labels}
    last: dict[tuple[str, str, str], int] = defaultdict(int)
    for one in ledger.events:
        if one.revision == 1:
            prefix, _, number = one.ecriture_num.rpartition("-")
            key = (one.journal_code, str(one.exercice), prefix)
            assert int(number) == last[key] + 1 or one.ecriture_id in labelled
            last[key] = int(number)


def test_lettered_groups_balance(ledger: Ledger, plain: list[Ecriture]) -> None:
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    members: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for one in final_state(ledger.events):
        for ligne in one.lignes:
            if ligne.ecriture_let:
                key = (ligne.compte_num, ligne.comp_aux_num, ligne.ecriture_let)
                sums[key] += montant(ligne)
                members[key].add(one.ecriture_id)
    ordinary = {one.ecriture_id for one in plain}
    assert len(sums) > 3_000
    assert not [key for key, total in sums.items() if total and members[key] <= ordinary]


def test_dates_and_hours_are_those_of_the_office(ledger: Ledger, plain: list[Ecriture]) -> None:
    people = {auteur.login: auteur for auteur in ledger.company.auteurs}
    for one in plain:
        assert one.saisie_le is not None
        assert one.ecriture_date <= one.saisie_le.date()
        if one.journal_code in OFFICE_JOURNALS:
            assert is_business(one.ecriture_date)
            assert (one.saisie_le.date() - one.ecriture_date).days <= 30
        if one.saisie_par in people:
            auteur = people[one.saisie_par]
            seconds = one.saisie_le.hour * 3600 + one.saisie_le.minute * 60 + one.saisie_le.second
            assert auteur.debut <= seconds < auteur.fin
            assert auteur.works(one.saisie_le.date())


def test_nobody_types_faster_than_one_can(ledger: Ledger, plain: list[Ecriture]) -> None:
    people = {auteur.login for auteur in ledger.company.auteurs}
    by_author: dict[str, list[Ecriture]] = defaultdict(list)
    for one in plain:
        if one.saisie_par in people:
            by_author[one.saisie_par].append(one)
    for entries in by_author.values():
        moments = sorted(one.saisie_le for one in entries if one.saisie_le)
        runs = [later - earlier for earlier, later in zip(moments, moments[10:], strict=False)]
        assert min(runs, default=None) is None or min(runs).total_seconds() > 500


def test_vat_follows_from_its_base(plain: list[Ecriture]) -> None:
    for one in plain:
        if one.journal_code in ("OD", "AN", "IN"):
            continue
        bases = [montant(ligne) for ligne in one.lignes if ligne.compte_num[0] in "267"]
        sums = [abs(sum(some)) for n in range(1, len(bases) + 1) for some in combinations(bases, n)]
        for ligne in one.lignes:
            if ligne.compte_num.startswith("445") and not ligne.compte_num.startswith(("44551", "44567")):
                tax = abs(montant(ligne))
                assert any(abs(tax * 1000 - base * rate) <= 1000 for base in sums for rate in RATES), one


def test_round_amounts_are_habits(plain: list[Ecriture]) -> None:
    for one in plain:
        if max(abs(montant(ligne)) for ligne in one.lignes) % ROUND == 0:
            assert one.lignes[0].ecriture_lib.startswith(HABITUALLY_ROUND), one


def test_texts_and_pieces_are_there(plain: list[Ecriture]) -> None:
    for one in plain:
        assert all(len(ligne.ecriture_lib) >= 8 and ligne.compte_lib for ligne in one.lignes), one
        assert one.journal_code == "BS" or all(ligne.piece_ref for ligne in one.lignes)


def test_bank_details_belong_to_one_supplier(plain: list[Ecriture]) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for one in plain:
        for ligne in one.lignes:
            if ligne.iban_empreinte:
                owners[ligne.iban_empreinte].add(ligne.comp_aux_num)
    assert len(owners) > 50
    assert all(len(names) == 1 for names in owners.values())


def test_new_third_parties_appear_through_the_year(ledger: Ledger) -> None:
    first: dict[str, int] = {}
    for one in ledger.events:
        if one.journal_code in ("VE", "HA"):
            for ligne in one.lignes:
                if ligne.comp_aux_num:
                    first.setdefault(ligne.comp_aux_num, one.ecriture_date.month)
    assert all(sum(month == when for month in first.values()) >= 2 for when in range(2, 13))
