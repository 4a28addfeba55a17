"""Result lines: JSON on stdout as they come, and a table for people on stderr at the end."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import IO, Any

__all__ = ["RATIO", "Results", "beside_recorded", "figure_of", "line_of", "table_of"]

Line = dict[str, Any]

RATIO = "times"
"""Unit of a ratio to a peer: the only figures that two machines, or a busy hour and a quiet one, can be compared by."""

MUCH = 0.2
"""A ratio that has lost more than this share is marked; less can be the roughness of a short run."""


def line_of(
    name: str,
    value: float | None,
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    compared_with: str | None = None,
    **details: object,
) -> Line:
    """Return one result.

    Parameters
    ----------
    name, value, unit
        What was measured; `value` is None where it could not be, and `error` among the details says why.
    at_least, at_most : float, optional
        The target, one of them.
    compared_with : str, optional
        What a ratio is to.
    **details : object
        Versions, sizes, repetitions: whatever helps to judge the value.

    Examples
    --------
    >>> line = line_of("decode.ratio", 2.456789, "x", at_least=2.0, compared_with="bytewax")
    >>> line["value"], line["target"], line["met"]
    (2.457, 2.0, True)
    >>> line_of("decode.ratio", None, "x", at_least=2.0, error="not installed")["met"]
    False
    """
    target = at_least if at_least is not None else at_most
    met = None
    if target is not None:
        met = value is not None and (value >= target if at_least is not None else value <= target)
    return {
        "name": name,
        "value": None if value is None else rounded(value),
        "unit": unit,
        "target": target,
        "target_is": None if target is None else "at least" if at_least is not None else "at most",
        "met": met,
        "compared_with": compared_with,
        **{key: rounded(detail) if isinstance(detail, float) else detail for key, detail in details.items()},
    }


def rounded(value: float) -> float:
    """Return a value with four significant digits, and with all digits before the point.

    Examples
    --------
    >>> rounded(123456.7), rounded(0.0123456), rounded(1.5)
    (123457.0, 0.01235, 1.5)
    """
    if value == 0 or abs(value) >= 1000:
        return float(round(value))
    return float(f"{value:.4g}")


class Results:
    """Collects lines.

    Parameters
    ----------
    common : mapping
        Details that every line of this run carries.
    out : text stream
        Where each line goes at once.
    """

    def __init__(self, common: Mapping[str, object], out: IO[str] | None = None) -> None:
        self.lines: list[Line] = []
        self._common = dict(common)
        self._out = out or sys.stdout

    def add(self, line: Line) -> None:
        """Print and keep a line."""
        line = {**line, **self._common}
        self.lines.append(line)
        print(json.dumps(line, ensure_ascii=False), file=self._out, flush=True)


def table_of(lines: list[Line]) -> str:
    """Return the lines as a table for people."""
    rows = [("what", "value", "unit", "target", "met")]
    for line in lines:
        name = line["name"] + (f" (against {line['compared_with']})" if line["compared_with"] else "")
        sign = {"at least": "≥ ", "at most": "≤ ", None: ""}[line["target_is"]]
        met = {None: "", True: "yes", False: "NO"}[line["met"]]
        rows.append((name, _shown(line["value"], "failed"), line["unit"], sign + _shown(line["target"], ""), met))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    shown = [
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    ]
    shown.insert(1, "-" * max(map(len, shown)))
    return "\n".join(shown)


def beside_recorded(lines: Sequence[Line], recorded: Sequence[Line]) -> str:
    """Return the ratios of a run beside recorded ones, with a mark where one has become much worse.

    Parameters
    ----------
    lines, recorded : sequence of dict
        Of this run and of an earlier one, in any order. Absolute figures are passed over: they are of their machine.

    Examples
    --------
    >>> then = [line_of("core.ratio", 1.4, RATIO, compared_with="bytewax")]
    >>> print(beside_recorded([line_of("core.ratio", 1.0, RATIO, compared_with="bytewax")], then))
    core.ratio (against bytewax): 1 times, recorded 1.4 (-29 %)  << WORSE
    """
    now = {(line["name"], line["compared_with"]): line["value"] for line in lines}
    told = []
    for line in recorded:
        key = line["name"], line["compared_with"]
        if line["unit"] != RATIO or line["value"] is None:
            continue
        head = f"{line['name']} (against {line['compared_with']})"
        value = now.get(key)
        if value is None:
            told.append(f"{head}: NOT MEASURED, recorded {figure_of(line['value'])}")
            continue
        change = f"{100 * (value / line['value'] - 1):+.0f} %"
        mark = "  << WORSE" if value < (1 - MUCH) * line["value"] else ""
        told.append(f"{head}: {figure_of(value)} {RATIO}, recorded {figure_of(line['value'])} ({change}){mark}")
    return "\n".join(told)


def figure_of(value: float) -> str:
    """Return a number as people read it.

    Examples
    --------
    >>> figure_of(169313.0), figure_of(0.0123)
    ('169,313', '0.0123')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _shown(value: float | None, missing: str) -> str:
    return missing if value is None else figure_of(value)
