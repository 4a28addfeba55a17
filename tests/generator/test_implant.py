"""Anomalies planted into real entries: always the same, where the labels say, and nothing else changed."""

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from msgspec.structs import replace

from schemas import CodeMotif, Ecriture, Ligne, Operation, TypeObjet, from_minor, to_minor
from wisebook_ml.evaluation import cases_of
from wisebook_ml.generator import Label
from wisebook_ml.generator.implant import VARIANTES, Implanted, implant
from wisebook_ml.generator.timeline import is_business

FIRST = dt.date(2023, 1, 2)
CLIENTS = [f"C{name[:5]}" for name in ("MARTIN", "DURAND", "PETITJEAN", "MOREAU")]
SUPPLIERS = [
    ("FDUPON", "DUPONT BOIS", "601000"),
    ("FGARAG", "GARAGE DU LAC", "615500"),
    ("FPAPET", "PAPETERIE", "606400"),
]


def line(
    account: str, cents: int, label: str, *, party: str = "", name: str = "", piece: str = "", let: str = ""
) -> Ligne:
    return Ligne(
        compte_num=account,
        compte_lib=f"Compte {account}",
        comp_aux_num=party,
        comp_aux_lib=name,
        piece_ref=piece,
        piece_date=FIRST if piece else None,
        ecriture_lib=label,
        debit=from_minor(max(cents, 0)),
        credit=from_minor(max(-cents, 0)),
        ecriture_let=let,
    )


class Ledger:
    """The books of a year, as a file without times of entry has them: purchases, sales, their payments, a rent."""

    def __init__(self) -> None:
        self.entries: list[Ecriture] = []
        self.numbers: Counter[str] = Counter()
        for day in range(0, 360, 2):
            self.purchase(day, *SUPPLIERS[day // 2 % 3], 10_000 + 137 * (day % 50))
            self.sale(day, CLIENTS[day // 2 % 4], 30_000 + 211 * (day % 40))
        for month in range(12):
            rent = [
                line("613200", 120_000, "LOYER", piece="BAIL"),
                line("401000", -120_000, "LOYER", party="FLOYER", name="SCI", piece="BAIL"),
            ]
            self.add("AC", dt.date(2023, month + 1, 5), rent)
        for month in range(1, 12, 2):
            fee = [
                line("627000", 1_500 + month, "FRAIS", piece="RLV"),
                line("512000", -1_500 - month, "FRAIS", piece="RLV"),
            ]
            self.add("BQ", dt.date(2023, month + 1, 20), fee)
        self.entries.sort(key=lambda entry: entry.ecriture_date)
        self.number()

    def add(self, journal: str, day: dt.date, lines: list[Ligne]) -> None:
        while not is_business(day):
            day += dt.timedelta(days=1)
        self.entries.append(
            Ecriture(
                societe_id=1,
                ecriture_id=f"E{len(self.entries)}",
                exercice="2023",
                journal_code=journal,
                ecriture_date=day,
                valid_date=dt.date(2024, 3, 31),
                lignes=lines,
            )
        )

    def number(self) -> None:
        for k, entry in enumerate(self.entries):
            self.numbers[entry.journal_code] += 1
            self.entries[k] = replace(entry, ecriture_num=f"{self.numbers[entry.journal_code]:06}")

    def purchase(self, day: int, party: str, name: str, account: str, base: int) -> None:
        tax, piece, let = base // 5, f"F{day}", f"A{day}"
        text = f"{name} {piece}"
        self.add("AC", FIRST + dt.timedelta(days=day), [
            line(account, base, text, piece=piece), line("445660", tax, text, piece=piece),
            line("401000", -base - tax, text, party=party, name=name, piece=piece, let=let),
        ])  # fmt: skip
        self.add("BQ", FIRST + dt.timedelta(days=day + 3), [
            line("401000", base + tax, f"VIR {name}", party=party, name=name, piece=f"V{day}", let=let),
            line("512000", -base - tax, f"VIR {name}", piece=f"V{day}"),
        ])  # fmt: skip

    def sale(self, day: int, party: str, base: int) -> None:
        tax, piece = base // 5, f"V{day}"
        text = f"{party} FACTURE {piece}"
        self.add("VE", FIRST + dt.timedelta(days=day), [
            line("411000", base + tax, text, party=party, name=party, piece=piece),
            line("707000", -base, text, piece=piece), line("445710", -tax, text, piece=piece),
        ])  # fmt: skip


@pytest.fixture(scope="module")
def entries() -> list[Ecriture]:
    return Ledger().entries


@pytest.fixture(scope="module")
def planted(entries: list[Ecriture]) -> list[Implanted]:
    return [implant(entries, seed=seed, anomaly_rate=0.06, twin_rate=0.04) for seed in range(6)]


def gap(entry: Ecriture) -> int:
    return sum(to_minor(one.debit) - to_minor(one.credit) for one in entry.lignes)


def of(implanted: Implanted, code: CodeMotif, *, twin: bool = False) -> list[tuple[Label, Ecriture]]:
    """Return the labels of a kind with the events they are about."""
    events = {(event.ecriture_id, event.revision): event for event in implanted.events}
    return [
        (label, events[(label.ecriture_id, label.revision)])
        for label in implanted.labels
        if label.code is code and label.jumeau is twin and label.ecriture_id is not None
    ]


def test_the_same_seed_plants_the_same(entries: list[Ecriture]) -> None:
    assert implant(entries, seed=3) == implant(entries, seed=3)
    assert implant(entries, seed=3).labels != implant(entries, seed=4).labels


def test_nothing_asked_for_is_nothing_changed(entries: list[Ecriture]) -> None:
    assert implant(entries, seed=3, anomaly_rate=0.0, twin_rate=0.0) == (entries, [])
    assert implant([], seed=3) == ([], [])


def test_there_are_as_many_cases_as_asked_for(entries: list[Ecriture], planted: list[Implanted]) -> None:
    for implanted in planted:
        cases = cases_of(implanted.labels, {})
        assert sum(not case.jumeau for case in cases) == round(0.06 * len(entries))
        assert sum(case.jumeau for case in cases) == round(0.04 * len(entries))


def test_one_kind_alone(entries: list[Ecriture]) -> None:
    implanted = implant(entries, seed=1, codes=[CodeMotif.DOUBLON], twin_rate=0.0)
    assert {label.code for label in implanted.labels} == {CodeMotif.DOUBLON}


def test_every_kind_that_such_books_have_room_for_is_planted(planted: list[Implanted]) -> None:
    found = {(label.code, label.jumeau) for one in planted for label in one.labels}
    known = {(variante.code, variante.jumeau) for variante in VARIANTES}
    assert known - found == {
        (CodeMotif.ANTIDATEE, False),  # nobody knows when an entry was typed
        (CodeMotif.POSTDATEE, False),
        (CodeMotif.JOUR_NON_OUVRE, True),  # no journal works on weekends
    }


def test_every_label_is_about_an_event_or_an_object(planted: list[Implanted]) -> None:
    for implanted in planted:
        events = {(event.ecriture_id, event.revision) for event in implanted.events}
        for label in implanted.labels:
            if label.ecriture_id is None:
                assert (label.objet_type, bool(label.objet_id)) != (None, False)
                assert label.date_attendue is not None
            else:
                assert (label.ecriture_id, label.revision) in events


def test_no_entry_has_two_cases(planted: list[Implanted]) -> None:
    for implanted in planted:
        cases = defaultdict(set)
        for label in implanted.labels:
            cases[label.ecriture_id].add(label.cas)
        cases.pop(None, None)
        assert all(len(its) == 1 for its in cases.values())


def test_what_balanced_balances_but_where_that_is_the_anomaly(planted: list[Implanted]) -> None:
    for implanted in planted:
        unbalanced = {label.ecriture_id for label in implanted.labels if label.code is CodeMotif.DESEQUILIBRE}
        assert unbalanced == {event.ecriture_id for event in implanted.events if gap(event)}


def test_what_no_label_names_is_as_it_was(entries: list[Ecriture], planted: list[Implanted]) -> None:
    """But for numbers, which follow what was added or left out, and for letters of what was changed."""

    def content(entry: Ecriture) -> object:
        return entry.ecriture_date, [
            (one.compte_num, one.comp_aux_num, one.debit, one.credit, one.ecriture_lib, one.piece_ref)
            for one in entry.lignes
        ]

    before = {entry.ecriture_id: content(entry) for entry in entries}
    for implanted in planted:
        named = {label.ecriture_id for label in implanted.labels}
        for event in implanted.events:
            if event.ecriture_id not in named:
                assert content(event) == before[event.ecriture_id]


def test_numbers_follow_one_another_but_where_that_is_the_anomaly(planted: list[Implanted]) -> None:
    for implanted in planted:
        broken = {label.ecriture_id for label, _ in of(implanted, CodeMotif.RUPTURE_NUMEROTATION)}
        numbers = defaultdict(dict)
        for event in implanted.events:
            numbers[event.journal_code].setdefault(event.ecriture_id, int(event.ecriture_num))
        for its in numbers.values():
            ordered = sorted(its.items(), key=lambda one: one[1])
            steps = {key: after - before for (_, before), (key, after) in pairwise(ordered)}
            odd = {key for key, step in steps.items() if step != 1}
            assert len(odd) <= len(broken & its.keys())


def test_what_is_lettered_is_lettered_equally_but_where_that_is_the_anomaly(planted: list[Implanted]) -> None:
    for implanted in planted:
        last = {event.ecriture_id: event for event in implanted.events}
        sums: Counter[tuple[str, str, str]] = Counter()
        for event in last.values():
            for one in event.lignes:
                if one.ecriture_let:
                    sums[(one.compte_num, one.comp_aux_num, one.ecriture_let)] += to_minor(one.debit) - to_minor(
                        one.credit
                    )
        unequal = {party for (_, party, _), cents in sums.items() if cents}
        named = {label.objet_id for label, _ in of(implanted, CodeMotif.LETTRAGE_INEGAL)}
        unbalanced = {one.comp_aux_num for _, event in of(implanted, CodeMotif.DESEQUILIBRE) for one in event.lignes}
        assert unequal - unbalanced <= named


def test_habits_are_only_broken_once_they_have_formed(entries: list[Ecriture], planted: list[Implanted]) -> None:
    since = entries[len(entries) // 4].ecriture_date
    for implanted in planted:
        for code in (CodeMotif.MONTANT_INHABITUEL, CodeMotif.COMPTE_HORS_JOURNAL, CodeMotif.SENS_INVERSE):
            assert all(event.ecriture_date >= since for _, event in of(implanted, code))


def test_a_missing_rent_is_named_by_its_landlord_and_its_day(entries: list[Ecriture]) -> None:
    implanted = implant(entries, seed=1, codes=[CodeMotif.RECURRENTE_ABSENTE], anomaly_rate=0.001, twin_rate=0.0)
    (label,) = implanted.labels
    assert (label.objet_type, label.objet_id, label.ecriture_id) == (TypeObjet.TIERS, "FLOYER", None)
    left = [event for event in implanted.events if any(one.comp_aux_num == "FLOYER" for one in event.lignes)]
    assert len(left) == 11
    assert label.date_attendue not in {event.ecriture_date for event in left}


def test_a_change_after_validation_is_a_later_revision(planted: list[Implanted]) -> None:
    for implanted in planted:
        for label, event in of(implanted, CodeMotif.MODIFIEE_APRES_VALIDATION):
            assert label.revision == event.revision == 2
            assert event.operation in (Operation.MODIFICATION, Operation.SUPPRESSION)
            places = [k for k, one in enumerate(implanted.events) if one.ecriture_id == event.ecriture_id]
            assert [implanted.events[k].revision for k in places] == [1, 2]


def test_a_wrong_rate_is_no_legal_one_and_a_mixed_one_is(planted: list[Implanted]) -> None:
    def sums(entry: Ecriture) -> tuple[int, int]:
        tax = sum(abs(gap_of(one)) for one in entry.lignes if one.compte_num.startswith("445"))
        return tax, sum(abs(gap_of(one)) for one in entry.lignes if one.compte_num[0] in "67")

    def gap_of(one: Ligne) -> int:
        return to_minor(one.debit) - to_minor(one.credit)

    for implanted in planted:
        for _, event in of(implanted, CodeMotif.TVA_TAUX):
            tax, base = sums(event)
            assert all(abs(tax / base - rate) > 0.004 for rate in (0.055, 0.1, 0.2, 0.085, 0.13, 0.196))
        for _, event in of(implanted, CodeMotif.TVA_TAUX, twin=True):
            assert len(event.lignes) > 3
            assert gap(event) == 0


def test_swapped_sides_are_those_of_no_entry_before(entries: list[Ecriture], planted: list[Implanted]) -> None:
    before = {entry.ecriture_id: entry for entry in entries}
    for implanted in planted:
        for _, event in of(implanted, CodeMotif.SENS_INVERSE):
            old = before[event.ecriture_id]
            assert [(one.debit, one.credit) for one in event.lignes] == [(one.credit, one.debit) for one in old.lignes]


def test_a_double_is_linked_to_its_original(planted: list[Implanted]) -> None:
    for implanted in planted:
        ids = {event.ecriture_id for event in implanted.events}
        for label, event in of(implanted, CodeMotif.DOUBLON):
            assert label.ecriture_liee in ids
            assert event.ecriture_id != label.ecriture_liee
