"""The page of all figures, made of what runs have printed and people have written: nothing is run here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures.notes import Elsewhere, Notes
from bench.figures.parts import Part
from bench.figures.running import Run
from bench.results import figure_of

__all__ = ["Row", "page", "rows_of"]

Line = Mapping[str, Any]

OVERHEAD = ("bench.compiling", "bench.seconds")
"""Lines about a run, not about the project. The seconds are added up over all parts of the bench."""

BENCH_SECONDS = 1200
"""Longest run of the bench."""

NO_REASON = "**nobody has said why yet** (`bench/figures/notes.toml`)"

HEAD = """\
# Figures

All targets in one table: what was seen, and why a target that is missed is missed. Written by `make figures` from what
benchmarks and evaluations print; do not edit it. What each figure is and how it is measured:
[benchmarks](benchmarks.md), [evaluation](evaluation.md), [treasury](treasury.md), [drift](drift.md).

`make figures` runs all parts one after another, keeps their lines in `build/figures`, and goes on where it was
interrupted; a part that fails is told, and run again the next time. `make figures ONLY=bench.api,drift` runs some of
them, `ANEW=1` those that are there, too, `DATA=folder` with real ledgers, `QUICK=1` smaller, for a look, into
`build/figures/quick`.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table, in words.

    Attributes
    ----------
    figure, seen, target, compared_with, note : str
    met : bool or None
        None where nothing was measured, or nothing is wanted.
    """

    figure: str
    seen: str
    target: str
    met: bool | None
    compared_with: str = ""
    note: str = ""


def page(parts: Sequence[Part], runs: Mapping[str, Run], notes: Notes) -> str:
    """Return the page.

    Parameters
    ----------
    parts : sequence of Part
        All that there are, in their order.
    runs : mapping of str to Run
        Those that were run, by part.
    notes : Notes
    """
    rows = [row for part in parts for row in rows_of(part, runs.get(part.name), notes)]
    rows += _bench_seconds(parts, runs)
    rows += [_elsewhere(one) for one in notes.elsewhere]
    met, missed = (sum(row.met is one for row in rows) for one in (True, False))
    others = sum(row.met is None for row in rows)
    counted = f"Targets met: {met}; missed: {missed}; not measured: {others}."
    about = ("figure", "seen", "target", "met", "compared with", "why it is missed; where it was seen")
    told = ("part", "what", "commit", "date (UTC)", "machine", "took", "targets met")
    return "\n".join(
        [
            HEAD,
            "## The runs\n",
            *_markdown(told, [_provenance(part, runs.get(part.name)) for part in parts]),
            "\n## Targets\n",
            f"{counted} What misses is in bold.\n",
            *_markdown(about, [_cells(row) for row in rows]),
            "",
        ]
    )


def rows_of(part: Part, run: Run | None, notes: Notes) -> Iterator[Row]:
    """Yield the rows of a part: figures with a target, and what could not be measured.

    Parameters
    ----------
    part : Part
    run : Run, optional
        None where it was not run.
    notes : Notes
        Reasons, and which figures share a row.
    """
    if run is None:
        yield Row(f"{part.about} (`{part.name}`)", "not run", "", None, note=f"`make figures ONLY={part.name}`")
        return
    if not run.complete:
        status = run.about.get("status", "it was cut off")
        note = f"the run failed ({status}): what follows of it is what it printed until then"
        yield Row(f"{part.about} (`{part.name}`)", "failed", "", None, note=note)
    shown: set[str] = set()
    for line in run.lines:
        if line["name"] in OVERHEAD or (line["target"] is None and line["value"] is not None):
            continue
        group = notes.group(line["name"]) if line["met"] else ""
        if not group:
            yield _row(line, notes)
        elif group not in shown:
            shown.add(group)
            yield _together(
                group, [one for one in run.lines if one["met"] and notes.group(one["name"]) == group], notes
            )


def _row(line: Line, notes: Notes) -> Row:
    """Return the row of a line."""
    met = line["met"]
    note = notes.reason(line["name"], line["compared_with"]) if not met else ""
    if line["value"] is None:
        note = note or str(line.get("error") or "")
    if met is False:
        note = note or NO_REASON
    seen = "not measured" if line["value"] is None else _amount(line["value"], line["unit"])
    return Row(f"`{line['name']}`", seen, _target(line), met, line["compared_with"] or "", note)


def _together(pattern: str, lines: Sequence[Line], notes: Notes) -> Row:
    """Return the row of figures that all meet their target: the one that is nearest to missing it."""
    at_least = lines[0]["target_is"] == "at least"
    worst = (min if at_least else max)(lines, key=lambda line: float(line["value"]) / (line["target"] or 1.0))
    which = f"the {'least' if at_least else 'most'} of {len(lines)}, `{worst['name']}`"
    seen = _amount(worst["value"], worst["unit"])
    return Row(f"{notes.together[pattern]}: {which}", seen, _target(worst), True, worst["compared_with"] or "")


def _elsewhere(one: Elsewhere) -> Row:
    """Return the row of a target whose figure no part prints."""
    note = f"`{one.command}`" + (f", {one.when}" if one.when else "")
    if one.met is False:
        note = f"{one.reason or NO_REASON}; {note}"
    return Row(one.what, one.seen or "not measured", one.target, one.met, note=note)


def _bench_seconds(parts: Iterable[Part], runs: Mapping[str, Run]) -> Iterator[Row]:
    """Yield how long the whole bench has taken, where all of it was run."""
    own = [runs.get(part.name) for part in parts if part.module == "bench"]
    found = [line for run in own if run and run.complete for line in run.lines if line["name"] == "bench.seconds"]
    if own and len(found) == len(own):
        total = sum(line["value"] for line in found)
        target = f"≤ {BENCH_SECONDS:,} s"
        yield Row("`bench.seconds`, all parts of the bench", _amount(total, "s"), target, total <= BENCH_SECONDS)


def _provenance(part: Part, run: Run | None) -> tuple[str, ...]:
    """Return the cells that say where the figures of a part come from."""
    if run is None:
        return (f"`{part.name}`", part.about, "", "not run", "", "", "")
    about = run.about
    judged = [line["met"] for line in run.lines if line["met"] is not None and line["name"] not in OVERHEAD]
    commit = f"`{about.get('commit', '?')}`" + (", with changes" if about.get("dirty") else "")
    machine = (
        f"{about.get('machine', '?')}, {about.get('cores', '?')} cores, {about.get('memory', '?')} GB, "
        f"Python {about.get('python', '?')}, load {about.get('load', '?')} before"
    )
    what = part.about + (", quick" if about.get("quick") else "") + (", with real ledgers" if about.get("data") else "")
    took = f"{about['seconds'] / 60:.1f} min" if "seconds" in about else "cut off"
    if not run.complete:
        took += ", **failed**"
    return (
        f"`{part.name}`", what, commit, str(about.get("started", ""))[:16].replace("T", " "), machine, took,
        f"{sum(judged)} of {len(judged)}",
    )  # fmt: skip


def _cells(row: Row) -> tuple[str, ...]:
    seen, met = row.seen, {None: "", True: "yes", False: "**no**"}[row.met]
    if row.met is False:
        seen = f"**{seen}**"
    return (row.figure, seen, row.target, met, row.compared_with, row.note)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table, line by line."""
    for cells in (head, ["---"] * len(head), *rows):
        plain = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
        yield "".join(f"| {cell} " if cell else "| " for cell in plain) + "|"


def _target(line: Line) -> str:
    if line["target"] is None:
        return ""
    return f"{'≥' if line['target_is'] == 'at least' else '≤'} {_amount(line['target'], line['unit'])}"


def _amount(value: float, unit: str) -> str:
    return f"{figure_of(value)} {unit}".strip()
