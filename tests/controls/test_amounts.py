"""Amounts, rates and days against the habits they stand in: how strong the evidence is, and beside what."""

import datetime as dt

import pytest

from schemas import CodeMotif, Detection, MotifDetection
from wisebook_ml.controls.tva_taux import MIXTURE

from .test_cases import line


def motif(detections: list[Detection], code: CodeMotif) -> MotifDetection | None:
    """Return the reason of one control, None where it is not among the reasons."""
    return next((one for found in detections for one in found.motifs if one.code is code), None)


def bank_fees(books, euros: float, label: str):
    return books.entry("BQ", [line("627000", euros), line("512000", -euros)], label=label, author="luc", hour=15)


def hire(books, euros: float, supplier: str = "NEUVILLE"):
    return books.entry("AC", [line("606400", euros), line("401000", -euros, supplier)], label=f"Facture {supplier}")


class TestUnusualAmount:
    def test_what_one_wording_never_cost(self, books) -> None:
        for month in range(1, 11):
            books.score(bank_fees(books, 150 + month, "Location terminal"), bank_fees(books, 4100 + month, "Agios"))
        wrong = motif(books.score(bank_fees(books, 4153, "Location terminal 11")), CodeMotif.MONTANT_INHABITUEL)
        assert wrong is not None
        assert wrong.valeur >= 0.75 * wrong.seuil
        assert "le compte 627000 et « Location terminal 11 »" in wrong.libelle_fr
        assert "account 627000 and « Location terminal 11 »" in wrong.libelle_en

    def test_what_another_wording_always_costs(self, books) -> None:
        for month in range(1, 11):
            books.score(bank_fees(books, 150 + month, "Location terminal"), bank_fees(books, 4100 + month, "Agios"))
        assert motif(books.score(bank_fees(books, 4153, "Agios 11")), CodeMotif.MONTANT_INHABITUEL) is None

    def test_a_supplier_that_always_bills_so_much(self, books) -> None:
        for month in range(8):
            books.score(hire(books, 4811.13 + 53 * month))
        assert motif(books.score(hire(books, 5120.77)), CodeMotif.MONTANT_INHABITUEL) is None

    def test_a_supplier_that_never_billed_so_much(self, books) -> None:
        for month in range(8):
            books.score(hire(books, 481.13 + 5 * month))
        wrong = motif(books.score(hire(books, 48_377.11)), CodeMotif.MONTANT_INHABITUEL)
        assert wrong is not None
        assert wrong.valeur >= wrong.seuil

    def test_the_farther_beyond_all_others_the_more_surprising(self, books) -> None:
        found = [books.score(hire(books, euros, "DURAND")) for euros in (4_011.13, 40_111.13)]
        values = [one.valeur for one in (motif(its, CodeMotif.MONTANT_INHABITUEL) for its in found) if one]
        assert values == sorted(values)
        assert len(values) == 2


class TestRate:
    @pytest.mark.parametrize("rate", [0.19, 0.21, 0.145, 0.28])
    def test_a_rate_that_was_applied_is_surely_wrong(self, books, rate: float) -> None:
        found = books.score(books.purchase(vat=rate))
        wrong = motif(found, CodeMotif.TVA_TAUX)
        assert wrong is not None
        assert wrong.valeur == 2.0
        assert found[0].score >= 70
        assert "mélange" not in wrong.libelle_fr

    def test_a_mixture_is_told_but_hardly_believed(self, books) -> None:
        found = books.score(books.purchase(euros=217.63, vat=0.18415))
        told = motif(found, CodeMotif.TVA_TAUX)
        assert told is not None
        assert told.valeur == 1.0
        assert found[0].score == pytest.approx(75 * MIXTURE, abs=10)
        assert told.libelle_fr.endswith("qui n'est pas un taux légal ; un mélange de taux l'expliquerait.")
        assert told.libelle_en.endswith("which is no legal rate; a mix of rates would explain it.")

    def test_the_second_mixture_of_a_third_party_is_its_way(self, books) -> None:
        assert books.score(books.purchase(euros=217.63, vat=0.18415))
        assert not books.score(books.purchase(euros=189.79, vat=0.17887, day=books.today + dt.timedelta(1)))


class TestRoundAmount:
    def test_fees_are_agreed_upon(self, books) -> None:
        fees = books.entry("AC", [line("622600", 1500), line("401000", -1500, "DURAND")], label="Facture Durand")
        told = motif(books.score(fees), CodeMotif.MONTANT_ROND)
        assert told is None or told.valeur < 0.75 * told.seuil

    def test_goods_are_not(self, books) -> None:
        told = motif(books.score(hire(books, 1500, "DURAND")), CodeMotif.MONTANT_ROND)
        assert told is not None
        assert told.valeur >= told.seuil


class TestDayOff:
    def test_the_first_saturday_is_no_sunday(self, books) -> None:
        saturday, sunday = (books.score(books.purchase(day=dt.date(2024, 11, day))) for day in (23, 24))
        told = motif(sunday, CodeMotif.JOUR_NON_OUVRE)
        assert told is not None
        assert told.valeur >= told.seuil
        told = motif(saturday, CodeMotif.JOUR_NON_OUVRE)
        assert told is None or told.valeur < told.seuil
