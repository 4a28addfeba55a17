"""Files of a ledger: events, labels, verdicts and treasury as JSON Lines, the company, and one FEC per fiscal year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec

from schemas import Avis
from schemas.entry import Ecriture
from wisebook_ml.fec.writer import fec_file_name, write_fec
from wisebook_ml.generator.final_state import final_state
from wisebook_ml.generator.generate import Ledger, LedgerStream
from wisebook_ml.generator.publish import Publication
from wisebook_ml.generator.treasury import treasury_positions
from wisebook_ml.generator.verdicts import SHARE, judge_ledger

__all__ = ["Written", "write_ledger"]


class Written(msgspec.Struct, frozen=True):
    """What was written where."""

    evenements: int
    ecritures: int
    etiquettes: int
    fichiers: list[Path]
    avis: int = 0
    positions: int = 0


def write_ledger(
    ledger: Ledger | LedgerStream,
    folder: Path,
    *,
    verdict_rate: float = SHARE,
    progress: Callable[[int], None] = lambda _: None,
) -> Written:
    """Write a ledger into a folder.

    Parameters
    ----------
    ledger : Ledger or LedgerStream
        A stream is written while it is made.
    folder : Path
        Made when missing. Files: ``events.jsonl`` (each line the exact bytes of an event's value),
        ``labels.jsonl``, ``company.json`` and ``{siren}FEC{AAAAMMJJ}.txt`` for each fiscal year; ``avis.jsonl``, the
        verdicts of an accountant, each with its moment (`publie_le`); ``corrections.jsonl``, the events with which
        that accountant mends mistakes, to be published after the others; ``tresorerie.jsonl``, the bank accounts.
    verdict_rate : float
        Share of the entries that the accountant looks at.
    progress : callable
        Called with the number of new entries every now and then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder()
    seen: list[Publication] = []
    new = 0
    publications = ledger.publications if isinstance(ledger, Ledger) else ledger
    with (folder / "events.jsonl").open("wb") as file:
        for publication in publications:
            ecriture = publication.ecriture
            file.write(encoder.encode(ecriture) + b"\n")
            seen.append(publication)
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
    seed = ledger.company.seed
    judged = judge_ledger(seen, ledger.labels, seed=seed, share=verdict_rate)
    positions = treasury_positions(seen, seed=seed)
    for name, lines in (
        ("avis.jsonl", (dated_line(le, avis) for le, avis in judged.avis)),
        ("corrections.jsonl", (encoder.encode(one.ecriture) for one in (*judged.corrections, *judged.rectifications))),
        ("tresorerie.jsonl", (encoder.encode(position) for position in positions)),
    ):
        with (folder / name).open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
        paths.append(folder / name)
    last = {one.ecriture.ecriture_id: one.ecriture for one in seen}
    years: dict[str, list[Ecriture]] = {}
    for ecriture in final_state(last.values(), cloture=True):
        years.setdefault(str(ecriture.exercice), []).append(ecriture)
    for exercice, ecritures in sorted(years.items()):
        end = dt.date.fromisoformat(exercice.partition("/")[2])
        path = folder / fec_file_name(ledger.company.siren, end)
        ecritures.sort(key=lambda one: (one.ecriture_date, one.journal_code, one.ecriture_id))
        write_fec(ecritures, path)
        paths.append(path)
    return Written(len(seen), len(last), len(ledger.labels), paths, len(judged.avis), len(positions))


def dated_line(le: dt.datetime, avis: Avis) -> bytes:
    """Return a verdict as JSON, with the moment at which it is given in a field that the record does not have."""
    return msgspec.json.encode({**msgspec.to_builtins(avis), "publie_le": le.isoformat()})
