"""Every control: what it must find, and the legitimate twin that it must leave alone.

A case is a function that posts to ordinary books; its name says what happened. Cases are blatant and twins are
ordinary, so that moving a threshold breaks neither.
"""

import datetime as dt
from collections.abc import Callable

import msgspec
import pytest

from schemas import CodeMotif, Ecriture, Ligne, Operation, Origine, from_minor
from wisebook_ml.controls import CONTROLS

Case = Callable[..., list[Ecriture]]
"""From books to the entries to be posted."""

FINDS: dict[CodeMotif, list[Case]] = {}
LEAVES: dict[CodeMotif, list[Case]] = {}


def finds(code: CodeMotif) -> Callable[[Case], Case]:
    """Register a case that the control must find."""
    return lambda case: FINDS.setdefault(code, []).append(case) or case


def leaves(code: CodeMotif) -> Callable[[Case], Case]:
    """Register a twin that the control must leave alone."""
    return lambda case: LEAVES.setdefault(code, []).append(case) or case


def line(account: str, euros: float, party: str = "") -> Ligne:
    """Return a line: debit where `euros` is positive, credit where it is negative."""
    cents = round(euros * 100)
    return Ligne(
        compte_num=account, comp_aux_num=party, debit=from_minor(max(cents, 0)), credit=from_minor(max(-cents, 0))
    )


def turned(entry: Ecriture) -> list[Ligne]:
    """Return the lines of an entry with debit and credit swapped."""
    return [msgspec.structs.replace(one, debit=one.credit, credit=one.debit) for one in entry.lignes]


# Facts of the entry alone.


@finds(CodeMotif.FEC_NON_CONFORME)
def an_account_that_is_no_number(books):
    return [books.entry("OD", [line("ATTENTE", 100.00), line("401000", -100.00, "DURAND")])]


@leaves(CodeMotif.FEC_NON_CONFORME)
def an_account_with_letters_behind_its_three_digits(books):
    return [books.entry("OD", [line("606400", 100.00), line("401DURAND", -100.00)])]


@finds(CodeMotif.DESEQUILIBRE)
def a_cent_is_missing(books):
    return [books.entry("OD", [line("606400", 100.00), line("401000", -99.99, "DURAND")])]


@finds(CodeMotif.DESEQUILIBRE)
def one_line_alone(books):
    return [books.entry("OD", [line("606400", 100.00)])]


@leaves(CodeMotif.DESEQUILIBRE)
def ten_and_twenty_cents_balance_thirty(books):
    return [books.entry("OD", [line("606400", 0.10), line("606400", 0.20), line("401000", -0.30, "DURAND")])]


@finds(CodeMotif.HORS_EXERCICE)
def dated_five_years_before_the_fiscal_year(books):
    return [books.purchase(day=dt.date(2019, 3, 5))]


@leaves(CodeMotif.HORS_EXERCICE)
def a_fiscal_year_that_ends_in_summer(books):
    return [books.purchase(day=dt.date(2024, 11, 19), exercice="2024-09-01/2025-08-31", number="S1")]


@leaves(CodeMotif.HORS_EXERCICE)
def the_last_day_of_the_year(books):
    return [books.purchase(day=dt.date(2024, 12, 31))]


@finds(CodeMotif.LIBELLE_PAUVRE)
def no_label(books):
    entry = books.purchase()
    return [msgspec.structs.replace(entry, lignes=[_relabelled(one, "") for one in entry.lignes])]


@finds(CodeMotif.LIBELLE_PAUVRE)
def a_label_that_says_nothing(books):
    return [books.purchase(label="divers")]


@leaves(CodeMotif.LIBELLE_PAUVRE)
def a_short_label_that_says_it_all(books):
    return [books.purchase(label="EDF 03/2024")]


def _relabelled(one: Ligne, label: str) -> Ligne:
    return msgspec.structs.replace(one, ecriture_lib=label)


@finds(CodeMotif.MOT_CLE)
def a_fictitious_invoice_that_says_so(books):
    return [books.purchase(label="Facture fictif Durand")]


@leaves(CodeMotif.MOT_CLE)
def a_word_inside_another(books):
    return [books.purchase(label="Personnalisation des vitrines")]


@finds(CodeMotif.TVA_TAUX)
def vat_at_thirty_seven_percent(books):
    return [books.purchase(euros=100, vat=0.3712)]


@leaves(CodeMotif.TVA_TAUX)
def vat_at_the_reduced_rate(books):
    return [books.purchase(vat=0.055)]


@leaves(CodeMotif.TVA_TAUX)
def two_rates_on_one_invoice(books):
    lines = [line("606400", 100), line("607000", 50), line("445660", 20), line("445660", 2.75)]
    return [books.entry("AC", [*lines, line("401000", -172.75, "DURAND")], label="Facture Durand")]


@finds(CodeMotif.TVA_SANS_BASE)
def vat_without_a_purchase(books):
    return [books.entry("AC", [line("445660", 32.65), line("401000", -32.65, "DURAND")], label="Facture Durand")]


@leaves(CodeMotif.TVA_SANS_BASE)
def the_monthly_vat_declaration(books):
    lines = [line("445710", 900), line("445660", -700), line("445510", -200)]
    return [books.entry("OD", lines, label="Déclaration de TVA 10/2024")]


# Repeats and changes.


@finds(CodeMotif.DOUBLON)
def the_same_invoice_again(books):
    first = books.purchase(piece="F-2024-88", day=dt.date(2024, 11, 18))
    return [first, books.purchase(piece="F-2024-88")]


@leaves(CodeMotif.DOUBLON)
def a_rent_of_every_month(books):
    return [
        books.purchase(supplier="BAILLEUR", euros=903.33, piece=f"LOYER{month}", day=dt.date(2024, month, 5))
        for month in (8, 9, 10, 11)
    ]


@leaves(CodeMotif.DOUBLON)
def an_entry_that_is_corrected(books):
    first = books.purchase(piece="F-2024-88")
    return [first, msgspec.structs.replace(first, revision=2, lignes=[_relabelled(x, "Facture") for x in first.lignes])]


@finds(CodeMotif.DOUBLON)
def a_second_payment_with_nothing_to_settle(books):
    return [books.payment(piece="", day=dt.date(2024, 11, 18)), books.payment(piece="")]


@leaves(CodeMotif.DOUBLON)
def a_second_payment_that_settles_another_invoice(books):
    second = books.payment(piece="")
    lettered = [msgspec.structs.replace(second.lignes[0], ecriture_let="AB"), *second.lignes[1:]]
    first = books.payment(piece="", day=dt.date(2024, 11, 18))
    return [first, msgspec.structs.replace(second, lignes=lettered)]


def _debit(books, label: str, day: dt.date) -> Ecriture:
    lines = [line("401000", 163.27, "DURAND"), line("512000", -163.27)]
    return books.entry("BQ", lines, piece="", label=label, day=day)


@finds(CodeMotif.DOUBLON)
def an_invoice_debited_twice(books):
    return [_debit(books, "PRLV DURAND LIC-20411", dt.date(2024, 11, day)) for day in (18, 19)]


@finds(CodeMotif.DOUBLON)
def an_invoice_paid_again_without_its_number(books):
    return [_debit(books, label, dt.date(2024, 11, 19)) for label in ("PRLV DURAND 20411", "PRLV DURAND")]


@leaves(CodeMotif.DOUBLON)
def two_licences_debited_on_one_day(books):
    return [_debit(books, f"PRLV DURAND LIC-{number}", dt.date(2024, 11, 19)) for number in (20411, 20512)]


@leaves(CodeMotif.DOUBLON)
def two_movements_of_a_bank_statement(books):
    lines = [line("467010", 15_000), line("512000", -15_000)]
    return [books.entry("BQ", lines, piece="", day=dt.date(2024, 11, 18)), books.entry("BQ", lines, piece="")]


@finds(CodeMotif.EXTOURNE_RAPIDE)
def a_sale_taken_back_the_next_day(books):
    first = books.sale(day=dt.date(2024, 11, 18))
    return [first, books.entry("VE", turned(first), label="Correction de la vente", author="luc")]


@leaves(CodeMotif.EXTOURNE_RAPIDE)
def an_accrual_that_is_reversed_as_planned(books):
    first = books.entry("OD", [line("606400", 163), line("408100", -163)], day=dt.date(2024, 11, 12), label="FNP")
    return [first, books.entry("OD", turned(first), label="Extourne FNP")]


@leaves(CodeMotif.EXTOURNE_RAPIDE)
def a_sale_taken_back_half_a_year_later(books):
    first = books.sale(day=dt.date(2024, 5, 14), entered=dt.date(2024, 5, 14))
    return [first, books.entry("VE", turned(first), label="Correction de la vente", author="luc")]


@finds(CodeMotif.MODIFIEE_APRES_VALIDATION)
def an_amount_changed_after_validation(books):
    first = books.purchase(valid_date=dt.date(2024, 11, 19))
    lines = [*first.lignes[:-1], msgspec.structs.replace(first.lignes[-1], credit="1.00")]
    return [first, msgspec.structs.replace(first, revision=2, operation=Operation.MODIFICATION, lignes=lines)]


@finds(CodeMotif.MODIFIEE_APRES_VALIDATION)
def deleted_after_validation(books):
    first = books.purchase(valid_date=dt.date(2024, 11, 19))
    return [first, msgspec.structs.replace(first, revision=2, operation=Operation.SUPPRESSION)]


@leaves(CodeMotif.MODIFIEE_APRES_VALIDATION)
def lettered_after_validation(books):
    first = books.purchase(valid_date=dt.date(2024, 11, 19))
    lines = [msgspec.structs.replace(one, ecriture_let="AA", date_let=dt.date(2024, 12, 1)) for one in first.lignes]
    return [first, msgspec.structs.replace(first, revision=2, operation=Operation.MODIFICATION, lignes=lines)]


@leaves(CodeMotif.MODIFIEE_APRES_VALIDATION)
def corrected_then_validated(books):
    first = books.purchase()
    lines = [_relabelled(one, "Facture Durand corrigée") for one in first.lignes]
    second = msgspec.structs.replace(first, revision=2, operation=Operation.MODIFICATION, lignes=lines)
    third = msgspec.structs.replace(
        second, revision=3, operation=Operation.VALIDATION, valid_date=dt.date(2024, 11, 30)
    )
    return [first, second, third]


# Numbers, dates and hours.


@finds(CodeMotif.RUPTURE_NUMEROTATION)
def fifty_numbers_are_missing(books):
    last = books.purchase()
    return [last, books.purchase(number=int(last.ecriture_num) + 51)]


@finds(CodeMotif.RUPTURE_NUMEROTATION)
def a_number_that_was_given_before(books):
    last = books.purchase()
    return [last, books.purchase(number=last.ecriture_num)]


@leaves(CodeMotif.RUPTURE_NUMEROTATION)
def the_number_after_the_last(books):
    return [books.purchase(), books.purchase(euros=97.31)]


@leaves(CodeMotif.RUPTURE_NUMEROTATION)
def a_new_journal_of_a_file_sorted_by_date(books):
    lines = [line("606400", 97.31), line("467000", -97.31)]
    return [msgspec.structs.replace(books.entry("NV", lines, number=n), saisie_le=None) for n in (1, 2, 3, 6)]


@leaves(CodeMotif.RUPTURE_NUMEROTATION)
def the_next_fiscal_year_starts_at_one(books):
    return [books.purchase(number=n, exercice="2025", day=dt.date(2025, 1, 6 + n)) for n in (1, 2)]


@finds(CodeMotif.ANTIDATEE)
def entered_half_a_year_after_its_date(books):
    return [books.purchase(day=dt.date(2024, 5, 14), entered=dt.date(2024, 11, 19))]


@leaves(CodeMotif.ANTIDATEE)
def entered_the_day_after(books):
    return [books.purchase(day=dt.date(2024, 11, 18), entered=dt.date(2024, 11, 19))]


@finds(CodeMotif.POSTDATEE)
def dated_a_month_ahead(books):
    return [books.purchase(day=dt.date(2024, 12, 19), entered=dt.date(2024, 11, 19))]


@leaves(CodeMotif.POSTDATEE)
def entered_without_a_time(books):
    return [books.purchase(day=dt.date(2024, 12, 19), saisie_le=None)]


@leaves(CodeMotif.POSTDATEE)
def dated_tomorrow(books):
    return [books.purchase(day=dt.date(2024, 11, 20), entered=dt.date(2024, 11, 19))]


@finds(CodeMotif.JOUR_NON_OUVRE)
def a_purchase_on_a_sunday(books):
    return [books.purchase(day=dt.date(2024, 11, 24))]


@finds(CodeMotif.JOUR_NON_OUVRE)
def a_purchase_on_armistice_day(books):
    return [books.purchase(day=dt.date(2024, 11, 11))]


@leaves(CodeMotif.JOUR_NON_OUVRE)
def takings_on_a_sunday(books):
    return [books.takings(day=dt.date(2024, 11, 24))]


@finds(CodeMotif.HEURE_INHABITUELLE)
def entered_at_three_in_the_morning(books):
    return [books.purchase(hour=3)]


@leaves(CodeMotif.HEURE_INHABITUELLE)
def imported_at_three_in_the_morning(books):
    return [books.purchase(hour=3, origine=Origine.IMPORT)]


@finds(CodeMotif.RAFALE)
def thirty_entries_in_five_minutes(books):
    return [books.sale(minute=n // 6, euros=90 + n * 3.13) for n in range(30)]


@leaves(CodeMotif.RAFALE)
def thirty_entries_of_an_import(books):
    return [books.sale(minute=n // 6, euros=90 + n * 3.13, origine=Origine.IMPORT) for n in range(30)]


@leaves(CodeMotif.RAFALE)
def three_entries_in_a_row(books):
    return [books.sale(minute=20 + n, euros=90 + n * 31.3) for n in range(3)]


# Amounts.


@finds(CodeMotif.MONTANT_ROND)
def twenty_thousand_euros_sharp(books):
    return [books.purchase(euros=20_000)]


@leaves(CodeMotif.MONTANT_ROND)
def a_hundred_euros_sharp(books):
    return [books.purchase(euros=100)]


@finds(CodeMotif.SOUS_SEUIL)
def five_orders_just_below_five_thousand(books):
    return [
        books.purchase(supplier="NEUVILLE", euros=4993.17 + n, vat=0, day=dt.date(2024, 11, 18 + n)) for n in range(5)
    ]


@leaves(CodeMotif.SOUS_SEUIL)
def one_order_just_below_five_thousand(books):
    return [books.purchase(supplier="NEUVILLE", euros=4993.17, vat=0)]


@finds(CodeMotif.MONTANT_INHABITUEL)
def a_thousand_times_the_usual_amount(books):
    return [books.purchase(euros=163_270.11)]


@leaves(CodeMotif.MONTANT_INHABITUEL)
def the_upper_end_of_the_usual(books):
    return [books.purchase(euros=289.13)]


# Accounts and third parties.


@finds(CodeMotif.PAIRE_RARE)
def takings_that_pay_a_supplier(books):
    return [books.entry("OD", [line("606400", 163.27), line("707110", -163.27)])]


@finds(CodeMotif.PAIRE_RARE)
def a_sale_that_is_a_loan(books):
    return [books.entry("OD", [line("164000", 163.27), line("707000", -163.27)])]


@leaves(CodeMotif.PAIRE_RARE)
def a_supplier_paid_by_the_bank(books):
    return [books.payment()]


@leaves(CodeMotif.PAIRE_RARE)
def a_vat_return(books):
    return [books.entry("OD", [line("445710", 163.27), line("445660", -97.27), line("445510", -66.00)])]


@leaves(CodeMotif.PAIRE_RARE)
def a_customer_who_is_a_supplier_is_set_off(books):
    return [books.entry("OD", [line("401000", 163.27, "DURAND"), line("411000", -163.27, "ALPHA")])]


@finds(CodeMotif.COMPTE_HORS_JOURNAL)
def wages_from_the_till(books):
    return [books.entry("CA", [line("641000", 163.27), line("531000", -163.27)], author="caisse", hour=20)]


@leaves(CodeMotif.COMPTE_HORS_JOURNAL)
def supplies_among_purchases(books):
    return [books.purchase(account="606400")]


@leaves(CodeMotif.COMPTE_HORS_JOURNAL)
def an_insurer_pays(books):
    return [books.entry("BQ", [line("512000", 1_063.27), line("791000", -1_063.27)], label="INDEMNITE SINISTRE 45105")]


@finds(CodeMotif.COMPTE_INHABITUEL)
def a_sale_on_an_account_that_this_customer_never_had(books):
    return [books.entry("VE", [line("411000", 120.00, "ALPHA"), line("707110", -100.00), line("445710", -20.00)])]


@leaves(CodeMotif.COMPTE_INHABITUEL)
def a_debt_that_is_lost(books):
    return [books.entry("OD", [line("654000", 100.00), line("445710", 20.00), line("411000", -120.00, "ALPHA")])]


@leaves(CodeMotif.COMPTE_INHABITUEL)
def an_asset_of_a_usual_supplier(books):
    return [books.purchase(account="218300")]


@leaves(CodeMotif.COMPTE_INHABITUEL)
def another_account_for_a_new_supplier(books):
    return [books.purchase(supplier="NOUVEAU", account="615500")]


@finds(CodeMotif.SENS_INVERSE)
def debit_and_credit_swapped(books):
    return [books.entry("AC", turned(books.purchase()), label="Facture Durand")]


@finds(CodeMotif.SENS_INVERSE)
def fees_are_credited(books):
    fees = [line("627800", 14.10), line("512000", -14.10)]
    before = [books.entry("BQ", fees, label=f"Frais bancaires {k}") for k in range(60)]
    return [*before, books.entry("BQ", [line("627800", -19.30), line("512000", 19.30)], label="Frais bancaires")]


@leaves(CodeMotif.SENS_INVERSE)
def a_credit_note(books):
    return [books.entry("AC", turned(books.purchase(euros=97.31)), label="AVOIR Durand")]


@leaves(CodeMotif.SENS_INVERSE)
def a_discount_within_an_invoice(books):
    lines = [line("606400", 200.00), line("606400", -20.00), line("445660", 36.00), line("401000", -216.00, "DURAND")]
    return [books.entry("AC", lines, label="Facture Durand")]


@leaves(CodeMotif.SENS_INVERSE)
def a_supplier_pays_back(books):
    return [books.entry("BQ", turned(books.payment(euros=97.31)), label="Virement reçu Durand")]


@leaves(CodeMotif.SENS_INVERSE)
def an_account_that_was_never_used_before(books):
    return [books.entry("OD", [line("625700", -31.40), line("512000", 31.40)], label="Hôtel")]


@finds(CodeMotif.TIERS_INCONNU)
def a_huge_first_invoice_of_a_new_supplier(books):
    return [books.purchase(supplier="INCONNUX", euros=480_000.13)]


@leaves(CodeMotif.TIERS_INCONNU)
def an_ordinary_invoice_of_a_known_supplier(books):
    return [books.purchase(supplier="MARTIN")]


@finds(CodeMotif.PIECE_ABSENTE)
def a_purchase_without_a_document(books):
    return [books.purchase(piece="")]


@finds(CodeMotif.PIECE_ABSENTE)
def a_reference_that_leads_to_nothing(books):
    return [books.purchase(piece="-")]


@leaves(CodeMotif.PIECE_ABSENTE)
def takings_never_have_one(books):
    return [books.takings()]


@finds(CodeMotif.IBAN_PARTAGE)
def two_suppliers_with_one_account(books):
    return [books.purchase(iban="a1"), books.purchase(supplier="MARTIN", iban="a1")]


@finds(CodeMotif.IBAN_PARTAGE)
def a_supplier_of_the_same_trade(books):
    known = books.purchase(iban="a1", name="GARAGE DU CENTRE")
    return [known, books.purchase(supplier="MARTIN", iban="a1", name="GARAGE DU PARC")]


@leaves(CodeMotif.IBAN_PARTAGE)
def an_agency_that_is_paid_to_its_house(books):
    known = books.purchase(iban="a1", name="Durand SARL")
    return [known, books.purchase(supplier="DURAND2", iban="a1", name="DURAND SARL - AGENCE NORD")]


@leaves(CodeMotif.IBAN_PARTAGE)
def two_agencies_of_one_house(books):
    known = books.purchase(iban="a1", name="POINT P NANTES")
    return [known, books.purchase(supplier="DURAND2", iban="a1", name="Point P")]


@leaves(CodeMotif.IBAN_PARTAGE)
def one_supplier_with_two_accounts(books):
    return [books.purchase(iban="a1"), books.purchase(iban="b2", euros=97.31), books.purchase(iban="a1", euros=88.13)]


@finds(CodeMotif.FEC_NON_CONFORME)
def an_account_that_is_none(books):
    return [books.purchase(account="ATTENTE")]


@finds(CodeMotif.FEC_NON_CONFORME)
def validated_before_its_date(books):
    return [books.purchase(valid_date=books.today - dt.timedelta(4))]


@leaves(CodeMotif.FEC_NON_CONFORME)
def validated_on_its_date(books):
    return [books.purchase(valid_date=books.today)]


@leaves(CodeMotif.FEC_NON_CONFORME)
def an_account_with_letters_after_its_digits(books):
    return [books.purchase(account="606BUREAU")]


def _cases(registry: dict[CodeMotif, list[Case]]) -> list[object]:
    return [
        pytest.param(code, case, id=f"{code.value}-{case.__name__}")
        for code, cases in registry.items()
        for case in cases
    ]


@pytest.mark.parametrize(("code", "case"), _cases(FINDS))
def test_finds(books, code: CodeMotif, case: Case) -> None:
    assert code in books.found(*case(books))


@pytest.mark.parametrize(("code", "case"), _cases(LEAVES))
def test_leaves(books, code: CodeMotif, case: Case) -> None:
    assert code not in books.found(*case(books))


def test_every_control_has_a_case_and_a_twin() -> None:
    codes = {control.code for control in CONTROLS}
    assert codes - set(FINDS) == set(), "no case"
    assert codes - set(LEAVES) == set(), "no twin"


def test_nothing_is_found_in_an_ordinary_day(books) -> None:
    assert books.found(books.purchase(), books.sale(), books.payment(), books.takings()) == set()
