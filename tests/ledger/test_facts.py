"""What an entry says, against plain functions over its record."""

import datetime as dt
import math
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Ecriture, Ligne, Operation, Origine, from_minor, to_minor
from wisebook_ml.ledger.batch import EntryBatch, account_root
from wisebook_ml.ledger.calendar import is_off_day
from wisebook_ml.ledger.characters import plain
from wisebook_ml.ledger.dates import civil, ordinal
from wisebook_ml.ledger.facts import BINS, NO_LAG, Facts, amount_bin, facts_of
from wisebook_ml.ledger.hashing import hash_text
from wisebook_ml.ledger.paris import offset_at, paris_offsets
from wisebook_ml.ledger.vocabulary import CREDIT_NOTE, GENERIC, RETURN, WATCHED, vocabulary

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=60)
WORDS = vocabulary()
PARIS = ZoneInfo("Europe/Paris")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

PLANE = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs", "Co", "Cn"])
"""Beyond the plane all characters are taken for letters but the pictographs."""

LABELS = (
    st.sampled_from(
        ["", " ", "x", "XXX", "divers", "AVOIR 12", "retour", "Dépense perso.", "EDF", "d*", "n/a", "à voir"]
    )
    | st.text("aeiouyéèxbcdXÉBCD12 .-_/'’\u00a0", max_size=8)
    | st.text(PLANE, max_size=8)
)
REFERENCES = st.sampled_from(
    ["", "n.c.", "XXX", "FA-2024/17", "néant", "12", "LOYER", "²²²", "FA 123 456 789 012 345 678 9"]
)
ACCOUNTS = st.sampled_from(["401000", "401X", "411²", "40", "4é5a", "606400", "707000", "é", "411DUPONT"])
AMOUNTS = st.integers(-(10**13) + 1, 10**13 - 1).map(from_minor) | st.sampled_from(["0", "500", "-500.00", "1000.0"])
LINES = st.builds(
    Ligne,
    compte_num=ACCOUNTS,
    comp_aux_num=st.sampled_from(["", "A", "É"]),
    piece_ref=REFERENCES | LABELS,
    piece_date=st.none() | st.dates(),
    ecriture_lib=LABELS,
    debit=AMOUNTS,
    credit=AMOUNTS,
    ecriture_let=st.sampled_from(["", "AA"]),
    date_let=st.none() | st.dates(),
    date_echeance=st.none() | st.dates(),
    montant_devise=st.none() | st.sampled_from(["0", "12.50", "12.5", "-1.000"]),
    idevise=st.sampled_from(["", "USD"]),
    iban_empreinte=st.sampled_from(["", "a1"]),
)
ENTRIES = st.builds(
    Ecriture,
    societe_id=st.integers(1, 3),
    ecriture_id=st.sampled_from("ABC"),
    operation=st.sampled_from(Operation),
    exercice=st.none() | st.sampled_from(["2024", "0000", "2023-07-01/2024-06-30", "2024-02-30/2025-01-01", "0024"]),
    journal_code=st.sampled_from(["AC", "VE"]),
    ecriture_num=st.sampled_from(["", "1", "VE-2024-00012", "9" * 20, "12\n", "A", "٣٤"]) | st.text(max_size=5),
    ecriture_date=st.dates() | st.dates(dt.date(2020, 1, 1), dt.date(2026, 12, 31)),
    valid_date=st.none() | st.dates(),
    saisie_par=st.sampled_from(["", "anne"]),
    saisie_le=st.none()
    | st.sampled_from([dt.datetime.min, dt.datetime.max]).map(lambda moment: moment.replace(tzinfo=dt.UTC))
    | st.datetimes(dt.datetime.min, dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))
    | st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)),
    origine=st.none() | st.sampled_from(Origine),
    lignes=st.lists(LINES, min_size=1, max_size=5),
)
BATCHES = st.lists(ENTRIES, min_size=1, max_size=6)


def facts(*entries: Ecriture) -> Facts:
    """Return the facts of entries."""
    return facts_of(EntryBatch.from_entries(entries), WORDS)


def entry(*lines: Ligne, **fields: object) -> Ecriture:
    """Return an entry."""
    common = {"ecriture_id": "E", "journal_code": "OD", "ecriture_date": dt.date(2024, 3, 5)}
    return Ecriture(societe_id=1, lignes=list(lines) or [Ligne(compte_num="606400")], **(common | fields))  # type: ignore[arg-type]


# Plain functions that say the same.


def normal(text: str) -> str:
    """Return the normal form of a reference."""
    return re.sub(r"[\W_]+", "", plain(text))


def piece(reference: str) -> str:
    """Return the normal form of a reference that leads to a document."""
    fillers = ["0", "nc", "na", "nd", "sans", "neant", "aucun", "aucune", "inconnu", "inconnue", "sanspiece", "sansref"]
    form = normal(reference)
    return "" if form in fillers or (len(form) > 1 and len(set(form)) == 1) else form


def is_poor(label: str) -> bool:
    """Return whether a label says nothing."""
    words = plain(label)
    if not words.replace("_", "x") or re.fullmatch(r"x+|\d{1,3}", words):
        return True
    if any(re.fullmatch(re.escape(plain(w.rstrip("*"))) + (r"\w*" if "*" in w else ""), words) for w in generic()):
        return True
    letters = [ch for ch in words if ch.isalpha()]
    if len(letters) < 3:
        return not any(ch.isdigit() for ch in words)
    return len(letters) <= 4 and not label.isupper() and set("aeiouy").isdisjoint(letters)


def generic() -> tuple[str, ...]:
    """Return the words that say nothing."""
    return tuple(WORDS.lists[GENERIC])


def french(moment: dt.datetime | None) -> dt.datetime | None:
    """Return a moment in French time, None where it is not known."""
    try:
        return None if moment is None else moment.astimezone(PARIS)
    except OverflowError:
        return None


def bounds(exercice: str | None) -> tuple[int, int]:
    """Return the first and last day of a fiscal year."""
    first, _, last = (exercice or "").partition("/")
    try:
        if not last:
            return dt.date(int(first), 1, 1).toordinal(), dt.date(int(first), 12, 31).toordinal()
        start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    except ValueError:
        return 0, 0
    return (start.toordinal(), end.toordinal()) if start <= end else (0, 0)


def number(text: str) -> int:
    """Return the counter at the end of an entry's number."""
    match = re.match(r"^(.*?)([0-9]{1,15})$", text, re.DOTALL)
    return int(match[2]) if match else -1


def party(line: Ligne) -> str:
    """Return the third party of a line."""
    individual = line.compte_num[3:]
    own = account_root(line.compte_num) // 1000 in (40, 41) and any(ch.isalpha() for ch in individual)
    return line.comp_aux_num or (individual if own else "")


# One entry.


@REPEATABLE
@given(BATCHES)
def test_times(entries: list[Ecriture]) -> None:
    said = facts(*entries)
    for i, one in enumerate(entries):
        local = french(one.saisie_le)
        assert said.off_day[i] == is_off_day(one.ecriture_date)
        assert said.month_day[i] == one.ecriture_date.day
        assert (said.exercice_first[i], said.exercice_last[i]) == bounds(one.exercice)
        if local is None:
            assert (said.hour[i], said.stamp[i], said.lag[i]) == (-1, 0, NO_LAG)
        else:
            assert said.hour[i] == local.hour + (24 if is_off_day(local.date()) else 0)
            assert said.lag[i] == (local.date() - one.ecriture_date).days
            assert said.stamp[i] == (one.saisie_le - EPOCH) // dt.timedelta(seconds=1)


@REPEATABLE
@given(BATCHES)
def test_names(entries: list[Ecriture]) -> None:
    said = facts(*entries)
    for i, one in enumerate(entries):
        assert said.journal[i] == hash_text(one.journal_code)
        assert said.author[i] == hash_text(one.saisie_par)
        assert said.number[i] == number(one.ecriture_num)
        assert (said.sequence[i] != 0) == (said.number[i] >= 0)
        assert said.manual[i] == (one.origine in (None, Origine.MANUELLE))
        assert said.validated[i] == (one.valid_date is not None or one.operation is Operation.VALIDATION)
        assert said.deleted[i] == (one.operation is Operation.SUPPRESSION)


@REPEATABLE
@given(BATCHES)
def test_references_and_labels(entries: list[Ecriture]) -> None:
    said = facts(*entries)
    for i, one in enumerate(entries):
        pieces = [form for line in one.lignes if (form := piece(line.piece_ref))]
        document = pieces[0] if pieces and sum(ch.isdigit() for ch in pieces[0]) >= 3 else ""
        label = one.lignes[0].ecriture_lib
        assert said.has_piece[i] == bool(pieces)
        assert (said.document[i] != 0) == bool(document)
        assert bytes(said.document_text[i]).rstrip(b"\0").decode().lower() == truncated(document)
        assert said.label_length[i] == len(label.strip())
        assert (said.label[i] != 0) == bool(normal(label))
        assert said.returned[i] == any(
            WORDS.find(RETURN, text) for text in (label, *(line.piece_ref for line in one.lignes))
        )
        assert said.named[i] == any(
            WORDS.find(CREDIT_NOTE, text) for line in one.lignes for text in (line.ecriture_lib, line.piece_ref)
        )
        first = one.lignes[0].piece_date
        assert said.piece_age[i] == (-1 if first is None else abs((one.ecriture_date - first).days))


def truncated(document: str) -> str:
    """Return as much of a document's reference as is kept."""
    kept = ""
    for ch in document:
        if len((kept + ch).encode()) > 24:
            break
        kept += ch
    return kept


@REPEATABLE
@given(BATCHES)
def test_lines(entries: list[Ecriture]) -> None:
    said = facts(*entries)
    for k, line in enumerate(line for one in entries for line in one.lignes):
        collective = account_root(line.compte_num) // 1000 in (40, 41)
        amount = abs(to_minor(line.debit) - to_minor(line.credit))
        assert said.account[k] == hash_text(line.compte_num)
        assert said.habit[k] == hash_text(line.compte_num[:3] if collective else line.compte_num)
        assert said.party[k] == hash_text(party(line))
        assert said.iban[k] == hash_text(line.iban_empreinte)
        assert said.bin[k] == amount_bin(amount)
        assert said.round[k] == (amount > 0 and amount % 500_00 == 0)
        assert said.poor[k] == is_poor(line.ecriture_lib), line.ecriture_lib
        assert said.watched[k] == bool(WORDS.find(WATCHED, line.ecriture_lib))


@pytest.mark.parametrize("label", ["", "divers", "xxz", "d*", "n/a", "À voir", "12", "...", "Libellé", "sans  libelle"])
def test_labels_that_say_nothing(label: str) -> None:
    assert facts(entry(Ligne(compte_num="6", ecriture_lib=label))).poor[0]


@pytest.mark.parametrize("label", ["EDF", "FACT 2024-17", "1234", "divers achats", "Loyer", "SNCF"])
def test_labels_that_say_something(label: str) -> None:
    assert not facts(entry(Ligne(compte_num="6", ecriture_lib=label))).poor[0]


# Hashes.


def told(one: Ecriture) -> tuple[object, ...]:
    """Return all that an entry says, by its meaning."""
    head = (one.operation, one.exercice, one.valid_date, one.saisie_par, one.saisie_le, one.origine)
    lines = tuple(
        (
            line.ecriture_let,
            line.date_let,
            line.date_echeance,
            line.iban_empreinte,
            line.idevise,
            None if line.montant_devise is None else Decimal(line.montant_devise),
        )
        for line in one.lignes
    )
    return frozen(one), head, lines


def frozen(one: Ecriture) -> tuple[object, ...]:
    """Return what validation freezes."""
    lines = tuple(
        (
            line.compte_num,
            line.comp_aux_num,
            line.piece_ref,
            line.piece_date,
            line.ecriture_lib,
            to_minor(line.debit),
            to_minor(line.credit),
        )
        for line in one.lignes
    )
    return one.journal_code, one.ecriture_num, one.ecriture_date, lines


CHANGES = st.sampled_from(
    [
        {"operation": Operation.MODIFICATION},
        {"exercice": "2023"},
        {"valid_date": dt.date(2024, 1, 1)},
        {"saisie_par": "luc"},
        {"saisie_le": EPOCH},
        {"origine": Origine.IMPORT},
        {"journal_code": "OD"},
        {"ecriture_num": "77"},
        {"ecriture_date": dt.date(2024, 1, 2)},
        {"revision": 7},
        {"journal_lib": "Achats"},
    ]
)
LINE_CHANGES = st.sampled_from(
    [
        {"compte_num": "606401"},
        {"comp_aux_num": "Z"},
        {"piece_ref": "Z"},
        {"piece_date": dt.date(2024, 1, 3)},
        {"ecriture_lib": "Z"},
        {"debit": "7.77"},
        {"credit": "7.77"},
        {"ecriture_let": "ZZ"},
        {"date_let": dt.date(2024, 1, 4)},
        {"date_echeance": dt.date(2024, 1, 5)},
        {"montant_devise": "7.7"},
        {"idevise": "CHF"},
        {"iban_empreinte": "z9"},
        {"compte_lib": "Z"},
    ]
)


@REPEATABLE
@given(ENTRIES, CHANGES, LINE_CHANGES)
def test_digests_are_the_same_where_the_meaning_is(one: Ecriture, change: dict, of_line: dict) -> None:
    changed = [
        msgspec.structs.replace(one, **change),
        msgspec.structs.replace(one, lignes=[msgspec.structs.replace(one.lignes[0], **of_line), *one.lignes[1:]]),
        msgspec.structs.replace(one, lignes=[*one.lignes, one.lignes[-1]]),
        msgspec.structs.replace(one, lignes=one.lignes[::-1]),
    ]
    said = facts(one, *changed)
    for k, other in enumerate(changed, 1):
        assert (said.digest[k] == said.digest[0]) == (told(other) == told(one))
        assert (said.content[k] == said.content[0]) == (frozen(other) == frozen(one))


def test_keys_are_of_a_company_and_an_id() -> None:
    said = facts(entry(), entry(ecriture_id="F"), msgspec.structs.replace(entry(), societe_id=2), entry(revision=2))
    assert len(set(said.key[:3].tolist())) == 3
    assert said.key[3] == said.key[0]


@pytest.mark.parametrize(("amount", "same"), [("120", "120.00"), ("0.5", "0.50"), ("100.0", "100"), ("0", "0.00")])
def test_zeros_at_the_end_of_an_amount_mean_nothing(amount: str, same: str) -> None:
    one, other = (entry(Ligne(compte_num="6", debit=text, montant_devise=text)) for text in (amount, same))
    said = facts(one, other)
    assert said.digest[0] == said.digest[1]


def test_zeros_of_whole_numbers_mean_something() -> None:
    said = facts(*(entry(Ligne(compte_num="6", montant_devise=text)) for text in ("12", "120", "1200")))
    assert len(set(said.digest.tolist())) == 3


def test_sequences() -> None:
    numbers = [
        entry(ecriture_num="VE-1", exercice="2024"),
        entry(ecriture_num="VE-2"),  # of the date's year
        entry(ecriture_num="AC-2", exercice="2024"),
        entry(ecriture_num="VE-2", exercice="2025"),
        entry(ecriture_num="VE-2", exercice="2024", journal_code="VE"),
    ]
    said = facts(*numbers)
    assert said.sequence[0] == said.sequence[1]
    assert len(set(said.sequence.tolist())) == 4


@pytest.mark.parametrize(
    ("one", "other"), [("Facture Électricité", "FACTURE ELECTRICITE."), ("fa-2024/17", "FA 2024 17"), ("m²", "M2")]
)
def test_labels_are_the_same_to_a_reader(one: str, other: str) -> None:
    said = facts(*(entry(Ligne(compte_num="6", ecriture_lib=text, piece_ref=text + "999")) for text in (one, other)))
    assert said.label[0] == said.label[1] != 0
    assert said.document[0] == said.document[1] != 0


def test_letters_of_a_label_leave_out_its_figures() -> None:
    said = facts(
        *(entry(Ligne(compte_num="6", ecriture_lib=text)) for text in ("Loyer 01/24", "LOYER 02/24", "Loyers 01"))
    )
    assert said.label[0] != said.label[1]
    assert said.label_letters[0] == said.label_letters[1] != said.label_letters[2]


def test_names_of_one_house_begin_alike() -> None:
    names = ("EDF", "E.D.F.", "Edf Entreprises", "EDF - ENTREPRISES SUD", "Garage du Centre", "GARAGE CENTRE", "SA", "")
    said = facts(*(entry(Ligne(compte_num="401", comp_aux_lib=name, iban_empreinte="a1")) for name in names))
    whole, one, two = said.holder, said.holder_one, said.holder_two
    assert whole[0] == one[0] == one[2] == one[3] != one[4]
    assert whole[2] == two[2] == two[3] != whole[3]
    assert whole[4] == whole[5] == two[5] != 0
    assert two[0] == whole[1] == whole[6] == whole[7] == 0


def test_names_are_read_where_bank_details_are() -> None:
    assert facts(entry(Ligne(compte_num="401", comp_aux_lib="EDF"))).holder.tolist() == [0]


# Batches.


def test_nothing_has_no_facts() -> None:
    said = facts()
    assert said.key.shape == said.account.shape == (0,)


@REPEATABLE
@given(BATCHES, st.randoms(use_true_random=False))
def test_selected_facts_are_those_of_the_selected_entries(entries: list[Ecriture], random) -> None:
    chosen = np.array([i for i in range(len(entries)) if random.random() < 0.5], dtype=np.int64)
    batch = EntryBatch.from_entries(entries)
    selected, again = facts_of(batch, WORDS).select(chosen, batch.first), facts_of(batch.select(chosen), WORDS)
    for name in Facts.__dataclass_fields__:
        assert np.array_equal(getattr(selected, name), getattr(again, name)), name


# Tables.


def test_bins_are_an_eighth_of_a_decade_wide() -> None:
    exact = [0, 1, 2, 3, 10**13 - 1, 10**15, *(10**k for k in range(1, 15)), *(10**k - 1 for k in range(1, 15))]
    edges = [math.floor(10 ** (k / 8)) + step for k in range(1, BINS) for step in (-1, 0, 1, 2)]
    for cents in (*exact, *edges):
        by_logarithm = 0 if cents <= 1 else min(BINS - 1, int(math.log10(cents) * 8 + 1e-9))
        assert amount_bin(cents) == by_logarithm, cents


@REPEATABLE
@given(st.dates())
def test_dates(day: dt.date) -> None:
    assert civil(day.toordinal()) == (day.year, day.month, day.day)
    assert ordinal(day.year, day.month, day.day) == day.toordinal()


@pytest.mark.parametrize("date", [(2023, 2, 29), (2024, 2, 30), (2024, 4, 31), (2024, 13, 1), (0, 1, 1), (2024, 1, 0)])
def test_dates_that_do_not_exist(date: tuple[int, int, int]) -> None:
    assert ordinal(*date) == 0


@REPEATABLE
@given(st.datetimes(dt.datetime(1800, 1, 1), dt.datetime(2199, 12, 1), timezones=st.just(dt.UTC)))
def test_french_time(moment: dt.datetime) -> None:
    offset = moment.astimezone(PARIS).utcoffset()
    assert offset is not None
    assert offset_at(int(moment.timestamp()), *paris_offsets()) == offset.total_seconds()
