"""``wisebook-ml compile``: what a first worker would do, ahead of it."""

import logging
import re
import shutil
import time
from collections.abc import Collection
from pathlib import Path

import click

__all__ = ["announce_compiling", "compile_", "remove_unused"]

UNUSED_SECONDS = 30 * 24 * 3600.0
"""After so long what was compiled from other sources is removed; an installation that needs it yet compiles anew."""

DIGEST = re.compile(r"[0-9a-f]{16}")
"""How a folder of compiled code is named; whatever else lies beside it is not ours."""


@click.command("compile")
def compile_() -> None:
    """Compile the scoring core for this machine, so that the first worker starts at once.

    Needed once after an installation or an update, and takes a minute or two; `make` and the images do it. A worker
    does it otherwise.
    """
    announce_compiling()
    from wisebook_ml.compiled import CACHE, used_folders
    from wisebook_ml.pipeline import warm

    started = time.perf_counter()
    # It tells the log of a worker what is said here already, and without any handler that is standard error.
    logging.getLogger(warm.__name__).addHandler(logging.NullHandler())
    warm.warm_up()
    click.echo(f"The scoring core is compiled, in {CACHE} ({time.perf_counter() - started:.1f} s).", err=True)
    removed = remove_unused(CACHE, used_folders())
    if removed:
        click.echo(f"Removed {removed} folders of older versions that were not used for 30 days.", err=True)


def announce_compiling() -> None:
    """Say that the core has to be compiled first, where nothing of it is compiled yet."""
    from wisebook_ml.compiled import is_compiled

    if not is_compiled():
        click.echo("Compiling the scoring core for this machine (once, a minute or two) ...", err=True)


def remove_unused(cache: Path, used: Collection[Path]) -> int:
    """Remove the folders of the cache that are not used, and in which nothing was written for 30 days; return how many.

    Whatever else lies there, where `NUMBA_CACHE_DIR` names a folder of other uses, too, is left alone.
    """
    removed = 0
    for folder in cache.glob("*"):
        if folder in used or not DIGEST.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
            continue
        try:
            newest = max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
            if time.time() - newest > UNUSED_SECONDS:
                shutil.rmtree(folder)
                removed += 1
        except OSError:  # another process removes it too, or it is another user's
            continue
    return removed
