"""Write ``docs/controls.md`` from what the code declares, or check that the written one is up to date.

Run from the top of the repository: ``python -m wisebook_ml.handbook.document write|check``.
"""

import difflib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import wisebook_ml
from wisebook_ml.handbook.catalogue import Check, Kind, checks
from wisebook_ml.scoring.judge import HABITUAL_RATE, REPEATED

__all__ = ["PATH", "document", "main", "stale"]

PATH = Path(wisebook_ml.__file__).parents[1] / "docs" / "controls.md"

USAGE = "usage: python -m wisebook_ml.handbook.document write|check"
STALE, MISUSE = 1, 2
"""Exit codes."""

WIDTH = 120
"""Columns of a paragraph."""

HEADER = f"""\
# Controls

Everything that a detection can be explained with. This page is written from the code: `make contracts` writes it anew.
`wisebook-ml controls list` and `controls explain CODE` say the same on a terminal, in French too, with a company's
settings.

A **value** from the **threshold** on makes a finding; from half of it on it is evidence, the stronger the nearer. The
**weight** is how much a full finding is believed. A company can override both.

- *required*: asked for by a regulation. No habit and no verdict excuses it, and it cannot be switched off.
- *always on*: cannot be switched off either, since a regulation asks for what is told of the whole journal; threshold
  and weight for single entries can be set.
- *rule*: a finding flags the entry by itself, whatever the alert budget, while the others share the budget. Not every
  rule is a fact of the entry: some tell that a strict habit was left (a side, a date of entry, a reference). Unless it
  is required, a rule that finds something in more than {100 * HABITUAL_RATE:g} % of a journal's entries, or more than
  {REPEATED} times about one third party, has found how the company works: there it is evidence only.
- *systemic*: told once of a whole journal where its entries are habitually so. Whether that is told follows a company's
  settings only in that the control is on or off: the share from which it is told is fixed, and an override of threshold
  and weight is for single entries.

What a control **needs** are the fields of an entry that a publisher may leave out, and without which it is switched
off: `wisebook-ml controls inputs --societe N` says which ones are off for a company, as far as its published entries
go.
"""

SECTIONS = {
    Kind.CONTROL: "Controls of each entry",
    Kind.SUBJECT: "Findings about accounts, journals and third parties",
    Kind.MODEL: "Models",
    Kind.TREASURY: "Treasury",
}


def document() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEADER
    for kind, title in SECTIONS.items():
        found = [check for check in checks() if check.kind is kind]
        if not found:
            continue
        yield f"## {title}\n"
        yield "| code | title | threshold | weight | | needs |"
        yield "|---|---|---:|---:|---|---|"
        yield from map(_row, found)
        for check in found:
            yield from _section(check)
        yield ""


def _row(check: Check) -> str:
    code, needs = check.code.value, ", ".join(f"`{name}`" for name in check.description.needs)
    cells = (f"[{code}](#{code.lower()})", check.description.title_en, f"{check.threshold:g}", f"{check.weight:g}")
    return f"| {' | '.join(cells)} | {', '.join(_marks(check))} | {needs} |"


def _marks(check: Check) -> list[str]:
    marks = {
        "required": check.required,
        "always on": check.always_on and not check.required,
        "rule": check.rule,
        "systemic": check.systemic is not None,
    }
    return [name for name, holds in marks.items() if holds]


def _section(check: Check) -> Iterator[str]:
    about = check.description
    yield f"\n### {check.code.value}\n"
    yield textwrap.fill(f"**{about.title_en}** (*{about.title_fr}*). {about.about_en}", WIDTH, break_on_hyphens=False)
    yield f"\n- value: {about.value[1]}; threshold {check.threshold:g}, weight {check.weight:g}"
    if check.systemic is not None:
        yield f"- told once of a whole journal from a share of {check.systemic:g} of its entries on, whatever is set"
    if check.attribute:
        yield f"- counts for: `{check.attribute}`"
    if about.needs:
        yield f"- needs: {', '.join(f'`{name}`' for name in about.needs)}"
    yield f"- source: {check.source}"


def stale(path: Path = PATH) -> str:
    """Return a unified diff from the page that is written to what it should be; empty where they are the same."""
    written = path.read_text("utf-8") if path.exists() else ""
    diff = difflib.unified_diff(written.splitlines(True), document().splitlines(True), "written", "expected")
    return "".join(diff)


def main(arguments: list[str], path: Path = PATH) -> int:
    """Run the command and return its exit code."""
    match arguments:
        case ["write"]:
            path.write_text(document(), "utf-8", newline="\n")
        case ["check"]:
            diff = stale(path)
            if diff:
                sys.stdout.write(diff)
                sys.stderr.write(f"{path.name} is stale. Run: python -m wisebook_ml.handbook.document write\n")
                return STALE
        case _:
            sys.stderr.write(USAGE + "\n")
            return MISUSE
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
