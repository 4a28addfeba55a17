"""A window's values: what is told of its journals, bounded, published and put together."""

import datetime as dt

import msgspec

from schemas import Fenetre, FenetreJournal, Pas
from wisebook_ml.windows.events import Counted, Slice
from wisebook_ml.windows.fold import WindowFold
from wisebook_ml.windows.keys import Cle, key_of
from wisebook_ml.windows.pane import MOST_JOURNALS, Pane, apart, as_published, decode_window, encode_window, further

NOON = int(dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC).timestamp())
CLE = Cle(7, Pas.HEURE, NOON)


def slices(*journals: str) -> list[Slice]:
    return [Slice(NOON, journal, 1, 2, 150, (0, 1)) for journal in journals]


def test_a_code_for_each_entry_does_not_make_a_value_without_bounds() -> None:
    pane = Pane(CLE)
    codes = [f"{k:064}" for k in range(10_000)]
    pane.add_block(0, 1024, slices(*codes, codes[0]))
    window = pane.record()
    assert (window.ecritures, len(window.journaux)) == (10_001, MOST_JOURNALS)
    assert window.journaux[codes[0]] == FenetreJournal(ecritures=2, lignes=4, centimes=300, scores=[0, 2])
    assert len(encode_window(window)) < 100_000


def test_the_same_counts_are_the_same_bytes_in_whatever_order_they_came() -> None:
    one, other = Pane(CLE), Pane(CLE)
    one.add_block(0, 9, slices("VE", "AC"))
    other.add_block(0, 9, slices("AC", "VE"))
    assert encode_window(one.record()) == encode_window(other.record())
    assert encode_window(Pane(CLE, decode_window(encode_window(one.record()))).record()) == encode_window(one.record())


def test_a_published_value_is_what_its_record_would_be() -> None:
    pane = Pane(CLE)
    pane.add_block(0, 9, slices("VE"))
    value = encode_window(pane.record())
    pane.published()
    assert as_published(value) == encode_window(pane.record())
    pane.add_block(9, 10, slices("VE"))
    assert not pane.record().publiee


def test_rows_stay_as_they_are_while_their_window_goes_on() -> None:
    table: dict[bytes, bytes | None] = {}
    fold = WindowFold(table.get)
    table.update(fold.fold([Counted(7, 0, 9, None, slices("VE"))]))
    rows = fold.unpublished()
    before = [(row.window.ecritures, row.window.scores, row.journaux) for row in rows]
    table.update(fold.fold([Counted(7, 9, 12, None, slices("VE", "AC"))]))
    assert [(row.window.ecritures, row.window.scores.copy(), row.journaux) for row in rows] == before
    assert fold.published(rows) == []
    assert [row.journaux for row in fold.unpublished()] == [{"AC": 1, "VE": 2}] * 2


def test_journals_of_two_values_are_put_together_by_stream() -> None:
    def window(**journaux: FenetreJournal) -> Fenetre:
        return Fenetre(societe_id=7, pas=Pas.HEURE, debut=dt.datetime.fromtimestamp(NOON, dt.UTC), journaux=journaux)

    counted = window(VE=FenetreJournal(ecritures=9), AC=FenetreJournal(ecritures=1))
    found = window(VE=FenetreJournal(ecritures=4, detections={"DOUBLON": 2}), OD=FenetreJournal(severites={"INFO": 1}))
    both = further(
        msgspec.structs.replace(counted, jusque=90),
        msgspec.structs.replace(found, jusque=80, detections={"DOUBLON": 2}),
    )
    assert both.journaux == {
        "AC": FenetreJournal(ecritures=1),
        "OD": FenetreJournal(severites={"INFO": 1}),
        "VE": FenetreJournal(ecritures=9, detections={"DOUBLON": 2}),
    }
    assert [(one.journal_code, one.ecritures) for one in apart(both)] == [("", 0), ("AC", 1), ("OD", 0), ("VE", 9)]


def test_keys() -> None:
    assert key_of(CLE) == b"7/HEURE/2025-06-30T12:00:00Z"
