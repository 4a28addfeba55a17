"""Builds the client with the contract inside it.

The contract lies at the top of the repository, in `schemas/` and `topics/`. Such common names must not get into an
environment that belongs to somebody else, so both go into the client's package, and what imports them imports them
from there: ``from schemas import Ecriture`` becomes ``from wisebook_ml_client.schemas import Ecriture``. Nothing is
copied in the repository; a source distribution has them already.
"""

import ast
import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
PACKAGE = "wisebook_ml_client"
CONTRACT = ("schemas", "topics")

WRITERS = {
    *("json_schema.py", "asyncapi.py", "headers.py", "roles.py", "document.py", "field_types.py"),
    *("contracts.py", "compatibility.py"),
}
"""Modules that write and compare the contract's documents: the client only carries what they wrote."""

IMPORT = re.compile(rf"^(\s*(?:>>> )?from )({'|'.join(CONTRACT)})(?=[. ])", re.MULTILINE)


def rewrite(path: Path) -> None:
    """Have a module import the contract from within the client.

    Raises
    ------
    ValueError
        Where it imports it in a way that this does not rewrite.
    """
    text = IMPORT.sub(rf"\1{PACKAGE}.\2", path.read_text("utf-8"))
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                modules = [name.name for name in names]
            case ast.ImportFrom(module=module, level=0):
                modules = [module or ""]
            case _:
                continue
        for module in modules:
            if module.partition(".")[0] in CONTRACT:
                raise ValueError(f"{path}: write `from {module} import ...`, which the client's build can rewrite")
    path.write_text(text, "utf-8")


def take_in(package: Path) -> None:
    """Put the contract into a copy of the client's package."""
    if not (HERE / PACKAGE / CONTRACT[0]).is_dir():  # else this is a source distribution, which has it
        for name in CONTRACT:
            source = HERE.parent / name
            if not source.is_dir():
                raise FileNotFoundError(f"{source} is missing: build the client in a checkout of wisebook_ml")
            shutil.rmtree(package / name, ignore_errors=True)
            ignored = shutil.ignore_patterns("__pycache__", "released", *WRITERS)
            shutil.copytree(source, package / name, ignore=ignored)
    for path in sorted(package.rglob("*.py")):
        rewrite(path)


class BuildWithContract(build_py):
    """Takes the contract into what a wheel is made of."""

    def run(self) -> None:
        """Build, then take it in."""
        if self.editable_mode:
            raise SystemExit(
                "the client is not made to be installed as editable; in a checkout, put client/ on the path"
            )
        super().run()
        take_in(Path(self.build_lib) / PACKAGE)


class SourceWithContract(sdist):
    """Takes the contract into a source distribution, which then needs nothing beside it."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Copy the client's files, then take it in."""
        super().make_release_tree(base_dir, files)
        package = Path(base_dir) / PACKAGE
        # The tree may be made of hard links: what is rewritten must be files of its own.
        for path in package.rglob("*.py"):
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content)
        take_in(package)


setup(cmdclass={"build_py": BuildWithContract, "sdist": SourceWithContract})
