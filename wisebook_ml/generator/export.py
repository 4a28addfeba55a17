"""Files of a ledger: events and labels as JSON Lines, the company, and one FEC per fiscal year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from schemas.entry import Ecriture
from schemas.enums import Operation
from wisebook_ml.generator.generate import Ledger, LedgerStream

__all__ = ["Written", "final_state", "write_ledger"]

CLOSING_DAYS = 90
"""Days after the year's end at which the books are closed, and with them every entry validated."""


class Written(msgspec.Struct, frozen=True):
    """What was written where."""

    evenements: int
    ecritures: int
    etiquettes: int
    fichiers: list[Path]


def final_state(ecritures: Iterable[Ecriture], *, cloture: bool = False) -> list[Ecriture]:
    """Return the last revision of every entry that was not deleted.

    Parameters
    ----------
    cloture : bool
        Give entries without a validation date the day on which their fiscal year was closed, as the FEC of a
        closed year has it.
    """
    last: dict[str, Ecriture] = {}
    for ecriture in ecritures:
        last[ecriture.ecriture_id] = ecriture
    kept = [one for one in last.values() if one.operation is not Operation.SUPPRESSION]
    if cloture:
        kept = [one if one.valid_date else replace(one, valid_date=_closing_day(one)) for one in kept]
    return kept


def _closing_day(ecriture: Ecriture) -> dt.date:
    end = dt.date.fromisoformat(str(ecriture.exercice).partition("/")[2])
    return end + dt.timedelta(days=CLOSING_DAYS)


def write_ledger(
    ledger: Ledger | LedgerStream, folder: Path, *, progress: Callable[[int], None] = lambda _: None
) -> Written:
    """Write a ledger into a folder.

    Parameters
    ----------
    ledger : Ledger or LedgerStream
        A stream is written while it is made.
    folder : Path
        Made when missing. Files: ``events.jsonl`` (each line the exact bytes of an event's value),
        ``labels.jsonl``, ``company.json`` and ``{siren}FEC{AAAAMMJJ}.txt`` for each fiscal year.
    progress : callable
        Called with the number of new entries every now and then.
    """
    from wisebook_ml.fec.writer import fec_file_name, write_fec

    folder.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder()
    last: dict[str, Ecriture] = {}
    events = new = 0
    publications = ledger.publications if isinstance(ledger, Ledger) else ledger
    with (folder / "events.jsonl").open("wb") as file:
        for _, ecriture in publications:
            file.write(encoder.encode(ecriture) + b"\n")
            last[ecriture.ecriture_id] = ecriture
            events += 1
            new += ecriture.revision == 1
            if new >= 500:
                progress(new)
                new = 0
    progress(new)
    with (folder / "labels.jsonl").open("wb") as file:
        file.writelines(encoder.encode(label) + b"\n" for label in ledger.labels)
    company = msgspec.json.format(encoder.encode(ledger.company.describe()), indent=2)
    (folder / "company.json").write_bytes(company + b"\n")
    paths = [folder / name for name in ("events.jsonl", "labels.jsonl", "company.json")]
    years: dict[str, list[Ecriture]] = {}
    for ecriture in final_state(last.values(), cloture=True):
        years.setdefault(str(ecriture.exercice), []).append(ecriture)
    for exercice, ecritures in sorted(years.items()):
        end = dt.date.fromisoformat(exercice.partition("/")[2])
        path = folder / fec_file_name(ledger.company.siren, end)
        ecritures.sort(key=lambda one: (one.ecriture_date, one.journal_code, one.ecriture_id))
        write_fec(ecritures, path)
        paths.append(path)
    return Written(events, len(last), len(ledger.labels), paths)
