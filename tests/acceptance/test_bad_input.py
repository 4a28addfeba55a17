"""No record stops the stream: it becomes a dead letter that can be repaired; the others are scored as without it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import pytest
from msgspec.structs import replace

from schemas import CodeMotif, Ecriture, Ligne, TypeObjet
from topics import ENTRIES
from topics.incoming import entry_event
from wisebook_ml.generator import generate_ledger
from wisebook_ml.training.collect import partition_of

from .deployment import SOURCE, Deployment, Raw, Worker, values_of, with_gaps

SOCIETE = 12
KEY = str(SOCIETE).encode()
TYPE = ("ce_type", Ecriture.ce_type.encode())

ODD_HEADERS: Sequence[tuple[str, bytes | None]] = [
    TYPE,
    ("trace", b"\x00\xff\xfe"),
    ("trace", b"a second one of that name"),
    ("empty", b""),
    ("none", None),
]
"""Headers that a dead letter must have as they were."""


def encoded(entry: Ecriture, **changes: object) -> bytes:
    """Return an entry's JSON with some fields changed, whatever the contract says."""
    return msgspec.json.encode({**msgspec.to_builtins(entry), **changes})


def bad_records(entry: Ecriture) -> dict[str, tuple[Raw, str, str]]:
    """Return bad records with the reason, and a part of the detail, that their dead letters must carry."""
    lignes: list[dict[str, object]] = msgspec.to_builtins(entry.lignes)
    comma = [{**lignes[0], "debit": "12,50"}, *lignes[1:]]
    return {
        "null": ((KEY, None, ODD_HEADERS), "NULL_VALUE", "this one is null"),
        "no JSON": ((KEY, b"JournalCode|JournalLib", ODD_HEADERS), "NOT_JSON", "JournalCode|JournalLib"),
        "empty value": ((KEY, b"", [TYPE]), "NOT_JSON", "truncated"),
        "another shape": ((KEY, b'{"hello":"world"}', [TYPE]), "SCHEMA", "missing required field"),
        "a list": ((KEY, b"[1,2,3]", ODD_HEADERS), "SCHEMA", "Expected `object`"),
        "deeply nested": ((KEY, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", [TYPE]), "NOT_JSON", "recursion"),
        "not UTF-8": ((KEY, encoded(entry).replace(b'"AC"', b'"\xe9\xff"', 1) + b"\xff", [TYPE]), "NOT_JSON", ""),
        "unknown type": (
            (KEY, encoded(entry), [("ce_type", b"fr.wisebook.facture.v9")]),
            "UNKNOWN_TYPE",
            "fr.wisebook.facture.v9",
        ),
        "type without a value": ((KEY, encoded(entry), [("ce_type", None)]), "UNKNOWN_TYPE", "takes"),
        "no key": ((None, encoded(entry), ODD_HEADERS), "WRONG_KEY", "publish with societe_id as key"),
        "key of another company": ((b"77", encoded(entry), ODD_HEADERS), "WRONG_KEY", "societe_id is 12"),
        "decimal comma": ((KEY, encoded(entry, lignes=comma), [TYPE]), "SCHEMA", "$.lignes[0].debit"),
        "impossible date": ((KEY, encoded(entry, ecriture_date="2024-02-30"), [TYPE]), "SCHEMA", "$.ecriture_date"),
        "no lines": ((KEY, encoded(entry, lignes=[]), [TYPE]), "SCHEMA", "$.lignes"),
        "amount as a number": (
            (KEY, encoded(entry, lignes=[{**lignes[0], "debit": 12.5}]), [TYPE]),
            "SCHEMA",
            "Expected `str`",
        ),
        "company as text": ((KEY, encoded(entry, societe_id="12"), [TYPE]), "SCHEMA", "$.societe_id"),
        "same revision, other content": (
            (KEY, encoded(entry, lignes=[{**lignes[0], "ecriture_lib": "Autre libellé"}, *lignes[1:]]), [TYPE]),
            "REFUSED",
            f"publish a change as revision {entry.revision + 1}",
        ),
    }


def unusual_but_good(entry: Ecriture) -> list[Ecriture | Raw]:
    """Return entries that look odd and must be scored like any other."""
    line = Ligne(compte_num="471000", piece_ref="P1", ecriture_lib="Reprise des soldes", debit="1.00")
    other = Ligne(compte_num="890000", piece_ref="P1", ecriture_lib="Reprise des soldes", credit="2500.00")
    text = "Reprise du solde de clôture de l'exercice précédent, compte individuel, suivant balance auxiliaire arrêtée"
    big = replace(
        entry,
        ecriture_id="BIG",
        revision=1,
        lignes=[*[replace(line, compte_lib=text, ecriture_lib=text)] * 4_999, replace(other, credit="4999.00")],
    )
    assert len(msgspec.json.encode(big)) > 1024 * 1024  # more than Kafka takes by default
    unbalanced = replace(entry, ecriture_id="UNBALANCED", revision=1, lignes=[line, other])
    extra = encoded(replace(entry, ecriture_id="EXTRA", revision=1), couleur="vert", annexe={"a": [1, None]})
    untyped = encoded(replace(entry, ecriture_id="UNTYPED", revision=1))
    return [big, unbalanced, (KEY, extra, [TYPE]), (KEY, untyped, [])]


def as_raw(record: Ecriture | Raw) -> Raw:
    if isinstance(record, Ecriture):
        out = entry_event(record, SOURCE)
        return out.key, out.value, out.headers
    return record


def as_entry(record: Ecriture | Raw) -> Ecriture:
    return record if isinstance(record, Ecriture) else msgspec.json.decode(record[1] or b"", type=Ecriture)


def interleave(good: Sequence[Ecriture | Raw], bad: Sequence[Raw]) -> list[tuple[Raw, bool]]:
    """Return all records in one order, the bad ones spread over the second half, each with whether it is good."""
    spread = {len(good) // 2 + k * (len(good) // 2) // len(bad): raw for k, raw in enumerate(bad)}
    assert len(spread) == len(bad)
    mixed: list[tuple[Raw, bool]] = []
    for k, record in enumerate(good):
        if k in spread:
            mixed.append((spread[k], False))
        mixed.append((as_raw(record), True))
    return mixed


def test_every_bad_record_becomes_a_dead_letter_and_the_others_are_scored_as_without_it(deployment: Deployment) -> None:
    worker = deployment.start("scoring")
    events = with_gaps(generate_ledger(entries=800, seed=41, societe_id=SOCIETE).events)
    revised = {entry.ecriture_id for entry in events if entry.revision > 1}
    repeated = next(entry for entry in events[len(events) // 4 :] if entry.ecriture_id not in revised)
    odd = unusual_but_good(events[-1])
    good: list[Ecriture | Raw] = [*events[:-20], *odd, *events[-20:]]
    bad = bad_records(repeated)
    mixed = interleave(good, [raw for raw, _, _ in bad.values()])
    partition = partition_of(SOCIETE, ENTRIES.partitions)
    deployment.send(ENTRIES, [raw for raw, _ in mixed], partition)
    deployment.wait("scoring", ENTRIES, worker)

    letters = deployment.dead_letters()
    offsets = [offset for offset, (_, is_good) in enumerate(mixed) if not is_good]
    assert [int(letter.header("wb_offset")) for letter in letters] == offsets
    for letter, (name, (raw, reason, detail)) in zip(letters, bad.items(), strict=True):
        key, value, headers = raw
        assert (letter.key, letter.value) == (key, value), name
        assert letter.headers[: len(headers)] == list(headers), name
        added = letter.headers[len(headers) :]
        assert [header for header, _ in added] == ["wb_topic", "wb_partition", "wb_offset", "wb_reason", "wb_detail"]
        assert letter.header("wb_topic") == deployment.name(ENTRIES)
        assert letter.header("wb_partition") == str(partition)
        assert letter.header("wb_reason") == reason, name
        assert detail in letter.header("wb_detail"), name
        assert len(letter.header("wb_detail")) > 10, name

    seen = deployment.detections()
    assert values_of(seen) == deployment.undisturbed(map(as_entry, good))
    (unbalanced,) = [one.detection for one in seen if one.detection.ecriture_id == "UNBALANCED"]
    assert unbalanced.motifs[0].code is CodeMotif.DESEQUILIBRE


@pytest.fixture(scope="module")
def scoring(shared: Deployment) -> Iterator[Worker]:
    yield shared.start("scoring")


def test_what_was_published_is_what_was_scored_and_what_was_refused(shared: Deployment, scoring: Worker) -> None:
    """Entries that do not balance are all detected, so that the scored ones can be counted from outside."""
    before = len(shared.dead_letters())
    events = [
        event for event in generate_ledger(entries=600, seed=42, societe_id=SOCIETE).events if event.revision == 1
    ]
    wrong = [
        replace(event, lignes=[*event.lignes, Ligne(compte_num="471000", debit="77777.77", ecriture_lib="Écart")])
        for event in events
    ]
    bad = bad_records(wrong[0])
    mixed = interleave(wrong, [raw for raw, _, _ in bad.values()])
    shared.send(ENTRIES, [raw for raw, _ in mixed], partition_of(SOCIETE, ENTRIES.partitions))
    shared.wait("scoring", ENTRIES, scoring)

    told = [one.detection for one in shared.detections(SOCIETE)]
    scored = {found.ecriture_id for found in told if found.objet.type is TypeObjet.ECRITURE}
    assert scored == {event.ecriture_id for event in wrong}
    assert len(scored) + len(shared.dead_letters()) - before == len(mixed)


def test_the_strict_mode_refuses_unknown_companies_and_no_others(deployment: Deployment) -> None:
    strict: Mapping[str, str] = {"WISEBOOK_ML_STRICT": "true", "WISEBOOK_ML_SOCIETES": f"{SOCIETE},13"}
    worker = deployment.start("scoring", **strict)
    known = with_gaps(generate_ledger(entries=600, seed=43, societe_id=SOCIETE).events)
    # A company whose key goes to the same partition, so that the two stand in one order.
    home = partition_of(SOCIETE, ENTRIES.partitions)
    stranger = next(k for k in range(100, 200) if partition_of(k, ENTRIES.partitions) == home)
    unknown = generate_ledger(entries=100, seed=43, societe_id=stranger).events[:30]
    deployment.publish([*known[:400], *unknown, *known[400:]])
    deployment.wait("scoring", ENTRIES, worker)

    letters = deployment.dead_letters()
    assert [letter.value for letter in letters] == [msgspec.json.encode(event) for event in unknown]
    assert {letter.key for letter in letters} == {str(stranger).encode()}
    assert {letter.header("wb_reason") for letter in letters} == {"REFUSED"}
    assert f"company {stranger} is not known" in letters[0].header("wb_detail")
    assert "WISEBOOK_ML_SOCIETES" in letters[0].header("wb_detail")
    assert values_of(deployment.detections()) == deployment.undisturbed(known)


def entry_at_the_end_of_the_calendar(template: Ecriture) -> Ecriture:
    """Return an entry whose time of entry exists, but not in Paris."""
    return replace(template, saisie_le=dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14))))


def entry_with_more_to_say_than_a_record_takes(template: Ecriture) -> Ecriture:
    """Return an entry of 3.5 MB, which the topic takes, with two reasons that name each of its lines."""
    lines = [Ligne(compte_num="445660", debit="9")] * 100_000
    return replace(template, journal_code="VE", lignes=lines)


def test_an_entry_that_fits_its_schema_never_ends_the_worker(shared: Deployment, scoring: Worker) -> None:
    societe_id = 14
    events = with_gaps(generate_ledger(entries=400, seed=44, societe_id=societe_id).events)
    poison = [
        replace(make(events[100]), ecriture_id=f"POISON-{number}", revision=1)
        for number, make in enumerate([entry_at_the_end_of_the_calendar, entry_with_more_to_say_than_a_record_takes])
    ]
    expected = shared.undisturbed(events)
    shared.publish([*events, *poison])
    shared.wait("scoring", ENTRIES, scoring)
    seen = shared.detections(societe_id)
    assert values_of(seen)[: len(expected)] == expected
    last = [one.detection.ecriture_id for one in seen][len(expected) :]
    assert set(last) <= {entry.ecriture_id for entry in poison}
