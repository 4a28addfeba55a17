"""``wisebook-ml score FILE``: the scoring core on a file, without any broker."""

import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import click
import msgspec
import numpy as np

from schemas import Activation, Detection, Ecriture, Etat, Parametres, Reglage, Severite, Tick, VersionModele
from wisebook_ml.artefacts import DESCRIPTION, ArtefactStore
from wisebook_ml.cli.compile import announce_compiling
from wisebook_ml.cli.fec import fail_fec
from wisebook_ml.cli.settings_file import read_settings, settings_of
from wisebook_ml.cli.show import by_id, show_detections, show_rejected
from wisebook_ml.cli.summary import Company, off_lines, show_summary, summarise
from wisebook_ml.controls.texts import count_fr, number_fr
from wisebook_ml.fec import NotAFecError
from wisebook_ml.files.ledgers import read_ledger
from wisebook_ml.handbook.fields import switched_off
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.supplied import Supplied
from wisebook_ml.ledger.vocabulary import vocabulary
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.scoring.events import Marker
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.settings import get_settings

__all__ = ["score"]

RUN = 1_000
"""Entries scored at once, as a worker does."""

_LEVELS = tuple(Severite)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one detection per line, as on the topic.")
@click.option("--societe", type=click.IntRange(min=1), default=1, show_default=True, help="Company of a FEC.")
@click.option(
    "--model",
    "models",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    help="Folder of a model version to score with; once for each kind of model.",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with settings of companies (JSON) to score with.",
)
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Detections shown.")
@click.option(
    "--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language of the output."
)
@click.pass_context
def score(
    context: click.Context,
    file: Path,
    as_json: bool,
    societe: int,
    models: tuple[Path, ...],
    settings_file: Path | None,
    top: int,
    lang: str,
) -> None:
    """Score the entries of FILE, a FEC or a file of entry events (.jsonl), with the core that workers use.

    The most serious detections and a summary go to standard output; with --json the records alone do, as on the
    topic. What was rejected, and how long it took, goes to standard error. Exit status: 0; 1 if lines of the file
    were rejected (the others are scored); 2 if the file is no ledger.
    """
    try:
        ledger = read_ledger(file, societe)
        entries = ledger.entries
        societes = sorted({entry.societe_id for entry in entries})
        settings = read_settings(settings_file) if settings_file else []
        markers: list[Marker] = [Reglage(societe_id=one.societe_id, parametres=one) for one in settings]
        markers += [_activation(one, number) for number in societes for one in models]
        _check_kinds(markers)
    except NotAFecError as error:
        fail_fec(context, error.message(lang), as_json, file, error.line)
        return
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    show_rejected(ledger.rejected)
    if not entries:
        raise click.ClickException(f"{file}: no line of it is an entry")
    announce_compiling()
    started = time.perf_counter()
    run = _run(new_scorer(get_settings()), markers, entries, ledger.closing, as_json=as_json)
    seconds = time.perf_counter() - started
    _report(run, {number: settings_of(settings, number) for number in societes}, as_json=as_json, top=top, lang=lang)
    click.echo(_timing(run, entries, seconds, lang), err=True)
    context.exit(1 if ledger.rejected or run.refused else 0)


@dataclass(slots=True)
class _Run:
    """What came of a ledger: its entries as they stand, its detections by id, and which fields it gives."""

    entries: list[Ecriture] = field(default_factory=list)
    latest: dict[uuid.UUID, Detection] = field(default_factory=dict)
    supplied: Supplied = field(default_factory=Supplied)
    records: int = 0
    refused: int = 0

    @property
    def standing(self) -> list[Detection]:
        """The open detections, most serious first: by severity (the score and the amount at stake), then by score."""
        still = [found for found in self.latest.values() if found.etat is Etat.OUVERTE]
        return sorted(still, key=lambda found: (-_LEVELS.index(found.severite), -found.score))


def _run(
    scorer: LedgerScorer, markers: list[Marker], entries: list[Ecriture], closing: Tick | None, *, as_json: bool
) -> _Run:
    """Score entries, after markers, and before the tick that closes a file which has all of a year."""
    run, places = _Run(), np.arange(RUN, dtype=np.int64)
    before = [(0, marker) for marker in markers]
    for start in range(0, len(entries), RUN):
        batch = EntryBatch.from_entries(entries[start : start + RUN])
        ends = closing is not None and start + RUN >= len(entries)
        after: list[tuple[int, Marker]] = [(len(batch), closing)] if ends and closing else []
        outcome = scorer.score(batch, places[: len(batch)], [*before, *after])
        before = []
        for _, detection in outcome.detections:
            run.latest[detection.detection_id] = detection
            run.records += 1
            if as_json:
                click.echo(encode_detection(detection))
        for refused in outcome.refused:
            click.echo(refused.reason, err=True)
            run.refused += 1
        scored = batch.select(outcome.scored)
        run.supplied.add(scored, facts_of(scored, vocabulary()))
        run.entries += [entries[start + position] for position in outcome.scored.tolist()]
    return run


def _timing(run: _Run, read: list[Ecriture], seconds: float, lang: str) -> str:
    """Return what was read, how long scoring it took, and what came of it."""
    entries, lines = len(read), sum(len(entry.lignes) for entry in read)
    rate, standing = lines / max(seconds, 1e-9), len(run.standing)
    if lang == "fr":
        return (
            f"{count_fr(entries, 'écriture', 'écritures')}, {count_fr(lines, 'ligne', 'lignes')} en "
            f"{number_fr(seconds)} s ({number_fr(rate, 0)} lignes/s) : "
            f"{count_fr(standing, 'détection ouverte', 'détections ouvertes')}, "
            f"{count_fr(run.records, 'message', 'messages')}"
        )
    return (
        f"{entries} entries, {lines} lines scored in {seconds:.1f} s ({rate:,.0f} lines/s): "
        f"{standing} open detections, {run.records} records"
    )


def _report(run: _Run, settings: dict[int, Parametres], *, as_json: bool, top: int, lang: str) -> None:
    """Show the most serious detections and what it all comes to; with JSON, only which controls were off."""
    names = by_id(run.entries)
    off = {number: switched_off(run.supplied, number) for number in settings}
    companies: list[Company] = summarise(names.values(), run.standing, settings, off)
    if as_json:
        for line in off_lines(companies, lang):
            click.echo(line, err=True)
        return
    show_detections(run.standing[:top], names, lang)
    show_summary(companies, lang)


def _check_kinds(markers: list[Marker]) -> None:
    """Raise where two models of one kind are given: the later would replace the earlier without a word."""
    kinds = [(one.societe_id, one.version.type_modele) for one in markers if isinstance(one, Activation)]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise ValueError(
                f"--model gives two {kind[1].value} models, and one of a kind can be in force; leave one out"
            )


def _activation(model: Path, societe: int) -> Activation:
    """Return the marker that puts a model folder in force from the first entry on."""
    try:
        version = msgspec.json.decode((model / DESCRIPTION).read_bytes(), type=VersionModele)
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"{model} is no folder of a model version: {error}") from error
    ArtefactStore.of(get_settings()).read(version)  # a broken one is an error here, not a line among many
    return Activation(societe_id=societe, version=version)
