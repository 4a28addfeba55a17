"""One suite of checks that every control passes, whatever it looks for."""

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import CodeMotif, Direction, Ecriture, Ligne, Operation, Origine, Parametres, from_minor
from wisebook_ml.controls import CONTROLS, Control, SettingsTable, View
from wisebook_ml.controls.base import chosen
from wisebook_ml.features import FEATURES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.observe import observe
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.scoring.belief import ONSET

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=25)
TABLE = SettingsTable.of([Parametres(societe_id=0)], CONTROLS)
EVERY_CONTROL = pytest.mark.parametrize("control", CONTROLS, ids=[control.code.value for control in CONTROLS])

DOT_DECIMAL = re.compile(r"\d\.\d|€\d|\d,\d{3}\b")
"""How a French reader writes no figure."""
QUOTED = re.compile(r"«.*?»", re.DOTALL)
NO_FIGURES = {CodeMotif.LIBELLE_PAUVRE, CodeMotif.MODIFIEE_APRES_VALIDATION}
"""Controls whose reason is the fact itself, without a figure."""


def view_of(entries: list[Ecriture]) -> View:
    """Return what controls see of the entries of new companies."""
    batch = EntryBatch.from_entries(entries)
    same = np.zeros(len(batch), np.int64)
    met = observe(batch, TABLE.facts(batch, same), new_store(), TABLE.limits(same))
    return View(met.batch, met.facts, met.habits, TABLE.settings, same[met.taken])


def part_of(view: View, entries: npt.NDArray[np.int64]) -> View:
    """Return what controls see of some entries, with the habits that they met."""
    batch, first = view.batch.select(entries), view.batch.first
    lines = np.concatenate([np.arange(first[i], first[i + 1]) for i in entries])
    habits = dataclasses.replace(
        view.habits,
        line={name: column[lines] for name, column in view.habits.line.items()},
        entry={name: column[entries] for name, column in view.habits.entry.items()},
    )
    return View(batch, view.facts.select(entries, first), habits, view.settings, view.setting_of[entries])


@pytest.fixture(scope="module")
def planted() -> View:
    """Return a ledger with everything planted that the generator knows."""
    return view_of(generate_ledger(entries=2500, seed=5, anomaly_rate=0.06).events)


def explained(control: Control, view: View) -> Iterator[tuple[int, float, str, str]]:
    """Yield each entry that the control has something to say of, with its value and both texts."""
    values = np.nan_to_num(control.measure(view).values)
    for index in np.flatnonzero(values > ONSET * control.threshold).tolist():
        yield index, float(values[index]), *control.explain(view, index, float(values[index]))


# What a control declares.


def test_codes_are_unique_and_stand_for_controls() -> None:
    codes = [control.code for control in CONTROLS]
    assert len(set(codes)) == len(codes)
    assert not any(code.is_model for code in codes)


@EVERY_CONTROL
def test_declaration(control: Control) -> None:
    assert control.code in CodeMotif
    assert control.threshold > 0
    assert 0 < control.weight < 1, "no single control is a certainty"
    assert control.source.strip(), "a control rests on something"
    known = {feature.attribute for feature in FEATURES} | set(Ecriture.__struct_fields__) | set(Ligne.__struct_fields__)
    assert control.attribute in known, "contributions are for a field that an accountant knows"


# What it measures.


@EVERY_CONTROL
def test_an_empty_batch_has_no_values(control: Control) -> None:
    finding = control.measure(view_of([]))
    assert finding.values.shape == (0,)
    assert finding.lines is None or finding.lines.shape == (0,)


@EVERY_CONTROL
def test_shapes_and_types(control: Control, planted: View) -> None:
    finding = control.measure(planted)
    assert finding.values.shape == (len(planted.batch),)
    assert finding.values.dtype == np.float64
    if finding.lines is not None:
        assert finding.lines.shape == (len(planted.batch.amount),)
        assert finding.lines.dtype == np.bool_


@EVERY_CONTROL
def test_values_are_finite_or_unknown_and_never_negative(control: Control, planted: View) -> None:
    values = control.measure(planted).values
    known = values[~np.isnan(values)]
    assert np.isfinite(known).all()
    assert (known >= 0).all()


@EVERY_CONTROL
def test_measuring_changes_nothing(control: Control, planted: View) -> None:
    first = control.measure(planted).values.tobytes()
    for other in CONTROLS:
        other.measure(planted)
    assert control.measure(planted).values.tobytes() == first
    again = View(planted.batch, planted.facts, planted.habits, planted.settings, planted.setting_of)
    assert control.measure(again).values.tobytes() == first


@EVERY_CONTROL
def test_an_entry_s_value_is_of_this_entry_alone(control: Control, planted: View) -> None:
    """Whatever entries share its batch: the habits it met are all that counts."""
    values = control.measure(planted).values
    some = np.flatnonzero(np.arange(len(planted.batch)) % 7 == 3)
    alone = control.measure(part_of(planted, some)).values
    np.testing.assert_array_equal(alone, values[some])


@EVERY_CONTROL
def test_most_ordinary_entries_pass(control: Control, planted: View) -> None:
    values = np.nan_to_num(control.measure(planted).values)
    assert (values >= control.threshold).mean() < 0.10


# What it says.


@EVERY_CONTROL
def test_texts(control: Control, planted: View) -> None:
    for index, _, french, english in explained(control, planted):
        assert french.strip(), "French"
        assert english.strip(), "English"
        assert french != english
        assert french.endswith(".")
        assert "nan" not in (french + english).lower().split()
        if control.code not in NO_FIGURES:
            assert any(ch.isdigit() for ch in french) or _names(planted.batch.entry(index), french)


def _names(entry: Ecriture, text: str) -> bool:
    names = {entry.saisie_par, entry.journal_code}
    for line in entry.lignes:
        names |= {line.compte_num, line.comp_aux_lib, line.comp_aux_num, line.ecriture_lib.strip()}
    return any(name and name in text for name in names)


@EVERY_CONTROL
def test_french_figures_have_a_comma(control: Control, planted: View) -> None:
    for _, _, french, _ in explained(control, planted):
        assert not DOT_DECIMAL.search(QUOTED.sub("", french)), french


@EVERY_CONTROL
def test_lines_are_those_of_the_entry(control: Control, planted: View) -> None:
    finding = control.measure(planted)
    for index, *_ in explained(control, planted):
        if finding.lines is not None or control.lines is not None:
            lines = chosen(planted, index, finding.lines) if control.lines is None else control.lines(planted, index)
            assert lines, "a finding that comes from lines names them"
            assert set(lines) <= set(planted.batch.lines_of(index))


# What is thrown at it.

DAY = dt.date(2024, 3, 5)


def strange(ecriture_id: str = "E", lines: list[Ligne] | None = None, **fields: object) -> Ecriture:
    """Return an entry that the schema allows."""
    lines = (
        [Ligne(compte_num="606400", debit="10"), Ligne(compte_num="401000", credit="10")] if lines is None else lines
    )
    common = {"journal_code": "OD", "ecriture_date": DAY, "lignes": lines}
    return Ecriture(societe_id=1, ecriture_id=ecriture_id, **(common | fields))  # type: ignore[arg-type]


LARGEST = from_minor(10**13 - 1)
STRANGE = {
    "one line": strange(lines=[Ligne(compte_num="6")]),
    "zero amounts": strange(lines=[Ligne(compte_num="606400"), Ligne(compte_num="401000")]),
    "VAT of nothing": strange(lines=[Ligne(compte_num="445660"), Ligne(compte_num="606400"), Ligne(compte_num="401")]),
    "no letters anywhere": strange(lines=[Ligne(compte_num="?", ecriture_lib="\t\n", piece_ref=" ")] * 2),
    "huge amounts": strange(lines=[Ligne(compte_num="606400", debit=LARGEST), Ligne(compte_num="401", credit=LARGEST)]),
    "huge and unbalanced": strange(lines=[Ligne(compte_num="512000", debit=LARGEST)] * 50),
    "negative amounts": strange(lines=[Ligne(compte_num="606400", debit="-9"), Ligne(compte_num="4", credit="-9")]),
    "both sides at once": strange(lines=[Ligne(compte_num="606400", debit="9", credit="9")] * 3),
    "2,000 lines": strange(
        lines=[Ligne(compte_num=str(600000 + k), debit="1.01") for k in range(1999)]
        + [Ligne(compte_num="401000", credit="2018.99")]
    ),
    "forty VAT lines": strange(
        lines=[Ligne(compte_num="445660", debit="1"), Ligne(compte_num="606400", debit="5")] * 40
    ),
    "the year 1900": strange(ecriture_date=dt.date(1900, 1, 1), exercice="1900"),
    "the first day": strange(ecriture_date=dt.date.min, exercice="2024"),
    "the last day": strange(ecriture_date=dt.date.max, exercice="2024"),
    "no such fiscal year": strange(exercice="0000"),
    "no such dates": strange(exercice="2024-13-45/2024-99-99"),
    "a fiscal year backwards": strange(exercice="2024-12-31/2024-01-01"),
    "entered before anything": strange(
        saisie_par="x", saisie_le=dt.datetime.min.replace(tzinfo=dt.UTC), origine=Origine.MANUELLE
    ),
    "entered after everything": strange(
        saisie_par="x", saisie_le=dt.datetime.max.replace(tzinfo=dt.UTC), origine=Origine.MANUELLE
    ),
    "a number without end": strange(ecriture_num="9" * 64),
    "a number of other digits": strange(ecriture_num="٣٤"),
    "deleted": strange(operation=Operation.SUPPRESSION),
    "validated": strange(valid_date=dt.date.min, operation=Operation.VALIDATION),
    "a label without end": strange(lines=[Ligne(compte_num="606400", ecriture_lib="é" * 2000)] * 2),
    "third parties of nothing": strange(
        lines=[Ligne(compte_num="4010000", comp_aux_num=" ", iban_empreinte="0"), Ligne(compte_num="411²")]
    ),
}
EVERY_STRANGE = pytest.mark.parametrize("name", STRANGE)


@EVERY_STRANGE
def test_strange_entries_are_measured_and_explained(name: str) -> None:
    view = view_of([STRANGE[name]] + [msgspec.structs.replace(STRANGE[name], ecriture_id=f"E{k}") for k in range(3)])
    for control in CONTROLS:
        values = control.measure(view).values
        assert all(math.isnan(value) or math.isfinite(value) for value in values.tolist()), control.code
        for _ in explained(control, view):
            pass


@EVERY_STRANGE
def test_strange_entries_are_scored_amid_ordinary_ones(name: str, books) -> None:
    again = msgspec.structs.replace(STRANGE[name], revision=2)
    books.score(STRANGE[name], again, msgspec.structs.replace(STRANGE[name], ecriture_id="E2", journal_code="AC"))
    assert "DESEQUILIBRE" in books.found(books.entry("AC", [Ligne(compte_num="606400", debit="5")])), "it goes on"


AMOUNTS = st.integers(-(10**13) + 1, 10**13 - 1).map(from_minor) | st.sampled_from(["0.00", "500", "4999.99"])
ACCOUNTS = st.sampled_from(
    ["401000", "401X", "411000", "445660", "445711", "445510", "606400", "707000", "512000", "é"]
)
LABELS = st.sampled_from(["", "x", "divers", "AVOIR", "perso", "Facture 12.50"]) | st.text(max_size=8)
LINES = st.builds(
    Ligne,
    compte_num=ACCOUNTS,
    comp_aux_num=st.sampled_from(["", "A", "B"]),
    piece_ref=LABELS,
    piece_date=st.none() | st.dates(),
    ecriture_lib=LABELS,
    debit=AMOUNTS,
    credit=AMOUNTS,
    iban_empreinte=st.sampled_from(["", "a1"]),
)
ANYTHING = st.builds(
    Ecriture,
    societe_id=st.just(1),
    ecriture_id=st.sampled_from("ABCDEFGH"),
    revision=st.integers(1, 4),
    operation=st.sampled_from(Operation),
    exercice=st.none() | st.sampled_from(["2024", "0000", "2024-02-30/2025-01-01"]),
    journal_code=st.sampled_from(["AC", "VE"]),
    ecriture_num=st.sampled_from(["", "1", "2", "9" * 64]) | st.text(max_size=5),
    ecriture_date=st.dates(),
    valid_date=st.none() | st.dates(),
    saisie_par=st.sampled_from(["", "anne"]),
    saisie_le=st.none() | st.datetimes(timezones=st.just(dt.UTC)),
    origine=st.none() | st.sampled_from(Origine),
    lignes=st.lists(LINES, min_size=1, max_size=6),
)


@REPEATABLE
@given(st.lists(ANYTHING, min_size=1, max_size=25))
def test_whatever_the_schema_allows_is_scored(new_books, entries: list[Ecriture]) -> None:
    new_books().score_all(entries)
    view = view_of(entries)
    for control in CONTROLS:
        for _ in explained(control, view):
            pass


def test_a_round_amount_is_named_by_a_round_amount(books) -> None:
    """The figure in the reason is the one that is round, not the total with its VAT."""
    detections = books.score(books.purchase(euros=2_000, vat=0.055))
    (text,) = (
        motif.libelle_fr
        for detection in detections
        for motif in detection.motifs
        if motif.code is CodeMotif.MONTANT_ROND
    )
    assert "2\u202f000,00" in text


@pytest.mark.parametrize(("euros", "side"), [(201_237.11, Direction.HAUT), (100.37, Direction.BAS)])
def test_an_unusual_amount_is_told_high_or_low(books, euros: float, side: Direction) -> None:  # type: ignore[no-untyped-def]
    (found,) = books.score(books.wages(euros=euros))
    told = {motif.code: motif.direction for motif in found.motifs}
    assert told.pop(CodeMotif.MONTANT_INHABITUEL) is side
    assert not any(told[code] for code in told if not code.is_model)
