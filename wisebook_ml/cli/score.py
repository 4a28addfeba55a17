"""``wisebook-ml score FILE``: the scoring core on a file, without any broker."""

import time
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from msgspec.structs import replace

from schemas import Activation, Detection, Ecriture, Etat, Reglage, VersionModele
from wisebook_ml.artefacts import DESCRIPTION, ArtefactStore
from wisebook_ml.cli.compile import announce_compiling
from wisebook_ml.cli.fec import fail_fec
from wisebook_ml.cli.show import show_detections, show_rejected
from wisebook_ml.fec import NotAFecError
from wisebook_ml.files import read_ledger
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.scoring.stream import Event, LedgerScorer
from wisebook_ml.settings import get_settings
from wisebook_ml.tuning.checks import faults
from wisebook_ml.tuning.reading import read_file

__all__ = ["score"]

RUN = 1_000
"""Entries scored at once, as a worker does."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one detection per line, as on the topic.")
@click.option("--societe", type=click.IntRange(min=1), default=1, show_default=True, help="Company of a FEC.")
@click.option("--model", type=click.Path(exists=True, path_type=Path), help="Folder of a model version to score with.")
@click.option("--settings", "chosen", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Settings to score with, as `settings show --json` prints them.")  # fmt: skip
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Detections shown.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language of reasons.")
@click.pass_context
def score(
    context: click.Context,
    file: Path,
    as_json: bool,
    societe: int,
    model: Path | None,
    chosen: Path | None,
    top: int,
    lang: str,
) -> None:
    """Score the entries of FILE, a FEC or a file of entry events (.jsonl), with the core that workers use.

    Detections go to standard output, a summary to standard error. Exit status: 0; 1 if lines of the file were
    rejected (the others are scored); 2 if the file is no ledger.
    """
    try:
        ledger = read_ledger(file, societe)
        entries = ledger.entries
        societes = sorted({entry.societe_id for entry in entries})
        events: list[Event] = [*(_activation(model, number) for number in societes if model)]
        if chosen is not None:
            events += _settings(chosen, societes)
        events += entries
    except NotAFecError as error:
        fail_fec(context, error.message(lang), as_json, file, error.line)
        return
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    show_rejected(ledger.rejected)
    if not entries:
        raise click.ClickException(f"{file}: no line of it is an entry")
    announce_compiling()
    scorer = new_scorer(get_settings())
    started = time.perf_counter()
    found, refused = _run(scorer, events, as_json=as_json)
    seconds = time.perf_counter() - started
    opened = {detection.detection_id: detection for detection in found}
    still = [detection for detection in opened.values() if detection.etat is Etat.OUVERTE]
    if not as_json:
        show_detections(sorted(still, key=lambda d: -d.score)[:top], _by_id(entries), lang)
    lines = sum(len(entry.lignes) for entry in entries)
    click.echo(
        f"{len(entries)} entries, {lines} lines scored in {seconds:.1f} s ({lines / max(seconds, 1e-9):,.0f} lines/s): "
        f"{len(still)} open detections, {len(found)} records",
        err=True,
    )
    context.exit(1 if ledger.rejected or refused else 0)


def _run(scorer: LedgerScorer, events: list[Event], *, as_json: bool) -> tuple[list[Detection], int]:
    """Return the detections, and how many events were refused."""
    found, rejected = [], 0
    for start in range(0, len(events), RUN):
        outcome = scorer.process(events[start : start + RUN])
        for _, detection in outcome.detections:
            found.append(detection)
            if as_json:
                click.echo(encode_detection(detection))
        for refused in outcome.refused:
            click.echo(refused.reason, err=True)
            rejected += 1
    return found, rejected


def _activation(model: Path, societe: int) -> Activation:
    """Return the marker that puts a model folder in force from the first entry on."""
    try:
        version = msgspec.json.decode((model / DESCRIPTION).read_bytes(), type=VersionModele)
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"{model} is no folder of a model version: {error}") from error
    ArtefactStore.of(get_settings()).read(version)  # a broken one is an error here, not a line among many
    return Activation(societe_id=societe, version=version)


def _settings(path: Path, societes: Sequence[int]) -> list[Reglage]:
    """Return the markers that put settings in force for companies, from the first entry on."""
    parametres = read_file(path)
    found = faults(parametres)
    if found:
        raise ValueError(f"{path}: {'; '.join(found)}")
    return [Reglage(societe_id=number, parametres=replace(parametres, societe_id=number)) for number in societes]


def _by_id(entries: list[Ecriture]) -> dict[str, Ecriture]:
    return {entry.ecriture_id: entry for entry in entries}
