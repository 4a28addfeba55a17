"""Write the pages of ``docs/`` that follow from what the code declares, or check that the written ones are up to date.

Run from the top of the repository: ``python -m wisebook_ml.handbook.document write|check``.
"""

import difflib
import sys
from pathlib import Path

import wisebook_ml
from topics.document import document as topics_page
from wisebook_ml.handbook.controls_page import controls_page

__all__ = ["DOCS", "main", "pages", "stale", "write"]

DOCS = Path(wisebook_ml.__file__).parents[1] / "docs"

USAGE = "usage: python -m wisebook_ml.handbook.document write|check"
STALE, MISUSE = 1, 2
"""Exit codes."""


def pages() -> dict[str, str]:
    """Return what every page that is written from the code must contain, by its path below `DOCS`."""
    return {
        "controls.md": controls_page("en"),
        "fr/controles.md": controls_page("fr"),
        "topics.md": topics_page(),
    }


def stale(docs: Path = DOCS) -> str:
    """Return a unified diff from what is written to what should be; empty where nothing differs."""
    diff: list[str] = []
    for name, expected in pages().items():
        path = docs / name
        written = path.read_text("utf-8") if path.exists() else ""
        diff += difflib.unified_diff(
            written.splitlines(True), expected.splitlines(True), f"written/{name}", f"expected/{name}"
        )
    return "".join(diff)


def write(docs: Path = DOCS) -> None:
    """Write the pages."""
    for name, text in pages().items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


def main(arguments: list[str], docs: Path = DOCS) -> int:
    """Run the command and return its exit code."""
    match arguments:
        case ["write"]:
            write(docs)
        case ["check"]:
            diff = stale(docs)
            if diff:
                sys.stdout.write(diff)
                sys.stderr.write("The documentation is stale. Run: python -m wisebook_ml.handbook.document write\n")
                return STALE
        case _:
            sys.stderr.write(USAGE + "\n")
            return MISUSE
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
