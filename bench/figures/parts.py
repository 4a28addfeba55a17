"""What ``make figures`` runs, in its order: pieces short enough to be run again after an interruption."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PARTS", "Part", "chosen"]


@dataclass(frozen=True, slots=True)
class Part:
    """One run of a program that prints lines (`bench.results.line_of`).

    Parameters
    ----------
    name : str
        Its group, and what of it: ``bench.speed``.
    about : str
        What it measures, for people.
    module : str
        What ``python -m`` runs.
    only : str
        What of that.
    minutes : int
        About how long a full run takes on two quiet cores.
    """

    name: str
    about: str
    module: str
    only: str
    minutes: int

    def arguments(self, *, quick: bool, data: Path | None = None, pictures: Path | None = None) -> list[str]:
        """Return what follows ``python``.

        Parameters
        ----------
        quick : bool
            Smaller and once, for a look.
        data : Path, optional
            Folder with real ledgers; benchmarks need none.
        pictures : Path, optional
            Folder for the pictures of evaluations.
        """
        told = ["-m", self.module, "--only", self.only]
        if quick:
            told.append("--quick")
        if self.module == "bench.evaluate":
            told += ["--data", str(data)] if data else []
            told += ["--pictures", str(pictures)] if pictures else []
        return told


BENCH, EVALUATE = "bench", "bench.evaluate"

MODELS = "accounts,risk,segments,verdicts,forecasts"

PARTS = (
    Part("bench.decode", "decoding beside Bytewax, Quix Streams and plain Faust", BENCH, "a", 4),
    Part("bench.scoring", "the core, whole scoring live, bulk, the cost of the guarantee", BENCH, "b1,b2,c,g", 5),
    Part("bench.service", "latency, memory, start and recovery", BENCH, "d,e,f", 4),
    Part("bench.models", "the compiled forest, trainings, opinions", BENCH, "h,i,k", 4),
    Part("bench.swap", "entries around new versions of models", BENCH, "j", 2),
    Part("bench.counting", "counting for statistics and drift, alerts", BENCH, "l,m", 4),
    Part("bench.replay", "published entries scored again, alone and beside live ones", BENCH, "p", 3),
    Part("bench.api", "lists over a million detections, predictions over HTTP", BENCH, "n,o", 5),
    Part("evaluate.models", "accounts, client risk, segments, verdicts, forecasts", EVALUATE, MODELS, 8),
    Part("evaluate.detection", "planted anomalies, beside peers", EVALUATE, "detection", 10),
    Part("treasury", "forecasts of cash, intervals, alarms, beside peers", EVALUATE, "treasury", 14),
    Part("drift", "false alarms and planted drift, beside Evidently and river", EVALUATE, "drift", 18),
)
"""All parts. Their lines are of one kind, so that a new benchmark only has to be named by one of them."""


def chosen(only: str = "", parts: Sequence[Part] = PARTS) -> list[Part]:
    """Return the parts that are asked for: by name, or by group.

    Parameters
    ----------
    only : str
        Names and groups, comma-separated; empty for all.
    parts : sequence of Part

    Raises
    ------
    ValueError
        Where there is no such part.

    Examples
    --------
    >>> [part.name for part in chosen("evaluate,drift")]
    ['evaluate.models', 'evaluate.detection', 'drift']
    """
    wanted = [one.strip() for one in only.split(",") if one.strip()]
    known = {name for part in parts for name in (part.name, part.name.partition(".")[0])}
    if unknown := [one for one in wanted if one not in known]:
        raise ValueError(f"there is no part {', '.join(unknown)}; there are {', '.join(part.name for part in parts)}")
    return [part for part in parts if not wanted or {part.name, part.name.partition(".")[0]} & set(wanted)]
