"""The scanner against msgspec: what it accepts, msgspec accepts and reads the same; the rest it leaves to msgspec."""

import datetime as dt
import itertools
import json
import random
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Ecriture, Ligne, Operation, Origine, from_minor, to_minor
from wisebook_ml.generator import generate_ledger
from wisebook_ml.ledger.batch import NO_TIME, EntryBatch, Span, account_root
from wisebook_ml.ledger.columns import ENTRY_COLUMNS, ENTRY_TEXTS, LINE_COLUMNS, LINE_TEXTS
from wisebook_ml.ledger.record_schema import ENTRY, LINE, OPTIONS, Rule, Schema
from wisebook_ml.ledger.scan import scan
from wisebook_ml.ledger.words import pack

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=150)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

decode = msgspec.json.Decoder(Ecriture).decode


def texts(longest: int, *, least: int = 0) -> st.SearchStrategy[str]:
    """Return texts of letters, digits, quotes, backslashes, control characters and whatever else Unicode has."""
    alphabet = st.sampled_from("AZaz09 /\\\"'éÉœ€\n\t\b\x00\x1f\x7f") | st.characters(exclude_categories=["Cs"])
    return st.text(alphabet, min_size=least, max_size=min(longest, 12)) | st.just("é" * longest)


DATES = st.dates()
ZONES = st.integers(-1439, 1439).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
LINES = st.builds(
    Ligne,
    compte_num=texts(64, least=1) | st.text("0123456789AB", min_size=1, max_size=8),
    compte_lib=texts(2000),
    comp_aux_num=texts(64),
    comp_aux_lib=texts(20),
    piece_ref=texts(200),
    piece_date=st.none() | DATES,
    ecriture_lib=texts(20),
    debit=st.integers(-(10**13) + 1, 10**13 - 1).map(from_minor) | st.from_regex(r"\A-?[0-9]{1,11}(\.[0-9]{1,2})?\Z"),
    credit=st.sampled_from(["0", "0.00", "-0.07", "00000000001.5", "-0"]),
    ecriture_let=texts(64),
    date_let=st.none() | DATES,
    montant_devise=st.none() | st.sampled_from(["0", "-999999999999999.9999", "12.500", "-0.1"]),
    idevise=texts(64),
    date_echeance=st.none() | DATES,
    iban_empreinte=texts(128),
)
ENTRIES = st.builds(
    Ecriture,
    societe_id=st.integers(1, 2**31 - 1),
    ecriture_id=texts(200, least=1),
    revision=st.integers(1, 2**31 - 1),
    operation=st.sampled_from(Operation),
    exercice=st.none() | st.sampled_from(["2025", "0000", "2024-09-01/2025-08-31", "2024-99-99/0000-00-00"]),
    journal_code=texts(64, least=1),
    journal_lib=texts(20),
    ecriture_num=texts(64),
    ecriture_date=DATES,
    valid_date=st.none() | DATES,
    saisie_par=texts(200),
    saisie_le=st.none() | st.datetimes(timezones=ZONES, allow_imaginary=False),
    origine=st.none() | st.sampled_from(Origine),
    lignes=st.lists(LINES, min_size=1, max_size=4),
)


def ordinal(date: dt.date | None) -> int:
    return date.toordinal() if date else 0


def expected(entries: Sequence[Ecriture]) -> dict[str, list[Any]]:
    """Return the columns of a batch as plain Python makes them; texts as bytes."""
    columns: dict[str, list[Any]] = {
        name: [] for name in (*ENTRY_COLUMNS, *ENTRY_TEXTS, *LINE_COLUMNS, *LINE_TEXTS, "first")
    }

    def put(**values: Any) -> None:
        for name, value in values.items():
            columns[name].append(value)

    put(first=0)
    for i, entry in enumerate(entries):
        for line in entry.lignes:
            debit, credit = to_minor(line.debit), to_minor(line.credit)
            put(entry_of=i, debit=debit, credit=credit, net=debit - credit, amount=abs(debit - credit))
            put(on_debit=debit != 0 or credit == 0, root=account_root(line.compte_num))
            put(**{name: ordinal(getattr(line, name)) for name in ("piece_date", "date_let", "date_echeance")})
            put(**{name: (getattr(line, name) or "").encode() for name in LINE_TEXTS})
        total_debit = sum(to_minor(line.debit) for line in entry.lignes)
        total_credit = sum(to_minor(line.credit) for line in entry.lignes)
        put(total_debit=total_debit, total_credit=total_credit, total=max(abs(total_debit), abs(total_credit)))
        moment = entry.saisie_le
        put(saisie=NO_TIME if moment is None else (moment - EPOCH) // dt.timedelta(microseconds=1))
        put(societe=entry.societe_id, revision=entry.revision, operation=list(Operation).index(entry.operation))
        put(origine=-1 if entry.origine is None else list(Origine).index(entry.origine))
        put(day=ordinal(entry.ecriture_date), valid=ordinal(entry.valid_date), first=len(columns["net"]))
        put(**{name: (getattr(entry, name) or "").encode() for name in ENTRY_TEXTS})
    return columns


def in_bytes(batch: EntryBatch, span: Span) -> list[bytes]:
    return [batch.data[s : s + n].tobytes() for s, n in zip(*span, strict=True)]


def assert_columns(batch: EntryBatch, entries: Sequence[Ecriture]) -> None:
    for name, values in expected(entries).items():
        found = in_bytes(batch, batch.text(name)) if name in (*ENTRY_TEXTS, *LINE_TEXTS) else getattr(batch, name)
        assert list(found) == values, name


def assert_sound(values: Sequence[bytes]) -> int:
    """Assert that what the scanner accepts is what msgspec reads; return how many it accepted."""
    batch, accepted, unsure = scan(values)
    assert sorted([*accepted, *unsure]) == list(range(len(values)))
    assert list(accepted) == sorted(accepted) and list(unsure) == sorted(unsure)
    assert_columns(batch, [decode(values[k]) for k in accepted])
    return len(accepted)


CARELESS = r"""
null true false 1.0 -0 1e0 01 0 -1 2147483647 2147483648 9999999999999999999999 1. .5 - NaN tru nullx
"" "2024-02-30" "2024-02-29T00:00:00" "0000-01-01" "0001-01-01" "2100-02-29" "2000-02-29" "24-1-1" "2024-02-29Z"
"2024-01-01T00:00:00" "2024-01-01T00:00:00Z" "2024-01-01t00:00:00Z" "2024-01-01T00:00:00z" "2024-01-01_00:00:00Z"
"2024-01-01T00:00:00+0100" "2024-01-01T00:00:00+24:00" "2024-01-01T00:00:00-23:59" "2024-01-01T00:00:00+1:0"
"2024-01-01T24:00:00Z" "2024-01-01T23:60:00Z" "2024-01-01T23:59:60Z" "2024-01-01T00:00Z" "2024-01-01T00:00:00.Z"
"2024-01-01T00:00:00.1Z" "2024-01-01T00:00:00.123456Z" "2024-01-01T00:00:00.1234567Z" "2024-01-01T00:00:00,5Z"
"0001-01-01T00:00:00.5+23:59" "9999-12-31T23:59:59.999999-23:59" "20240101T000000Z" "2024-01-01T00:00:00+01:00:30"
"0.001" "1,5" ".5" "1." "-.5" "+1" "1e2" "--1" "12345678901" "123456789012" "١" "0x1" "1_0" "-0" "0.0" "1.23456"
"2025-2026" "20255" "2025-01-01/2025-1-1" "2025-01-01/2025-12-31" "creation" "CREATION" "MANUELLE" "IMPORTE"
"\ud83d\ude00" "\ud800" "\udc00x" "\u00e9" "\u20AC" "\u00" "\u0000" "\x" "\/" "\"" "\\" "2025\n" "1\u0032" "1.5\n"
[] {} [1] {"a":1} [] " 1e400 -1e-400 12345678901234567890123 1E+5 1e+ 0. "123456789012345.1234" "1234567890123456"
"""
NASTY = [*CARELESS.split(), *(f'"{"é" * size}"' for size in (64, 65, 128, 129, 200, 201, 2000, 2001))]
"""Values that a careless reader would take for others."""


def written(fields: list[tuple[str, str]], rng: random.Random) -> bytes:
    """Return a JSON object of fields that are JSON already, with or without white space."""
    comma, colon = rng.choice([(",", ":"), (", ", ": "), ("\r\n\t , ", " \n:\t")])
    return ("{" + comma.join(f'"{name}"{colon}{value}' for name, value in fields) + "}").encode()


def publishable(entry: Ecriture, rng: random.Random) -> bytes:
    """Return a valid entry as some other publisher might write it."""
    ascii_only = rng.random() < 0.5

    def fields(record: Any) -> list[tuple[str, str]]:
        told = msgspec.to_builtins(record)
        if rng.random() < 0.5:  # what msgspec omits
            told = {name: getattr(record, name) for name in record.__struct_fields__} | told
        listed = [
            (name, json.dumps(value, ensure_ascii=ascii_only)) for name, value in told.items() if name != "lignes"
        ]
        if rng.random() < 0.5:
            listed.append(rng.choice([("x", "-12.5e3"), ("", '"é /"'), ("lignes2", "true"), ("debi", "null")]))
        rng.shuffle(listed)
        return listed

    lines = b",".join(written(fields(line), rng) for line in entry.lignes)
    listed = [*fields(entry), ("lignes", f"[{lines.decode()}]")]
    rng.shuffle(listed)
    value = written(listed, rng)
    return b" \n" + value + b"\t" if rng.random() < 0.2 else value


def mutated(value: bytes, rng: random.Random) -> bytes:
    """Return a record with a few bytes flipped, lost, put in or repeated."""
    data = bytearray(value)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at, size = rng.randrange(len(data) + 1), rng.choice([1, 1, 2, 8, 40])
        match rng.randrange(5):
            case 0 if at < len(data):
                data[at] = rng.choice([data[at] ^ 1 << rng.randrange(8), rng.randrange(256)])
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = rng.choice([b'"', b"\\", b",", b"{", b"}", b"[", b"]", b":", b"0", b" ", b"\0", b"\xc3"])
            case 3:
                data[at:at] = data[at : at + size]
            case 4:
                other = rng.randrange(len(data) + 1)
                data[at:at] = data[other : other + size]
    return bytes(data)


@pytest.mark.parametrize(("schema", "record"), [(ENTRY, Ecriture), (LINE, Ligne)])
def test_the_scanner_knows_every_field(schema: Schema, record: type[msgspec.Struct]) -> None:
    rules = {(rule.one, rule.two): rule for rule in (Rule(*row) for row in schema.table.tolist()) if rule.bit}
    assert rules.keys() == {pack(name.encode()) for name in record.__struct_fields__}
    required = [rules[pack(field.name.encode())].bit for field in msgspec.structs.fields(record) if field.required]
    assert schema.required == sum(required)


def test_the_scanner_knows_every_option() -> None:
    assert OPTIONS.tolist() == [list(pack(option.encode())) for option in (*Operation, *Origine)]


@REPEATABLE
@given(st.lists(ENTRIES, max_size=4))
def test_what_msgspec_writes_is_trusted(entries: list[Ecriture]) -> None:
    batch = EntryBatch.from_entries(entries)
    assert_columns(batch, entries)
    values = [msgspec.json.encode(entry) for entry in entries]
    trusted = scan(values, trusted=True)
    assert list(trusted.accepted) == list(range(len(entries)))
    assert [trusted.batch.entry(i) for i in range(len(entries))] == entries
    assert list(scan(values).accepted) == list(range(len(entries)))


@REPEATABLE
@given(st.lists(ENTRIES, min_size=1, max_size=3), st.integers(0, 2**32))
def test_other_publishers_may_write_as_they_like(entries: list[Ecriture], seed: int) -> None:
    rng = random.Random(seed)
    values = [publishable(entry, rng) for entry in entries]
    assert [decode(value) for value in values] == entries
    batch, accepted, _ = scan(values)
    assert list(accepted) == [k for k, value in enumerate(values) if not re.search(rb"\\u[dD][89abAB]", value)]
    assert_columns(batch, [entries[k] for k in accepted])
    assert [batch.entry(i) for i in range(len(batch))] == [entries[k] for k in accepted]


@REPEATABLE
@given(st.lists(ENTRIES, min_size=1, max_size=3), st.integers(0, 2**32))
def test_damaged_records_are_never_misread(entries: list[Ecriture], seed: int) -> None:
    rng = random.Random(seed)
    values = [publishable(entry, rng) for entry in entries]
    assert_sound([mutated(rng.choice(values), rng) if rng.random() < 0.9 else values[0] for _ in range(60)])


def test_nasty_values_in_every_field_are_never_misread() -> None:
    line = {"compte_num": '"411000"'}
    entry = {"societe_id": "1", "ecriture_id": '"E"', "journal_code": '"OD"', "ecriture_date": '"2024-03-01"'}
    rng = random.Random(1)
    values = []
    for name, nasty in itertools.product((*Ecriture.__struct_fields__, "autre", "autré"), NASTY):
        fields = entry | {"lignes": "[" + written(list(line.items()), rng).decode() + "]"} | {name: nasty}
        values.append(written(list(fields.items()), rng))
    for name, nasty in itertools.product((*Ligne.__struct_fields__, "autre"), NASTY):
        fields = entry | {"lignes": "[" + written(list((line | {name: nasty}).items()), rng).decode() + "]"}
        values.append(written(list(fields.items()), rng))
    assert assert_sound(values) > len(values) / 10


VALID = (
    b'{"societe_id":1,"ecriture_id":"E","journal_code":"OD","ecriture_date":"2024-03-01","lignes":[{"compte_num":"4"}]}'
)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        VALID[:-1],
        VALID + b"x",
        VALID + b"\0",
        VALID + VALID,
        b"\xef\xbb\xbf" + VALID,
        b"\0" + VALID,
        VALID[:-1] + b",}",
        VALID[:-1] + b',"revision":1,"revision":1}',
        VALID[:-1] + b',"societe_id":2}',
        VALID[:-1] + b',"revi\\u0073ion":2}',
        VALID[:-1] + b',"autre":{}}',
        VALID.replace(b'"societe_id":1,', b""),
        VALID.replace(b'{"compte_num":"4"}', b""),
        VALID.replace(b'{"compte_num":"4"}', b"{}"),
        VALID.replace(b'{"compte_num":"4"}', b'{"compte_num":"4"},'),
    ],
)
def test_what_it_is_not_sure_about_is_left_to_msgspec(value: bytes) -> None:
    batch, accepted, unsure = scan([VALID, value, VALID])
    assert (list(accepted), list(unsure)) == ([0, 2], [1])
    assert_columns(batch, [decode(VALID)] * 2)


def test_lines_of_a_refused_record_leave_nothing_behind() -> None:
    full = VALID.replace(b'"4"', b'"411","date_let":"2024-03-01","debit":"5.00","piece_ref":"F1"')
    batch, accepted, _ = scan([full.replace(b"]", b",{}]"), VALID])
    assert list(accepted) == [1]
    assert_columns(batch, [decode(VALID)])


def test_sums_of_many_lines_are_left_to_msgspec_unless_trusted() -> None:
    entry = msgspec.structs.replace(decode(VALID), lignes=[Ligne(compte_num="6", debit="1.00")] * 101)
    value = msgspec.json.encode(entry)
    assert list(scan([value]).unsure) == [0]
    assert list(scan([value, value], trusted=[True, False]).accepted) == [0]
    assert_columns(EntryBatch.from_entries([entry]), [entry])


def test_a_ledger_is_read_as_msgspec_reads_it() -> None:
    entries = generate_ledger(entries=300, seed=7).events
    batch, _, unsure = scan([msgspec.json.encode(entry) for entry in entries])
    assert not len(unsure)
    assert_columns(batch, entries)


def test_no_values_make_an_empty_batch() -> None:
    batch, accepted, unsure = scan([])
    assert (len(batch), len(accepted), len(unsure), batch.first.tolist()) == (0, 0, 0, [0])
    assert_columns(batch, [])
    assert batch.select(np.zeros(0, dtype=np.int64)).first.tolist() == [0]


@REPEATABLE
@given(st.lists(ENTRIES, min_size=1, max_size=5), st.data())
def test_a_selection_is_a_batch_of_its_own(entries: list[Ecriture], data: st.DataObject) -> None:
    batch = scan([msgspec.json.encode(entry) for entry in entries]).batch
    if data.draw(st.booleans()):
        batch.entry(0)
    chosen = [i for i in range(len(entries)) if data.draw(st.booleans())]
    selection = batch.select(np.array(chosen, dtype=np.int64))
    assert_columns(selection, [entries[i] for i in chosen])
    assert [selection.entry(i) for i in range(len(chosen))] == [entries[i] for i in chosen]
    assert [selection.line(k) for k in range(len(selection.net))] == [x for i in chosen for x in entries[i].lignes]
    assert all(column.flags.c_contiguous for column in (selection.net, selection.day, *selection.text("compte_num")))
