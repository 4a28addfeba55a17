"""Entries made so that everything collides: few ids, accounts, third parties, authors, days and amounts."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from schemas import Ecriture, Ligne, Operation, Origine, from_minor

T = TypeVar("T")
Pick = Callable[[Sequence[T]], T]
"""Chooses one of several: a random generator, or hypothesis."""

FIRST_DAY = dt.date(2024, 2, 26)
ACCOUNTS = ("401000", "401DURAND", "411000", "512000", "606300", "606400", "218300", "445660", "X")
PARTIES = ("", "", "DURAND", "MARTIN", "PETIT")
NAMES = (
    *("", "", "DUPONT", "Dupont", "DUPOND SA", "DUPONT S.A.", "MAGASIN 1", "MAGASIN 2", "ÉTIENNE", "ETIENE", "EDF"),
    *("Durand", "DURAND SA", "Durand Nord", "Durand Nord Est", "DE LA", "Petit"),
)
PIECES = ("", "", "F-1729", "F-1792", "F-1728", "F-17291", "LOYER", "12", "A1234567890123456789012345678")
LABELS = ("", "Facture 1", "Facture 2", "Avoir", "Loyer mars")
CENTS = (0, 1, 97_00, 100_00, 500_00, 970_00, 990_00, 1_200_00, 4_800_00, 10**12)
OPERATIONS = (*[Operation.CREATION] * 5, *[Operation.MODIFICATION] * 3, Operation.VALIDATION, Operation.SUPPRESSION)
MINUTES = (0, 1, 2, 9, 10, 11, 60, 60 * 24, 60 * 24 * 40, 60 * 24 * 90)


def make_line(pick: Pick[Any], accounts: Sequence[str], parties: Sequence[str], piece: str, label: str) -> Ligne:
    """Return a line; one in ten is negative, and one in ten stands on both sides."""
    cents = pick(CENTS) * pick((1,) * 9 + (-1,))
    debit, credit = pick(((cents, 0),) * 5 + ((0, cents),) * 4 + ((cents, pick(CENTS)),))
    return Ligne(
        compte_num=pick(accounts),
        comp_aux_num=pick(parties),
        comp_aux_lib=pick(NAMES),
        piece_ref=pick((piece, piece, piece, "")),
        ecriture_lib=label,
        debit=from_minor(debit),
        credit=from_minor(credit),
        iban_empreinte=pick(("", "", "a1", "b2")),
    )


def make_entry(
    pick: Pick[Any],
    *,
    ids: int = 12,
    sizes: Sequence[int] = (1, 2, 2, 2, 3, 4, 14),
    accounts: Sequence[str] = ACCOUNTS,
    parties: Sequence[str] = PARTIES,
) -> Ecriture:
    """Return an entry of one of three companies, which may be a revision, a repetition or a contradiction."""
    day = FIRST_DAY + dt.timedelta(pick((0, 0, 1, 2, 5, 6, 7, 8, 15, 16, 40, 59, 61, 400, 401)))
    piece, label, party = pick(PIECES), pick(LABELS), pick(parties)
    if pick((False, True)):  # a document of one third party
        piece, parties = f"F-17{party}", (party,)
    lines = [make_line(pick, accounts, parties, piece, label) for _ in range(pick(sizes))]
    if pick((False, True)) and len(lines) > 1:  # balanced by its last line, as most are
        lines = mirrored(lines[: max(1, len(lines) // 2)])
    return Ecriture(
        societe_id=pick((1, 1, 2, 3)),
        ecriture_id=f"E{pick(range(ids))}",
        revision=pick((1, 1, 1, 2, 3, 4)),
        operation=pick(OPERATIONS),
        exercice=pick((None, "2024")),
        journal_code=pick(("AC", "AC", "BQ")),
        ecriture_num=pick(("", "A", "1", "2", "3", "3", "4", "9", "AC7", "AC8")),
        ecriture_date=day,
        valid_date=pick((None, None, None, dt.date(2024, 12, 31))),
        saisie_par=pick(("", "anne", "anne", "luc")),
        saisie_le=pick(
            (
                None,
                dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
                dt.datetime.max.replace(tzinfo=dt.UTC),
                *[dt.datetime(2024, 3, 1, 22, 30, tzinfo=dt.UTC) + dt.timedelta(minutes=m) for m in MINUTES],
            )
        ),
        origine=pick((None, Origine.MANUELLE, Origine.AUTOMATIQUE)),
        lignes=lines,
    )


def mirrored(lines: Sequence[Ligne]) -> list[Ligne]:
    """Return lines with their opposites."""
    against = [
        Ligne(compte_num="512000", debit=line.credit, credit=line.debit, piece_ref=line.piece_ref) for line in lines
    ]
    return [*lines, *against]


@st.composite
def streams(draw: st.DrawFn, longest: int = 25) -> list[Ecriture]:
    """Return a strategy of short streams."""

    def pick(choices: Sequence[Any]) -> Any:
        return draw(st.sampled_from(choices))

    return [make_entry(pick) for _ in range(draw(st.integers(1, longest)))]


def random_stream(seed: int, length: int, **shape: Any) -> list[Ecriture]:
    """Return a long stream."""
    pick = random.Random(seed).choice
    return [make_entry(pick, **shape) for _ in range(length)]


def wide_stream(seed: int, length: int) -> list[Ecriture]:
    """Return entries over thousands of accounts and third parties, some of hundreds of lines."""
    return random_stream(
        seed,
        length,
        ids=10**6,
        sizes=(2, 3, 5, 8, *(30,) * 2, 300) if length < 500 else (2, 2, 3, 3, 4, 5, 12, 40),
        accounts=[f"{6 + k % 2}{k:05}" for k in range(3000)] + ["401000"] * 500,
        parties=["", *(f"P{k}" for k in range(3000))],
    )
