"""Write the contracts (JSON Schemas and AsyncAPI document), or check them: up to date, and compatible with a release.

Run from the top of the repository: ``python -m topics.contracts write|check|compatible|release``.
"""

import difflib
import json
import sys
from pathlib import Path

import schemas
from schemas.json_schema import schema_files
from topics.asyncapi import asyncapi
from topics.compatibility import objections

__all__ = ["ROOT", "contract_files", "incompatible", "main", "release", "stale", "write"]

ROOT = Path(schemas.__file__).parent
"""The contracts lie beside the types that they are written from."""

RELEASED = "released/asyncapi.json"
"""The contract as it was released last: what others go by."""

USAGE = "usage: python -m topics.contracts write|check|compatible|release"
STALE, MISUSE, INCOMPATIBLE = 1, 2, 3
"""Exit codes."""


def contract_files() -> dict[str, str]:
    """Return what every contract file must contain, by its path below `ROOT`."""
    return {**{f"json/{name}": text for name, text in schema_files().items()}, "asyncapi.json": _document()}


def stale(root: Path = ROOT) -> str:
    """Return a unified diff from what is written to what should be; empty when nothing differs."""
    expected, written = contract_files(), _written(root)
    diff: list[str] = []
    for name in sorted({*expected, *written}):
        diff += difflib.unified_diff(
            written.get(name, "").splitlines(keepends=True),
            expected.get(name, "").splitlines(keepends=True),
            fromfile=f"written/{name}",
            tofile=f"expected/{name}",
        )
    return "".join(diff)


def write(root: Path = ROOT) -> None:
    """Write the files, and remove those of records that are gone."""
    expected = contract_files()
    for name in set(_written(root)) - set(expected):
        (root / name).unlink()
    for name, text in expected.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


def incompatible(root: Path = ROOT) -> list[str]:
    """Return what of the contract would break those who go by the last release, and what to do; empty where nothing."""
    return objections(json.loads((root / RELEASED).read_text("utf-8")), json.loads(_document()))


def release(root: Path = ROOT) -> None:
    """Keep the contract as the one that is released: from then on it is what changes are compared with."""
    path = root / RELEASED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_document(), "utf-8", newline="\n")


def _document() -> str:
    return json.dumps(asyncapi(), indent=2, ensure_ascii=False) + "\n"


def _written(root: Path) -> dict[str, str]:
    paths = [*root.glob("json/*.json"), *root.glob("asyncapi.json")]
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the command and return its exit code."""
    match arguments:
        case ["write"]:
            write(root)
        case ["check"]:
            diff = stale(root)
            if diff:
                sys.stdout.write(diff)
                sys.stderr.write("The contracts are stale. Run: python -m topics.contracts write\n")
                return STALE
        case ["compatible"]:
            found = incompatible(root)
            if found:
                sys.stdout.writelines(f"{one}\n" for one in found)
                sys.stderr.write(
                    "The contract would break those who go by the last release (docs/subscribing.md, Compatibility). "
                    "Where that is wanted, raise the major part of CONTRACT_VERSION in topics/asyncapi.py.\n"
                )
                return INCOMPATIBLE
        case ["release"]:
            release(root)
        case _:
            sys.stderr.write(USAGE + "\n")
            return MISUSE
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
