"""`wisebook-ml generate`: write a made-up company's ledger with labelled anomalies."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from wisebook_ml.generator import stream_ledger, write_ledger

__all__ = ["generate"]


@click.command()
@click.option(
    "--entries", default=20_000, show_default=True, type=click.IntRange(min=1), help="About how many entries."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same files, byte by byte.")
@click.option("--societe", default=1, show_default=True, type=click.IntRange(min=1), help="Number of the company.")
@click.option("--years", default=1, show_default=True, type=click.IntRange(min=1), help="Fiscal years to spread over.")
@click.option(
    "--anomaly-rate", default=0.01, show_default=True, type=click.FloatRange(0, 0.2), help="Anomalies per entry."
)
@click.option(
    "--twin-rate",
    default=0.01,
    show_default=True,
    type=click.FloatRange(0, 0.2),
    help="Legitimate look-alikes per entry.",
)
@click.option(
    "--verdict-rate",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the entries on which an accountant gives a verdict.",
)
@click.option(
    "--start",
    default="2024-01-01",
    show_default=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the first fiscal year; the first of a month.",
)
@click.option(
    "--out",
    default="ledger",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write.",
)
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON on standard output.")
def generate(
    entries: int, seed: int, societe: int, years: int, anomaly_rate: float, twin_rate: float, verdict_rate: float,
    start: dt.datetime, out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Write the books of a made-up French company: events, labels, verdicts, treasury, and its FEC.

    Publish them in this order: `publish events` with events.jsonl, then with corrections.jsonl; `publish feedback` with
    avis.jsonl; `publish treasury` with tresorerie.jsonl.
    """
    try:
        stream = stream_ledger(
            entries=entries,
            seed=seed,
            societe_id=societe,
            start=start.date(),
            years=years,
            anomaly_rate=anomaly_rate,
            twin_rate=twin_rate,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Generating entries", total=entries)
        written = write_ledger(
            stream, out, verdict_rate=verdict_rate, progress=lambda count: progress.advance(task, count)
        )
    anomalies = len({label.cas for label in stream.labels if not label.jumeau})
    if as_json:
        report = {
            "societe": stream.company.describe()["nom"],
            "siren": stream.company.siren,
            "evenements": written.evenements,
            "ecritures": written.ecritures,
            "etiquettes": written.etiquettes,
            "anomalies": anomalies,
            "avis": written.avis,
            "positions": written.positions,
            "fichiers": [str(path) for path in written.fichiers],
        }
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    click.echo(
        f"{stream.company.nom} (SIREN {stream.company.siren}): {written.ecritures} entries in "
        f"{written.evenements} events, {anomalies} planted anomalies, {written.avis} verdicts."
    )
    for path in written.fichiers:
        click.echo(f"  {path}")
